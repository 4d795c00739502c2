"""Two phones that talk, and what one of them hears."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence

from stasis.ami import actions
from stasis.lab.audio import samples
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.lab.lab import Lab
from stasis.lab.music import RATE
from stasis.lab.prompt import match
from stasis.pbx import Pbx
from tests.asterisk.phones import HEARD, PART_SECONDS, SURE, loud

# What the phones of the fixtures say, and what extension `tone` plays, in Hz.
ALICE, BOB, TONE = 700, 1300, 440
# Rings bob, and either side may transfer; and an extension of keys alone that plays the tone.
TALK, NUMBER = "talk-bob", "5001"
DIALPLAN = (
    (TALK, 1, "Dial", "PJSIP/bob,20,tT"),
    (NUMBER, 1, "Goto", "tone,1"),
)
SECONDS = 8.0


async def equip(pbx: Pbx) -> None:
    """Add these extensions to the dialplan; a reload leaves them."""
    ami = await pbx.ways.ami()
    for extension, priority, application, data in DIALPLAN:
        await ami.send(
            actions.DialplanExtensionAdd(
                context="default",
                extension=extension,
                priority=priority,
                application=application,
                application_data=data,
                replace=True,
            )
        )


async def talk(pbx: Pbx, alice: Baresip, bob: Baresip) -> tuple[str, str]:
    """Alice calls bob, and they talk. Returns their channels."""
    await equip(pbx)
    await alice.dial(TALK)
    await bob.established()
    async with asyncio.timeout(SECONDS):
        while len(found := await channels(pbx)) < 2 or not all(found.values()):
            await asyncio.sleep(0.02)
    first, second = sorted(found)
    return first, second


async def channels(pbx: Pbx) -> dict[str, Sequence[str]]:
    """Phones' channels, each with whom it talks to."""
    listed = await pbx.calls.list()
    return {each.channel: each.talks_to for each in listed if each.channel.startswith("PJSIP/")}


async def alone(pbx: Pbx, name: str) -> str:
    """The channel of a phone that has just called."""
    async with asyncio.timeout(SECONDS):
        while True:
            for each in await channels(pbx):
                if each.startswith(f"PJSIP/{name}-"):
                    return each
            await asyncio.sleep(0.02)


async def connected(pbx: Pbx, name: str) -> str:
    """The channel of a phone, once Asterisk has it talking: the phone knows it a moment before."""
    async with asyncio.timeout(SECONDS):
        while True:
            for channel, others in (await channels(pbx)).items():
                if others and channel.startswith(f"PJSIP/{name}-"):
                    return channel
            await asyncio.sleep(0.02)


def sound(phone: Baresip) -> array[int]:
    """What it has heard in this call until now."""
    try:
        return samples(phone.heard())
    except PhoneError:
        return array("h")


async def hears(phone: Baresip, *hertz: int, not_: Sequence[int] = ()) -> None:
    """Wait until it hears all these tones at once, and none of the others."""
    found: dict[int, float] = {}
    until = asyncio.get_running_loop().time() + SECONDS
    while True:
        window = sound(phone)[-800:]
        if len(window) == 800:
            found = {each: loud(window, each) for each in (*hertz, *not_)}
            if all(found[each] > HEARD for each in hertz) and all(
                found[each] < HEARD for each in not_
            ):
                return
        assert asyncio.get_running_loop().time() < until, f"{phone.user} hears {found}"
        await asyncio.sleep(0.1)


async def listens(seconds: float, *phones: Baresip) -> None:
    """Wait until each has heard so much more: it is the call that has lasted so long then."""
    wanted = {each.user: len(sound(each)) + int(seconds * RATE) for each in phones}
    async with asyncio.timeout(SECONDS + seconds):
        while any(len(sound(each)) < wanted[each.user] for each in phones):
            await asyncio.sleep(0.05)


async def is_told(phone: Baresip, lab: Lab, *prompts: str, since: int = 0) -> None:
    """Wait until it has heard these prompts. since: so many samples are old."""
    until = asyncio.get_running_loop().time() + SECONDS
    while True:
        heard = sound(phone)[since:]
        scores = {each: best_likeness(heard, lab, each) for each in prompts}
        if all(score > SURE for score in scores.values()):
            return
        assert asyncio.get_running_loop().time() < until, f"{phone.user} has heard {scores}"
        await asyncio.sleep(0.25)


def best_likeness(heard: array[int], lab: Lab, prompt: str) -> float:
    """How well any of a prompt's first seconds is found: a packet that is late spoils one of them,
    most of all where another tone is heard too.
    """
    whole = samples(lab.prompt(prompt))
    best = likeness(heard, lab, prompt)
    for second in range(1, min(4, int(len(whole) / RATE / PART_SECONDS))):
        if best > SURE:
            break
        part = whole[int(second * PART_SECONDS * RATE) :]
        best = max(best, match(heard, part, PART_SECONDS))
    return best


def likeness(heard: array[int], lab: Lab, prompt: str) -> float:
    """How well a prompt's first second is found."""
    return match(heard, samples(lab.prompt(prompt)), PART_SECONDS)
