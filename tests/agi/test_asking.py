"""How a reply is judged: what each code means, and what -1 means on a channel that lives, or not."""

from __future__ import annotations

import pytest

from stasis import ChannelGone
from stasis.agi import (
    Agi,
    CommandFailed,
    Environment,
    InvalidArgument,
    InvalidSyntax,
    ProtocolError,
    UnexpectedReply,
    UnknownCommand,
)
from stasis.agi.asking import DEAD
from tests.agi.peer import ENVIRONMENT, Told

DEAD_CHANNEL = "511 Command Not Permitted on a dead channel or intercept routine"


def agi(*answers: str | BaseException) -> tuple[Agi, Told]:
    told = Told(*answers)
    return Agi(Environment.parse(ENVIRONMENT), told), told


async def test_a_code_is_an_error_by_its_meaning() -> None:
    for answer, error in (
        ("510 Invalid or unknown command", UnknownCommand),
        ("520-Invalid\nhow it is used\n520 End of proper usage.", InvalidSyntax),
        ("599 of the future", UnexpectedReply),
        ("200 nothing", UnexpectedReply),
        ("200 result=x", UnexpectedReply),
        ("nonsense", ProtocolError),
        (DEAD_CHANNEL, ChannelGone),
    ):
        with pytest.raises(error):
            await agi(answer)[0].answer()


async def test_a_refusal_on_a_dead_channel_is_the_channel_s_end() -> None:
    call, told = agi(DEAD_CHANNEL, "200 result=1")
    with pytest.raises(ChannelGone):
        await call.answer()
    assert call.gone is not None
    with pytest.raises(ChannelGone):
        await call.stream_file("beep")
    assert len(told.lines) == 1  # not even sent
    await call.set_variable("X", "1")  # but this works
    assert len(told.lines) == 2


async def test_minus_one_on_a_channel_that_lives_is_a_failure() -> None:
    call, told = agi("200 result=-1 endpos=0", "200 result=6")
    with pytest.raises(CommandFailed, match="STREAM FILE: most often the sound file is missing"):
        await call.stream_file("none")
    assert told.lines[1:] == ["CHANNEL STATUS"]


async def test_minus_one_on_one_that_was_hung_up_is_its_end() -> None:
    call, _ = agi("200 result=-1 endpos=0", DEAD_CHANNEL)
    with pytest.raises(ChannelGone):
        await call.stream_file("beep")


async def test_only_what_needs_no_channel_is_sent_after_the_end() -> None:
    call, told = agi("200 result=1")
    call.lose("hung up")
    for command in sorted(DEAD):
        await call.command(command)
    assert told.lines == sorted(DEAD)
    with pytest.raises(ChannelGone):
        await call.command("ANSWER")


async def test_keys_are_keys() -> None:
    call, told = agi()
    with pytest.raises(InvalidArgument, match="'x'"):
        await call.stream_file("beep", "1x")
    assert told.lines == []


async def test_a_digit_that_is_none_is_an_unexpected_reply() -> None:
    for odd in ("200 result=7 endpos=1", "200 result=300 endpos=1", "200 result=48"):
        with pytest.raises(UnexpectedReply):
            await agi(odd)[0].stream_file("beep")


async def test_an_error_holds_no_argument() -> None:
    for answer in ("510 Invalid or unknown command", "599 x", "200 result=0"):
        with pytest.raises(Exception) as caught:
            await agi(answer)[0].database_put("pins", "alice", "1234")
        assert "1234" not in str(caught.value)
