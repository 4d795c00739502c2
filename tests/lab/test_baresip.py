"""baresip as a phone of a real Asterisk: it hears, presses, registers, answers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest

from stasis.lab.audio import seconds, tones
from stasis.lab.baresip import Baresip, phone_port
from stasis.lab.configuration import TONE_HZ
from stasis.lab.fault import LabUnavailable, PhoneError
from stasis.lab.lab import Lab
from stasis.lab.music import MUSIC_HZ
from stasis.lab.prompt import contains

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

ALL_HZ = [TONE_HZ, MUSIC_HZ, 700, 900]


async def ring(lab: Lab, endpoint: str, extension: str) -> None:
    """Have Asterisk call an endpoint and bring it to an extension."""
    line = f"channel originate PJSIP/{endpoint} extension {extension}@default"
    await asyncio.to_thread(lab.cli, line)


@pytest.mark.parametrize(
    ("extension", "hertz"), [("tone-1", TONE_HZ), ("music-1", MUSIC_HZ), ("echo-1", 700)]
)
async def test_it_hears_what_asterisk_plays(lab: Lab, extension: str, hertz: float) -> None:
    async with await Baresip.start(lab.sip_port, source=700.0) as phone:
        await phone.dial(extension)
        await phone.closed()
        (heard,) = tones(phone.heard(), ALL_HZ)
    assert heard.hertz == hertz
    assert heard.seconds > 0.6


async def test_it_hears_the_prompt_and_no_other(lab: Lab) -> None:
    async with await Baresip.start(lab.sip_port) as phone:
        await phone.dial("prompt-hello-world")
        await phone.closed()
        assert contains(phone.heard(), lab.prompt("hello-world")) > 0.9
        assert contains(phone.heard(), lab.prompt("vm-password")) < 0.5
        assert seconds(phone.heard()) == pytest.approx(1.4, abs=0.15)


async def test_digits_arrive_in_order_and_are_said_back(lab: Lab) -> None:
    async with await Baresip.start(lab.sip_port) as phone:
        await phone.dial("digits")
        await phone.press("307")
        await phone.closed()
        heard = phone.heard()
        scores = {digit: contains(heard, lab.prompt(f"digits/{digit}")) for digit in "3075"}
    assert min(scores[digit] for digit in "307") > 0.8, scores
    assert scores["5"] < 0.7, scores
    assert "User entered '307'" in lab.logs(60)


@pytest.mark.parametrize(("extension", "status"), [("busy", "486"), ("nobody-here", "404")])
async def test_a_refused_call_is_told_with_its_status(
    lab: Lab, extension: str, status: str
) -> None:
    async with await Baresip.start(lab.sip_port) as phone:
        with pytest.raises(PhoneError, match=f"the call to {extension} was refused: {status}"):
            await phone.dial(extension)
        with pytest.raises(PhoneError, match="heard nothing"):
            phone.heard()


async def test_a_call_that_nobody_answers_is_told_and_can_be_hung_up(lab: Lab) -> None:
    async with await Baresip.start(lab.sip_port) as phone:
        with pytest.raises(PhoneError, match="within 0.5 s"):
            await phone.dial("ring", timeout=0.5)
        await phone.hangup()
        await phone.closed()


async def test_a_registered_phone_is_called_answers_and_talks(lab: Lab) -> None:
    async with await Baresip.start(
        *(lab.sip_port,),
        user="bob",
        password=lab.phones["bob"],
        register=True,
        answer="manual",
        source=900.0,
    ) as bob:
        await ring(lab, "bob", "echo-1")
        assert (await bob.incoming()).startswith("sip:")
        await bob.accept()
        await bob.established()
        await bob.closed()
        assert [each.hertz for each in tones(bob.heard(), ALL_HZ)] == [900]


async def test_a_call_that_comes_in_is_refused(lab: Lab) -> None:
    async with await Baresip.start(
        *(lab.sip_port,), user="desk1", port=lab.desk_ports[0], answer="manual"
    ) as desk:
        await ring(lab, "desk1", "answer")
        await desk.incoming()
        await desk.hangup()
        await desk.closed()
        with pytest.raises(PhoneError, match="heard nothing"):
            desk.heard()


async def test_a_desk_answers_by_itself(lab: Lab) -> None:
    async with await Baresip.start(*(lab.sip_port,), user="desk2", port=lab.desk_ports[1]) as desk:
        await ring(lab, "desk2", "tone-1")
        await desk.incoming()
        await desk.established()
        await desk.closed()
        assert [each.hertz for each in tones(desk.heard(), ALL_HZ)] == [TONE_HZ]


async def test_two_phones_hear_each_other_through_asterisk(lab: Lab) -> None:
    desk = Baresip.start(lab.sip_port, user="desk3", port=lab.desk_ports[2], source=900.0)
    async with await desk as one, await Baresip.start(lab.sip_port, source=700.0) as two:
        await two.dial("dial-3")
        await one.established()
        await asyncio.sleep(1.0)  # the talk itself
        await two.hangup()
        await one.closed()
        await two.closed()
        assert [each.hertz for each in tones(two.heard(), ALL_HZ)] == [900]
        assert [each.hertz for each in tones(one.heard(), ALL_HZ)] == [700]


async def test_a_wrong_password_is_told_and_leaves_nothing(lab: Lab) -> None:
    with pytest.raises(PhoneError, match="bob is not registered: 401") as caught:
        await Baresip.start(lab.sip_port, user="bob", password="wrong-word", register=True)
    assert "wrong-word" not in str(caught.value)


async def test_it_says_a_sound_file(lab: Lab) -> None:
    async with await Baresip.start(lab.sip_port, source=lab.prompt("vm-goodbye")) as phone:
        await phone.dial("echo-2")
        await phone.closed()
        assert contains(phone.heard(), lab.prompt("vm-goodbye")) > 0.8


async def test_its_folder_goes_with_it(lab: Lab) -> None:
    async with await Baresip.start(lab.sip_port) as phone:
        assert phone.folder.is_dir()
    assert not phone.folder.exists()
    assert phone.process.returncode is not None


async def test_without_baresip_the_package_is_named(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabUnavailable, match="package baresip"):
        await Baresip.start(lab.sip_port)


async def test_a_port_that_is_taken_is_told_with_its_words(lab: Lab) -> None:
    async with await Baresip.start(lab.sip_port, port=lab.desk_ports[3]):
        with pytest.raises(PhoneError, match="(?s)does not start.*Address already in use"):
            await Baresip.start(lab.sip_port, port=lab.desk_ports[3])


async def test_another_port_is_taken_when_the_first_is_lost_to_another(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Baresip.start(lab.sip_port) as first:
        assert first.port < 12_000  # no client's port
        lost = iter([first.port])
        monkeypatch.setattr(
            "stasis.lab.baresip.phone_port", lambda held: next(lost, None) or phone_port(held)
        )
        async with await Baresip.start(lab.sip_port) as second:
            assert second.port != first.port


def test_two_that_start_at_the_same_moment_never_get_the_same_port() -> None:
    with ExitStack() as held:
        # As many as half of what there is: without the hold some would be given twice.
        ports = [phone_port(held) for _ in range(700)]
        assert len(set(ports)) == 700


async def test_many_start_at_once_and_each_command_reaches_its_own_phone(lab: Lab) -> None:
    async with AsyncExitStack() as stack:
        phones = await asyncio.gather(
            *(Baresip.start(lab.sip_port, user=f"u{each}") for each in range(12))
        )
        for phone in phones:
            await stack.enter_async_context(phone)
        for phone in phones:
            assert f"sip:{phone.user}@" in await phone.wire.ask("reginfo")
