"""The user itself: what it is, its settings and its password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stasis.web import Asked, Operation, Problem, address_of
from stasis_webrtc import body
from stasis_webrtc.account import AccountError, LogInError
from stasis_webrtc.session import Bearer
from stasis_webrtc.shown import me_of, settings_of

if TYPE_CHECKING:
    from stasis_webrtc.api import Office

__all__ = ["MeOperations"]


class MeOperations:
    """What a user does with its own account."""

    def __init__(self, at: Office) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        return [
            Operation("GET", "/me", self.me, answers=body.Me, tag="me"),
            Operation(
                "PUT",
                "/me/settings",
                self.settings,
                body=body.Settings,
                answers=body.Settings,
                problems={422: ["bad_number"]},
                tag="me",
            ),
            Operation(
                "PUT",
                "/me/password",
                self.password,
                body=body.NewPassword,
                problems={
                    403: ["wrong_password"],
                    422: ["weak_password"],
                    429: ["too_many_attempts"],
                },
                tag="me",
            ),
        ]

    async def me(self, asked: Asked[Bearer, None]) -> body.Me:
        """Who is logged in"""
        return me_of(asked.who.user)

    async def settings(self, asked: Asked[Bearer, body.Settings]) -> body.Settings:
        """Say what becomes of calls: do not disturb, and forwards."""
        given = asked.body
        try:
            row = await self._at.accounts.change(
                asked.who.name,
                dnd=given.dnd,
                forward_always=(given.forward_always or "").strip(),
                forward_busy=(given.forward_busy or "").strip(),
                forward_no_answer=(given.forward_no_answer or "").strip(),
            )
        except AccountError as error:
            raise Problem(422, error.code, str(error)) from None
        self._at.feed.user(row)
        return settings_of(row)

    async def password(self, asked: Asked[Bearer, body.NewPassword]) -> None:
        """Change the password: all other sessions end."""
        who, given = asked.who, asked.body
        try:
            await self._at.accounts.change_password(
                who.name,
                given.old,
                given.new,
                but=who.session.id,
                address=address_of(asked.request),
            )
        except LogInError as error:
            status = 429 if error.code == "too_many_attempts" else 403
            raise Problem(status, error.code, str(error), retry_after=error.wait) from None
        except AccountError as error:
            raise Problem(422, error.code, str(error)) from None
