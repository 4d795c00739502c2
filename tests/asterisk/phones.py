"""Telephones that are told apart by their tones.

Each says one pitch all the time, so what a phone hears is a set of names, and `music`. It is read
from what the phone writes down while it talks.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from stasis.lab.audio import samples
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.lab.lab import Lab
from stasis.lab.music import MUSIC_HZ, RATE, write_tone
from stasis.lab.prompt import match

# All multiples of 10 Hz, so that over a tenth of a second none of them is seen in another.
HERTZ = {
    "music": MUSIC_HZ,
    "mona": 400,
    "anna": 800,
    "bert": 1100,
    "carl": 1500,
    "dora": 2050,
    "edna": 2500,
}
WINDOW = RATE // 10
# Five at once are not too loud for the line; what is quieter than the second is not heard.
SAID, HEARD = 0.15, 0.05
LOOK_SECONDS = 0.25
# So much of a prompt is looked for, and found when it is as like as this.
PART_SECONDS, SURE = 1.0, 0.8
SECONDS = 10.0


class Phone:
    """A telephone that says its own tone. name: of HERTZ, and the caller's number."""

    def __init__(self, name: str, lab: Lab, baresip: Baresip) -> None:
        self.name = name
        self.lab = lab
        self.baresip = baresip

    def __repr__(self) -> str:
        return self.name

    @classmethod
    @asynccontextmanager
    async def start(cls, name: str, lab: Lab, folder: Path) -> AsyncIterator[Phone]:
        """A phone that is ready to call. folder: for its tone."""
        tone = write_tone(folder / f"{name}.wav", HERTZ[name], 1.0, SAID)
        async with await Baresip.start(lab.sip_port, user=name, source=tone) as baresip:
            yield cls(name, lab, baresip)

    async def calls(self, room: str, profile: str = "") -> None:
        """Call a room, and be answered. profile: of the member."""
        args = ",".join([room, *([profile] if profile else [])])
        await self.baresip.dial(f"stasis-conference,{args}")

    async def presses(self, keys: str) -> None:
        """Press keys."""
        await self.baresip.press(keys)

    async def is_hung_up(self) -> None:
        """Wait until the other side has hung up."""
        await self.baresip.closed(SECONDS)

    async def hangs_up(self) -> None:
        """Hang up."""
        await self.baresip.hangup()

    def sound(self) -> array[int]:
        """What it has heard in this call until now, in samples."""
        try:
            return samples(self.baresip.heard())
        except PhoneError:
            return array("h")

    async def hears(self) -> frozenset[str]:
        """Whom it hears now."""
        before = len(self.sound())
        await asyncio.sleep(LOOK_SECONDS)
        return pitches(self.sound()[before:])

    async def is_told(self, *prompts: str, since: int = 0) -> None:
        """Wait until it has heard all of these. since: so many samples of the call are old."""
        wanted = {each: samples(self.lab.prompt(each)) for each in prompts}
        end = asyncio.get_running_loop().time() + SECONDS
        while wanted:
            known = self.sound()[since:]
            scores = {name: match(known, prompt, PART_SECONDS) for name, prompt in wanted.items()}
            wanted = {name: prompt for name, prompt in wanted.items() if scores[name] < SURE}
            late = wanted and asyncio.get_running_loop().time() > end
            assert not late, f"{self} has not heard {scores}"
            await asyncio.sleep(LOOK_SECONDS if wanted else 0)


def pitches(sound: Sequence[int]) -> frozenset[str]:
    """Whose tones are in a sound most of the time; nobody's in one that is too short."""
    windows = [sound[at : at + WINDOW] for at in range(0, len(sound) - WINDOW + 1, WINDOW)]
    if len(windows) < 2:
        return frozenset()
    return frozenset(
        name
        for name, hertz in HERTZ.items()
        if sum(loud(window, hertz) > HEARD for window in windows) > len(windows) / 2
    )


def talkers(sound: array[int], but: str = "") -> list[str]:
    """Who is heard together in a sound, one after the other. but: who is left out."""
    found: list[str] = []
    for at in range(0, len(sound), 4 * WINDOW):
        names = " ".join(sorted(pitches(sound[at : at + 4 * WINDOW]) - {but}))
        if names and names not in found[-1:]:
            found.append(names)
    return found


def loud(window: Sequence[int], hertz: float) -> float:
    """The peak of a tone in a tenth of a second; 1.0 is full scale."""
    step = 2 * math.pi * hertz / RATE
    real = sum(each * math.cos(step * n) for n, each in enumerate(window))
    imaginary = sum(each * math.sin(step * n) for n, each in enumerate(window))
    return 2 * math.hypot(real, imaginary) / len(window) / 32_767


async def hear(wanted: Mapping[Phone, str]) -> None:
    """Wait until each phone hears exactly these, by names with spaces between, twice in a row."""
    expected = {phone: frozenset(names.split()) for phone, names in wanted.items()}
    found: dict[Phone, frozenset[str]] = {}
    same = 0
    end = asyncio.get_running_loop().time() + SECONDS
    while same < 2:
        assert asyncio.get_running_loop().time() < end, {p: sorted(n) for p, n in found.items()}
        heard = await asyncio.gather(*(phone.hears() for phone in expected))
        found = dict(zip(expected, heard, strict=True))
        same = same + 1 if found == expected else 0


@asynccontextmanager
async def phones(lab: Lab, folder: Path, *names: str) -> AsyncIterator[list[Phone]]:
    """Telephones, ready to call."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Phone.start(name, lab, folder)) for name in names]
