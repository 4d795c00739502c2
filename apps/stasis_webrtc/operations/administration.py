"""Users, their sessions and the audit log: for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from stasis.web import Asked, Operation, Problem
from stasis_webrtc import body
from stasis_webrtc.account import AccountError
from stasis_webrtc.grant import ADMIN, Grants
from stasis_webrtc.policy import password_problem
from stasis_webrtc.rows import UserRow
from stasis_webrtc.session import Bearer
from stasis_webrtc.shown import audit_of, session_of, user_of

if TYPE_CHECKING:
    from stasis_webrtc.api import Office

__all__ = ["AdministrationOperations"]


class AdministrationOperations:
    """What administrators do."""

    def __init__(self, at: Office) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        nobody = {404: ["no_user"]}
        return [
            Operation("GET", "/users", self.users, ADMIN, answers=list[body.UserBody], tag="users"),
            Operation(
                "GET",
                "/users/{user}",
                self.user,
                ADMIN,
                answers=body.UserBody,
                problems=nobody,
                tag="users",
            ),
            Operation(
                "PUT",
                "/users/{user}",
                self.put,
                ADMIN,
                body=body.UserChange,
                answers=body.UserBody,
                problems={
                    409: ["name_taken", "extension_taken", "yourself"],
                    422: [
                        "bad_name",
                        "bad_extension",
                        "bad_grant",
                        "bad_title",
                        "weak_password",
                        "no_password",
                    ],
                },
                tag="users",
            ),
            Operation(
                "DELETE",
                "/users/{user}",
                self.remove,
                ADMIN,
                problems={**nobody, 409: ["yourself"]},
                tag="users",
            ),
            Operation(
                "GET",
                "/users/{user}/sessions",
                self.sessions,
                ADMIN,
                answers=list[body.SessionBody],
                problems=nobody,
                tag="users",
            ),
            Operation(
                "DELETE",
                "/sessions/{session}",
                self.revoke,
                ADMIN,
                problems={404: ["no_session"]},
                tag="users",
            ),
            Operation(
                "GET",
                "/audit",
                self.audit,
                ADMIN,
                query=body.AuditQuery,
                answers=list[body.AuditLine],
                tag="users",
            ),
        ]

    async def users(self, asked: Asked[Bearer, None]) -> list[body.UserBody]:
        """All users"""
        return [user_of(row) for row in await self._at.store.users()]

    async def user(self, asked: Asked[Bearer, None]) -> body.UserBody:
        """A user"""
        return user_of(await self._there(asked))

    async def put(self, asked: Asked[Bearer, body.UserChange]) -> body.UserBody:
        """Add a user, or change one.

        What is not given stays as it is. A new user needs a password.
        """
        name, given, by = asked.path["user"].strip().lower(), asked.body, asked.who.name
        before = await self._at.store.user(name)
        name = before.name if before else name  # whatever the database does not tell apart
        grants = granted(before.grants if before else Grants(), given)
        if name == by and (given.disabled or not grants.admin):
            raise Problem(409, "yourself", "administrators do not shut themselves out")
        accounts = self._at.accounts
        if before is None and given.password is None:
            raise Problem(
                422,
                "no_password",
                f"there is no user {name!r} yet: a new one needs a password to log in with",
            )
        try:
            if before is None:
                row = await accounts.add(
                    name,
                    given.password or "",
                    title=given.name or "",
                    extension=given.extension or "",
                    grants=grants,
                    by=by,
                )
            else:
                changes: dict[str, Any] = {"title": given.name, "extension": given.extension}
                changes = {key: value for key, value in changes.items() if value is not None}
                # All of it or nothing: the password is the last, and must not be refused then.
                if given.password is not None:
                    check_password(given.password, evolve(before, **changes))
                row = await accounts.change(name, by=by, grants=grants, **changes)
                if given.password is not None:
                    await accounts.set_password(name, given.password, by=by)
            if given.disabled is not None and given.disabled != row.disabled:
                row = await (accounts.disable if given.disabled else accounts.enable)(name, by=by)
        except AccountError as error:
            status = 409 if error.code.endswith("_taken") else 422
            raise Problem(status, error.code, str(error)) from None
        self._at.feed.user(row, shown=before is None or seen(before) != seen(row))
        return user_of(row)

    async def remove(self, asked: Asked[Bearer, None]) -> None:
        """Forget a user, and all that is its own"""
        row = await self._there(asked)
        if row.name == asked.who.name:
            raise Problem(409, "yourself", "administrators do not shut themselves out")
        try:
            await self._at.accounts.remove(row.name, by=asked.who.name)
        except AccountError as error:
            raise Problem(404, "no_user", str(error)) from None
        self._at.feed.user(evolve(row, disabled=True), shown=True)

    async def sessions(self, asked: Asked[Bearer, None]) -> list[body.SessionBody]:
        """The sessions of a user that live"""
        row = await self._there(asked)
        return [session_of(each) for each in await self._at.store.sessions_of(row.name)]

    async def revoke(self, asked: Asked[Bearer, None]) -> None:
        """End a session: its tokens and its device count no longer"""
        ended = await self._at.sessions.end(asked.path["session"], "revoked", by=asked.who.name)
        if not ended:
            raise Problem(404, "no_session", "there is no such session that lives")

    async def audit(self, asked: Asked[Bearer, None]) -> list[body.AuditLine]:
        """The audit log, the latest first"""
        query: body.AuditQuery = asked.query
        rows = await self._at.store.audit(query.user, query.before, query.limit)
        return [audit_of(row) for row in rows]

    async def _there(self, asked: Asked[Bearer, Any]) -> UserRow:
        """The user of a path. Raises Problem."""
        row = await self._at.store.user(asked.path["user"].strip().lower())
        if row is None:
            raise Problem(404, "no_user", "there is no such user")
        return row


def check_password(password: str, user: UserRow) -> None:
    """Raises AccountError for a password that a user may not have."""
    if problem := password_problem(password, user):
        raise AccountError("weak_password", problem)


def seen(row: UserRow) -> tuple[str, str, bool]:
    """What others see of a user."""
    return row.title, row.extension, row.disabled


def granted(before: Grants, given: body.UserChange) -> Grants:
    """Grants with what a change says of them."""
    return Grants(
        before.patterns if given.may_call is None else tuple(given.may_call),
        before.may_receive if given.may_receive is None else given.may_receive,
        before.may_record if given.may_record is None else given.may_record,
        before.admin if given.admin is None else given.admin,
    )
