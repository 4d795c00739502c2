"""Files that Asterisk writes for us, fetched from afar: over ARI, out of its folder of recordings.

Asterisk gives out by ARI what lies there and has the ending of a format of sound; what is in it
does not matter. So a capture or a log is written there, fetched as if it were a recording, and
deleted.
"""

from __future__ import annotations

import secrets

from stasis.errors import NotFound
from stasis.pbx.core_settings import CoreLines
from stasis.pbx.errors import Needs
from stasis.pbx.ways import Ways

__all__ = ["Retrieved"]

ENDING = "ulaw"


class Retrieved:
    """A file on the server. path: where Asterisk writes it. name: as of a recording."""

    def __init__(self, ways: Ways, name: str, path: str) -> None:
        self.ways = ways
        self.name = name
        self.path = path

    @classmethod
    async def new(cls, ways: Ways, what: str) -> Retrieved:
        """A file that is not there yet. what: the beginning of its name. Raises PbxError."""
        lines = CoreLines.of(await ways.command("core show settings"))
        spool = lines.directories.get("Spool directory", "/var/spool/asterisk")
        name = f"stasis-{what}-{secrets.token_hex(6)}"
        return cls(ways, name, f"{spool}/recording/{name}.{ENDING}")

    async def read(self) -> bytes:
        """What is in it. Raises Needs when ARI does not give it out, AriError."""
        try:
            return await (await self.ways.ari()).recordings.get_stored_file(self.name)
        except NotFound:
            raise Needs(
                "",
                f"needs {self.path}, which ARI does not give out: does Asterisk's user own the"
                " folder, and are res_ari_recordings.so and format_pcm.so loaded?",
            ) from None

    async def delete(self) -> None:
        """Delete it; nothing happens when it is not there. Raises AriError."""
        try:
            await (await self.ways.ari()).recordings.delete_stored(self.name)
        except NotFound:
            return
