"""Programs that play a stream as music on hold, and the only ways in which they are called.

Asterisk runs the program as its own user, and takes the line apart at blanks, without a shell. So
nothing of a line is free text: the program is one of a few, the address has no blanks or quotes,
begins with http and is the program's last argument or stands behind `-i`.

A program that ends is started again at once, all the time, and Asterisk 22 often crashes when the
class is removed meanwhile. It waits 20 s between two tries when the class has a directory that
begins with `http://`, and then does not crash; it gives that directory to the program, behind its
arguments. So the class has one at which there is nothing: mpg123 would play it after the stream,
and fails; to ffmpeg it is metadata of no file, which it ignores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

__all__ = ["PAUSE", "Player", "PlayerFolder", "command"]

Player: TypeAlias = Literal["mpg123", "ffmpeg"]
"""mpg123 plays MP3; ffmpeg nearly everything."""

PlayerFolder: TypeAlias = Literal["/usr/bin", "/usr/local/bin"]
"""The folder on the server where the player is."""

LINES: Mapping[str, str] = {
    "mpg123": "{folder}/mpg123 -q -r 8000 --mono -s -f {scale} {url}",
    "ffmpeg": "{folder}/ffmpeg -nostdin -loglevel error -protocol_whitelist http,https,tcp,tls"
    " -i {url} -af volume={volume:g} -ac 1 -ar 8000 -f s16le - -metadata",
}
PAUSE = "http://127.0.0.1:0/"
"""The class's directory, which makes Asterisk wait between two tries: nothing has port 0."""

FULL = 32768  # mpg123's scale of the volume


def command(player: Player, folder: PlayerFolder, url: str, volume: int) -> str:
    """The line for `application`, of a class with the directory `PAUSE`. url: a `StreamUrl`.
    volume: percent.
    """
    return LINES[player].format(
        folder=folder, url=url, scale=FULL * volume // 100, volume=volume / 100
    )
