"""Log-in, refresh, log-out, and the session's device.

Rules: what counts on the cookie is for pages of this host alone, or of one that the configuration
names.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stasis.web import Asked, Operation, Problem, address_of, same_origin
from stasis_webrtc import body
from stasis_webrtc.account import LogInError
from stasis_webrtc.cookie import given, put, taken_back
from stasis_webrtc.provision import ProvisionError
from stasis_webrtc.session import Bearer, NoSession, SignedIn
from stasis_webrtc.turn import ice_servers

if TYPE_CHECKING:
    from stasis_webrtc.api import Office

__all__ = ["SessionOperations"]

STATUS = {"wrong_password": 401, "disabled": 403, "too_many_attempts": 429}


class SessionOperations:
    """How somebody comes in, and goes."""

    def __init__(self, at: Office) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        codes = ("no_session", "revoked", "replayed")
        return [
            Operation(
                "POST",
                "/login",
                self.log_in,
                "",
                body=body.LogIn,
                answers=body.SignedIn,
                problems={
                    401: ["wrong_password"],
                    403: ["disabled", "other_origin"],
                    429: ["too_many_attempts"],
                },
                tag="session",
            ),
            Operation(
                "POST",
                "/session/refresh",
                self.refresh,
                "",
                answers=body.SignedIn,
                problems={401: codes, 403: ["other_origin"]},
                tag="session",
            ),
            Operation(
                "POST",
                "/session/logout",
                self.log_out,
                "",
                problems={403: ["other_origin"]},
                tag="session",
            ),
            Operation(
                "POST",
                "/device",
                self.device,
                body=body.Tab,
                answers=body.Device,
                problems={401: ["no_session"], 503: ["no_device"]},
                tag="session",
            ),
        ]

    async def log_in(self, asked: Asked[Bearer, body.LogIn]) -> body.SignedIn:
        """Log in with a password.

        The refresh token is set as a cookie. Wrong ones are counted, by user and by address.
        """
        self._ours(asked)
        said = asked.body
        try:
            signed_in = await self._at.accounts.log_in(
                said.user, said.password, said.device, address_of(asked.request)
            )
        except LogInError as error:
            raise Problem(
                STATUS[error.code], error.code, str(error), retry_after=error.wait
            ) from None
        return self._told(asked, signed_in)

    async def refresh(self, asked: Asked[Bearer, None]) -> body.SignedIn:
        """Get a new access token for the refresh token of the cookie, which is used up by this.

        One that comes a second time ends its session: two have it.
        """
        self._ours(asked)
        why = NoSession("no_session", "there is no session; log in")
        for token in given(asked.request):
            try:
                signed_in = await self._at.sessions.refresh(token, address_of(asked.request))
            except NoSession as error:
                why = error if why.code == "no_session" else why
            else:
                return self._told(asked, signed_in)
        raise Problem(401, why.code, str(why))

    async def log_out(self, asked: Asked[Bearer, None]) -> None:
        """Log out: the session ends, and its device."""
        self._ours(asked)
        request, secure = asked.request, self._at.secure
        for token in given(request):
            await self._at.sessions.log_out(token)
        asked.answering(lambda answer: taken_back(answer, request, secure=secure))

    async def device(self, asked: Asked[Bearer, body.Tab]) -> body.Device:
        """Get a device: the PJSIP endpoint of the session, with a new secret.

        Whoever had it before has it no more. A new `tab` says that the page was loaded again: its
        calls come back to it.
        """
        try:
            opened = await self._at.phones.open(asked.who, asked.body.tab)
        except LookupError:
            raise Problem(401, "no_session", "the session has ended; log in") from None
        except ProvisionError as error:
            raise Problem(503, "no_device", str(error), retry_after=30) from None
        at, now = self._at, self._at.now()
        servers = ice_servers(at.turn, asked.who.name, now)
        expires = opened.expires
        if at.turn.turn:
            expires = min(expires, now + timedelta(seconds=at.turn.seconds))
        return body.Device(
            endpoint=opened.endpoint,
            uri=f"sip:{opened.endpoint}@{at.domain}",
            password=opened.secret.reveal(),
            websocket=at.websocket,
            ice_servers=[
                body.IceServer(
                    urls=list(each.urls), username=each.username, credential=each.credential
                )
                for each in servers
            ],
            expires=expires,
        )

    def _told(self, asked: Asked[Any, Any], signed_in: SignedIn) -> body.SignedIn:
        """The answer to who is logged in, with the cookie."""
        now, request, secure = self._at.now(), asked.request, self._at.secure
        token, lasts = signed_in.refresh, signed_in.session.expires - now
        asked.answering(lambda answer: put(answer, token, request, lasts, secure=secure))
        return body.SignedIn(
            access_token=signed_in.access.text,
            expires_in=max(0, round((signed_in.access.expires - now).total_seconds())),
            session=signed_in.session.id,
        )

    def _ours(self, asked: Asked[Any, Any]) -> None:
        """Refuse what a page of another site sends. Raises Problem."""
        if not same_origin(asked.request, self._at.origins):
            raise Problem(403, "other_origin", "pages of this origin may not log in here")
