"""Two looks: what flows have made and no call owns, told apart from all that may be a call's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from stasis.ari import Ari, Request, Response
from stasis.cli.look import Looked, age_of, look
from stasis.keep import Variable
from stasis.record import Record
from tests.answers import Answers

LIVING = "a" * 16
DEAD = "d" * 16
HOUSE = "0" * 16


class Scene:
    """An Asterisk with one application, `ivr`. Change its parts between two looks.

    lease: whose it is. beats: whether it is renewed.
    """

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, Any]] = {}
        self.bridges: dict[str, dict[str, Any]] = {}
        self.records: dict[str, str] = {}
        self.lease: dict[str, Any] | None = None
        self.beats = True
        self.asked: list[str] = []

    def call(self, id: str, token: str | None, app: str = "ivr") -> None:
        """A call in the application. token: of its record, None when it has none."""
        self.channel(id, f"{app},first")
        if token is not None:
            record = Record(app=app, flow="Ivr", state="menu", token=token, entry=1, media="")
            self.records[id] = record.encode()

    def channel(self, id: str, data: str = "ivr") -> None:
        """A channel in an application."""
        dialplan = {"app_name": "Stasis", "app_data": data}
        self.channels[id] = {"id": id, "name": f"PJSIP/{id}", "state": "Up", "dialplan": dialplan}

    def bridge(self, id: str, *members: str, name: str = "") -> None:
        """A bridge."""
        self.bridges[id] = {"id": id, "name": name, "channels": list(members)}

    async def look(self, *apps: str, between: Callable[[], None] = lambda: None) -> Looked:
        """Two looks. between: what changes meanwhile."""
        answers = Beating(self)

        def tell() -> None:
            answers.given.clear()
            for id in self.channels:
                line = f"GET /channels/{quote(id, safe='')}/variable"
                if id in self.records:
                    answers.answer(line, body={"value": self.records[id]})
                else:
                    answers.refuse(line, 404)
            app = {"name": "ivr", "channel_ids": list(self.channels)}
            answers.answer("GET /channels", body=list(self.channels.values()))
            answers.answer("GET /bridges", body=list(self.bridges.values()))
            answers.answer("GET /applications/", body=app)
            answers.answer("GET /applications", body=[app])

        async def pause(seconds: float) -> None:
            between()
            tell()

        tell()
        ari = Ari(answers)
        found = await look(ari, Variable(ari), apps, lease=0.01, pause=pause)
        self.asked = answers.requests
        return found


class Beating(Answers):
    """Gives a sign of life of whoever has the lease, whenever it is asked for."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene

    async def __call__(self, request: Request) -> Response:
        lease = self._scene.lease
        if lease is not None and self._scene.beats:
            lease["beat"] += 1
        text = "" if lease is None else json.dumps(lease)
        self.answer("GET /asterisk/variable", body={"value": text})
        return await super().__call__(request)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def ids(looked: Looked) -> list[str]:
    """Of the strays."""
    return [each.id for each in looked.strays]


class TestStrays:
    async def test_what_belongs_to_no_living_call(self, scene: Scene) -> None:
        """Channels, snoops, media and bridges alike; those of a call that lives are none."""
        scene.call("1", LIVING)
        for kind in ("channel", "snoop", "media"):
            scene.channel(f"{kind}-ivr-{DEAD}-1-0")
            scene.channel(f"{kind}-ivr-{LIVING}-1-0")
        scene.bridge(f"bridge-ivr-{DEAD}-2-1", "1", name="desk")
        scene.bridge(f"bridge-ivr-{LIVING}-2-1")
        looked = await scene.look()
        assert [(each.kind, each.app, each.token) for each in looked.strays] == [
            (kind, "ivr", DEAD) for kind in ("channel", "snoop", "media", "bridge")
        ]
        assert looked.strays[-1].about == "desk, 1 inside"
        assert looked.strays[0].about == f"PJSIP/channel-ivr-{DEAD}-1-0, Up"

    async def test_what_stasis_did_not_make_is_none(self, scene: Scene) -> None:
        scene.channel("1700000000.1", "another")
        scene.channel(f"channel-ivr-{DEAD}-1-0;2")
        scene.bridge("a-room")
        assert ids(await scene.look()) == []

    async def test_a_room_is_one_only_when_nobody_is_inside(self, scene: Scene) -> None:
        scene.bridge(f"bridge-ivr-{HOUSE}-0-0", "1700000000.1")
        scene.bridge(f"bridge-ivr-{HOUSE}-0-1")
        assert ids(await scene.look()) == [f"bridge-ivr-{HOUSE}-0-1"]

    async def test_what_is_in_one_look_only_is_being_made_or_closed(self, scene: Scene) -> None:
        closed, made = f"bridge-ivr-{DEAD}-1-0", f"bridge-ivr-{LIVING}-1-0"
        scene.bridge(closed)

        def between() -> None:
            del scene.bridges[closed]
            scene.bridge(made)

        assert ids(await scene.look(between=between)) == []

    async def test_what_a_call_owns_in_the_second_look_is_none(self, scene: Scene) -> None:
        """The lists of one look are of several moments: its call may be missing in one."""
        scene.bridge(f"bridge-ivr-{LIVING}-1-0")
        looked = await scene.look(between=lambda: scene.call("1", LIVING))
        assert ids(looked) == []

    async def test_only_of_the_applications_that_are_named(self, scene: Scene) -> None:
        scene.bridge(f"bridge-ivr-{DEAD}-1-0")
        scene.bridge(f"bridge-sales-{DEAD}-1-0")
        assert ids(await scene.look("sales")) == [f"bridge-sales-{DEAD}-1-0"]
        assert len(ids(await scene.look())) == 2


class TestDoubt:
    async def test_beside_a_call_without_a_record_nothing_is_one(self, scene: Scene) -> None:
        """It may live and keep no record; what would be strays is counted, and left out."""
        scene.call("1", None)
        scene.bridge(f"bridge-ivr-{DEAD}-1-0")
        scene.bridge(f"bridge-sales-{DEAD}-1-0")
        looked = await scene.look()
        assert (ids(looked), looked.doubtful) == ([f"bridge-sales-{DEAD}-1-0"], {"ivr": 1})

    async def test_a_record_that_cannot_be_read_is_none(self, scene: Scene) -> None:
        scene.call("1", None)
        scene.records["1"] = "{}"
        scene.bridge(f"bridge-ivr-{DEAD}-1-0")
        assert (await scene.look()).doubtful == {"ivr": 1}

    async def test_a_call_that_has_just_come_in_hides_nothing(self, scene: Scene) -> None:
        """It has no record yet in the first look, and has one in the second."""
        scene.call("1", None)
        scene.bridge(f"bridge-ivr-{DEAD}-1-0")
        looked = await scene.look(between=lambda: scene.call("1", LIVING))
        assert ids(looked) == [f"bridge-ivr-{DEAD}-1-0"]


class TestWaiting:
    async def test_a_call_that_no_process_runs(self, scene: Scene) -> None:
        scene.call("1", LIVING)
        (call,) = (await scene.look()).waiting
        assert (call.kind, call.id, call.token) == ("call", "1", LIVING)
        assert call.about == "waits for a process; Ivr.menu"

    async def test_none_waits_while_a_process_gives_signs_of_life(self, scene: Scene) -> None:
        scene.call("1", LIVING)
        scene.lease = {"host": "elsewhere", "pid": 1, "id": "x", "beat": 1}
        assert (await scene.look()).waiting == []

    async def test_a_lease_that_is_not_renewed_runs_nothing(self, scene: Scene) -> None:
        scene.call("1", LIVING)
        scene.lease = {"host": "elsewhere", "pid": 1, "id": "x", "beat": 1}
        scene.beats = False
        assert len((await scene.look()).waiting) == 1

    async def test_calls_of_another_program_do_not_wait_for_us(self, scene: Scene) -> None:
        """A client of ARI that is not stasis keeps neither records nor a lease."""
        scene.call("1", None)
        assert await scene.look() == Looked([], [], {})


async def test_it_only_reads(scene: Scene) -> None:
    scene.call("1", LIVING)
    scene.bridge(f"bridge-ivr-{DEAD}-1-0")
    await scene.look()
    assert {line.split()[0] for line in scene.asked} == {"GET"}


def test_an_age_is_never_negative() -> None:
    """Clocks differ; and what Asterisk did not tell has none."""
    now = datetime.now(UTC)
    assert age_of(now + timedelta(seconds=60)) == 0
    assert age_of(now - timedelta(seconds=60)) in (60, 61)
    assert age_of(None) is None
