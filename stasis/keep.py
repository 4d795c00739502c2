"""Where a call's record is kept, so that a new process can go on with the call.

On the channel itself by default: it ends with the channel, needs no other service, and whoever
connects to that Asterisk finds it. A folder of files takes larger records.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import msgspec

from stasis.ari import Ari
from stasis.config import KeepConfig
from stasis.errors import Conflict, FlowError, NotFound, ServerError

__all__ = ["VARIABLE", "Folder", "Keep", "Nowhere", "Variable", "keep_of"]

VARIABLE = "STASIS_FLOW"
# Asterisk takes a body of 40,960 bytes. JSON within JSON grows by its escapes: those count.
VARIABLE_LIMIT = 40_000
# A file that was written so short a time ago is not pruned.
YOUNG_SECONDS = 300.0


class Keep(Protocol):
    """Keeps one text for each channel of one Asterisk."""

    async def save(self, channel_id: str, text: str) -> None:
        """Keep it, instead of what was kept before. Raises AriError, FlowError, OSError."""

    async def load(self, channel_id: str) -> str | None:
        """What is kept of a channel, or None. Raises AriError, OSError."""

    async def forget(self, channel_id: str) -> None:
        """The call is over."""

    async def prune(self, living: Collection[str]) -> None:
        """Forget what is kept of other channels than these: they ended while nobody looked."""


class Variable:
    """On the channel, as its variable STASIS_FLOW.

    ARI: POST and GET /channels/{channelId}/variable.
    """

    def __init__(self, ari: Ari) -> None:
        self._ari = ari

    async def save(self, channel_id: str, text: str) -> None:
        """Set the variable. Raises FlowError when the text is too long for one."""
        if (size := len(msgspec.json.encode(text))) > VARIABLE_LIMIT:
            raise FlowError(
                f"the flow's data are {size} bytes as they are sent; a channel variable takes"
                f' {VARIABLE_LIMIT}: keep less, or set store = "folder" in [keep]'
            )
        await self._ari.channels.set_channel_var(channel_id, variable=VARIABLE, value=text)

    async def load(self, channel_id: str) -> str | None:
        """The variable's value, or None when it is not set or the channel is gone."""
        try:
            found = await self._ari.channels.get_channel_var(channel_id, variable=VARIABLE)
        except (NotFound, Conflict, ServerError):
            return None
        return found.value or None

    async def forget(self, channel_id: str) -> None:
        """It goes with the channel."""

    async def prune(self, living: Collection[str]) -> None:
        """They went with their channels."""


class Folder:
    """In a folder, one file for each channel; a file is replaced as a whole or not at all.

    path: the folder of one Asterisk; made when it is not there, for nobody else to read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    async def save(self, channel_id: str, text: str) -> None:
        """Write the file. Raises OSError."""
        await asyncio.to_thread(self._write, channel_id, text)

    async def load(self, channel_id: str) -> str | None:
        """The file's text, or None when there is none."""
        return await asyncio.to_thread(self._read, channel_id)

    async def forget(self, channel_id: str) -> None:
        """Delete the file."""
        await asyncio.to_thread(self._file(channel_id).unlink, missing_ok=True)

    async def prune(self, living: Collection[str]) -> None:
        """Delete the files of channels that are not there any more."""
        await asyncio.to_thread(self._prune, frozenset(living))

    def _file(self, channel_id: str) -> Path:
        name = quote(channel_id, safe="")
        if len(name) > 200:
            name = hashlib.sha256(
                channel_id.encode()
            ).hexdigest()  # longer than a file's name may be
        return self.path / f"{name}.json"

    def _write(self, channel_id: str, text: str) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file(channel_id)
        fresh = file.with_suffix(f".{os.getpid()}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(text.encode())
        os.replace(fresh, file)

    def _read(self, channel_id: str) -> str | None:
        try:
            return self._file(channel_id).read_text("utf-8")
        except FileNotFoundError:
            return None

    def _prune(self, living: frozenset[str]) -> None:
        names = {self._file(channel_id).name for channel_id in living}
        before = time.time() - YOUNG_SECONDS
        for file in self.path.glob("*.json"):
            # A young one may be of a call that came in while Asterisk was asked who lives; and
            # what cannot be deleted keeps no call waiting.
            with suppress(OSError):
                if file.name not in names and file.stat().st_mtime < before:
                    file.unlink()


class Nowhere:
    """Nothing is kept: after a restart of the program no call is resumed."""

    async def save(self, channel_id: str, text: str) -> None:
        """Nothing."""

    async def load(self, channel_id: str) -> str | None:
        """None."""
        return None

    async def forget(self, channel_id: str) -> None:
        """Nothing."""

    async def prune(self, living: Collection[str]) -> None:
        """Nothing."""


def keep_of(config: KeepConfig, ari: Ari, server: str) -> Keep:
    """What the configuration says. server: the Asterisk's name, for a folder of its own."""
    if config.store == "variable":
        return Variable(ari)
    if config.store == "folder":
        return Folder(Path(config.folder) / quote(server, safe=""))
    return Nowhere()
