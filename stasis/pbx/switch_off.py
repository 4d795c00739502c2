"""What switches off by itself on the server, even if whoever has switched it on is gone.

A Local channel waits in Asterisk for so many seconds, in the context `stasis-diagnostics`, and then
gives commands to Asterisk's own command line by `asterisk -rx`. It is visible among the channels,
and a graceful restart waits for it. To hang it up is to take it back. It needs the module
app_system, and in manager.conf the classes system, command and originate (`write = all` has them).

It is found by its context. No channel id is asked for: one that is in use already costs Asterisk
a channel that it counts for ever, and then it never restarts gracefully again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from stasis.ami import NoSuch, actions
from stasis.pbx.dialplan import NO_RECORD, UNRECORDED
from stasis.pbx.errors import Needs, Refused
from stasis.pbx.ways import Ways

__all__ = ["SwitchOff", "script"]

CONTEXT = "stasis-diagnostics"
# Where the program may be: Asterisk's own PATH may be empty.
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
# What a command may hold, so that it stays one word for the shell and one argument for System().
SAFE = re.compile(r"[A-Za-z0-9_./: -]+")
# The one half waits longer than the other, which gives the commands.
SLACK_SECONDS = 120
TRIES = 40
TRY_SECONDS = 0.05


class SwitchOff:
    """What waits on one server to switch things off."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways

    async def arm(self, name: str, lines: Sequence[str], seconds: float) -> None:
        """Have these commands given after so many seconds; in place of what this name had.

        Raises Needs, Refused, PbxError, AmiError: nothing will switch off then.
        """
        if not await self.ways.loaded("app_system.so"):
            raise Needs("", "needs the module app_system.so: it switches off by itself by System()")
        await self.disarm(name)
        ami = await self.ways.ami()
        waits = max(1, round(seconds))
        for priority, (application, data) in enumerate(script(lines, waits), 1):
            await ami.send(
                actions.DialplanExtensionAdd(
                    context=CONTEXT,
                    extension=name,
                    priority=priority,
                    application=application,
                    application_data=data,
                    replace=True,
                )
            )
        await ami.send(
            actions.Originate(
                channel=f"Local/{name}@{CONTEXT}/n",
                application="Wait",
                data=str(waits + SLACK_SECONDS),
                variable=NO_RECORD,
            )
        )
        for _ in range(TRIES):
            if name in await self.armed():
                return
            await asyncio.sleep(TRY_SECONDS)
        raise Refused("", "Asterisk did not begin to wait for switching off; its log says why")

    async def disarm(self, name: str) -> None:
        """Take it back; nothing happens when there is none. Raises PbxError, AmiError."""
        ami = await self.ways.ami()
        for channel, which in await self._waiting():
            if which == name:
                try:
                    await ami.send(actions.Hangup(channel=channel))
                except NoSuch:
                    continue
        for _ in range(TRIES):
            if name not in await self.armed():
                return
            await asyncio.sleep(TRY_SECONDS)

    async def armed(self) -> frozenset[str]:
        """The names of what waits now. Raises PbxError, AmiError."""
        return frozenset(name for _, name in await self._waiting())

    async def _waiting(self) -> list[tuple[str, str]]:
        """Channel and name of each."""
        found = []
        for each in await (await self.ways.ami()).list(actions.CoreShowChannels()):
            name, at, rest = each.channel.removeprefix("Local/").partition("@")
            if at and each.channel.startswith("Local/") and rest.startswith(f"{CONTEXT}-"):
                found.append((each.channel, name))
        return found


def script(lines: Sequence[str], seconds: int) -> list[tuple[str, str]]:
    """The applications, with their arguments, that wait and then give these commands."""
    for line in lines:
        if not SAFE.fullmatch(line):
            raise ValueError(f"{line!r} cannot be given through a shell")
    given = [("System", f"{PATH} asterisk -rx '{line}'") for line in lines]
    # Behind its end may still stand what a longer one had there.
    return [UNRECORDED, ("Answer", ""), ("Wait", str(seconds)), *given, ("Hangup", "")]
