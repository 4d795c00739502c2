"""The simulated Asterisk of a test: what runs on it, who calls, what goes wrong, and its end."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.errors import FlowError, StasisError
from stasis.flow import Flow
from stasis.plugin import NoConfig, Plugin
from stasis.program import Program, Runnable
from stasis.testing import Asterisk, FlowFailed, Left, virtual_time
from stasis.testing.refusals import NeverRefused
from stasis.testing.simulator.phone import Behaviour
from stasis.trigger import After, Resumed

PLAN = """
[default]
exten => 1,1,Answer()
 same => n,Stasis(menu,${EXTEN})
 same => n,Playback(bye)
"""


@dataclass
class Seen:
    resumed: int = 0


class Menu(Flow):
    """Answers, says something, and goes when a key is pressed or after 10 s."""

    data = Seen()

    async def menu(self, event: Event) -> None:
        if isinstance(event, Resumed):
            self.data.resumed += 1
        await self.channel.answer()
        await self.channel.play("sound:menu")

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:goodbye")
        await playback.finished()

    start = menu
    table = {menu: {ChannelDtmfReceived: goodbye, After(10): goodbye}}


async def hello(channel: Channel) -> None:
    """Says hello."""
    await channel.answer()
    playback = await channel.play("sound:hello")
    await playback.finished()


async def broken(channel: Channel) -> None:
    raise ValueError("no such account")


class Office(Plugin):
    """Notes its life."""

    name = "office"
    config_class = NoConfig

    def __init__(self, config: Any = None) -> None:
        super().__init__(config or NoConfig())
        self.life: list[str] = []

    def flows(self) -> dict[str, Runnable]:
        return {"menu": Menu, "hello": hello}

    async def start(self) -> None:
        assert self.asterisk is not None
        self.life.append("start")

    async def run(self) -> None:
        self.life.append("run")
        try:
            await asyncio.sleep(1e6)
        finally:
            self.life.append("run ends")

    async def stop(self) -> None:
        self.life.append("stop")


def server(programs: Any = None, **options: Any) -> Asterisk:
    """A server whose sounds do not depend on what is installed."""
    return Asterisk(programs, **{"sounds": {}, **options})


def dials(endpoint: str, *, stays: bool = True) -> Runnable:
    """A flow that calls somebody, and notes how that went in a variable."""

    async def desk(channel: Channel) -> None:
        await channel.answer()
        dialling = await channel.dial(endpoint, timeout=20)
        result = await dialling.answered()
        await channel.set_variable("RESULT", result.status)
        if result.status == "ANSWER":
            await dialling.connect()
        if stays:
            await asyncio.sleep(60)

    return desk


class TestWhatRuns:
    @pytest.mark.parametrize(
        "programs",
        [
            Menu,
            {"menu": Menu},
            {"menu": Program.of(Menu)},
            Office(),
            {"menu": Menu, "hello": hello},
        ],
    )
    @virtual_time
    async def test_a_flow_a_plugin_or_several_by_application(self, programs: Any):
        async with server(programs) as asterisk:
            caller = await asterisk.call("8000")
            await caller.hears("sound:menu")
            assert isinstance(caller.flow, Menu) and caller.state == "menu"

    @virtual_time
    async def test_a_function(self):
        async with server(hello) as asterisk:
            caller = await asterisk.call()
            await caller.hears("sound:hello")
            assert await caller.is_hung_up() == 16

    @virtual_time
    async def test_an_applications_name_leads_to_it_and_all_else_to_the_first(self):
        async with server({"menu": Menu, "hello": hello}) as asterisk:
            for exten, hears in (("hello", "hello"), ("menu", "menu"), ("5", "menu")):
                caller = await asterisk.call(exten)
                await caller.hears(f"sound:{hears}")

    @virtual_time
    async def test_a_flow_sees_the_plugin_it_is_given(self):
        async with server(Menu, plugin="accounts") as asterisk:
            caller = await asterisk.call()
            assert caller.flow.plugin == "accounts"

    @pytest.mark.parametrize("programs", [5, {"menu": 5}, lambda channel: None])
    def test_what_is_no_flow_is_refused(self, programs: Any):
        with pytest.raises(FlowError):
            server(programs)

    @virtual_time
    async def test_nothing_at_all_is_a_server_alone(self):
        async with server(dialplan="[default]\nexten => 1,1,Wait(2)\n") as asterisk:
            caller = await asterisk.call("1")
            assert await caller.is_hung_up() == 16 and caller.state == ""

    @virtual_time
    async def test_a_plugin_starts_works_beside_and_stops(self):
        office = Office()
        async with server(office) as asterisk:
            await asterisk.call()
            assert office.life == ["start", "run"]
            assert office.asterisk is asterisk.link
        assert office.life == ["start", "run", "run ends", "stop"]

    @virtual_time
    async def test_a_plugin_that_cannot_start_leaves_nothing(self):
        class Failing(Office):
            async def start(self) -> None:
                raise OSError("no database")

        with pytest.raises(OSError, match="no database"):
            async with server(Failing()):
                raise AssertionError("never")

    @virtual_time
    async def test_every_step_can_be_followed(self):
        steps: list[str] = []
        on_walk = (lambda walked: steps.append(walked.target),)
        async with server(Menu, on_walk=on_walk) as asterisk:
            caller = await asterisk.call()
            await caller.dials("5")
            await caller.is_hung_up()
        assert steps == ["menu", "goodbye", ""]


class TestHowItIsMade:
    @pytest.mark.parametrize("version", ["16", "22"])
    @virtual_time
    async def test_it_behaves_as_a_version(self, version: str):
        async with server(Menu, version=version) as asterisk:
            assert str(asterisk.machine.version).startswith(f"{version}.")
            caller = await asterisk.call()
            await caller.hears("sound:menu")

    def test_another_version_is_named(self):
        with pytest.raises(StasisError, match=r"version '17': .* \['16', '22'\]"):
            server(Menu, version="17")

    @pytest.mark.parametrize("way", ["text", "file"])
    @virtual_time
    async def test_a_dialplan_of_ones_own_is_text_or_a_file(self, way: str, tmp_path: Path):
        path = tmp_path / "extensions.conf"
        path.write_text(PLAN)
        async with server(Menu, dialplan=PLAN if way == "text" else path) as asterisk:
            caller = await asterisk.call("1")
            await caller.hears("sound:menu")
            await caller.dials("5")
            await caller.hears("sound:goodbye")
            assert caller.flow.channel.args == ("1",)

    @virtual_time
    async def test_sounds_may_be_given_as_seconds(self):
        sounds = {"menu": 1.0, "goodbye": 7.5, "gone": 0}
        async with Asterisk(Menu, sounds=sounds) as asterisk:
            caller = await asterisk.call()
            await caller.dials("5")
            before = asyncio.get_running_loop().time()
            await caller.is_hung_up()
            passed = asyncio.get_running_loop().time() - before
            assert passed == pytest.approx(7.5, abs=0.2)
            found = asterisk.machine.sounds
            assert (found.seconds("gone"), found.seconds("unnamed")) == (0, 2)

    def test_a_folder_of_sounds_must_be_there(self, tmp_path: Path):
        @virtual_time
        async def test() -> None:
            async with Asterisk(Menu, sounds=tmp_path / "none"):
                raise AssertionError("never")

        with pytest.raises(NotADirectoryError):
            test()

    @virtual_time
    async def test_recordings_are_kept_in_a_folder_that_is_given(self, tmp_path: Path):
        async def keeps(channel: Channel) -> None:
            await channel.answer()
            recording = await channel.record("message", max_duration=2)
            await recording.finished()

        async with server(keeps, recordings=tmp_path) as asterisk:
            caller = await asterisk.call()
            await caller.is_hung_up()
        assert os.listdir(tmp_path) == ["message.wav"]


class TestACall:
    @virtual_time
    async def test_says_who_calls_and_what_the_application_is_told(self):
        async with server(Menu) as asterisk:
            caller = await asterisk.call("8000", "en", "vip", number="+49301234", name="Ann")
            channel = caller.flow.channel
            assert channel.args == ("en", "vip")
            assert (channel.caller_number, channel.caller_name) == ("+49301234", "Ann")
            assert asterisk.callers == [caller]

    @virtual_time
    async def test_to_no_extension_is_a_mistake_of_the_test(self):
        async with server(Menu, dialplan=PLAN) as asterisk:
            with pytest.raises(StasisError, match=r"no such extension in \[default\]; it has 1$"):
                await asterisk.call("2")
            with pytest.raises(StasisError, match=r"in \[office\]; its contexts are \[default\]"):
                await asterisk.call("1", context="office")
            assert asterisk.callers == [] and asterisk.machine.channels == {}

    @virtual_time
    async def test_many_at_once_are_apart(self):
        async with server(Menu) as asterisk:
            callers = [await asterisk.call(number=str(number)) for number in range(20)]
            await callers[3].dials("5")
            assert [caller.state for caller in callers].count("menu") == 19
            assert callers[3].state == "goodbye"

    @virtual_time
    async def test_on_party_is_told_of_everybody(self):
        parties: list[str] = []
        async with server(dials("PJSIP/alice")) as asterisk:
            asterisk.on_party = lambda party: parties.append(type(party).__name__)
            await asterisk.call()
            await asterisk.rings("PJSIP/alice")
            assert parties == ["Caller", "Callee"]


class TestPhones:
    @pytest.mark.parametrize(
        ("behaviour", "result"),
        [
            ("answers", "ANSWER"),
            ("busy", "BUSY"),
            ("declines", "BUSY"),
            ("silent", "NOANSWER"),
            ("rings", "NOANSWER"),
            ("unreachable", "CHANUNAVAIL"),
        ],
    )
    @virtual_time
    async def test_do_what_they_are_told(self, behaviour: Behaviour, result: str):
        async with server(dials("PJSIP/alice")) as asterisk:
            asterisk.phone("PJSIP/alice", behaviour)
            caller = await asterisk.call()
            await caller.waits(25)
            assert caller.variable("RESULT") == result

    @virtual_time
    async def test_do_nothing_else(self):
        async with server(Menu) as asterisk:
            with pytest.raises(StasisError) as caught:
                asterisk.phone("PJSIP/alice", "bussy")  # type: ignore[arg-type]
        told = str(caught.value)
        assert told.startswith("phone('PJSIP/alice'): no phone is 'bussy'; there are rings, ")
        assert all(each in told for each in ("answers", "busy", "declines", "unreachable"))

    @virtual_time
    async def test_may_answer_later(self):
        async with server(dials("PJSIP/alice")) as asterisk:
            asterisk.phone("PJSIP/alice", "answers", after=5)
            caller = await asterisk.call()
            alice = await asterisk.rings("PJSIP/alice")
            await caller.waits(4)
            assert not alice.answered
            await caller.talks_with(alice, within=2)

    @virtual_time
    async def test_one_that_was_never_named_rings(self):
        async with server(dials("PJSIP/alice")) as asterisk:
            caller = await asterisk.call()
            alice = await asterisk.rings("PJSIP/alice")
            await alice.answers()
            await caller.talks_with(alice)
            assert asterisk.callees == [alice]

    @virtual_time
    async def test_each_call_is_given_once(self):
        async with server(dials("PJSIP/alice")) as asterisk:
            await asterisk.call(number="1")
            await asterisk.call(number="2")
            first, second = [await asterisk.rings("PJSIP/alice") for _ in range(2)]
            assert first is not second
            with pytest.raises(AssertionError, match="PJSIP/alice was not called within 5 s"):
                await asterisk.rings("PJSIP/alice", within=5)

    @virtual_time
    async def test_who_was_called_instead_is_said(self):
        async with server(dials("PJSIP/alice")) as asterisk:
            with pytest.raises(AssertionError, match="within 5 s; nobody was called"):
                await asterisk.rings("PJSIP/bob", within=5)
            await asterisk.call()
            with pytest.raises(AssertionError, match="within 5 s; called were: PJSIP/alice"):
                await asterisk.rings("PJSIP/bob", within=5)

    @virtual_time
    async def test_what_callers_and_flows_do_instead_is_said(self):
        async with server(Menu) as asterisk:
            await asterisk.call()
            gone = await asterisk.call(number="200")
            await gone.hangs_up()
            with pytest.raises(AssertionError) as caught:
                await asterisk.rings("alice", within=5)
            assert re.sub(r" \d+\.\d+>", ">", str(caught.value)) == (
                "alice was not called within 5 s; nobody was called;"
                " a phone is named with its technology, such as PJSIP/alice;"
                " <Caller 100> is there and has heard sound:menu last; the flow is in menu;"
                " <Caller 200> was hung up; the flow is in menu"
            )


class TestWhatGoesWrong:
    @virtual_time
    async def test_requests_are_refused_as_often_as_one_likes(self):
        async with server(Menu) as asterisk:
            asterisk.refuse("POST /channels/.*/play.*", 500, 'a "reason"', times=1)
            caller = await asterisk.call()
            assert 'a "reason"' in str(caller.failure)
            assert any("/play" in line for line in asterisk.requests)
            again = await asterisk.call()
            await again.hears("sound:menu")

    def test_one_that_hits_nothing_fails_the_test(self):
        @virtual_time
        async def test(line: str) -> None:
            async with server(Menu) as asterisk:
                asterisk.refuse(line, 500)
                await asterisk.call()
                if "play" in line:
                    return
                raise KeyError("the test's own")

        with pytest.raises(NeverRefused, match="has hit no request: .* '(POST|GET) /"):
            test("/channels/.*/play")
        with pytest.raises(KeyError):
            test("/channels/.*/answer")

    @virtual_time
    async def test_a_cut_socket_misses_nothing_that_is_still_so(self):
        async with server(Menu) as asterisk:
            caller, gone = await asterisk.call(), await asterisk.call()
            await asterisk.cut(5)
            await gone.hangs_up()
            await caller.waits(6)
            assert caller.state == "menu" and len(asterisk.link.runners) == 1

    @virtual_time
    async def test_a_server_alone_has_no_socket(self):
        async with server(dialplan="[default]\n") as asterisk:
            with pytest.raises(StasisError, match="no program runs here"):
                await asterisk.cut()

    @virtual_time
    async def test_a_new_program_goes_on_with_the_call(self):
        office = Office()
        async with server(office) as asterisk:
            caller = await asterisk.call()
            first = caller.flow
            await asterisk.redeploy()
            assert caller.flow is not first and caller.state == "menu"
            assert isinstance(caller.flow, Menu) and caller.flow.data.resumed == 1
            assert office.life == ["start", "run", "run ends", "stop", "start", "run"]

    @virtual_time
    async def test_another_program_has_the_plugin_as_well(self):
        class Next(Menu):
            start = Menu.menu
            table = Menu.table

        Next.__name__ = "Menu"
        async with server(Menu, plugin="accounts") as asterisk:
            caller = await asterisk.call()
            await asterisk.redeploy(Next)
            assert type(caller.flow) is Next and caller.flow.plugin == "accounts"

    @virtual_time
    async def test_a_restart_of_asterisk_ends_all_calls_and_takes_new_ones(self):
        async with server(Menu) as asterisk:
            caller = await asterisk.call()
            await asterisk.restart(3)
            assert caller.over and asterisk.left() == []
            again = await asterisk.call()
            await again.hears("sound:menu")

    @virtual_time
    async def test_a_server_alone_can_restart(self):
        async with server(dialplan="[default]\nexten => 1,1,Wait(60)\n") as asterisk:
            caller = await asterisk.call("1")
            await asterisk.restart()
            assert caller.over


class TestItsEnd:
    @virtual_time
    async def test_hangs_up_who_is_still_there(self):
        async with server(Menu) as asterisk:
            caller = await asterisk.call()
        assert caller.over

    @virtual_time
    async def test_a_flow_that_has_raised_fails_the_test(self):
        with pytest.raises(FlowFailed, match="the flow of <Caller 100 .*> has raised") as caught:
            async with server(broken) as asterisk:
                await asterisk.call()
        assert isinstance(caught.value.__cause__, ValueError)

    @virtual_time
    async def test_not_when_the_test_has_looked(self):
        async with server(broken) as asterisk:
            caller = await asterisk.call()
            assert str(caller.failure) == "no such account"

    @virtual_time
    async def test_not_when_the_test_fails_itself(self):
        with pytest.raises(KeyError):
            async with server(broken) as asterisk:
                await asterisk.call()
                raise KeyError("the test's own")

    @virtual_time
    async def test_also_one_whose_channel_nobody_is_at(self):
        with pytest.raises(FlowFailed, match="the flow of channel .* has raised"):
            async with server(broken, dialplan=PLAN) as asterisk:
                await asterisk.link.originate("Local/1@default", "broken")
                await asyncio.sleep(1)

    @virtual_time
    async def test_what_is_left_on_the_server_fails_the_test(self):
        async def strays(channel: Channel) -> None:
            await channel.answer()

        with pytest.raises(Left, match=r"left behind: bridge stray; recording .* that runs"):
            async with server(strays) as asterisk:
                await asterisk.link.ari.bridges.create_with_id("stray")
                await asterisk.link.ari.bridges.record("stray", name="tape", format="wav")
                assert asterisk.left() != []

    @virtual_time
    async def test_a_failure_of_the_simulator_fails_the_test(self):
        with pytest.raises(ZeroDivisionError):
            async with server(Menu) as asterisk:
                asterisk.machine.later(1, lambda: 1 / 0)
                await asyncio.sleep(2)


class TestTheSameAgain:
    @pytest.mark.parametrize("version", ["16", "22"])
    def test_a_script_gives_the_same_events_at_the_same_times(self, version: str):
        @virtual_time
        async def script() -> list[tuple[str, str, str]]:
            async with server(dials("PJSIP/alice"), version=version) as asterisk:
                told: list[dict[str, Any]] = []
                asterisk.machine.bus.connect("all", told.append, everything=True)
                asterisk.phone("PJSIP/alice", "answers", after=3)
                caller = await asterisk.call("1", number="1")
                alice = await asterisk.rings("PJSIP/alice")
                await caller.talks_with(alice)
                await caller.speaks(2)
                await caller.dials("12")
                await alice.hangs_up()
                await caller.hangs_up()
            return [
                (each["type"], each["timestamp"], str(each.get("channel", {}).get("name")))
                for each in told
            ]

        first = script()
        assert len(first) > 20 and script() == first
