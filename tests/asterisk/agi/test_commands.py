"""Every command of AGI that works without hardware, on a real Asterisk, both ways."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from stasis.agi import (
    Agi,
    CommandFailed,
    InvalidArgument,
    InvalidSyntax,
    Played,
    State,
    UnknownCommand,
    argument,
)
from stasis.agi.asking import DEAD
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import Way, cli, dialplan

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

ROW = re.compile(r"\s*(Yes|No)\s+(\S.*?)\s{2,}")


def test_every_command_of_the_server_is_a_method(lab: Lab) -> None:
    """Its name in snake_case, and what works for a channel that was hung up."""
    listed = {
        found[2].upper(): found[1] == "Yes"
        for line in lab.cli("agi show commands").splitlines()
        if (found := ROW.match(line)) and found[2] != "Command"
    }
    assert len(listed) > 40
    assert [name for name in listed if not hasattr(Agi, name.lower().replace(" ", "_"))] == []
    assert {name for name, dead in listed.items() if dead} == DEAD


async def test_the_environment_tells_the_call(way: Way) -> None:
    async def script(agi: Agi) -> Agi:
        return agi

    agi = await way.run(script, arguments='/sales/menu?x=1&name=Zo%C3%AB,one,"two, three",,four')
    environment = agi.environment
    assert environment.script == "test/sales/menu"
    assert environment.query == {"x": "1", "name": "Zoë"}
    assert environment.arguments[0] == "one"
    assert environment.arguments[-1] == "four"
    assert environment.channel.startswith("Local/agi")
    assert environment.context == "agi-test"
    assert environment.priority == 1
    assert environment.caller_number == ""
    assert environment.version.startswith(f"{way.lab.version}.")
    assert environment.limit == {"16": 2047, "22": 8191}[way.lab.version]


async def test_the_call_itself(way: Way) -> None:
    async def script(agi: Agi) -> None:
        assert await agi.channel_status() in (State.RING, State.UP)
        await agi.answer()
        assert await agi.channel_status() is State.UP
        assert await agi.channel_status(agi.environment.channel) is State.UP
        assert await agi.channel_status("Local/nobody") is None
        await agi.noop()
        await agi.noop("a sign of life")
        await agi.verbose('it says "hello", \\ and Zoë')
        await agi.set_autohangup(300)
        await agi.set_autohangup(0.5 + 299)
        await agi.set_autohangup(None)
        await agi.set_callerid('"Zoë B." <4711>')
        assert await agi.get_variable("CALLERID(num)") == "4711"
        assert await agi.get_variable("CALLERID(name)") == "Zoë B."
        assert await agi.hangup("Local/nobody") is False
        assert await agi.exec("NoOp") == 0
        assert await agi.exec("Set", "SHARED_=a,b") == 0
        with pytest.raises(CommandFailed, match="no application 'NoSuch'"):
            await agi.exec("NoSuch", "x")
        await agi.asyncagi_break()

    await way.run(script)
    async with asyncio.timeout(5):  # it writes the log a moment later
        while 'it says "hello", \\ and Zoë' not in way.lab.logs(2_000):
            await asyncio.sleep(0.1)


async def test_where_the_call_goes_on(way: Way) -> None:
    """And a subroutine, whose arguments arrive as they were given."""
    odd = ["plain", "", "Zoë; $ | ${EPOCH}", " 'a' ", "last"]
    got = [f"Set(GOT{n}=${{ARG{n}}})" for n in range(1, len(odd) + 1)]
    await dialplan(way.lab, "agi-sub", "s", [*got, "Return()"])
    await dialplan(way.lab, "agi-next", "x", ["NoOp()", "Set(DB(agi-next/x)=came)"])
    await cli(way.lab, "database deltree agi-next")

    async def script(agi: Agi) -> list[str | None]:
        await agi.answer()
        for one in ',"\\()[]':
            with pytest.raises(InvalidArgument, match="argument 2 holds a comma"):
                await agi.gosub("agi-sub", "s", 1, "a", f"b{one}c")
        await agi.gosub("agi-sub", "s", 1, *odd)
        got = [await agi.get_variable(f"GOT{n}") for n in range(1, len(odd) + 1)]
        await agi.set_context("agi-next")
        await agi.set_extension("x")
        with pytest.raises(InvalidSyntax, match="priority"):
            await agi.set_priority("nolabel")
        await agi.set_priority(2)
        return got

    assert await way.run(script) == odd
    async with asyncio.timeout(5):
        while "came" not in await cli(way.lab, "database get agi-next x"):
            await asyncio.sleep(0.05)


async def test_sound(way: Way) -> None:
    async def script(agi: Agi) -> None:
        await agi.answer()
        assert await agi.stream_file("beep") == Played("", 3404)
        assert (await agi.stream_file("beep", "12", offset=1000)).position == 3404
        assert (await agi.control_stream_file("beep")) == Played("", -1)
        assert (await agi.get_option("beep", "", timeout=0.1)).digit == ""
        entered = await agi.get_data("beep", timeout=0.2, max_digits=3)
        assert (entered.digits, entered.timed_out) == ("", True)
        assert await agi.wait_for_digit(0.1) == ""
        await agi.set_music(True)
        await agi.set_music(False)
        await agi.set_music(True, "default")
        await agi.set_music(False)

    await way.run(script)


FAILING: dict[str, tuple[Callable[[Agi], Awaitable[object]], str]] = {
    "stream_file": (lambda agi: agi.stream_file("no-such-file"), "missing"),
    "control_stream_file": (lambda agi: agi.control_stream_file("no-such-file"), "missing"),
    "get_option": (lambda agi: agi.get_option("no-such-file"), "missing"),
    "get_data": (lambda agi: agi.get_data("no-such-file"), "missing"),
    "record_file": (lambda agi: agi.record_file("/tmp/x", "nofmt"), "nobody knows the format"),
    "gosub": (lambda agi: agi.gosub("nowhere", "s"), "no subroutine nowhere,s,1"),
    "exec": (lambda agi: agi.exec("NoSuch"), "no application"),
}


@pytest.mark.parametrize("command", FAILING)
async def test_a_command_that_fails_on_a_live_channel(way: Way, command: str) -> None:
    async def script(agi: Agi) -> None:
        await agi.answer()
        command_of, words = FAILING[command]
        with pytest.raises(CommandFailed, match=words):
            await command_of(agi)

    await way.run(script)


async def test_saying(way: Way) -> None:
    async def script(agi: Agi) -> None:
        await agi.answer()
        now = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
        assert await agi.say_number(-7, "", "f") == ""
        assert await agi.say_digits("12*#") == ""
        assert await agi.say_alpha("a1") == ""
        assert await agi.say_phonetic("b") == ""
        assert await agi.say_datetime(now, format="Y") == ""
        assert await agi.say_datetime(now.timestamp(), format="H", timezone="Europe/Berlin") == ""
        started = time.monotonic()
        assert await agi.say_datetime(now, timezone="UTC") == ""
        assert time.monotonic() - started > 1
        assert await agi.say_time(now) == ""
        assert await agi.say_date(now) == ""

    await way.run(script, caller="Wait 60", seconds=50)


async def test_recording(way: Way) -> None:
    folder = way.lab.folder / "spool" / "recording"

    async def script(agi: Agi) -> None:
        await agi.answer()
        recorded = await agi.record_file("/var/spool/asterisk/recording/agi", "wav", timeout=0.5)
        assert (recorded.by, recorded.digit) == ("timeout", "")
        assert recorded.position > 1_000
        again = await agi.record_file(
            "/var/spool/asterisk/recording/agi", timeout=5, beep=True, silence=1
        )
        assert again.by == "timeout"

    await way.run(script, caller="Playback demo-congrats")
    assert (folder / "agi.wav").stat().st_size > 1_000


async def test_text_on_a_channel_without_it(way: Way) -> None:
    async def script(agi: Agi) -> None:
        await agi.answer()
        await agi.send_text("Zoë says hello")
        await agi.send_text("")
        await agi.send_image("none")
        assert await agi.receive_text(0.05) is None
        assert await agi.tdd_mode("off") is False
        assert await agi.receive_char(0.05) is None

    await way.run(script)


async def test_speech_without_an_engine(way: Way) -> None:
    async def script(agi: Agi) -> None:
        for command in (
            agi.speech_create("none"),
            agi.speech_set("a", "b"),
            agi.speech_load_grammar("a", "/b"),
            agi.speech_activate_grammar("a"),
            agi.speech_recognize("beep", 1.0),
            agi.speech_deactivate_grammar("a"),
            agi.speech_unload_grammar("a"),
            agi.speech_destroy(),
        ):
            with pytest.raises(CommandFailed, match="no such engine"):
                await command

    await way.run(script)


async def test_the_database(way: Way) -> None:
    async def script(agi: Agi) -> None:
        odd = 'a "b" \\ ${EPOCH}; (c) Zoë'
        assert await agi.database_get("agi fam", "k/1") is None
        await agi.database_put("agi fam", "k/1", odd)
        assert await agi.database_get("agi fam", "k/1") == odd
        await agi.database_put("agi fam", "k/2", "")
        assert await agi.database_get("agi fam", "k/2") == ""
        await agi.database_del("agi fam", "k/1")
        await agi.database_del("agi fam", "k/1")
        assert await agi.database_get("agi fam", "k/1") is None
        await agi.database_deltree("agi fam", "k")
        assert await agi.database_get("agi fam", "k/2") is None
        await agi.database_deltree("agi fam")

    await way.run(script)


async def test_a_full_expression(way: Way) -> None:
    async def script(agi: Agi) -> None:
        await agi.set_variable("A", "x")
        assert await agi.get_full_variable("${A}-$[1 + 2]-${LEN(${A})}") == "x-3-1"
        assert await agi.get_full_variable("${A}", agi.environment.channel) == "x"
        assert await agi.get_full_variable("${A}", "Local/nobody") is None
        assert await agi.get_variable("NEVER_SET") is None

    await way.run(script)


async def test_what_asterisk_does_not_know_is_an_error_and_the_session_goes_on(way: Way) -> None:
    async def script(agi: Agi) -> None:
        with pytest.raises(UnknownCommand, match="BOGUS"):
            await agi.command("BOGUS", "x")
        with pytest.raises(InvalidSyntax) as caught:
            await agi.command("SAY DIGITS")
        assert caught.value.usage.startswith("Say a given digit string")
        with pytest.raises(InvalidSyntax) as caught:
            await agi.command("STREAM FILE", "beep")
        assert "\n" in caught.value.usage  # over several lines
        assert (await agi.command("NOOP")).code == 200

    await way.run(script)


@pytest.mark.parametrize(
    "odd", ["a,b", 'say "x"', "back\\slash", "(x", "x)", "[x]", "Zoë ${EPOCH}; |$(x)", '"', "a\tb"]
)
async def test_an_argument_of_an_application_arrives_as_it_is(way: Way, odd: str) -> None:
    """It is an extension here, that Originate dials; and the next argument is no part of it."""
    await dialplan(way.lab, "agi-arg", "_[x].", ["Set(DB(agi-argument/got)=${EXTEN})"])
    await cli(way.lab, "database deltree agi-argument")

    async def script(agi: Agi) -> str | None:
        target = f"Local/x{argument(odd)}@agi-arg"
        assert await agi.exec("Originate", f"{target},exten,default,answer,1,2") == 0
        async with asyncio.timeout(5):
            while (got := await agi.database_get("agi-argument", "got")) is None:
                await asyncio.sleep(0.02)
        return got

    assert await way.run(script) == f"x{odd}"
