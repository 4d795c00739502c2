"""What is a scenario's own on a server: told by its token, or by what the server said it made."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from tests.conformance.server import Reply
from tests.conformance.tape import Tape, Told

__all__ = ["Belongings"]

# The fields of a frame that may be about what other scenarios have.
OTHERS = {"channel", "bridge", "peer", "device_state", "endpoint", "playback", "recording"}

# What can be left: the listing, which is where a DELETE goes as well, and the field with the name.
LEFT = {
    "channels": ("channels", "id"),
    "bridges": ("bridges", "id"),
    "recordings": ("recordings/stored", "name"),
    "deviceStates": ("deviceStates", "name"),
    "mailboxes": ("mailboxes", "name"),
}
LIVE = "recordings/live"

# Sends a request of this method and path.
Send = Callable[[str, str], Awaitable[Reply]]


class Belongings:
    """Those of one scenario. token: in all names that it gives. tape: what it asked and heard."""

    def __init__(self, token: str, tape: Tape) -> None:
        self._token = token
        self._tape = tape
        self._used = {"channels", "bridges"}
        self._made: set[str] = set()

    def note(self, told: Told) -> None:
        """It has asked for something."""
        if told.method == "GET":
            return
        self._used.add(told.path.partition("/")[0])
        made = told.json
        if isinstance(made, dict) and told.status == 200 and isinstance(made.get("id"), str):
            self._made.add(made["id"])

    def about(self, frame: dict[str, Any]) -> bool:
        """Whether a frame is about it: who subscribes to all hears of others as well."""
        known = {name: each for name, each in frame.items() if name != "application"}
        text = json.dumps(known)
        return (
            not known.keys() & OTHERS
            or self._token in text
            or any(f'"{each}' in text for each in self._made)
        )

    async def left(self, send: Send) -> list[str]:
        """The paths of what is there still."""
        paths = []
        for kind, (listing, field) in LEFT.items():
            if kind in self._used:
                reply = await send("GET", listing)
                assert reply.status == 200, f"{listing}: {reply!r}"
                paths += [
                    f"{listing}/{quote(each[field], safe='')}"
                    for each in reply.json
                    if self._owns(each, each[field])
                ]
        # Live recordings cannot be listed.
        for name in sorted(self._recorded()):
            path = f"{LIVE}/{quote(name, safe='')}"
            if (await send("GET", path)).status == 200:
                paths.append(path)
        return paths

    def _owns(self, listed: Any, name: str) -> bool:
        bare = re.sub(r";[12]$", "", name)
        return self._token in json.dumps(listed) or name in self._made or bare in self._made

    def _recorded(self) -> set[str]:
        """The names of all recordings that it heard of or was told of."""
        heard = {
            str(each.frame["recording"]["name"])
            for each in self._tape.frames
            if each.frame["type"] == "RecordingStarted"
        }
        return heard | {
            str(each.json["name"])
            for each in self._tape.told
            if each.path.endswith("/record") and each.status == 201
        }
