"""Real phones call a real Asterisk, and what they hear is recognised, not only measured.

baresip is the caller who listens and presses digits by RFC 4733; SIPp is the desk that answers
with a tone of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from stasis import Channel, Event, Flow, Leave, PlaybackResult, RecordingResult
from stasis.lab.audio import seconds, tones
from stasis.lab.baresip import Baresip
from stasis.lab.fault import LabError, PhoneError
from stasis.lab.prompt import contains
from stasis.lab.sipp import Sipp
from tests.asterisk.everything import Everything
from tests.asterisk.servers import Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

CALLER, DESK = 1000.0, 1300.0


async def until(true: Callable[[], bool], look: float = 0.02) -> None:
    """Wait until something is so, looking at it often."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(look)


def length(phone: Baresip) -> float:
    """Seconds of sound that a phone has heard in its call until now."""
    try:
        return seconds(phone.heard())
    except PhoneError:
        return 0.0


def said(file: Callable[[], Path], hertz: float, least: float) -> Callable[[], bool]:
    """Whether so many seconds of a tone are in a file that is being written."""

    def found() -> bool:
        try:
            return sum(each.seconds for each in tones(file(), [hertz])) > least
        except LabError:
            return False

    return found


def watched(desk: str) -> tuple[type[Everything], list[Everything]]:
    """The flow that does everything, and the list in which its calls appear."""
    flows: list[Everything] = []

    class Watched(Everything):
        def __init__(self) -> None:
            super().__init__()
            self.desk = desk
            flows.append(self)

        start = Everything.menu
        table = Everything.table

    return Watched, flows


def in_state(flows: list[Everything], state: str) -> Callable[[], bool]:
    """Whether the newest call has come to a state."""
    return lambda: bool(flows) and flows[-1].walked[-1:] == [state]


async def test_a_caller_is_put_through_to_a_desk_and_both_are_heard(server: Server) -> None:
    """Answer, prompt, digit, PIN, dial, bridge, hang up: the caller hears the prompt, then the desk."""
    lab = server.lab
    flow, flows = watched("PJSIP/desk1")
    async with (
        server.link({"everything": flow}) as link,
        await Sipp.desk(lab.desk_ports[0], ring=0.5, tone=DESK) as desk,
        await Baresip.start(lab.sip_port, source=CALLER) as phone,
    ):
        await phone.dial("stasis-everything")
        await until(lambda: length(phone) > 4)  # of the prompt, to be recognised
        await phone.press("1")
        await until(in_state(flows, "pin"))
        await phone.press("1234")
        await until(in_state(flows, "talking"))
        await until(said(phone.heard, DESK, 1.5), 0.25)
        await phone.hangup()
        await link.idle()
        outcome = await desk.finished(10)
        assert flows[0].entered == "1234"
        assert flows[0].walked == ["menu", "pin", "ringing", "talking"]
        assert (outcome.answered, outcome.by_them) == (1, 1)
        assert contains(phone.heard(), lab.prompt("demo-instruct")) > 0.8
        assert contains(phone.heard(), lab.prompt("vm-goodbye"), 1.0) < 0.6, "never played"
        heard = tones(phone.heard(), [CALLER, DESK])
        assert {tone.hertz for tone in heard} == {DESK}
        assert sum(tone.seconds for tone in heard) > 1.0
        assert await server.channels(link) == []


async def test_a_message_is_recorded_and_played_back(server: Server, tmp_path: Path) -> None:
    """The caller's own tone is in the stored file, and comes back when it is played."""
    lab = server.lab
    flow, flows = watched("PJSIP/desk1")
    async with (
        server.link({"everything": flow}) as link,
        await Baresip.start(lab.sip_port, source=CALLER) as phone,
    ):
        await phone.dial("stasis-everything")
        await until(in_state(flows, "menu"))
        await phone.press("2")
        await until(lambda: hasattr(flows[0], "recording"))
        live = lab.recordings / f"{flows[0].recording.name}.wav"
        await until(said(lambda: live, CALLER, 1.5), 0.25)
        await phone.press("#")
        await until(in_state(flows, "thanks"))
        result = await flows[0].recording.finished(5)
        assert isinstance(result, RecordingResult)
        assert result.state == "done"
        assert result.stored is not None
        stored = tmp_path / "message.wav"
        stored.write_bytes(await result.stored.download())
        assert result.duration is not None and 0 <= result.duration - int(seconds(stored)) <= 1
        recorded = tones(stored, [CALLER, DESK])
        assert {tone.hertz for tone in recorded} == {CALLER}
        assert sum(tone.seconds for tone in recorded) > 1.0
        await phone.closed(15)
        await link.idle()
        played = tones(phone.heard(), [CALLER, DESK], least=0.5)
        assert {tone.hertz for tone in played} >= {CALLER}, "the message was not played back"
        with pytest.raises(FileNotFoundError):
            (lab.recordings / f"{result.stored.name}.wav").stat()


@pytest.mark.alone
async def test_keys_of_a_menu_arrive_as_pressed_by_rfc_4733(server: Server) -> None:
    """Every digit of a keypad arrives, once each and in order."""
    pressed: list[str] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        entered = await channel.ask(digits=12, terminator=None, timeout=10, inter_digit=5)
        pressed.append(entered)

    async with (
        server.link({"keys": flow}) as link,
        await Baresip.start(server.lab.sip_port) as phone,
    ):
        await phone.dial("stasis-keys")
        await phone.press("1234567890*#")
        await phone.closed(20)
        await link.idle()
    assert pressed == ["1234567890*#"]


@pytest.mark.parametrize(
    ("status", "told"), [(486, "BUSY"), (603, "BUSY"), (404, "CHANUNAVAIL"), (0, "NOANSWER")]
)
async def test_a_desk_that_does_not_answer_is_told_by_its_dial_status(
    server: Server, status: int, told: str
) -> None:
    """Busy, declined, unknown, never answered: the flow learns which, and nothing stays."""
    statuses: list[str] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        # Only who never answers is given up; a refusal comes when it comes.
        dialling = await channel.dial("PJSIP/desk2", timeout=15 if status else 2)
        statuses.append((await dialling.answered()).status)

    async with (
        server.link({"desk": flow}) as link,
        await Sipp.desk(server.lab.desk_ports[1], status=status, ring=0.1),
        await Sipp.call(server.lab.sip_port, "stasis-desk", stay=True) as caller,
    ):
        outcome = await caller.finished(20)
        await link.idle()
        assert outcome.by_them == 1
        assert await server.channels(link) == []
    assert statuses == [told]


async def test_the_first_of_two_desks_wins_and_the_other_is_cancelled(server: Server) -> None:
    """Both ring; who answers first is connected, the other is told to stop ringing."""
    winners: list[str] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        dialling = await channel.dial("PJSIP/desk1", "PJSIP/desk2", timeout=10)
        result = await dialling.answered()
        winners.extend(desk for desk, status in result.statuses.items() if status == "ANSWER")
        bridge = await dialling.connect()
        await bridge.emptied(30)

    lab = server.lab
    async with (
        server.link({"two": flow}) as link,
        await Sipp.desk(lab.desk_ports[0], ring=5.0) as slow,
        await Sipp.desk(lab.desk_ports[1], ring=0.5, tone=DESK) as quick,
        await Baresip.start(lab.sip_port, source=CALLER) as phone,
    ):
        await phone.dial("stasis-two")
        await until(lambda: bool(winners))
        await until(said(phone.heard, DESK, 0.5), 0.25)
        await phone.hangup()
        assert (await quick.finished(10)).answered == 1
        assert (await slow.finished(10)).cancelled == 1
        await link.idle()
        assert {tone.hertz for tone in tones(phone.heard(), [CALLER, DESK], 0.3)} == {DESK}
        assert await server.channels(link) == []
    assert winners == ["PJSIP/desk2"]


async def test_a_missing_sound_is_a_failed_playback_and_barge_in_a_stopped_one(
    server: Server,
) -> None:
    """`finished` tells done, failed and stopped apart."""
    results: list[PlaybackResult] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        for media, stop in (
            ("sound:beep", False),
            ("sound:no-such-sound", False),
            ("sound:demo-instruct", True),
        ):
            playback = await channel.play(media)
            if stop:
                await asyncio.sleep(0.3)
                await playback.stop()
            results.append(await playback.finished(15))

    async with (
        server.link({"sounds": flow}) as link,
        await Sipp.call(server.lab.sip_port, "stasis-sounds", stay=True) as caller,
    ):
        await caller.finished(20)
        await link.idle()
    assert [result.state for result in results] == ["done", "failed", "stopped"]


async def test_a_caller_hears_a_prompt_before_the_answer(server: Server) -> None:
    """Playing to an unanswered call is early media (183); recording answers it."""
    states: list[str] = []

    async def flow(channel: Channel) -> None:
        playback = await channel.play("sound:beep")
        states.append((await playback.finished(10)).state)
        states.append(channel.state)
        recording = await channel.record("early", if_exists="overwrite")
        await asyncio.sleep(0.3)
        await recording.cancel()
        await recording.finished(5)
        states.append(channel.state)

    async with (
        server.link({"early": flow}) as link,
        await Sipp.call(server.lab.sip_port, "stasis-early", stay=True) as caller,
    ):
        outcome = await caller.finished(20)
        await link.idle()
    assert states == ["done", "Ring", "Up"]
    assert (outcome.progress, outcome.answered) == (1, 1)


async def test_a_flow_that_fails_before_the_answer_still_apologises(server: Server) -> None:
    """The apology is heard as early media, then the call is refused."""

    class Broken(Flow):
        async def thinking(self, event: Event) -> None:
            raise LookupError("seeded")

        start = thinking
        on_error = Leave(prompt="sound:im-sorry", reason="failure")

    async with (
        server.link({"broken": Broken}) as link,
        await Sipp.call(server.lab.sip_port, "stasis-broken", stay=True) as caller,
    ):
        outcome = await caller.finished(20)
        await link.idle()
        assert await server.channels(link) == []
    assert (outcome.progress, outcome.answered) == (1, 0)
    assert outcome.statuses == (500,)


@pytest.mark.alone
async def test_a_bye_ends_the_flow_with_channel_gone(server: Server) -> None:
    """A SIP caller who hangs up is noticed at the flow's await within half a second."""
    ended: list[str] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(channel.gone.reason if channel.gone else "still here")

    async with (
        server.link({"bye": flow}) as link,
        await Sipp.call(server.lab.sip_port, "stasis-bye", (0.5,)) as caller,
    ):
        assert (await caller.finished(10)).by_us == 1
        async with asyncio.timeout(0.5):
            await link.idle()
    assert ended == ["hung up"]
