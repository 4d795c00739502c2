"""The audit log: who logged in, who was refused, what was changed, and by whom.

Rules: each is a row and a line of the log. The line is written first; a row that cannot be written
is told and stops nothing, since the thing is done already. What strangers have sent is cut short
and has no control characters. No password, PIN or token is ever in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import structlog

from stasis_webrtc.store import Store, StoreError

__all__ = ["Audit", "Kind", "shown"]

log = structlog.get_logger("stasis_webrtc")

Kind = Literal[
    "logged_in",
    "log_in_wrong",
    "log_in_disabled",
    "log_in_refused",
    "refresh_replayed",
    "session_ended",
    "password_wrong",
    "password_changed",
    "user_added",
    "user_changed",
    "user_disabled",
    "user_enabled",
    "user_removed",
    "grant_refused",
]
"""What was done or refused. log_in_refused: unheard, too many were wrong. grant_refused: a user
dialled or did what it may not."""

WARNINGS = {
    "log_in_wrong",
    "log_in_disabled",
    "log_in_refused",
    "refresh_replayed",
    "password_wrong",
    "grant_refused",
}
LONGEST = 200


class Audit:
    """Notes what is done and refused. now: the time. lines: whether it writes to the log too."""

    def __init__(self, store: Store, now: Callable[[], datetime], *, lines: bool = True) -> None:
        self.store = store
        self.now = now
        self.lines = lines

    async def note(
        self,
        kind: Kind,
        user: str,
        *,
        by: str = "",
        address: str = "",
        session: str = "",
        detail: str = "",
    ) -> None:
        """Note something.

        user: of whom. by: who did it, where that is not the user. address: where it came from.
        session: its id, if it has to do with one. detail: for people.
        """
        about = {"user": user, "by": by, "address": address, "session": session, "detail": detail}
        about = {name: shown(value) for name, value in about.items()}
        if self.lines:
            tell = log.warning if kind in WARNINGS else log.info
            tell(kind, **{name: value for name, value in about.items() if value})
        try:
            await self.store.note(self.now(), kind, **about)
        except StoreError as error:
            log.error("not in the audit log", kind=kind, error=str(error))


def shown(text: str) -> str:
    """What somebody has sent, fit to be shown: one line of at most 200 characters."""
    text = "".join(each if each.isprintable() else "?" for each in text[: LONGEST + 1])
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
