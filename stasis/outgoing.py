"""Channels that a channel makes: originated, created and dialled, snooping, external media.

Each id is ours and claimed before the request is sent, so the new channel's first event, which
often overtakes the answer, already finds its flow. The flow hears them as `Other(…)`.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import Dial, StasisStart
from stasis.errors import AriError, Conflict, InvalidRequest, OutcomeUnknown
from stasis.insist import insisted
from stasis.owner import Owner

if TYPE_CHECKING:
    from stasis.channel import Channel

__all__ = ["Outgoing", "checked_endpoint"]


class Outgoing(ABC):
    """Base of `Channel`: the verbs that make another channel, owned by the same flow."""

    id: str
    _owner: Owner

    @abstractmethod
    def _another(self, channel_id: str) -> Channel:
        """A handle for a channel that is about to exist, claimed by this flow."""

    async def originate(
        self,
        endpoint: str,
        *,
        timeout: int = 30,
        caller_id: str | None = None,
        args: str | None = None,
        variables: Mapping[str, str] | None = None,
        formats: str | None = None,
        tied: bool = True,
    ) -> Channel:
        """Ring an endpoint; once answered, its channel enters this application.

        endpoint: such as `PJSIP/alice` or `Local/100@default/n`. timeout: seconds to ring.
        caller_id: `"Name" <number>`. args: of its StasisStart. variables: channel variables,
        functions such as `CALLERID(name)` included. formats: codecs, comma-joined; not with
        `tied`. tied: this channel is the originator (same linkedid, same codecs). A SIP header of
        the INVITE is the variable `PJSIP_HEADER(add,X-Name)`.

        Returns at once, while it rings: `Other(StasisStart)` tells that it was answered,
        `Other(ChannelDestroyed)` that it was not. Raises AllocationFailed when the endpoint
        cannot be reached. ARI: POST /channels/{channelId}.
        """
        checked_endpoint(endpoint)

        def send(channel_id: str) -> Coroutine[Any, Any, Snapshot]:
            return self._owner.ari.channels.originate_with_id(
                channel_id,
                endpoint=endpoint,
                app=self._owner.app,
                app_args=args,
                caller_id=caller_id,
                timeout=timeout,
                variables=variables,
                originator=self.id if tied else None,
                formats=formats,
            )

        return await self._make(send)

    async def create(
        self,
        endpoint: str,
        *,
        args: str | None = None,
        variables: Mapping[str, str] | None = None,
        formats: str | None = None,
        tied: bool = True,
    ) -> Channel:
        """Create a channel without ringing yet: bridge it for early media, then `ring_out` it.

        Parameters as of `originate`. Returns once it is in Stasis, with state Down.
        Raises AllocationFailed. ARI: POST /channels/create, then StasisStart.
        """
        checked_endpoint(endpoint)

        def send(channel_id: str) -> Coroutine[Any, Any, Snapshot]:
            return self._owner.ari.channels.create(
                endpoint=endpoint,
                app=self._owner.app,
                app_args=args,
                channel_id=channel_id,
                originator=self.id if tied else None,
                formats=formats,
                variables=variables,
            )

        return await self._entering(send)

    async def snoop(
        self,
        *,
        spy: Literal["none", "both", "in", "out"] = "both",
        whisper: Literal["none", "both", "in", "out"] = "none",
        args: str | None = None,
    ) -> Channel:
        """A channel that hears this one, speaks into it, or both; it can be recorded or bridged.

        spy: which audio it hears. whisper: which side hears it. args: of its StasisStart.
        ARI: POST /channels/{channelId}/snoop/{snoopId}.
        """
        return await self._entering(
            lambda channel_id: self._owner.ari.channels.snoop_channel_with_id(
                self.id, channel_id, spy=spy, whisper=whisper, app=self._owner.app, app_args=args
            ),
            kind="snoop",
        )

    async def external_media(
        self,
        host: str | None,
        format: str,
        *,
        encapsulation: Literal["rtp", "audiosocket", "none"] = "rtp",
        transport: Literal["udp", "tcp", "websocket"] = "udp",
        connection_type: Literal["client", "server"] = "client",
        data: str | None = None,
        transport_data: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Channel:
        """A channel whose audio goes to and comes from another program; bridge it to be heard.

        host: `host:port` (or a websocket_client id); None only for a WebSocket server. format:
        such as `ulaw` or `slin16`. data: the UUID of an AudioSocket.

        Raises InvalidParameter, NotImplementedByServer for a combination Asterisk lacks.
        ARI: POST /channels/externalMedia (16.6).
        """
        return await self._entering(
            lambda channel_id: self._owner.ari.channels.external_media(
                channel_id=channel_id,
                app=self._owner.app,
                external_host=host,
                format=format,
                encapsulation=encapsulation,
                transport=transport,
                connection_type=connection_type,
                data=data,
                transport_data=transport_data,
                variables=variables,
            ),
            kind="media",
        )

    async def _entering(
        self, send: Callable[[str], Coroutine[Any, Any, Snapshot]], kind: str = "channel"
    ) -> Channel:
        """As `_make`, and wait until the channel is in Stasis: the answer may come before it is."""
        return await self._make(send, kind, enters=True)

    async def _make(
        self,
        send: Callable[[str], Coroutine[Any, Any, Snapshot]],
        kind: str = "channel",
        *,
        enters: bool = False,
    ) -> Channel:
        channel_id = self._owner.made_id(kind)
        key = ("channel", channel_id)
        before: Channel | None = self._owner.take_found(key)
        if before is not None:
            return self._found(before, send)
        another = self._another(channel_id)

        async def make() -> None:
            try:
                await self._ask(another, send)
            except OutcomeUnknown:
                with suppress(AriError):
                    await another.hangup()  # it may be there; the owner tries once more
                raise
            except Exception:
                another.forget()
                raise

        # The flow hears of the channel only when its code has the handle.
        self._owner.router.hold(key)
        try:
            await self._owner.run(make())
            if enters:
                await another.entered()
        finally:
            self._owner.router.deliver(key)
        return another

    async def _ask(
        self, another: Channel, send: Callable[[str], Coroutine[Any, Any, Snapshot]]
    ) -> None:
        """Ask for a channel until Asterisk has it, unless its end is told. Raises AriError."""
        tries = 0

        def ask() -> Coroutine[Any, Any, Snapshot]:
            nonlocal tries
            tries += 1
            return send(another.id)

        try:
            made = await insisted(ask, lambda: another.gone is not None)
        except Conflict:
            if tries == 1:
                raise
            # An earlier one has arrived after all, and its id is taken.
            made = await self._owner.ari.channels.get(another.id)
        if made is not None:
            another.refresh(made)

    def _found(
        self, another: Channel, send: Callable[[str], Coroutine[Any, Any, Snapshot]]
    ) -> Channel:
        """What this state had made before a restart: what became of it is told once more."""
        if another.gone is not None and not another.handed_over:
            return another  # and its end is told
        send(another.id).close()  # never sent; whoever watches the channel is armed by it
        app, snapshot = self._owner.app, another.snapshot
        rings = Dial(application=app, peer=snapshot, dialstatus="RINGING")
        entered = StasisStart(application=app, channel=snapshot)
        if another.handed_over:
            answered = Dial(application=app, peer=snapshot, dialstatus="ANSWER")
            for event in (entered, answered):
                asyncio.get_running_loop().call_soon(
                    self._owner.router.repeat, event, self._owner.hearer
                )
            return another
        # In the flow's next turn, when its code has the handle.
        asyncio.get_running_loop().call_soon(
            self._owner.router.dispatch, rings if another.awaited else entered
        )
        return another


def checked_endpoint(endpoint: str) -> str:
    """The endpoint itself, if it is `Technology/resource`. Raises InvalidRequest."""
    technology, slash, resource = endpoint.partition("/")
    if not slash or not technology.isalnum() or not resource:
        raise InvalidRequest(
            "", "", f"endpoint {endpoint!r}: write Technology/resource, such as PJSIP/alice"
        )
    return endpoint
