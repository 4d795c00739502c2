"""Conference rooms on a real server, and telephones in them that are told apart by their tones.

Each phone says one pitch all the time, so what a phone hears is a set of names, and `music`. It is
read from what the phone writes down while it talks.
"""

from __future__ import annotations

import asyncio
import math
import sys
from array import array
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from stasis_conference.action import perform
from stasis_conference.live import LiveRoom, RoomEvent
from stasis_conference.member import Member
from stasis_conference.order import Order
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from stasis_conference.rows import SessionRow

from stasis import Link
from stasis.app import background
from stasis.ari import Ari
from stasis.lab.audio import samples
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.lab.lab import Lab
from stasis.lab.music import MUSIC_HZ, RATE, write_tone
from stasis.lab.prompt import match
from stasis.section import section
from stasis.servers import Servers
from stasis.transport.http import Http
from tests.asterisk.command_line import environment
from tests.asterisk.listener import until
from tests.asterisk.servers import Server

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
LOOK_SECONDS = 0.35
# So much of a prompt is looked for, and found when it is as like as this.
PART_SECONDS, SURE = 1.2, 0.8
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
    async def start(
        cls, name: str, lab: Lab, folder: Path, source: Path | None = None
    ) -> AsyncIterator[Phone]:
        """A phone that is ready to call. folder: for its tone. source: what it says instead."""
        tone = source or write_tone(folder / f"{name}.wav", HERTZ[name], 1.0, SAID)
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
            assert asyncio.get_running_loop().time() < end, f"{self} has not heard {scores}"
            wanted = {name: prompt for name, prompt in wanted.items() if scores[name] < SURE}
            await asyncio.sleep(0.1)


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


class House:
    """The plugin on a real server. events: what it has told."""

    def __init__(self, plugin: ConferencePlugin, link: Link) -> None:
        self.plugin = plugin
        self.link = link
        self.events: list[RoomEvent] = []
        plugin.listeners.append(self.events.append)

    @property
    def rooms(self) -> dict[str, LiveRoom]:
        """The rooms that live."""
        return self.plugin.rooms.live

    def inside(self, room: str = "1000") -> list[str]:
        """The numbers of who is inside."""
        live = self.rooms.get(room)
        return [] if live is None else [m.channel.caller_number for m in live.members.values()]

    def member(self, phone: Phone) -> Member:
        """The member that a phone is."""
        (found,) = [
            member
            for room in self.rooms.values()
            for member in room.everybody()
            if member.channel.caller_number == phone.name
        ]
        return found

    async def do(
        self, action: str, on: Phone | None = None, room: str = "1000", **more: Any
    ) -> None:
        """Have something done as the API does. on: to whom."""
        member = None if on is None else self.member(on)
        await perform(Order(action, self.plugin.rooms, self.rooms[room], member=member, **more))

    async def come(self, *phones: Phone, room: str = "1000") -> None:
        """Wait until these are inside, and nobody else is."""
        names = sorted(each.name for each in phones)
        await until(lambda: sorted(self.inside(room)) == names, f"{names} in {room}")

    async def tells(self, kind: str, count: int = 1) -> RoomEvent:
        """Wait until something was told so often. Returns the last one."""
        kinds: Callable[[], list[RoomEvent]] = lambda: [e for e in self.events if e.kind == kind]  # noqa: E731
        await until(lambda: len(kinds()) >= count, kind)
        return kinds()[-1]

    async def history(self) -> list[SessionRow]:
        """All conferences until now, the first one first."""
        return (await self.plugin.store.history())[::-1]


@asynccontextmanager
async def opened(lab: Lab, folder: Path, text: str = "") -> AsyncIterator[House]:
    """A house with rooms on the server; at its end nothing is left there.

    text: the conference's file.
    """
    (folder / "conference.toml").write_text(text)
    keys = {
        "file": str(folder / "conference.toml"),
        "database": f"sqlite:///{folder}/conference.db",
    }
    plugin = ConferencePlugin(section(ConferenceConfig, keys, "[plugin.conference]"))
    link = Link(Server(lab, "http").config(), plugin.programs())
    plugin.servers = Servers({link.name: link})
    await plugin.start()
    running = asyncio.create_task(link.run())
    try:
        await link.state.reached("ready", timeout=SECONDS)
        async with background([plugin]):
            house = House(plugin, link)
            yield house
            async with asyncio.timeout(SECONDS):
                await link.idle()
            await until(lambda: not house.rooms, "the rooms' end")
            await nothing_left(link.ari)
        assert not any(link.router.counts().values()), link.router.counts()
    finally:
        link.stop()
        await running
        await plugin.stop()


class Program:
    """The plugin as `stasis run`, a process in a folder of its own. text: its file."""

    def __init__(self, lab: Lab, folder: Path, text: str) -> None:
        self.lab = lab
        self.folder = folder
        self._process: Process | None = None
        self._starts = 0
        (folder / "conference.toml").write_text(text)
        (folder / "stasis.toml").write_text(
            '[plugins]\nenabled = ["conference"]\n[plugin.conference]\nfile = "conference.toml"\n'
        )

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._starts += 1
        changed = {"STASIS_HTTP_PORT": "0", "STASIS_LOG_LEVEL": "debug"}
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "stasis", "run"),
                cwd=self.folder,
                env=environment(self.lab, changed),
                stdout=DEVNULL,
                stderr=log,
            )
        await until(lambda: "ready on " in self.said, "ready")

    @property
    def log(self) -> Path:
        """What the process writes."""
        return self.folder / f"log-{self._starts}"

    @property
    def said(self) -> str:
        """What it has written until now."""
        return self.log.read_text("utf-8")

    async def kill(self) -> None:
        """kill -9."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def deployed(lab: Lab, folder: Path, text: str) -> AsyncIterator[Program]:
    """The process, ready for calls; at its end nothing is left on the server."""
    program = Program(lab, folder, text)
    try:
        await program.start()
        yield program
        async with Http(Server(lab, "http").config().asterisk) as send:
            await nothing_left(Ari(send))
        assert "[error" not in program.said, program.said
    finally:
        await program.kill()
        await asyncio.to_thread(lab.cli, "channel request hangup all")


async def nothing_left(ari: Ari) -> None:
    """Wait until no channel and no bridge is on the server."""
    left: list[object] = []
    for _ in range(100):
        left = [*await ari.channels.list(), *await ari.bridges.list()]
        if not left:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"left: {left}")


def on_both(
    scenario: Callable[[Lab, Path], Awaitable[None]],
) -> Callable[[dict[str, Lab], Path], Awaitable[None]]:
    """A test that plays its scenario on Asterisk 22 and on 16 at the same time."""

    async def test(labs: dict[str, Lab], tmp_path: Path) -> None:
        async with asyncio.TaskGroup() as group:
            for version, lab in labs.items():
                folder = tmp_path / version
                folder.mkdir()
                group.create_task(scenario(lab, folder), name=f"on Asterisk {version}")

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test
