"""Accounts: users, their passwords, and who may log in.

Rules: every log-in costs the same work, whether there is such a user, and says the same. Whoever
changes a password, disables or removes a user ends the sessions that were begun before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import asdict, evolve

from stasis import StasisError
from stasis.sql import Passwords
from stasis_webrtc.audit import Audit, shown
from stasis_webrtc.grant import Grants
from stasis_webrtc.policy import AccountError, canonical, check_user, password_problem
from stasis_webrtc.rows import UserRow
from stasis_webrtc.session import Sessions, SignedIn
from stasis_webrtc.store import Store
from stasis_webrtc.throttle import LogInRules, Throttle, TooMany

__all__ = ["AccountError", "Accounts", "LogInError", "LogInRules"]

CHANGEABLE = {
    "title",
    "extension",
    "outside",
    "grants",
    "dnd",
    "messages",
    "greeting",
    "forward_always",
    "forward_busy",
    "forward_no_answer",
}


class LogInError(StasisError):
    """Nobody is logged in. code: why, for programs. wait: seconds until it is worth a try."""

    def __init__(
        self,
        code: Literal["wrong_password", "disabled", "too_many_attempts"],
        text: str,
        wait: int = 0,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.wait = wait


class Accounts:
    """The users. sessions: theirs. now: the time. Every method raises StoreError.

    `by` is who does it: an administrator's name, or an empty text for the user itself.
    """

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        audit: Audit,
        now: Callable[[], datetime],
        rules: LogInRules | None = None,
    ) -> None:
        self.store = store
        self.sessions = sessions
        self.audit = audit
        self.now = now
        self.throttle = Throttle(store, audit, now, rules or LogInRules())
        self.passwords = Passwords()

    # Log-in

    async def log_in(
        self, name: str, password: str, device: str = "", address: str = ""
    ) -> SignedIn:
        """Log somebody in.

        name, password: as they were entered. device: how it calls itself. address: of who asks;
        empty counts for nothing. Raises LogInError.
        """
        name = canonical(name)
        user = await self._compared(name, password, address, "log_in_wrong")
        if user is None:
            raise LogInError("wrong_password", "no such user, or not this password")
        if user.disabled:
            await self.audit.note("log_in_disabled", user.name, address=address)
            raise LogInError("disabled", "this user is disabled; ask who runs the server")
        if self.passwords.needs_rehash(user.password):
            user = await self._rehashed(user, password)
        signed_in = await self.sessions.begin(user, device, address)
        if signed_in is None:
            raise LogInError("wrong_password", "the user was changed meanwhile; log in again")
        id = signed_in.session.id
        await self.audit.note("logged_in", user.name, address=address, session=id, detail=device)
        return signed_in

    async def change_password(
        self, name: str, old: str, new: str, *, but: str = "", address: str = ""
    ) -> None:
        """A user changes its own password.

        old: is tried as at a log-in, so that a stolen token is no way to guess it. but: the id of
        the session that goes on; all others end. Raises LogInError, AccountError.
        """
        user = await self._compared(name, old, address, "password_wrong")
        if user is None:
            raise LogInError("wrong_password", "this is not the present password")
        self._check_password(user, new)
        hash = await self.passwords.hashed(new)
        if not await self.store.set_password(user.name, self.now(), hash, user.password):
            raise LogInError("wrong_password", "it was changed meanwhile; try again")
        await self.sessions.end_all(user.name, "revoked", but=but, detail="password changed")
        await self.audit.note("password_changed", user.name, address=address, session=but)

    # Users

    async def add(
        self,
        name: str,
        password: str,
        *,
        title: str = "",
        extension: str = "",
        outside: str = "",
        grants: Grants | None = None,
        by: str = "",
    ) -> UserRow:
        """A new user. title: the name for people; empty takes the name. Raises AccountError."""
        at = self.now()
        row = UserRow(
            canonical(name),
            at,
            at,
            title=title or name.strip(),
            extension=extension,
            outside=outside,
            grants=grants or Grants(),
        )
        check_user(row)
        self._check_password(row, password)
        row = evolve(row, password=await self.passwords.hashed(password))
        if not await self.store.add_user(row):
            if await self.store.user(row.name) is None:
                raise taken(row.extension)
            raise AccountError("name_taken", f"there is a user {row.name} already")
        about = {"title": row.title, "extension": row.extension, "grants": row.grants}
        await self.audit.note("user_added", row.name, by=by, detail=told(about))
        return row

    async def change(self, name: str, *, by: str = "", **changes: Any) -> UserRow:
        """Change some of a user: `title`, `extension`, `outside`, `grants`, `dnd`, `messages`,
        `greeting`, `forward_always`, `forward_busy`, `forward_no_answer`, as of UserRow.

        What a session may do is asked at each request, so it counts at once. Raises AccountError.
        """
        unknown = set(changes) - CHANGEABLE
        if unknown:
            raise TypeError(f"{', '.join(sorted(unknown))} cannot be changed so")
        user = await self.user(name)
        row = evolve(user, **changes)
        check_user(row)
        other = await self.store.user_of_extension(row.extension)
        if other is not None and other.name != user.name:
            raise taken(row.extension)
        changed = await self.store.change_user(user.name, self.now(), **changes)
        if changed is None:
            raise nobody(name)
        new = {key: value for key, value in changes.items() if value != getattr(user, key)}
        await self.audit.note("user_changed", user.name, by=by, detail=told(new))
        return changed

    async def set_password(self, name: str, password: str, *, by: str = "") -> None:
        """Give a user another password; all its sessions end. Raises AccountError."""
        user = await self.user(name)
        self._check_password(user, password)
        hash = await self.passwords.hashed(password)
        if await self.store.change_user(user.name, self.now(), password=hash) is None:
            raise nobody(name)
        await self.sessions.end_all(user.name, "revoked", by=by, detail="password changed")
        await self.audit.note("password_changed", user.name, by=by)

    async def disable(self, name: str, *, by: str = "") -> UserRow:
        """Let a user do nothing any more; all its sessions end. Raises AccountError."""
        changed = await self._changed(name, disabled=True)
        await self.sessions.end_all(changed.name, "disabled", by=by)
        await self.audit.note("user_disabled", changed.name, by=by)
        return changed

    async def enable(self, name: str, *, by: str = "") -> UserRow:
        """Let a user log in again. Raises AccountError."""
        changed = await self._changed(name, disabled=False)
        await self.audit.note("user_enabled", changed.name, by=by)
        return changed

    async def remove(self, name: str, *, by: str = "") -> None:
        """Forget a user, and all that is its own. Raises AccountError."""
        user = await self._changed(name, disabled=True)
        await self.sessions.end_all(user.name, "disabled", by=by, detail="user removed")
        if not await self.store.remove_user(user.name):
            raise nobody(name)
        await self.audit.note("user_removed", user.name, by=by)

    async def user(self, name: str) -> UserRow:
        """A user by its name, however it is written. Raises AccountError when there is none."""
        row = await self.store.user(canonical(name))
        if row is None:
            raise nobody(name)
        return row

    # How it is done

    async def _compared(
        self,
        name: str,
        password: str,
        address: str,
        kind: Literal["log_in_wrong", "password_wrong"],
    ) -> UserRow | None:
        """The user, if this is its password. Raises LogInError when too many were wrong."""
        try:
            attempt = await self.throttle.enter(name, address)
        except TooMany as error:
            raise LogInError("too_many_attempts", str(error), error.wait) from None
        user = await self.store.user(name)
        right = await self.passwords.matches(user.password if user else "", password)
        if user is None or not right:
            await self.audit.note(kind, name, address=address)
            return None
        await self.throttle.judge(attempt, "right")
        return user

    async def _rehashed(self, user: UserRow, password: str) -> UserRow:
        hash = await self.passwords.hashed(password)
        if not await self.store.set_password(user.name, self.now(), hash, user.password):
            return user  # it was changed meanwhile: the session will not be begun
        return evolve(user, password=hash)

    async def _changed(self, name: str, **changes: Any) -> UserRow:
        user = await self.user(name)
        changed = await self.store.change_user(user.name, self.now(), **changes)
        if changed is None:
            raise nobody(name)
        return changed

    @staticmethod
    def _check_password(user: UserRow, password: str) -> None:
        if problem := password_problem(password, user):
            raise AccountError("weak_password", problem)


def nobody(name: str) -> AccountError:
    """There is no such user."""
    return AccountError("no_user", f"there is no user {shown(name)!r}")


def taken(extension: str) -> AccountError:
    """Another user has this extension."""
    return AccountError("extension_taken", f"the extension {extension} is another user's")


def told(changes: Mapping[str, Any]) -> str:
    """Changes of a user, for the audit log."""
    words = []
    for name, value in changes.items():
        if isinstance(value, Grants):
            grants = asdict(value)
            grants["patterns"] = " ".join(value.patterns)
            words += [f"{each}={grants[each]}" for each in grants]
        elif name != "password":
            words.append(f"{name}={value}")
    return ", ".join(words)
