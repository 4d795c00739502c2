"""The commands that a flow gives to its channel: answer, hang up, hold, mute, variables, and so on.

One method for each ARI operation on a channel that makes nothing new. After the channel has gone
every command raises ChannelGone without asking the server; `hangup` is content.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.channels import RTPstat
from stasis.ari.events import Dial
from stasis.ari.version import Since
from stasis.errors import ChannelGone, Conflict, InvalidRequest, NotFound
from stasis.owner import GONE, Owner

__all__ = ["Controls"]

T = TypeVar("T")

DTMF = frozenset("0123456789*#ABCDabcd")
# From these on a variable is set when Asterisk answers.
SETS_AT_ONCE = Since("20.20", "22.10", "23.4")


class Controls(ABC):
    """Base of `Channel`: what can be done with a channel that is there."""

    id: str
    gone: ChannelGone | None
    handed_over: bool
    own: Any
    snapshot: Snapshot
    sent_on: bool
    _owner: Owner
    _unsettled: bool

    @abstractmethod
    async def _command(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a request to its end; the channel's own loss becomes ChannelGone."""

    async def answer(self) -> None:
        """Answer; an answered channel is fine. ARI: POST /channels/{channelId}/answer."""
        await self._command(self._owner.ari.channels.answer(self.id))

    async def ring(self) -> None:
        """Let the caller hear ringing. ARI: POST /channels/{channelId}/ring."""
        await self._command(self._owner.ari.channels.ring(self.id))

    async def ring_stop(self) -> None:
        """Stop the ringing. ARI: DELETE /channels/{channelId}/ring."""
        await self._command(self._owner.ari.channels.ring_stop(self.id))

    async def progress(self) -> None:
        """Indicate progress (183), for early media. ARI: POST …/progress (20.16, 22.6)."""
        await self._command(self._owner.ari.channels.progress(self.id))

    async def hangup(self, reason: str = "normal", *, cause: int | None = None) -> None:
        """Hang up; one that is gone is fine.

        reason: `normal`, `busy`, `congestion`, `no_answer`, `rejected`, `unallocated`, … as ARI
        names them. cause: a Q.850 number instead (Asterisk 18 and later).
        ARI: DELETE /channels/{channelId}.
        """
        if self.gone is not None:
            return
        try:
            await self._owner.run(
                self._owner.ari.channels.hangup(
                    self.id,
                    reason=None if cause is not None else reason,
                    reason_code=None if cause is None else str(cause),
                )
            )
        except GONE:
            pass

    async def continue_in_dialplan(
        self,
        context: str | None = None,
        extension: str | None = None,
        priority: int | None = None,
        label: str | None = None,
    ) -> None:
        """Leave Stasis and go on in the dialplan, at the next priority unless told otherwise.

        Raises NotFound for an unknown label, InvalidState when not answered.
        ARI: POST /channels/{channelId}/continue.
        """
        await self._command(
            self._owner.ari.channels.continue_in_dialplan(
                self.id, context=context, extension=extension, priority=priority, label=label
            )
        )
        self.sent_on = True

    async def redirect(self, endpoint: str) -> None:
        """Send the other side elsewhere (SIP 302 or REFER). endpoint: of the same technology.

        Raises Unprocessable when the technology differs. ARI: POST …/redirect.
        """
        await self._command(self._owner.ari.channels.redirect(self.id, endpoint=endpoint))

    async def move(self, app: str, args: str | None = None) -> None:
        """Hand the call to another Stasis application. args: comma-joined.

        Asterisk answers with success in any case; ApplicationMoveFailed tells when that
        application is not there, and the channel stays. ARI: POST …/move (16.3).
        """
        await self._command(self._owner.ari.channels.move(self.id, app=app, app_args=args))

    async def hand_over(self, *args: str, app: str = "") -> None:
        """Make a channel that this flow has made a call of its own, that outlives this one.

        args: of its StasisStart, none of them with a comma. app: the application that it enters;
        its own by default.

        A flow of that application begins with it, from its `start`. To this flow the channel is
        gone then: it is closed with nobody, its events come no more, no `Other(StasisEnd)` tells
        of it, and whatever is asked of this handle raises ChannelGone. What this flow plays to it
        and records of it is stopped before; the bridge that it is in stays its bridge. Done twice
        it is done once, so a state that is resumed may do it again.

        Raises InvalidRequest for the flow's own call and for such arguments, ChannelGone when it
        is not in Stasis (any more), NotFound when nobody runs that application: then it stays.
        ARI: POST /channels/{channelId}/variable; for another application POST …/move (16.3).
        """
        if self.handed_over:
            return
        path = f"/channels/{self.id}/move"
        if self.own:
            text = "this is the flow's own call: `move` gives it to another application"
            raise InvalidRequest("POST", path, text)
        for arg in args:
            if "," in arg or not (arg or app in ("", self._owner.app)):
                text = f"argument {arg!r}: empty ones are lost and a comma parts two on the way"
                raise InvalidRequest("POST", path, text)
        give = self._owner.on_hand_over
        if give is None:
            raise InvalidRequest("POST", path, "there is no program here that runs calls")
        await self._command(give(self, app or self._owner.app, args))

    async def send_dtmf(
        self,
        digits: str,
        *,
        before: int = 0,
        between: int = 100,
        duration: int = 100,
        after: int = 0,
    ) -> None:
        """Send digits. before, between, duration, after: milliseconds.

        Raises InvalidRequest for anything but 0–9, *, #, A–D. ARI: POST …/dtmf.
        """
        if not digits or not DTMF.issuperset(digits):
            raise InvalidRequest("POST", f"/channels/{self.id}/dtmf", f"no digits: {digits!r}")
        await self._command(
            self._owner.ari.channels.send_dtmf(
                self.id, dtmf=digits, before=before, between=between, duration=duration, after=after
            )
        )

    async def mute(self, direction: Literal["both", "in", "out"] = "both") -> None:
        """Mute. direction: `in` what it says, `out` what it hears. ARI: POST …/mute."""
        await self._command(self._owner.ari.channels.mute(self.id, direction=direction))

    async def unmute(self, direction: Literal["both", "in", "out"] = "both") -> None:
        """Unmute. ARI: DELETE …/mute."""
        await self._command(self._owner.ari.channels.unmute(self.id, direction=direction))

    async def hold(self) -> None:
        """Put the other side on hold. ARI: POST …/hold."""
        await self._command(self._owner.ari.channels.hold(self.id))

    async def unhold(self) -> None:
        """Take the other side off hold. ARI: DELETE …/hold."""
        await self._command(self._owner.ari.channels.unhold(self.id))

    async def start_silence(self) -> None:
        """Play silence, so that media flows. ARI: POST …/silence."""
        await self._command(self._owner.ari.channels.start_silence(self.id))

    async def stop_silence(self) -> None:
        """Stop the silence. ARI: DELETE …/silence."""
        await self._command(self._owner.ari.channels.stop_silence(self.id))

    async def get_variable(self, name: str) -> str | None:
        """A channel variable or function such as `CHANNEL(language)`; None when it is not set.

        ARI: GET /channels/{channelId}/variable.
        """
        await self._variables_settled()
        try:
            found = await self._command(
                self._owner.ari.channels.get_channel_var(self.id, variable=name)
            )
        except NotFound:
            return None
        return found.value

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable or function. ARI: POST /channels/{channelId}/variable.

        Any character but control characters may stand in the value.
        """
        await self._command(
            self._owner.ari.channels.set_channel_var(self.id, variable=name, value=value)
        )
        version = self._owner.ari.version
        self._unsettled = version is None or not SETS_AT_ONCE.holds(version)

    async def _variables_settled(self) -> None:
        """Older servers queue a set and answer a get at once: wait for the queue in between.

        Answering an answered channel changes nothing, and its reply comes from the queue's end.
        """
        if self._unsettled and self.snapshot.state == "Up":
            await self._command(self._owner.ari.channels.answer(self.id))
            self._unsettled = False

    async def rtp_statistics(self) -> RTPstat:
        """Packets, loss, jitter and round-trip time. ARI: GET …/rtp_statistics (16.4).

        Raises Forbidden for a channel without RTP, NotFound while none has flowed.
        """
        return await self._command(self._owner.ari.channels.rtp_statistics(self.id))

    async def ring_out(self, timeout: int = 0) -> None:
        """Dial a channel that `create` has made. timeout: seconds, 0 for none.

        Returns at once; Dial events of it tell RINGING, ANSWER, BUSY, ….
        Raises Conflict when it is dialled already; in a state that is resumed that is fine.
        ARI: POST /channels/{channelId}/dial.
        """
        try:
            await self._command(self._owner.ari.channels.dial(self.id, timeout=timeout))
        except Conflict:
            if not self._owner.resumed:
                raise
            if self.snapshot.state == "Up":  # it was answered while nobody looked
                app, router = self._owner.app, self._owner.router
                answered = Dial(application=app, peer=self.snapshot, dialstatus="ANSWER")
                asyncio.get_running_loop().call_soon(router.dispatch, answered)

    async def get(self) -> Snapshot:
        """What Asterisk says of it now. ARI: GET /channels/{channelId}. Raises ChannelGone."""
        return await self._command(self._owner.ari.channels.get(self.id))
