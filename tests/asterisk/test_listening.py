"""`stasis run --listen` on a real Asterisk 22, which dials it: calls run, and outlive the process.

Whether one connection brings all calls or each call its own, the same flow runs the same way.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from stasis.ari import Ari
from stasis.lab.lab import Lab
from tests.asterisk.command_line import stasis
from tests.asterisk.listener import Listening, lab_name, listening, street, until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

WAYS = pytest.mark.parametrize("per_call", [False, True], ids=["persistent", "per-call"])


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """An Asterisk 22 of its own: each test tells it whom to dial."""
    lab = Lab.up("22", lab_name("listening"))
    try:
        yield lab
    finally:
        lab.down()


@WAYS
async def test_a_call_is_answered_recorded_and_talks_to_a_desk(
    lab: Lab, tmp_path: Path, per_call: bool
) -> None:
    async with street(lab) as town, listening(tmp_path, lab, "front", per_call=per_call) as ours:
        caller, channel_id = await town.call("front")
        await ours.notes_of(channel_id, "menu StasisStart")
        await caller.send_dtmf("2")
        lines = ["menu StasisStart", "message ChannelDtmfReceived"]
        await ours.notes_of(channel_id, *lines)
        await caller.send_dtmf("#")
        lines += ["menu Outcome"]
        await ours.notes_of(channel_id, *lines)
        await caller.send_dtmf("1")
        desk = await town.desk()
        lines += ["ringing ChannelDtmfReceived", "talking Outcome"]
        await ours.notes_of(channel_id, *lines)
        await caller.send_dtmf("*")
        await ours.notes_of(channel_id, *lines, "star")
        strays = await asyncio.to_thread(stasis, tmp_path, lab, "strays", "--app", "front")
        assert strays.returncode == 0, strays.stdout
        await desk.hangup()
        lines += ["star", "bye StasisEnd", "ended NoneType"]
        await ours.notes_of(channel_id, *lines)
        await town.empty()
        await ours.stop(signal.SIGTERM)
        assert ours.complaints == [], ours.said


@WAYS
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL], ids=["handed-over", "killed"])
async def test_calls_outlive_the_process_and_no_event_is_lost(
    lab: Lab, tmp_path: Path, per_call: bool, number: signal.Signals
) -> None:
    """Digits that are pressed while no process runs are heard by the next one."""
    async with street(lab) as town, listening(tmp_path, lab, "front", per_call=per_call) as ours:
        menu, in_menu = await town.call("front")
        speaker, speaking = await town.call("front")
        await speaker.start_moh()  # a recording ends by itself when no sound comes for 4 s
        await speaker.send_dtmf("2")
        talker, talking = await town.call("front")
        await talker.send_dtmf("1")
        desk = await town.desk()
        told = {
            in_menu: ["menu StasisStart"],
            speaking: ["menu StasisStart", "message ChannelDtmfReceived"],
            talking: ["menu StasisStart", "ringing ChannelDtmfReceived", "talking Outcome"],
        }
        for channel_id, lines in told.items():
            await ours.notes_of(channel_id, *lines)
        await ours.stop(number)
        for caller in (menu, talker):
            await caller.send_dtmf("*")
        late = asyncio.create_task(town.call("front"))
        await until_entered(town.link.ari, 4)
        await ours.start()
        for channel_id, state in (in_menu, "menu"), (speaking, "message"), (talking, "talking"):
            told[channel_id].append(f"{state} Resumed")
        told[in_menu].append("star")
        told[talking].append("star")
        for channel_id, lines in told.items():
            await ours.notes_of(channel_id, *lines)
        _, came_late = await late
        await ours.notes_of(came_late, "menu StasisStart")
        await speaker.send_dtmf("#")
        told[speaking].append("menu Outcome")
        await ours.notes_of(speaking, *told[speaking])
        await desk.hangup()
        told[talking] += ["bye StasisEnd", "ended NoneType"]
        await ours.notes_of(talking, *told[talking])
        for channel_id in in_menu, speaking, came_late:
            await town.link.ari.channels.hangup(channel_id)
            await until(lambda: f"{channel_id} ended StasisEnd" in ours.notes)  # noqa: B023
        await town.empty()
        assert "[error" not in ours.said, ours.said


async def test_a_call_of_its_own_leaves_nothing_when_it_is_over(lab: Lab, tmp_path: Path) -> None:
    async with street(lab) as town, listening(tmp_path, lab, "front", per_call=True) as ours:
        for _ in range(3):
            caller, _ = await town.call("front")
            await until(lambda: len(ours.notes) % 2 == 1)
            assert (await page(ours, "readyz"))["servers"]["listen"]["calls"] == 1
            await caller.hangup()
            await until(lambda: len(ours.notes) % 2 == 0)
        text = ""
        async with asyncio.timeout(15):
            while 'stasis_connected{server="front"} 0.0' not in text:
                text = await metrics(ours)
        assert 'stasis_losses_total{server="front"} 0.0' in text
        assert 'app="front",flow="Reception",how="new",server="front"} 3.0' in text
        told = await page(ours, "readyz")
        row = {"ready": True, "state": "ready", "calls": 0}
        assert told == {"ready": True, "servers": {"listen": row}}
        await town.empty()
        await ours.stop(signal.SIGTERM)
        assert ours.complaints == [], ours.said


@WAYS
async def test_a_caller_for_an_application_that_nobody_runs_goes_on_in_the_dialplan(
    lab: Lab, tmp_path: Path, per_call: bool
) -> None:
    apps = ("front", "nobody")
    async with street(lab) as town, listening(tmp_path, lab, *apps, per_call=per_call) as ours:
        ari = town.link.ari
        made = await ari.channels.originate(
            endpoint="Local/stasis-nobody@default", extension="answer", context="default"
        )
        async with asyncio.timeout(10):
            while any(each.id == made.id for each in await ari.channels.list()):
                await asyncio.sleep(0.05)
        name = made.name.replace(";1", ";2")
        # Asterisk's log is written beside its calls, and what the process says read beside them.
        line = f'Executing [s@after-stasis:1] GotoIf("{name}"'
        async with asyncio.timeout(10):
            while line not in await asyncio.to_thread(lab.logs):
                await asyncio.sleep(0.05)
        await ours.says("nothing here runs")
        # The others are as well served as ever.
        _, channel_id = await town.call("front")
        await ours.notes_of(channel_id, "menu StasisStart")


async def test_a_wrong_password_is_refused_and_told(lab: Lab, tmp_path: Path) -> None:
    ours = Listening(tmp_path, lab, "front")
    try:
        await ours.start()
        await asyncio.to_thread(
            lab.dial_out, ours.dialling("front", per_call=False, password="wrong")
        )
        await ours.says("a connection was refused", 2)
        assert "username or password is wrong" in ours.said and "wrong-" not in ours.said
        assert (await page(ours, "readyz"))["servers"].keys() == {"listen"}
        await asyncio.to_thread(lab.dial_out, ours.dialling("front", per_call=False))
        await ours.says("ready on front")
    finally:
        await asyncio.to_thread(lab.dial_out)
        await ours.end()


async def test_a_connection_that_asterisk_gives_up_is_forgotten(lab: Lab, tmp_path: Path) -> None:
    """Its section is deleted and the module reloaded: nobody waits for it any more."""
    async with street(lab) as town, listening(tmp_path, lab, "front", per_call=False) as ours:
        await town.call("front")
        assert (await page(ours, "readyz"))["servers"].keys() == {"front", "listen"}
        await asyncio.to_thread(lab.dial_out)
        async with asyncio.timeout(15):
            while (await page(ours, "readyz"))["servers"].keys() != {"listen"}:
                await asyncio.sleep(0.05)


async def page(ours: Listening, name: str) -> dict[str, dict[str, dict[str, object]]]:
    """What a monitor is told."""
    url = f"http://127.0.0.1:{ours.pages}/{name}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        told: dict[str, dict[str, dict[str, object]]] = await response.json()
        return told


async def metrics(ours: Listening) -> str:
    """What Prometheus is told."""
    url = f"http://127.0.0.1:{ours.pages}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


async def until_entered(ari: Ari, count: int) -> None:
    """Wait until so many calls are in the application, whether or not somebody runs it."""
    async with asyncio.timeout(10):
        while True:
            channels = await ari.channels.list()
            if sum(each.dialplan.app_data == "front" for each in channels) == count:
                return
            await asyncio.sleep(0.05)
