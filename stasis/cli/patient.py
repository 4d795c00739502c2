"""The Asterisk that `stasis doctor` examines: the ways to it, and what is known so far."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from typing import TypeVar

from stasis.ami import Ami
from stasis.ari import Ari, Response
from stasis.ari.events import Event, RESTResponse
from stasis.config import AsteriskConfig
from stasis.decode import Decoder
from stasis.transport.connect import connect
from stasis.transport.frames import Opened
from stasis.transport.http import Http

__all__ = ["Patient"]

E = TypeVar("E", bound=Event)


class Patient:
    """One examination. Use it as an async context manager.

    config: which Asterisk. extension: `EXTEN@CONTEXT` to look for in the dialplan, or empty.
    app: an application name of its own, so that two doctors do not take each other's. answer:
    the first thing that came over HTTP. in_dialplan: whether the extension is there, once known.
    ami: the manager interface, once it is tried. refused: why it let nobody in.
    """

    def __init__(self, config: AsteriskConfig, extension: str = "") -> None:
        self.config = config
        self.extension = extension
        self.app = f"stasis-doctor-{os.getpid()}"
        self.http = Http(config)
        self.ari = Ari(self.http)
        self.answer = Response(0)
        self.in_dialplan: bool | None = None
        self.ami: Ami | None = None
        self.refused = ""
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Patient:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self.ami is not None:
            await self.ami.stop()
        await self.http.close()

    async def open(self) -> None:
        """Open the event WebSocket and listen from now on. Raises AriError."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(opened))
        await opened

    async def heard(self, kind: type[E], seconds: float) -> E | None:
        """The next event of a kind; what comes before it is dropped. None when time is up."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self._events.get()
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            return None

    async def _read(self, opened: asyncio.Future[None]) -> None:
        decoder = Decoder()
        try:
            async with aclosing(connect(self.config, [self.app])) as frames:  # type: ignore[type-var]
                async for frame in frames:
                    if isinstance(frame, Opened):
                        if not opened.done():
                            opened.set_result(None)
                    elif isinstance(frame, bytes):
                        event = decoder.decode(frame)
                        if not isinstance(event, RESTResponse):
                            self._events.put_nowait(event)
                    else:
                        return
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)
