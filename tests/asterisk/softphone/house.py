"""Softphones on a real server: telephones that register as devices of users, and the calls.

The telephones are no browsers, and their endpoints are plain; what they do is the same. Users and
the ledger are in memory, and outlive a process of the calls as a database would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stasis_webrtc.action import act
from stasis_webrtc.view import CallView

from stasis import Link, NotFound
from stasis.app import background
from stasis.ari import Ari
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.lab.lab import Lab
from stasis.lab.music import write_tone
from stasis.servers import Servers
from stasis.transport.http import Http
from tests.apps.stasis_webrtc.house import House
from tests.asterisk.conference import nothing_left
from tests.asterisk.listener import until
from tests.asterisk.phones import HERTZ, SAID, SECONDS, Phone
from tests.asterisk.servers import Server

__all__ = ["Office", "Softphone", "on_both", "opened", "softphone", "softphones"]

SECRET = "softphone-4711"
# A device whose sound stops is lost so soon, in seconds.
SILENCE = "3"


class Softphone(Phone):
    """A telephone that is registered as a device of a user. endpoint: its name there."""

    @property
    def endpoint(self) -> str:
        """The device."""
        return self.baresip.user

    async def dials(self, number: str, *, answered: bool = True) -> None:
        """Dial. answered: wait until somebody answers."""
        await self.baresip.dial(number, SECONDS if answered else None)

    async def rings(self) -> str:
        """Wait until it rings. Returns who calls."""
        who = await self.baresip.incoming(SECONDS)
        self.baresip.wire.forget()  # of earlier calls
        return who

    async def answers(self) -> None:
        """Answer the call that rings."""
        await self.baresip.accept()
        await self.baresip.established(SECONDS)

    async def dies(self) -> None:
        """It is gone, as a page that is loaded anew: it says nothing to anybody any more."""
        self.baresip.process.kill()
        await self.baresip.process.wait()

    async def is_answered(self) -> None:
        """Wait until the call that it has made is answered."""
        await self.baresip.established(SECONDS)

    async def holds(self, held: bool) -> None:
        """Put the call on hold by SIP, or take it back."""
        await self.baresip.wire.ask("hold" if held else "resume")


@asynccontextmanager
async def softphone(lab: Lab, folder: Path, name: str, device: int = 1) -> AsyncIterator[Softphone]:
    """A device of a user, registered. name: of HERTZ; its endpoint is `w-NAME-DEVICE`."""
    endpoint = f"w-{name}-{device}"
    tone = write_tone(folder / f"{endpoint}.wav", HERTZ[name], 1.0, SAID)
    fields: Mapping[str, Mapping[str, str]] = {
        "auth": {"auth_type": "userpass", "username": endpoint, "password": SECRET},
        "aor": {"max_contacts": "1", "remove_existing": "yes"},
        "endpoint": {
            "context": "stasis-webrtc",
            "disallow": "all",
            "allow": "ulaw",
            "auth": endpoint,
            "aors": endpoint,
            "direct_media": "no",
            "rtp_timeout": SILENCE,
        },
    }
    async with Http(Server(lab, "http").config().asterisk) as http:
        asterisk = Ari(http).asterisk
        try:
            for kind, values in fields.items():
                pairs = [{"attribute": key, "value": value} for key, value in values.items()]
                await asterisk.update_object("res_pjsip", kind, endpoint, fields=pairs)
            async with await started(lab, endpoint, tone) as phone:
                yield Softphone(name, lab, phone)
        finally:
            for kind in reversed(list(fields)):
                with suppress(NotFound):  # of one that was lost, and came again
                    await asterisk.delete_object("res_pjsip", kind, endpoint)


async def started(lab: Lab, endpoint: str, tone: Path) -> Baresip:
    """The telephone. It also takes a port beside its own, which another may get before it."""
    for last in (False, False, True):
        try:
            return await Baresip.start(
                lab.sip_port,
                user=endpoint,
                password=SECRET,
                register=True,
                answer="manual",
                source=tone,
            )
        except PhoneError:
            if last:
                raise
    raise AssertionError("not reached")


@asynccontextmanager
async def softphones(lab: Lab, folder: Path, *names: str) -> AsyncIterator[list[Softphone]]:
    """Several, each of another user."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(softphone(lab, folder, name)) for name in names]


class Office:
    """The calls on a real server. house: of the process that runs now."""

    def __init__(self, lab: Lab, rules: Mapping[str, Any]) -> None:
        self.lab = lab
        self.rules = rules
        self.house = self._house(None)
        self.link: Link
        self._running: asyncio.Task[None]
        self._background: Any

    def _house(self, before: House | None) -> House:
        house = RealHouse(**self.rules)
        if before is None:
            house.directory.registered = {}
        else:
            house.directory, house.ledger, house.seen = before.directory, before.ledger, before.seen
        return house

    async def start(self) -> None:
        """Start a process."""
        house = self.house
        self.link = Link(Server(self.lab, "http").config(), house.programs())
        house.servers = Servers({self.link.name: self.link})
        await house.start()
        self._running = asyncio.create_task(self.link.run())
        await self.link.state.reached("ready", timeout=SECONDS)
        self._background = background([house])
        await self._background.__aenter__()

    async def stop(self, *, killed: bool = False) -> None:
        """End it. killed: as by `kill -9`."""
        if killed:
            self.link.let_go("the process was killed")
        self.link.stop()
        await self._running
        await self._background.__aexit__(None, None, None)
        await self.house.stop()

    async def redeploys(self) -> None:
        """The process is killed, and a new one goes on."""
        await self.stop(killed=True)
        self.house = self._house(self.house)
        await self.start()

    def has(self, *phones: Softphone) -> None:
        """These are the devices that are registered now."""
        devices: dict[str, list[str]] = {}
        for phone in phones:
            devices.setdefault(phone.name, []).append(phone.endpoint)
        self.house.directory.registered = devices

    def views(self, phone: Softphone) -> list[CallView]:
        """What the page of a phone's user shows."""
        return self.house.views(phone.name)

    async def says(self, phone: Softphone, *states: str) -> None:
        """Wait until the page of a user shows calls in these states, the oldest first."""

        def shown() -> bool:
            return [view.state for view in self.views(phone)] == list(states)

        await until(shown, f"{phone.name}: {states}, not {self.views(phone)}")

    async def do(self, phone: Softphone, action: str, call: int = 0, **options: Any) -> None:
        """Do something at the page. call: which of the user's, the oldest is 0."""
        id = self.views(phone)[call].id
        await act(self.house.calls, phone.name, id, action, **options)


class RealHouse(House):
    """The calls with the time of the clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def opened(lab: Lab, *phones: Softphone, **rules: Any) -> AsyncIterator[Office]:
    """The calls on a server, with these devices; at the end nothing is left there."""
    office = Office(lab, rules)
    office.has(*phones)
    await office.start()
    try:
        yield office
        async with asyncio.timeout(SECONDS):
            await office.link.idle()
        await until(lambda: not office.house.calls.live, "the calls' end")
        await nothing_left(office.link.ari)
        assert not any(office.link.router.counts().values()), office.link.router.counts()
    finally:
        await office.stop()


def on_both(
    scenario: Callable[[Lab, Path], Coroutine[Any, Any, None]],
) -> Callable[[dict[str, Lab], Path], Awaitable[None]]:
    """A test that plays its scenario on Asterisk 22 and on 16 at the same time."""

    async def test(labs: dict[str, Lab], tmp_path: Path) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for version, lab in labs.items():
                    (tmp_path / version).mkdir()
                    work = scenario(lab, tmp_path / version)
                    group.create_task(work, name=f"Asterisk {version}")
        except BaseException:
            for lab in labs.values():  # the next test begins with none of it
                await asyncio.to_thread(lab.cli, "channel request hangup all")
            raise

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test
