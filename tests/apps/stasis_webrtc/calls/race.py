"""Two things at once: one is done at each moment of what the other one sets going.

Whatever Asterisk and the database are asked for takes its time here, so there are many moments in
which something is half done. A race says nothing of who comes first. It says what must never be: a
call that nobody is told the end of, or twice, that is not in the history or differently in it, a
party that is left alone, something that stays on the server.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from stasis import StasisError
from stasis.ari.resource import Request, Response
from stasis.testing.asterisk import Asterisk
from stasis.testing.left import Left
from tests.apps.stasis_webrtc.calls.row import Script
from tests.apps.stasis_webrtc.house import House

__all__ = ["Race", "wrong"]

# What each question takes, and how far apart two moments are.
SECONDS, APART = 0.01, 0.01
MOMENTS = 13
# So long nobody does anything; then whoever is still there hangs up.
PATIENCE = 100.0


@frozen
class Race:
    """Two things at once, in the words of `Row`.

    what: the name of the test. before: what has happened. does: what sets something going.
    meanwhile: what is done at each moment of that. after: what is done then. users, rules, version:
    as of Row. untold: of whom nothing is asked but that nothing is left.
    """

    what: str
    before: str
    does: str
    meanwhile: str
    after: str = ""
    users: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    rules: Mapping[str, Any] = field(factory=dict)
    version: str = "22"
    untold: tuple[str, ...] = ()


class Slow(Asterisk):
    """A server that takes its time, once it is told to."""

    seconds = 0.0

    async def _send(self, request: Request) -> Response:
        await asyncio.sleep(self.seconds / 2)
        answer = await super()._send(request)
        await asyncio.sleep(self.seconds / 2)
        return answer


async def wrong(race: Race) -> list[str]:
    """What is wrong after a race, whichever moment it was."""
    found: dict[str, list[str]] = defaultdict(list)
    for number in range(MOMENTS):
        moment = number * APART + 0.001
        try:
            problems = await tried(race, moment)
        except Left as left:
            problems = [re.sub("[0-9a-f]{8,}", "…", str(left).partition(". What is")[0])]
        for each in problems:
            found[each].append(f"{moment * 1000:.0f}")
    return [f"{each} (after {', '.join(moments)} ms)" for each, moments in found.items()]


async def tried(race: Race, moment: float) -> list[str]:
    """What is wrong when it is done at one moment, in seconds."""
    house = House(**race.rules)
    for user, changes in race.users.items():
        house.directory.change(user, **changes)
    async with Slow(house, version=race.version, sounds={}) as asterisk:
        script = Script(house, asterisk)
        for word in race.before.split():
            await script.does(word)
        await script.waits(1)
        house.directory.seconds = house.ledger.seconds = asterisk.seconds = SECONDS
        first = asyncio.create_task(goes(script, race.does))
        await asyncio.sleep(moment)
        await asyncio.gather(first, goes(script, race.meanwhile))
        await goes(script, race.after)
        await asyncio.sleep(PATIENCE)
        problems = [*left_alone(house, asterisk)]
        for caller in asterisk.callers:
            if not caller.over:
                await caller.hangs_up()
        await asyncio.sleep(house.rules.rejoin + 10)
        problems += remaining(house, asterisk)
        problems += [each for each in told_wrong(house) if not each.startswith(race.untold)]
        problems += [f"a flow has raised {error!r}" for error in asterisk.failures.values()]
        return problems


async def goes(script: Script, words: str) -> None:
    """What is said is done, as far as it can be."""
    for word in words.split():
        try:
            await script.does(word)
        except (AssertionError, StasisError):
            return  # the other one was faster


def left_alone(house: House, asterisk: Asterisk) -> Iterator[str]:
    """Who waits for nobody."""
    for call in house.calls.live.values():
        names = " and ".join(each.data.user or "somebody" for each in call.parties.values())
        if len(call.parties) + len(call.away) < 2:
            yield f"{names} is left alone"
        if any(each.channel.gone for each in call.parties.values()):
            yield f"of {names} somebody is not there"
    for party in house.calls.parties():
        if party.data.endpoint in house.directory.ended:
            yield f"{party.data.user} is in a call by a device whose session has ended"
    inside = {party.channel.id for party in house.calls.parties()}
    for runner in asterisk.link.runners:
        if runner.app == house.app and runner.channel.id not in inside:
            yield f"a channel is in {runner.state}, and in no call"


def remaining(house: House, asterisk: Asterisk) -> Iterator[str]:
    """What should not be there any more."""
    if house.calls.live:
        yield "a call is left"
    if list(asterisk.machine.bridges):
        yield "a bridge is left"
    for user in house.directory.users:
        if house.views(user):
            yield f"{user} still sees a call"
    if house.calls.summons._waited:
        yield "somebody is still waited for"


def told_wrong(house: House) -> Iterator[str]:
    """What users were told, and find in their history, that does not fit."""
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for view in house.seen:
        word = f"{view.state} {view.reason}".strip()
        if told[view.user, view.id][-1:] != [word]:
            told[view.user, view.id].append(word)
    for (user, id), words in told.items():
        if [word.startswith("ended") for word in words].count(True) != 1 or words[-1][
            :5
        ] != "ended":
            yield f"{user} was told {', '.join(words)}"
        reasons = {row.reason for row in house.ledger.history if (row.user, row.call) == (user, id)}
        if len(reasons) != 1:
            yield f"{user} was told {', '.join(words)}, and the history says {sorted(reasons)}"
        elif words[-1] != f"ended {reasons.pop()}":
            yield f"{user} was told {words[-1]}, and the history does not say so"
