"""AGI's commands as actions of AMI, and replies that come in pieces."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from stasis import ChannelGone
from stasis.agi.errors import AgiError, ReplyCut, TakenBack
from stasis.agi.relay import LIMIT, Relay
from stasis.ami import Answer, NoSuch, NotConnected, OutcomeUnknown, PermissionDenied, actions
from stasis.errors import StasisError


class Client:
    """An AMI client that notes the commands. answers: what comes of each, in turn."""

    def __init__(self, *answers: str | Exception | None) -> None:
        self.answers = list(answers)
        self.asked: list[actions.AGI] = []
        self.relay: Relay

    async def send(self, action: actions.AGI) -> Answer:
        self.asked.append(action)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            self.reply(answer)
        return Answer()

    def reply(self, text: str) -> None:
        """The event that answers the last command. What asterisk would cut is cut here."""
        self.relay.replied(self.asked[-1].command_id or "", quote(text, safe="")[:2_047])

    @property
    def lines(self) -> list[str]:
        return [each.command for each in self.asked]


def relay(*answers: str | Exception | None) -> tuple[Relay, Client]:
    client = Client(*answers)
    ami: Any = client
    client.relay = Relay(ami, "17.1", asyncio.Semaphore(1))
    return client.relay, client


DONE = "200 result=0\n"


async def test_a_command_is_an_action_for_the_channel_and_its_event_is_the_reply() -> None:
    carried, client = relay("200 result=1 (Zoë +1)\n", DONE)
    assert await carried.send('GET VARIABLE "NAME"') == "200 result=1 (Zoë +1)\n"
    assert await carried.send("NOOP") == DONE
    assert [each.channel for each in client.asked] == ["17.1", "17.1"]
    assert client.asked[0].command_id != client.asked[1].command_id


async def test_a_line_fits_an_action_of_ami() -> None:
    action = actions.AGI(channel="17.1", command="x" * (LIMIT - 1))
    (line,) = [f"{key}: {value}" for key, value in action.fields() if key == "Command"]
    assert len(line) == 1_022


async def test_what_an_event_could_not_bring_is_fetched_with_commands_that_do_nothing() -> None:
    reply = f"200 result=1 ({'x' * 3_000})\n"
    stream = reply + DONE + DONE
    pieces = [stream[0:1_024], stream[1_024:2_048], stream[2_048:]]
    carried, client = relay(*pieces, DONE)
    assert await carried.send('GET VARIABLE "LONG"') == reply
    assert client.lines == ['GET VARIABLE "LONG"', "NOOP", "NOOP"]


async def test_a_reply_that_just_fits_costs_one_command_more_and_is_whole() -> None:
    reply = f"200 result=1 ({'x' * (1_024 - 16)})\n"
    assert len(reply) == 1_024
    carried, client = relay(reply, DONE)
    assert await carried.send('GET VARIABLE "LONG"') == reply
    assert client.lines == ['GET VARIABLE "LONG"', "NOOP"]


async def test_a_reply_that_is_cut_is_an_error_that_names_the_command_alone() -> None:
    carried, client = relay("200 result=1 (" + "ë" * 500, DONE, DONE)
    with pytest.raises(ReplyCut, match="^GET VARIABLE: ") as caught:
        await carried.send('GET VARIABLE "PIN of Zoë"')
    assert "PIN" not in str(caught.value)
    assert await carried.send("NOOP") == DONE


async def test_the_reply_of_a_cancelled_command_is_not_the_next_ones() -> None:
    carried, client = relay(None, DONE)
    first = asyncio.create_task(carried.send('WAIT FOR DIGIT "-1"'))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    second = asyncio.create_task(carried.send("NOOP"))
    await asyncio.sleep(0.01)
    assert client.lines == ['WAIT FOR DIGIT "-1"']
    client.reply("200 result=49\n")
    assert await second == DONE


async def test_an_answer_to_somebody_elses_command_is_none_of_ours() -> None:
    carried, client = relay(None)
    sending = asyncio.create_task(carried.send("NOOP"))
    await asyncio.sleep(0.01)
    carried.replied("theirs", "200%20result%3D7%0A")
    client.reply(DONE)
    assert await sending == DONE


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NoSuch("AGI", "Channel 17.1 does not exist."), ChannelGone, "hung up"),
        (NotConnected("AGI", "the connection is lost"), ChannelGone, "connection is lost"),
        (PermissionDenied("AGI", "Permission denied"), AgiError, "EXEC: Permission denied"),
    ],
)
async def test_what_ami_refuses_ends_the_command(
    error: Exception, kind: type[StasisError], words: str
) -> None:
    carried, _ = relay(error)
    with pytest.raises(kind, match=words):
        await carried.send('EXEC "Dial" "PJSIP/secret"')


async def test_an_action_without_an_answer_may_have_been_taken_so_its_reply_is_awaited() -> None:
    carried, client = relay(OutcomeUnknown("AGI", "no answer within 10 s"))
    sending = asyncio.create_task(carried.send("NOOP"))
    await asyncio.sleep(0.01)
    client.reply(DONE)
    assert await sending == DONE


class TestTheEnd:
    async def test_who_waits_for_a_reply_is_told_and_nothing_is_sent_any_more(self) -> None:
        carried, client = relay(None)
        sending = asyncio.create_task(carried.send("NOOP"))
        await asyncio.sleep(0.01)
        carried.close(ChannelGone("17.1", "hung up"))
        with pytest.raises(ChannelGone, match="hung up"):
            await sending
        with pytest.raises(ChannelGone, match="hung up"):
            await carried.send("NOOP")
        assert client.lines == ["NOOP"]

    async def test_after_a_failure_what_it_meant_is_waited_for_before_anything_is_sent(
        self,
    ) -> None:
        carried, client = relay(None)
        failing = asyncio.create_task(carried.send('STREAM FILE "none" ""'))
        await asyncio.sleep(0.01)
        carried.fail()
        client.reply("200 result=-1 endpos=0\n")
        assert await failing == "200 result=-1 endpos=0\n"
        next_one = asyncio.create_task(carried.send("NOOP"))
        await asyncio.sleep(0.01)
        assert not next_one.done()
        carried.close(TakenBack("it goes on"))
        with pytest.raises(TakenBack, match="it goes on"):
            await next_one
        assert client.lines == ['STREAM FILE "none" ""']
        assert carried.failed

    async def test_the_first_reason_stays(self) -> None:
        carried, _ = relay()
        carried.close(TakenBack("one"))
        carried.close(ChannelGone("17.1", "two"))
        with pytest.raises(TakenBack, match="one"):
            await carried.send("NOOP")

    async def test_it_knows_when_the_script_gives_the_call_back(self) -> None:
        carried, _ = relay(DONE)
        assert not carried.given_back
        await carried.send("ASYNCAGI BREAK")
        assert carried.given_back
