"""A bridge: channels that hear each other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from stasis.ari.bridges import Bridge as Snapshot
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelEnteredBridge,
    ChannelLeftBridge,
    Event,
)
from stasis.errors import (
    AriError,
    ChannelGone,
    Conflict,
    InvalidParameter,
    OutcomeUnknown,
    Unprocessable,
    WaitTimeout,
)
from stasis.insist import insisted
from stasis.owner import GONE, Owner
from stasis.playback import Playback
from stasis.router import Wait
from stasis.target import Target

if TYPE_CHECKING:
    from stasis.channel import Channel

__all__ = ["Bridge"]

T = TypeVar("T")

# How long a channel may take to be in the bridge after Asterisk has accepted it.
ENTER_SECONDS = 5.0
# How often channels are brought in when the request may have been lost.
TRIES = 3


class Bridge(Target):
    """A bridge of ours. Made by `channel.bridge()`; destroyed when its owner ends.

    id: ours, never used twice. type: ARI's bridge type. channels: ids of those inside, kept up
    to date by the reader.
    """

    kind = "bridge"

    def __init__(
        self,
        owner: Owner,
        bridge_id: str,
        type: str = "mixing",
        name: str = "",
        *,
        own: bool = True,
    ) -> None:
        super().__init__(owner, owner.ari.bridges)
        self.id = bridge_id
        self.type = type
        self.name = name
        self.channels: dict[str, None] = {}
        self.destroyed = False
        self._key = ("bridge", bridge_id)
        self._emptied: asyncio.Event = asyncio.Event()
        if own:
            owner.claim(self._key, self)
            owner.own(self._key, self.destroy)

    def __repr__(self) -> str:
        return f"<Bridge {self.id} {self.type} {len(self.channels)} channels>"

    @classmethod
    async def create(cls, owner: Owner, type: str = "mixing,dtmf_events", name: str = "") -> Bridge:
        """Create a bridge and subscribe to its events.

        owner: who destroys it in the end. type: `mixing` or `holding`, and with commas
        `dtmf_events`, `proxy_media`, `video_sfu`, `video_single`. `dtmf_events` lets digits
        pressed inside reach the flow. name: for Asterisk's listings.

        Raises InvalidParameter, ServerError for an unknown type.
        ARI: POST /bridges/{bridgeId}; POST /applications/{app}/subscription, without which
        BridgeDestroyed would not reach us.
        """
        bridge_id = owner.made_id("bridge")
        before: Bridge | None = owner.take_found(("bridge", bridge_id))
        if before is not None:
            return before
        bridge = cls(owner, bridge_id, type, name)

        async def create() -> None:
            send = owner.ari.bridges.create_with_id
            try:
                await insisted(lambda: send(bridge.id, type=type, name=name))
            except OutcomeUnknown:
                raise  # it may be there: the owner destroys it
            except Exception:
                bridge.forget()
                raise
            finally:
                owner.router.deliver(bridge._key)
            try:
                await owner.ari.applications.subscribe(
                    owner.app, event_source=[f"bridge:{bridge.id}"]
                )
            except Exception:
                with suppress(AriError):  # then the owner destroys it
                    await bridge.destroy()
                raise

        # Who looks for what was lost in a gap must not miss one that is not there yet.
        owner.router.hold(bridge._key)
        await owner.run(create())
        return bridge

    @classmethod
    def resumed(cls, owner: Owner, bridge_id: str, live: Snapshot | None, *, own: bool) -> Bridge:
        """A handle for a bridge that was made before a restart.

        live: what Asterisk says of it; None when it is gone. own: whether it is this owner's.
        """
        if live is None:
            bridge = cls(owner, bridge_id, own=False)
            bridge.destroyed = True
            bridge._emptied.set()
            return bridge
        bridge = cls(owner, bridge_id, live.bridge_type, live.name, own=own)
        bridge.channels = dict.fromkeys(live.channels)
        return bridge

    def apply(self, event: Event) -> None:
        """The reader tells who came and went."""
        if isinstance(event, ChannelEnteredBridge) and event.channel is not None:
            self.channels[event.channel.id] = None
            self._emptied.clear()
        elif isinstance(event, ChannelLeftBridge):
            self.channels.pop(event.channel.id, None)
            if not self.channels:
                self._emptied.set()
        elif isinstance(event, BridgeDestroyed):
            self.forget()

    def forget(self) -> None:
        """It is gone."""
        self.destroyed = True
        self.channels.clear()
        self._emptied.set()
        self._owner.release(self._key)
        self._owner.disown(self._key)
        self._lose_media(ChannelGone(self.id, "bridge destroyed"))

    @property
    def deserted(self) -> bool:
        """Whether nobody is inside: Asterisk ends what plays, and what is recorded of it."""
        return not self.channels

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return await work

    async def add(
        self,
        *channels: Channel,
        role: str | None = None,
        mute: bool = False,
        absorb_dtmf: bool = False,
        inhibit_connected_line_updates: bool = False,
        timeout: float = ENTER_SECONDS,
    ) -> None:
        """Bring channels in and wait until they are inside.

        Asterisk's answer does not prove the entry, so the events are waited for. A channel that
        is in another bridge leaves that one; one that is in this one stays. role: `participant`
        or `announcer`, in a holding bridge. mute: it hears but is not heard. absorb_dtmf: its
        digits do not pass the bridge. inhibit_connected_line_updates: do not tell the others who
        it is. timeout: seconds.

        Raises ChannelGone when one has left, WaitTimeout, Unprocessable when one is not in
        Stasis, Conflict while it is recorded. ARI: POST /bridges/{bridgeId}/addChannel.
        """
        # One that is a call of its own since is where it was left: a state may be resumed.
        channels = tuple(c for c in channels if not (c.handed_over and c.id in self.channels))
        for channel in channels:
            if channel.gone is not None:
                raise channel.gone.again()
        if channels and role is None and not (mute or absorb_dtmf):
            # Asterisk would let it leave and enter again.
            channels = tuple(c for c in channels if c.bridge_id != self.id)
            if not channels:
                return
        waits = [
            channel.expect(
                ChannelEnteredBridge,
                where=lambda event: event.bridge.id == self.id,
                what=f"channel {channel.id} entering bridge {self.id}",
            )
            for channel in channels
        ]
        try:
            how = {
                "role": role,
                "mute": mute,
                "absorb_dtmf": absorb_dtmf,
                "inhibit_connected_line_updates": inhibit_connected_line_updates or None,
            }
            missing = list(channels)
            for _ in range(TRIES):
                sure = await self._add([channel.id for channel in missing], **how)
                if await entered(waits, timeout, raises=False):
                    return
                missing = await self._missing(missing)
                # Sent twice, it would let those who are inside leave and enter again.
                if sure or not missing:
                    break
            await entered(waits, 0.0)
        except (InvalidParameter, Unprocessable, Conflict) as error:
            # Asterisk says 400 of a channel it does not know, and 409 or 422 of one that leaves.
            for channel in channels:
                if channel.gone is not None:
                    raise channel.gone.again() from None
            if isinstance(error, InvalidParameter):
                for channel in channels:
                    await channel.get()  # ChannelGone of the one that Asterisk does not know
            raise
        finally:
            for wait in waits:
                wait.cancel()

    async def _add(self, ids: list[str], **how: Any) -> bool:
        """Ask Asterisk. Returns whether it is known to have heard."""
        try:
            await self._owner.run(self._owner.ari.bridges.add_channel(self.id, channel=ids, **how))
        except OutcomeUnknown:
            return False
        return True

    async def _missing(self, channels: Iterable[Channel]) -> list[Channel]:
        """Which of them are not inside; of those that are, the event was missed: it is told."""
        owner, live = self._owner, await self.get()
        for channel in channels:
            if channel.id in live.channels and channel.bridge_id != self.id:
                owner.router.dispatch(
                    ChannelEnteredBridge(
                        application=owner.app, bridge=live, channel=channel.snapshot
                    )
                )
        return [channel for channel in channels if channel.id not in live.channels]

    async def remove(self, *channels: Channel) -> None:
        """Take channels out; they stay in Stasis. One that is not inside is fine.

        ARI: POST /bridges/{bridgeId}/removeChannel.
        """
        inside = [channel.id for channel in channels if channel.id in self.channels]
        if inside:
            try:
                await self._owner.run(
                    self._owner.ari.bridges.remove_channel(self.id, channel=inside)
                )
            except Unprocessable as error:
                if "not in this bridge" not in error.message.lower():
                    raise  # else it has left, and the event is on its way

    async def set_video_source(self, channel: Channel) -> None:
        """Show this channel's video to all. ARI: POST /bridges/{bridgeId}/videoSource/{channelId}.

        It stays until `clear_video_source`, whoever talks.
        """
        await self._owner.run(self._owner.ari.bridges.set_video_source(self.id, channel.id))

    async def clear_video_source(self) -> None:
        """Let talking decide again. ARI: DELETE /bridges/{bridgeId}/videoSource."""
        await self._owner.run(self._owner.ari.bridges.clear_video_source(self.id))

    async def emptied(self, timeout: float | None = None) -> None:
        """Wait until nobody is inside any more, or it was destroyed.

        timeout: seconds; None takes `engine.wait_timeout`. Raises WaitTimeout.
        """
        seconds = self._owner.seconds(timeout)
        try:
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
        except TimeoutError:
            raise WaitTimeout(f"bridge {self.id} emptying", seconds) from None

    async def get(self) -> Snapshot:
        """What Asterisk says of it now. Raises NotFound. ARI: GET /bridges/{bridgeId}."""
        return await self._owner.run(self._owner.ari.bridges.get(self.id))

    async def destroy(self) -> None:
        """Destroy it; the channels inside stay in Stasis. One that is gone is fine.

        What this program plays in it is stopped first: else Asterisk would never tell its end.
        ARI: DELETE /playbacks/{playbackId}, DELETE /bridges/{bridgeId}.
        """
        if self.destroyed:
            return
        playing = [each for each in self._media if isinstance(each, Playback) and not each.over]
        for playback in reversed(playing):  # those that wait for their turn first
            with suppress(AriError):
                await playback.stop()
        if self.destroyed:
            return
        try:
            await self._owner.run(self._owner.ari.bridges.destroy(self.id))
        except GONE:
            pass
        self.forget()


async def entered(
    waits: Sequence[Wait[ChannelEnteredBridge]], timeout: float, *, raises: bool = True
) -> bool:
    """Whether all have entered within the time. Raises WaitTimeout when that is wanted."""
    for wait in waits:
        try:
            await wait.within(timeout)
        except WaitTimeout:
            if raises:
                raise
            return False
    return True
