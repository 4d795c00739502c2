"""Which call records are asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from stasis.pbx.errors import BadValue
from stasis.pbx.when import moment

__all__ = ["Wanted", "wanted_of"]


@frozen
class Wanted:
    """Which records. since, until: when they began; `until` itself is not in it. party: a number,
    an extension or an endpoint on either side. before: the id of a record, and none from it on.
    """

    since: datetime | None = None
    until: datetime | None = None
    party: str = ""
    src: str = ""
    dst: str = ""
    disposition: str = ""
    account: str = ""
    before: int = 0


def wanted_of(
    where: str, *, since: str, until: str, disposition: str, answered: bool, **rest: Any
) -> Wanted:
    """What the arguments of a thing mean. where: the thing. rest: as of `Wanted`.

    Raises BadValue.
    """
    if answered and disposition not in ("", "ANSWERED"):
        raise BadValue(where, f"answered and disposition {disposition}: leave one of them out")
    return Wanted(
        since=read(where, "since", since),
        until=read(where, "until", until),
        disposition="ANSWERED" if answered else disposition,
        **rest,
    )


def read(where: str, name: str, text: str) -> datetime | None:
    """A moment, or None for none. Raises BadValue."""
    try:
        return moment(text, datetime.now(UTC)).astimezone(UTC) if text else None
    except (ValueError, OverflowError) as error:
        raise BadValue(where, f"{name}: {text} is no moment: {error}") from None
