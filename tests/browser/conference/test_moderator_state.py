"""The pure parts of the page, asked in the browser: what messages change, and what words are made."""

from __future__ import annotations

from typing import Any

import pytest
from stasis_conference.roster import KINDS

from tests.browser.conference.moderator import Moderator

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

AT = "2026-01-01T10:00:00Z"
STATE = {
    "room": "board",
    "title": "Board",
    "locked": False,
    "recording": "off",
    "recording_name": "",
    "recording_seconds": 0,
    "paused": False,
    "record": "demand",
    "speaker": None,
    "began": AT,
    "ends_at": None,
    "grace_until": None,
    "capacity": 0,
}


def member(id: str, **more: Any) -> dict[str, Any]:
    """A member as the API tells of it."""
    return {
        "id": id,
        "name": id.title(),
        "number": "1",
        "channel": f"channel-{id}",
        "profile": "default",
        "moderator": False,
        "muted": False,
        "deaf": False,
        "held": False,
        "talking": False,
        "waiting": False,
        "talk_volume": 0,
        "listen_volume": 0,
        "joined": AT,
        "speaking": 0,
        **more,
    }


def snapshot(*members: dict[str, Any], **state: Any) -> dict[str, Any]:
    """A first message."""
    rooms = [{**STATE, **state, "members": list(members)}]
    return {"seq": 1, "type": "snapshot", "at": AT, "rooms": rooms}


def event(kind: str, about: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A message of what has happened."""
    details = more.pop("details", {})
    live = more.pop("live", {**STATE, **more})
    at = more.pop("at", AT)
    return {
        "type": kind,
        "at": at,
        "room": "board",
        "member": about,
        "details": details,
        "live": live,
    }


FOLD = """
async ([messages, received, now]) => {
  const state = await import(new URL("state.js", location));
  const known = messages.reduce((known, each) => state.heard(known, each, received), state.nothing());
  const live = known.rooms.board?.live ?? null;
  return {
    known,
    live,
    names: live?.members.map((each) => each.id) ?? [],
    waiting: live?.waiting.map((each) => each.id) ?? [],
    kinds: (known.log.board ?? []).map((each) => each.kind),
    speaking: live?.members.map((each) => state.speakingOf(each, now)) ?? [],
    recorded: live && state.recordedOf(live, now),
  };
}
"""


async def after(moderator: Moderator, *messages: dict[str, Any], now: str = AT) -> dict[str, Any]:
    """What is known after some messages that came an hour fast."""
    at = "(text) => Date.parse(text)"
    received = await moderator.page.evaluate(at, "2026-01-01T11:00:00Z")
    moment = await moderator.page.evaluate(at, now)
    found: dict[str, Any] = await moderator.page.evaluate(FOLD, [list(messages), received, moment])
    return found


class TestMessages:
    async def test_who_waits_and_who_is_inside(self, moderator: Moderator):
        found = await after(
            moderator,
            snapshot(member("anna"), member("bert", waiting=True, joined=None)),
            event("joined", member("bert")),
            event("waiting", member("carl", waiting=True, joined=None)),
        )
        assert (found["names"], found["waiting"]) == (["anna", "bert"], ["carl"])

    async def test_they_are_in_the_order_they_came(self, moderator: Moderator):
        found = await after(
            moderator,
            snapshot(member("bert", joined="2026-01-01T09:00:02Z")),
            event("joined", member("anna", joined="2026-01-01T09:00:01Z")),
        )
        assert found["names"] == ["anna", "bert"]

    async def test_the_same_one_twice_is_one(self, moderator: Moderator):
        found = await after(
            moderator, snapshot(member("anna")), event("joined", member("anna", muted=True))
        )
        assert [each["muted"] for each in found["live"]["members"]] == [True]

    async def test_who_is_refused_is_not_in(self, moderator: Moderator):
        found = await after(
            moderator, snapshot(member("anna")), event("refused", member("zoe", joined=None))
        )
        assert found["names"] == ["anna"] and found["kinds"] == ["refused"]

    async def test_who_is_refused_at_an_empty_room_leaves_none(self, moderator: Moderator):
        empty = {"seq": 1, "type": "snapshot", "at": AT, "rooms": []}
        found = await after(
            moderator, empty, event("refused", member("zoe")), event("ended", live=None)
        )
        assert found["known"]["rooms"] == {}

    async def test_talk_is_counted_on_and_is_no_line_of_the_log(self, moderator: Moderator):
        found = await after(
            moderator,
            snapshot(member("anna", speaking=5)),
            event("talking", member("anna", speaking=5, talking=True)),
            event("speaker", member("anna", speaking=5, talking=True), speaker="anna"),
            now="2026-01-01T10:00:07Z",
        )
        assert found["speaking"] == [12] and found["kinds"] == []
        assert found["live"]["speaker"] == "anna"

    async def test_a_recording_is_counted_on_while_it_runs(self, moderator: Moderator):
        running = {"recording": "running", "recording_seconds": 3}
        now = "2026-01-01T10:00:07Z"
        found = await after(moderator, snapshot(**running), now=now)
        assert found["recorded"] == 10
        paused = {"recording": "paused", "recording_seconds": 3}
        found = await after(moderator, snapshot(), event("recording_paused", **paused), now=now)
        assert found["recorded"] == 3
        found = await after(moderator, snapshot(), now=now)
        assert found["recorded"] is None

    async def test_who_is_called_rings_until_they_come_or_not(self, moderator: Moderator):
        calls = [
            event("inviting", details={"channel": f"channel-{id}", "endpoint": f"PJSIP/{id}"})
            for id in ("anna", "bert", "carl")
        ]
        no = event("not_invited", details={"channel": "channel-bert", "endpoint": "PJSIP/bert"})
        found = await after(moderator, snapshot(), *calls, event("joined", member("anna")), no)
        assert [each["endpoint"] for each in found["live"]["inviting"]] == ["PJSIP/carl"]

    async def test_a_new_snapshot_replaces_all_but_the_log(self, moderator: Moderator):
        found = await after(
            moderator,
            snapshot(member("anna")),
            event("muted", member("anna", muted=True)),
            snapshot(member("bert")),
        )
        assert found["names"] == ["bert"] and found["kinds"] == ["muted", "gap"]

    async def test_the_log_is_bounded(self, moderator: Moderator):
        many = [event("muted", member("anna")) for _ in range(300)]
        found = await after(moderator, snapshot(member("anna")), *many)
        assert len(found["kinds"]) == 200

    async def test_the_clocks_may_differ(self, moderator: Moderator):
        found = await after(moderator, snapshot(member("anna")))
        assert found["known"]["offset"] == -3_600_000

    async def test_a_kind_that_is_not_known_is_a_line_of_the_log(self, moderator: Moderator):
        found = await after(moderator, snapshot(member("anna")), event("sung_to", member("anna")))
        assert found["kinds"] == ["sung_to"] and found["names"] == ["anna"]


class TestWords:
    async def ask(self, moderator: Moderator, module: str, call: str) -> Any:
        """What a function of a module answers."""
        return await moderator.page.evaluate(
            f"async () => {{ const m = await import(new URL('{module}', location)); return {call}; }}"
        )

    @pytest.mark.parametrize(
        ("seconds", "shown", "spoken"),
        [
            (0, "0:00", "0 seconds"),
            (1, "0:01", "1 second"),
            (61.9, "1:01", "1 minute 1 second"),
            (3600, "1:00:00", "1 hour"),
            (-5, "0:00", "0 seconds"),
        ],
    )
    async def test_lengths_of_time(
        self, moderator: Moderator, seconds: float, shown: str, spoken: str
    ):
        assert await self.ask(moderator, "clock.js", f"m.clock({seconds})") == shown
        assert await self.ask(moderator, "clock.js", f"m.spoken({seconds})") == spoken

    @pytest.mark.parametrize(
        ("name", "initials"),
        [("Anna Berg", "AB"), ("anna maria berg", "AB"), ("Zoe", "Z"), ("", "42"), ("<>", "42")],
    )
    async def test_initials(self, moderator: Moderator, name: str, initials: str):
        call = f"m.initialsOf({{name: {name!r}, number: '4242'}})"
        assert await self.ask(moderator, "texts.js", call) == initials

    @pytest.mark.parametrize(
        ("hash", "route"),
        [
            ("", {"view": "rooms"}),
            ("#/rooms", {"view": "rooms"}),
            ("#/rooms/a.b", {"view": "room", "room": "a.b"}),
            ("#/rooms/a%20b/history", {"view": "history", "room": "a b"}),
            ("#/rooms/a/constructor", {"view": "rooms"}),
            ("#/else/a", {"view": "rooms"}),
        ],
    )
    async def test_addresses(self, moderator: Moderator, hash: str, route: dict[str, str]):
        assert await self.ask(moderator, "route.js", f"m.routeOf({hash!r})") == route

    async def test_waits_grow_up_to_a_bound(self, moderator: Moderator):
        waits = await self.ask(
            moderator, "socket.js", "[1, 2, 3, 10, 100].map((n) => m.waitOf(n, 1))"
        )
        assert waits == [500, 1000, 2000, 15000, 15000]
        assert await self.ask(moderator, "socket.js", "m.waitOf(1, 0)") == 250

    async def test_every_kind_of_event_has_a_line(self, moderator: Moderator):
        for kind in set(KINDS) - {"talking", "silent", "speaker", "volume"}:
            entry = f"{{kind: {kind!r}, member: {{name: 'Anna', number: '1'}}, details: {{}}}}"
            line = await self.ask(moderator, "texts.js", f"m.lineOf({entry})")
            assert line and line != f"{kind.replace('_', ' ')} Anna", kind
