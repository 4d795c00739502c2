"""Every command: the line it sends, and what it makes of the reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stasis.agi import (
    Agi,
    CommandFailed,
    Entered,
    Environment,
    Heard,
    InvalidArgument,
    Played,
    Recognized,
    Recorded,
    State,
)
from tests.agi.peer import ENVIRONMENT, Told, words

OK = "200 result=0"
ONE = "200 result=1"
DAY = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
SPEECH = (
    '200 result=1 (speech) endpos=4000 results=2 score0=900 text0="yes please" grammar0=yn'
    ' score1=100 text1="no" grammar1=yn'
)

Call = Callable[[Agi], Awaitable[Any]]
ROWS: list[tuple[Call, list[str], str, Any]] = [
    (lambda a: a.answer(), ["ANSWER"], OK, None),
    (lambda a: a.asyncagi_break(), ["ASYNCAGI", "BREAK"], OK, None),
    (lambda a: a.channel_status(), ["CHANNEL", "STATUS"], "200 result=6", State.UP),
    (
        lambda a: a.channel_status("SIP/x y"),
        ["CHANNEL", "STATUS", "SIP/x y"],
        "200 result=-1",
        None,
    ),
    (lambda a: a.database_del("f", "k"), ["DATABASE", "DEL", "f", "k"], ONE, None),
    (lambda a: a.database_deltree("f"), ["DATABASE", "DELTREE", "f"], OK, None),
    (lambda a: a.database_deltree("f", "k"), ["DATABASE", "DELTREE", "f", "k"], OK, None),
    (lambda a: a.database_get("f", "k"), ["DATABASE", "GET", "f", "k"], "200 result=1 (v)", "v"),
    (lambda a: a.database_get("f", "k"), ["DATABASE", "GET", "f", "k"], OK, None),
    (lambda a: a.database_put("f", "k", ""), ["DATABASE", "PUT", "f", "k", ""], ONE, None),
    (
        lambda a: a.get_full_variable("${X}"),
        ["GET", "FULL", "VARIABLE", "${X}"],
        "200 result=1 (v)",
        "v",
    ),
    (
        lambda a: a.get_full_variable("${X}", "c"),
        ["GET", "FULL", "VARIABLE", "${X}", "c"],
        OK,
        None,
    ),
    (lambda a: a.get_variable("X"), ["GET", "VARIABLE", "X"], "200 result=1 ()", ""),
    (lambda a: a.get_variable("X"), ["GET", "VARIABLE", "X"], OK, None),
    (lambda a: a.set_variable("X", "a b"), ["SET", "VARIABLE", "X", "a b"], ONE, None),
    (lambda a: a.hangup(), ["HANGUP"], ONE, True),
    (lambda a: a.hangup("c"), ["HANGUP", "c"], "200 result=-1", False),
    (lambda a: a.noop(), ["NOOP"], OK, None),
    (lambda a: a.noop("a b"), ["NOOP", "a b"], OK, None),
    (lambda a: a.verbose("a b", 3), ["VERBOSE", "a b", "3"], ONE, None),
    (lambda a: a.set_autohangup(1.5), ["SET", "AUTOHANGUP", "1.5"], OK, None),
    (lambda a: a.set_autohangup(None), ["SET", "AUTOHANGUP", "0"], OK, None),
    (lambda a: a.set_callerid('"A" <1>'), ["SET", "CALLERID", '"A" <1>'], ONE, None),
    (lambda a: a.set_context("c"), ["SET", "CONTEXT", "c"], OK, None),
    (lambda a: a.set_extension("e"), ["SET", "EXTENSION", "e"], OK, None),
    (lambda a: a.set_priority(2), ["SET", "PRIORITY", "2"], OK, None),
    (lambda a: a.set_priority("label"), ["SET", "PRIORITY", "label"], OK, None),
    (
        lambda a: a.stream_file("f", "1#"),
        ["STREAM", "FILE", "f", "1#"],
        "200 result=35 endpos=8",
        Played("#", 8),
    ),
    (
        lambda a: a.stream_file("f", offset=9),
        ["STREAM", "FILE", "f", "", "9"],
        "200 result=0 endpos=8",
        Played("", 8),
    ),
    (
        lambda a: a.control_stream_file("f", "1", offset=2),
        ["CONTROL", "STREAM", "FILE", "f", "1", "3000", "#", "*", "", "2000"],
        "200 result=49 endpos=2500",
        Played("1", 2.5),
    ),
    (
        lambda a: a.control_stream_file("f"),
        ["CONTROL", "STREAM", "FILE", "f", "", "3000", "#", "*", ""],
        "200 result=0 endpos=-1",
        Played("", -1),
    ),
    (
        lambda a: a.get_option("f", "1"),
        ["GET", "OPTION", "f", "1"],
        "200 result=49 endpos=1",
        Played("1", 1),
    ),
    (
        lambda a: a.get_option("f", timeout=0.5),
        ["GET", "OPTION", "f", "", "500"],
        "200 result=0 endpos=1",
        Played("", 1),
    ),
    (lambda a: a.get_data("f"), ["GET", "DATA", "f"], "200 result=12", Entered("12", False)),
    (
        lambda a: a.get_data("f", max_digits=2),
        ["GET", "DATA", "f", "0", "2"],
        "200 result=12",
        Entered("12", False),
    ),
    (
        lambda a: a.get_data("f", 1.5),
        ["GET", "DATA", "f", "1500"],
        "200 result= (timeout)",
        Entered("", True),
    ),
    (
        lambda a: a.get_data("f", 1.5),
        ["GET", "DATA", "f", "1500"],
        "200 result=1 (timeout)",
        Entered("1", True),
    ),
    (lambda a: a.wait_for_digit(), ["WAIT", "FOR", "DIGIT", "-1"], "200 result=42", "*"),
    (lambda a: a.wait_for_digit(2), ["WAIT", "FOR", "DIGIT", "2000"], OK, ""),
    (
        lambda a: a.record_file("f"),
        ["RECORD", "FILE", "f", "wav", "#", "-1"],
        "200 result=35 (dtmf) endpos=9",
        Recorded("dtmf", "#", 9),
    ),
    (
        lambda a: a.record_file("f", "gsm", "", 2, offset=1, beep=True, silence=3),
        ["RECORD", "FILE", "f", "gsm", "", "2000", "1", "BEEP", "s=3"],
        "200 result=0 (timeout) endpos=9",
        Recorded("timeout", "", 9),
    ),
    (
        lambda a: a.record_file("f", "gsm", "", 2, offset=1, beep=True, silence=3),
        ["RECORD", "FILE", "f", "gsm", "", "2000", "1", "BEEP", "s=3"],
        "200 result=1 (timeout) endpos=9",
        Recorded("timeout", "", 9),
    ),
    (lambda a: a.set_music(True), ["SET", "MUSIC", "on"], OK, None),
    (lambda a: a.set_music(False, "c"), ["SET", "MUSIC", "off", "c"], OK, None),
    (lambda a: a.say_number(-3, "1", "f"), ["SAY", "NUMBER", "-3", "1", "f"], "200 result=49", "1"),
    (lambda a: a.say_digits("12", ""), ["SAY", "DIGITS", "12", ""], OK, ""),
    (lambda a: a.say_alpha("a b"), ["SAY", "ALPHA", "a b", ""], OK, ""),
    (lambda a: a.say_phonetic("a"), ["SAY", "PHONETIC", "a", ""], OK, ""),
    (lambda a: a.say_date(DAY), ["SAY", "DATE", "1770091506", ""], OK, ""),
    (lambda a: a.say_time(5.9, "*"), ["SAY", "TIME", "5", "*"], "200 result=42", "*"),
    (lambda a: a.say_datetime(0), ["SAY", "DATETIME", "0", ""], OK, ""),
    (lambda a: a.say_datetime(0, format="Y"), ["SAY", "DATETIME", "0", "", "Y"], OK, ""),
    (
        lambda a: a.say_datetime(0, timezone="UTC"),
        ["SAY", "DATETIME", "0", "", "ABdY 'digits/at' IMp", "UTC"],
        OK,
        "",
    ),
    (lambda a: a.send_text("a b"), ["SEND", "TEXT", "a b"], OK, None),
    (lambda a: a.send_image("i"), ["SEND", "IMAGE", "i"], OK, None),
    (lambda a: a.receive_char(), ["RECEIVE", "CHAR", "0"], "200 result=97", "a"),
    (lambda a: a.receive_char(1), ["RECEIVE", "CHAR", "1000"], "200 result=0 (timeout)", None),
    (lambda a: a.receive_text(1), ["RECEIVE", "TEXT", "1000"], "200 result=1 (a b)", "a b"),
    (lambda a: a.tdd_mode("on"), ["TDD", "MODE", "on"], ONE, True),
    (lambda a: a.speech_create("e"), ["SPEECH", "CREATE", "e"], ONE, None),
    (lambda a: a.speech_set("n", "v"), ["SPEECH", "SET", "n", "v"], ONE, None),
    (lambda a: a.speech_destroy(), ["SPEECH", "DESTROY"], ONE, None),
    (
        lambda a: a.speech_load_grammar("g", "/p"),
        ["SPEECH", "LOAD", "GRAMMAR", "g", "/p"],
        ONE,
        None,
    ),
    (lambda a: a.speech_unload_grammar("g"), ["SPEECH", "UNLOAD", "GRAMMAR", "g"], ONE, None),
    (lambda a: a.speech_activate_grammar("g"), ["SPEECH", "ACTIVATE", "GRAMMAR", "g"], ONE, None),
    (
        lambda a: a.speech_deactivate_grammar("g"),
        ["SPEECH", "DEACTIVATE", "GRAMMAR", "g"],
        ONE,
        None,
    ),
    (
        lambda a: a.speech_recognize("p", 2, 8),
        ["SPEECH", "RECOGNIZE", "p", "2000", "8"],
        SPEECH,
        Recognized("speech", "", (Heard("yes please", 900, "yn"), Heard("no", 100, "yn")), 4000),
    ),
    (
        lambda a: a.speech_recognize("p", 2),
        ["SPEECH", "RECOGNIZE", "p", "2000"],
        "200 result=1 (digit) digit=5 endpos=7",
        Recognized("digit", "5", (), 7),
    ),
    (
        lambda a: a.speech_recognize("p", 2),
        ["SPEECH", "RECOGNIZE", "p", "2000"],
        "200 result=1 (timeout) endpos=7",
        Recognized("timeout", "", (), 7),
    ),
]


@pytest.mark.parametrize(
    ("call", "line", "reply", "result"),
    ROWS,
    ids=[f"{n}-{'_'.join(row[1][:3])}" for n, row in enumerate(ROWS)],
)
async def test_a_command(call: Call, line: list[str], reply: str, result: Any) -> None:
    told = Told(reply)
    assert await call(Agi(Environment.parse(ENVIRONMENT), told)) == result
    assert words(told.lines[0]) == line
    assert len(told.lines) == 1


async def test_exec_and_gosub_hear_of_a_hang_up_themselves() -> None:
    """Their results do not say it: a notice comes before the reply to one command more."""
    told = Told("200 result=0")
    agi = Agi(Environment.parse(ENVIRONMENT), told)
    assert await agi.exec("Dial", "PJSIP/alice,20") == 0
    await agi.gosub("sub", "s", 1, "a", "", "b c")
    assert [words(line) for line in told.lines] == [
        ["EXEC", "Dial", "PJSIP/alice,20"],
        ["NOOP"],
        ["GOSUB", "sub", "s", "1", "a,,b c"],
        ["NOOP"],
    ]


async def test_failures_say_what_most_often_is_wrong() -> None:
    for call, reply, text in (
        (lambda a: a.exec("NoSuch"), "200 result=-2", "no application 'NoSuch'"),
        (lambda a: a.gosub("c", "s"), "200 result=-1 Gosub label not found", "no subroutine c,s,1"),
        (lambda a: a.database_put("f", "k", "v"), "200 result=0", "has not kept it"),
        (lambda a: a.database_del("f", "k"), "200 result=0", "has not deleted it"),
        (lambda a: a.speech_create("e"), "200 result=0", "no such engine"),
        (lambda a: a.get_data("f"), "200 result=-1", "file is missing"),
        (lambda a: a.say_alpha("x"), "200 result=-1", "sound is missing"),
        (lambda a: a.record_file("f"), "200 result=-1 (writefile)", "knows the format"),
        (lambda a: a.record_file("f"), "200 result=-1 (waitfor)", "waitfor"),
    ):
        with pytest.raises(CommandFailed, match=text):
            await call(Agi(Environment.parse(ENVIRONMENT), Told(reply, "200 result=6")))


async def test_a_long_value_is_read_whole() -> None:
    """GET VARIABLE cuts at 1,023 bytes, perhaps through the middle of a character."""
    told = Told(f"200 result=1 ({'x' * 1_022}\ufffd)", f"200 result=1 ({'x' * 1_022}ëyz)")
    agi = Agi(Environment.parse(ENVIRONMENT), told)
    assert await agi.get_variable("X") == "x" * 1_022 + "ëyz"
    assert words(told.lines[1]) == ["GET", "FULL", "VARIABLE", "${X}"]


async def test_times_and_numbers_that_make_no_sense_are_refused() -> None:
    agi = Agi(Environment.parse(ENVIRONMENT), Told())
    with pytest.raises(InvalidArgument):
        await agi.set_autohangup(0)
    with pytest.raises(InvalidArgument):
        await agi.get_data("f", max_digits=0)


def test_a_call_is_named_in_a_log() -> None:
    assert (
        repr(Agi(Environment.parse(ENVIRONMENT), Told()))
        == "<Agi 1700000000.1 PJSIP/alice-00000001>"
    )
