"""Variables and dialplan functions: what is read, what is set, what is refused."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.functions import Dangerous, Missing, read, write
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.pair import pair
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import heard, kinds, new_machine, simulated


def new_channel(machine: Machine | None = None) -> Channel:
    """Ann's call to 8000."""
    line = Line.incoming(machine or new_machine(), "100", ("default", "8000", 2))
    line.channel.caller = ("Ann", "100")
    return line.channel


class TestReading:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("EXTEN", "8000"),
            ("CONTEXT", "default"),
            ("PRIORITY", "2"),
            ("CHANNEL", "PJSIP/100-00000000"),
            ("CHANNEL(state)", "Ring"),
            ("CHANNEL(language)", "en"),
            ("CALLERID(name)", "Ann"),
            ("CALLERID(num)", "100"),
            ("CALLERID(all)", '"Ann" <100>'),
            ("CONNECTEDLINE(num)", ""),
            ("LEN(abc)", "3"),
            ("TOUPPER(abc)", "ABC"),
            ("GLOBAL(NOTHING)", ""),
        ],
    )
    @simulated
    async def test_what_a_channel_is(self, name: str, value: str):
        assert read(new_channel(), name) == value

    @simulated
    async def test_a_channels_own_variable_hides_a_global_one(self):
        machine = new_machine()
        channel = new_channel(machine)
        machine.variables["A"] = "global"
        assert read(channel, "A") == "global"
        channel.variables["A"] = "own"
        assert (read(channel, "A"), read(channel, "GLOBAL(A)")) == ("own", "global")

    @simulated
    async def test_what_is_not_there_is_missing(self):
        with pytest.raises(Missing):
            read(new_channel(), "NOTHING")

    @pytest.mark.parametrize("name", ["SHELL(ls)", "FILE(/etc/passwd)", "NOFUNCTION(x)"])
    @simulated
    async def test_what_is_dangerous_or_no_function_is_refused(self, name: str):
        with pytest.raises(Dangerous):
            read(new_channel(), name)


class TestSetting:
    @simulated
    async def test_a_variable_loses_the_signs_of_its_inheritance(self):
        channel = new_channel()
        write(channel, "__A", "1")
        assert channel.variables == {"A": "1"}

    @pytest.mark.parametrize(
        ("name", "value", "caller"),
        [
            ("CALLERID(name)", "Bob", ("Bob", "100")),
            ("CALLERID(num)", "200", ("Ann", "200")),
            ("CALLERID(all)", '"Bob" <200>', ("Bob", "200")),
            ("CALLERID(nothing)", "x", ("Ann", "100")),
        ],
    )
    @simulated
    async def test_the_caller(self, name: str, value: str, caller: tuple[str, str]):
        channel = new_channel()
        write(channel, name, value)
        assert channel.caller == caller

    @simulated
    async def test_whom_a_local_channel_is_connected_to_is_who_calls_its_other_half(self):
        machine = new_machine()
        first, second = pair(machine, "8000@default", "one", "two")
        frames = heard(machine, "a", "channel:")
        write(first, "CONNECTEDLINE(all)", '"Bob" <200>')
        assert first.connected == second.caller == ("Bob", "200")
        assert kinds(frames) == ["ChannelConnectedLine", "ChannelCallerId"]

    @simulated
    async def test_detection_of_speech_and_of_hold(self):
        channel = new_channel()
        write(channel, "TALK_DETECT(set)", "")
        write(channel, "HOLD_INTERCEPT(set)", "")
        assert channel.talk_detect and channel.intercepts_hold
        write(channel, "TALK_DETECT(remove)", "")
        write(channel, "HOLD_INTERCEPT(remove)", "")
        assert not channel.talk_detect and not channel.intercepts_hold

    @pytest.mark.parametrize(("value", "ends"), [("5", True), ("0", False), ("soon", False)])
    @simulated
    async def test_a_limit_of_the_call(self, value: str, ends: bool):
        channel = new_channel()
        write(channel, "TIMEOUT(absolute)", value)
        await asyncio.sleep(6)
        assert channel.gone is ends

    @simulated
    async def test_a_language_and_an_account(self):
        channel = new_channel()
        write(channel, "CHANNEL(language)", "de")
        write(channel, "CHANNEL(accountcode)", "x")
        assert (channel.language, channel.accountcode) == ("de", "x")

    @simulated
    async def test_a_function_that_does_nothing_here_is_read_as_it_was_set(self):
        channel = new_channel()
        write(channel, "JITTERBUFFER(fixed)", "default")
        assert read(channel, "JITTERBUFFER(fixed)") == "default"

    @simulated
    async def test_what_is_dangerous_is_refused(self):
        with pytest.raises(Dangerous):
            write(new_channel(), "FILE(/etc/passwd)", "x")
