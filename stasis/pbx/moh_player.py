"""Programs that play a stream as music on hold, and the only ways in which they are called.

Asterisk runs the program as its own user, and takes the line apart at blanks, without a shell. So
nothing of a line is free text: the program is one of a few, the address has no blanks or quotes,
begins with http and is the program's last argument or stands behind `-i`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

__all__ = ["Player", "PlayerFolder", "command"]

Player: TypeAlias = Literal["mpg123", "ffmpeg"]
"""mpg123 plays MP3; ffmpeg nearly everything."""

PlayerFolder: TypeAlias = Literal["/usr/bin", "/usr/local/bin"]
"""The folder on the server where the player is."""

LINES: Mapping[str, str] = {
    "mpg123": "{folder}/mpg123 -q -r 8000 --mono -s -f {scale} {url}",
    "ffmpeg": "{folder}/ffmpeg -nostdin -loglevel error -protocol_whitelist http,https,tcp,tls"
    " -i {url} -af volume={volume:g} -ac 1 -ar 8000 -f s16le -",
}
FULL = 32768  # mpg123's scale of the volume


def command(player: Player, folder: PlayerFolder, url: str, volume: int) -> str:
    """The line for `application`. url: a `StreamUrl`. volume: percent."""
    return LINES[player].format(
        folder=folder, url=url, scale=FULL * volume // 100, volume=volume / 100
    )
