"""A call of softphones as one row: what everybody does, and what users saw of it.

What is done is words with spaces between, each by somebody whose name is at its beginning: `anna`,
`bert` and `carl` have a softphone each, `bert2` is Bert's second one, `anna+` is a second call of
Anna's, `out` somebody outside, and `trunk` the outside phone that is called.

    anna>202                 dials it; `out>bert` calls a user from outside
    bert:rings               her phone rings: from now on she can do something there
    bert:answers             and :declines, :busy, :hangs-up, :holds, :resumes, :loses (its network),
                             :dials:12#, :speaks:3
    bert:hears:sound:beep    hears it next
    bert:gone                the call is over at her phone; bert:cause:17, with this cause
    anna~bert                they hear each other;  anna|bert  none of them hears the other;
                             bert/anna  he does not hear her, but she does him
    anna!hold                does so at her page: an action; `anna!transfer:203`, `anna!dtmf:12`,
                             `anna!attend:anna+`, `anna!conference:1000`
    anna!hold/not_now        is refused, for this reason
    anna?connected           so her page says; `anna?held`, `anna?other` (is held), `anna?muted`,
                             `anna?recording`, `anna?rejoin`, `anna?peer:carl`, `anna?conference:1000`
    anna*                    her page was reloaded: its device has registered anew
    bert2%                   the session of his second device has ended
    bert-                    his device is not registered any more;  bert+2  that one is again
    anna-click>202           she clicks on a number
    3s   deploys   cut:5     time passes; a new process takes over; the event socket is lost

What was seen is told for each user in the order in which it was told, `-` joins a reason to its
end: `anna ringing connected ended-hangup`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen
from stasis_webrtc.order import NotPossible
from stasis_webrtc.view import CallView

from stasis.testing.party import Callee, Caller
from stasis.testing.simulator.phone import Line
from tests.apps.stasis_webrtc.house import House, dials, from_outside, opened, rings

__all__ = ["Row", "went"]

# Lost on the way: what Asterisk says of a call whose other end it does not hear any more.
LOST = 44
SAYS: Mapping[str, str] = {
    "held": "held",
    "other": "held_by_other",
    "muted": "muted",
    "recording": "recording",
    "rejoin": "rejoin",
}


@frozen
class Row:
    """A call.

    what: the name of the test. does: as above. sees: what users saw. history: of each user, as
    `anna out hangup`; a missed one as `bert in noanswer missed`. users: what is changed of them
    before, such as {"bert": {"dnd": True}}. rules: the same of the rules. refused: what was written
    down as refused, as `anna +1650…`. keeps: messages that are left, as `bert 3` with its seconds.
    version: of Asterisk.
    """

    what: str
    does: str
    sees: str = ""
    history: str = ""
    users: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    rules: Mapping[str, Any] = field(factory=dict)
    refused: str = ""
    keeps: str = ""
    version: str = "22"


async def went(row: Row) -> Row:
    """Let a call be made. Returns its row as it went: the same, if it went as the row says."""
    house = House(**row.rules)
    for user, changes in row.users.items():
        house.directory.change(user, **changes)
    async with opened(house, row.version) as asterisk:
        script = Script(house, asterisk)
        for word in row.does.split():
            try:
                await script.does(word)
            except AssertionError as error:
                done = asterisk.transcript
                raise AssertionError(f"{row.what}: {word}: {error}\n{done}") from error
        await script.waits(1)
        for caller in asterisk.callers:
            if not caller.over:
                await caller.hangs_up()
        await script.waits(house.rules.rejoin + 10)
    names = [name for name in house.directory.users if house.saw(name)]
    rows = sorted(house.directory.users)
    return evolve(
        row,
        sees="  ".join(
            " ".join([name, *(word.replace(" ", "-") for word in house.saw(name))])
            for name in sorted(names)
        ),
        history=", ".join(f"{n} {each}" for n in rows for each in house.reasons(n)),
        refused=", ".join(f"{who} {what}" for who, what, _ in house.directory.refusals),
        keeps=", ".join(f"{each.user} {each.seconds:g}" for each in house.ledger.inbox),
    )


class Script:
    """Carries out the words of a row."""

    def __init__(self, house: House, asterisk: Any) -> None:
        self.house = house
        self.asterisk = asterisk
        self.people: dict[str, Caller] = {}

    async def waits(self, seconds: float) -> None:
        """Nothing is done for so long."""
        await self.asterisk.turn()
        loop_wait = self.asterisk.machine.until(lambda: False, seconds)
        await loop_wait
        await self.asterisk.turn()

    async def does(self, word: str) -> None:
        """One word."""
        if found := re.fullmatch(r"([0-9.]+)s", word):
            await self.waits(float(found[1]))
        elif word == "deploys":
            await self.asterisk.redeploy()
        elif word.startswith("cut:"):
            await self.asterisk.cut(float(word[4:]))
        elif found := re.fullmatch(r"([a-z]+)-click>(.+)", word):
            await self.house.calls.summons.call(
                found[1], self.house.directory.registered[found[1]][0], found[2], self.asterisk.link
            )
            await self.asterisk.turn()
        elif found := re.fullmatch(r"([a-z]+)([0-9]?)%", word):
            endpoint = f"w-{found[1]}-{found[2] or 1}"
            self.house.directory.ended.add(endpoint)
            await self.house.calls.lost.end(found[1], endpoint)
            await self.asterisk.turn()
        elif found := re.fullmatch(r"([a-z]+)-", word):
            self.house.directory.registered[found[1]] = []
        elif found := re.fullmatch(r"([a-z]+)\+([0-9])", word):
            self.house.directory.registered[found[1]] = [f"w-{found[1]}-{found[2]}"]
        elif found := re.fullmatch(r"([a-z]+)([0-9]?)\*", word):
            await self.house.calls.reclaim(found[1], f"w-{found[1]}-{found[2] or 1}")
        elif found := re.fullmatch(r"([a-z+]+[0-9]?)>(.+)", word):
            await self.dials(found[1], found[2])
        elif found := re.fullmatch(r"([a-z+]+[0-9]?)([~|/])([a-z+]+[0-9]?)", word):
            await self.talks(found[1], found[2], found[3])
        elif found := re.fullmatch(r"([a-z+]+[0-9]?)!([a-z_]+):?([^/]*)/?(.*)", word):
            await self.acts(*found.groups())
        elif found := re.fullmatch(r"([a-z+]+[0-9]?)\?([a-z]+):?(.*)", word):
            await self.looks(*found.groups())
        else:
            who, verb, *rest = word.split(":")
            await self.person(who, verb, ":".join(rest))

    async def dials(self, who: str, number: str) -> None:
        """Somebody dials."""
        if who == "out":
            self.people[who] = await from_outside(self.asterisk, number)
            return
        user, device = parts(who)
        self.people[who] = await dials(self.asterisk, user, number, device)

    async def talks(self, one: str, how: str, other: str) -> None:
        """Whether two hear each other."""
        first, second = self.people[one], self.people[other]
        if how == "~":
            await first.talks_with(second, within=2)
            return
        await self.waits(0.1)
        assert not first.can_hear(second), f"{one} hears {other}"
        assert second.can_hear(first) is (how == "/"), f"{other} hears {one}, or does not"

    def view(self, who: str) -> CallView:
        """How a user's page shows the call that somebody's line is."""
        user, _ = parts(who)
        views = self.house.views(user)
        line = self.people.get(who)
        mine = [p for p in self.house.calls.parties() if line and p.channel.id == line.id]
        found = [view for view in views if not mine or view.id == mine[0].id]
        assert found, f"{user} has no such call, but {views}"
        return found[0]

    async def acts(self, who: str, action: str, option: str, why: str) -> None:
        """Somebody does something at their page."""
        options: dict[str, Any] = {}
        if action == "attend":
            options["other"] = self.view(option).id if option in self.people else option
        elif option:
            options[{"dtmf": "digits", "conference": "room"}.get(action, "to")] = option
        try:
            await self.house.do(parts(who)[0], action, self.view(who).id, **options)
        except NotPossible as error:
            assert error.why == why, error
        else:
            assert not why, f"it was not refused for {why}"
        await self.asterisk.turn()

    async def looks(self, who: str, what: str, value: str) -> None:
        """What somebody's page says."""
        await self.asterisk.turn()
        if what == "none":
            assert not self.house.views(parts(who)[0]), self.house.views(parts(who)[0])
            return
        view = self.view(who)
        if what == "peer":
            assert value in (view.peer.user, view.peer.number), view
        elif what == "conference":
            assert view.conference == value, view
        elif what in SAYS:
            assert getattr(view, SAYS[what]) is (value != "not"), view
        else:
            assert view.state == what, view

    async def person(self, who: str, verb: str, rest: str) -> None:
        """What somebody does at their phone, or notices there."""
        if verb == "rings":
            user, device = parts(who)
            if who == "trunk":
                called = [each for each in self.asterisk.callees if "@" in each.phone]
                assert called, "nobody outside was called"
                self.people[who] = await self.asterisk.rings(called[-1].phone)
                assert not rest or rest in called[-1].phone, called[-1].phone
                return
            self.people[who] = await rings(self.asterisk, user, device)
            return
        line = self.people[who]
        match verb:
            case "answers" | "declines":
                assert isinstance(line, Callee)
                await getattr(line, verb)()
            case "busy":
                assert isinstance(line, Callee)
                await line.is_busy()
            case "hangs-up":
                await line.hangs_up()
            case "holds" | "resumes":
                await getattr(line, verb)()
            case "loses":
                await line.hangs_up(LOST)
            case "dials":
                await line.dials(rest)
            case "speaks":
                await line.speaks(float(rest))
            case "hears":
                await line.hears(rest)
            case "quiet":
                await line.hears_nothing(float(rest))
            case "gone":
                await line.is_hung_up(within=2)
            case "cause":
                assert await line.is_hung_up(within=10) == int(rest), line.line.ended
            case "there":
                await self.waits(0.1)
                assert not line.over, f"{who} was hung up"
            case _:
                raise ValueError(f"nobody can {verb!r}")


def parts(who: str) -> tuple[str, int]:
    """A user and the number of the device: `bert2` is his second one. Pure."""
    found = re.fullmatch(r"([a-z]+)\+?([0-9]?)", who)
    assert found, who
    return found[1], int(found[2] or 1)


__all__ += ["Line", "Script"]
