"""A lease: which process runs our applications, written on Asterisk itself.

Asterisk gives an application to whoever asks last. So each process says on the server that it
lives, every few seconds, and a second one looks first: two that were started by mistake do not
take the calls from each other.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Collection

import msgspec

from stasis.ari import Ari
from stasis.errors import AriError, NotFound

__all__ = ["Holder", "Lease", "holder_of"]

PREFIX = "STASIS_LEASE_"
# So many signs of life may be missing before a process counts as gone.
MISSING = 3


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A process that runs an application.

    host, pid: where. id: its own, made at its start. beat: counts its signs of life. stopping:
    how many steps of its stop it has begun: 1 takes no new calls, 2 ends live ones.
    """

    host: str
    pid: int
    id: str
    beat: int
    stopping: int = 0

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def dead(self) -> bool:
        """Whether it is known to be gone: it ran on this machine, and is no process any more."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False


async def holder_of(ari: Ari, app: str) -> Holder | None:
    """Who has written last that it runs an application; it may be gone since.

    Raises AriError. ARI: GET /asterisk/variable.
    """
    try:
        found = await ari.asterisk.get_global_var(variable=f"{PREFIX}{app}")
        return msgspec.json.decode(found.value or "", type=Holder)
    except (NotFound, msgspec.MsgspecError):
        return None


class Lease:
    """Our lease of some applications.

    apps: their names. seconds: between two signs of life. stopping: see `Holder`.
    """

    def __init__(self, ari: Ari, apps: Collection[str], seconds: float) -> None:
        self._ari = ari
        self.apps = apps
        self._seconds = seconds
        self._id = uuid.uuid4().hex
        self._beat = 0
        self.stopping = 0

    async def other(self) -> tuple[str, Holder] | None:
        """Which application another living process runs, and which; None when none.

        Takes up to three signs of life to find out. Raises AriError.
        """
        for app in self.apps:
            holder = await self._other(app)
            if holder is None:
                continue
            for _ in range(MISSING * 2):
                await asyncio.sleep(self._seconds / 2)
                later = await self._other(app)
                if later is None:
                    break
                if later != holder:
                    return app, later
        return None

    async def freed(self, *, seen: bool = False) -> None:
        """Wait until nobody else runs our applications.

        seen: whether another's sign of life was seen. A program that gives none, such as another
        client of ARI, is gone when Asterisk does not know the application any more.
        """
        while True:
            try:
                if await self.other() is not None:
                    seen = True
                elif seen or not await self._known():
                    return
            except AriError:
                pass  # Asterisk is not there: then it is not free either
            await asyncio.sleep(self._seconds * MISSING)

    async def _known(self) -> bool:
        """Whether Asterisk knows one of our applications."""
        for app in self.apps:
            try:
                await self._ari.applications.get(app)
            except NotFound:
                continue
            return True
        return False

    async def _other(self, app: str) -> Holder | None:
        holder = await holder_of(self._ari, app)
        return None if holder is None or holder.id == self._id or holder.dead else holder

    async def run(self) -> None:
        """Take the applications, and give signs of life until cancelled."""
        take = True
        while True:
            try:
                await self.renew(take=take)
                take = False
            except AriError:
                pass  # whoever watches the connection says so; the next one may come through
            await asyncio.sleep(self._seconds)

    async def renew(self, *, take: bool = False) -> None:
        """Give one sign of life. take: also when another process has given one since our last.

        Without, that one is left alone: it has taken over while we could not reach Asterisk.
        Raises AriError. ARI: GET and POST /asterisk/variable.
        """
        if self._beat and not take and any([await self._other(app) for app in self.apps]):
            return
        self._beat += 1
        holder = Holder(
            host=socket.gethostname(),
            pid=os.getpid(),
            id=self._id,
            beat=self._beat,
            stopping=self.stopping,
        )
        await self._write(msgspec.json.encode(holder).decode())

    async def release(self) -> None:
        """We run the applications no longer. What has been taken from us is left alone."""
        for app in self.apps:
            holder = await holder_of(self._ari, app)
            if holder is not None and holder.id == self._id:
                await self._ari.asterisk.set_global_var(variable=f"{PREFIX}{app}", value="")

    async def _write(self, value: str) -> None:
        await asyncio.gather(
            *(
                self._ari.asterisk.set_global_var(variable=f"{PREFIX}{app}", value=value)
                for app in self.apps
            )
        )
