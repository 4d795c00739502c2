"""The other ends: callers and desks, on a link of their own that no fault touches."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import attrs

from stasis import Channel, ChannelGone, Link
from stasis.errors import AriError, OutcomeUnknown
from stasis.program import Program
from tests.asterisk.servers import Server
from tests.faults.calls import APP

__all__ = ["Office"]

GONE_SECONDS = 10.0


class Office:
    """Callers and desks by the name of their call.

    link: its own link to Asterisk. came: set when a caller has been answered. desks: who was
    rung for a call. ring: seconds until a desk answers.
    """

    def __init__(self) -> None:
        self.link: Link
        self.callers: dict[str, asyncio.Future[Channel]] = {}
        self.desks: dict[str, list[Channel]] = {}
        self.ring = 0.5

    @asynccontextmanager
    async def open(self, server: Server, backoff_max: float = 30.0) -> AsyncIterator[Office]:
        """The office works while the context lasts."""
        config = server.config()
        asterisk = attrs.evolve(config.asterisk, transport="http", backoff_max=backoff_max)
        self.link = Link(
            attrs.evolve(config, asterisk=asterisk),
            {"caller": Program.of(self.caller), "desk": Program.of(self.desk)},
        )
        task = asyncio.create_task(self.link.run())
        try:
            reached = asyncio.create_task(self.link.state.reached("ready", "stopped"))
            await asyncio.wait({task, reached}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            await reached
            yield self
            await self.sweep()
        finally:
            self.link.stop()
            await task

    async def caller(self, channel: Channel) -> None:
        """A caller who was answered: the script has the rest."""
        coming = self.callers.get(channel.id)
        if coming is not None and not coming.done():
            coming.set_result(channel)
        await self.stays(channel)

    async def desk(self, channel: Channel) -> None:
        """A desk: it rings, answers, and stays."""
        self.desks.setdefault(channel.args[0], []).append(channel)
        await channel.ring()
        await asyncio.sleep(self.ring)
        await channel.answer()
        await self.stays(channel)

    async def stays(self, channel: Channel) -> None:
        """Until it is hung up."""
        try:
            await channel.ended()
        except ChannelGone:
            return

    async def call(
        self, name: str, room: str, app: str = APP
    ) -> tuple[str, asyncio.Future[Channel]]:
        """Place a call. Returns the id of the caller's channel, and who comes when answered."""
        coming: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        channel_id = f"caller-{name}"
        self.callers[channel_id] = coming
        try:
            await self.link.ari.channels.originate_with_id(
                channel_id,
                endpoint=f"Local/stasis-{app},{name},{room}@default/n",
                app="caller",
                timeout=60,
                # As phones have. Else Asterisk takes the finest it knows: twelve times the work.
                formats="ulaw",
            )
        except OutcomeUnknown:
            # Placed all the same, perhaps, and nobody would ever hang it up.
            with suppress(AriError):
                await self.link.ari.channels.hangup(channel_id)
            raise
        return channel_id, coming

    async def there(self, channel_id: str) -> bool:
        """Whether Asterisk still has a channel."""
        try:
            await self.link.ari.channels.get(channel_id)
        except AriError:
            return False
        return True

    async def recorded(self, name: str) -> float:
        """Seconds of a stored recording; it is deleted. Raises NotFound."""
        found: bytes = await self.link.ari.recordings.get_stored_file(name)
        await self.link.ari.recordings.delete_stored(name)
        with wave.open(io.BytesIO(found)) as file:
            seconds: float = file.getnframes() / file.getframerate()
            return seconds

    async def sweep(self) -> None:
        """Delete what was recorded of those who hung up before the end."""
        for stored in await self.link.ari.recordings.list_stored():
            if stored.name.startswith("faults/"):
                await self.link.ari.recordings.delete_stored(stored.name)

    async def strays(self) -> list[str]:
        """Channels and bridges on the server, once hangups had time to come through."""
        found: list[str] = []
        for _ in range(int(GONE_SECONDS / 0.1)):
            found = [
                f"channel {each.id} {each.name} {each.dialplan.app_name} {each.dialplan.app_data}"
                for each in await self.link.ari.channels.list()
            ]
            for each in await self.link.ari.bridges.list():
                if each.name.startswith("room-") and not each.channels:
                    await self.link.ari.bridges.destroy(each.id)
                else:
                    found.append(f"bridge {each.id} {each.name} {each.channels}")
            if not found:
                break
            await asyncio.sleep(0.1)
        return found
