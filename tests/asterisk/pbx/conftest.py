"""A real Asterisk as a PBX: two registered phones, a queue, mailboxes, parking, conferences.

Each test names the things it proves, `@pytest.mark.things("queues.add")`; `table.py` prints what
came of each, by version.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from attrs import frozen

from stasis.config import AmiConfig, AsteriskConfig
from stasis.lab.baresip import Baresip
from stasis.lab.lab import Lab
from stasis.lab.trunk import connect, disconnect
from stasis.pbx import Needs, Pbx
from stasis.section import Secret


@frozen
class Office:
    """The Asterisk of the office, and its version: "22" or "16"."""

    lab: Lab
    version: str

    def config(self) -> AsteriskConfig:
        """How it is reached."""
        password = Secret(self.lab.password)
        return AsteriskConfig(
            url=self.lab.url,
            username=self.lab.username,
            password=password,
            ami=AmiConfig(
                host="127.0.0.1",
                port=self.lab.ami_port,
                username=self.lab.username,
                secret=password,
                backoff_min=0.05,
                backoff_max=0.2,
            ),
        )


@pytest.fixture(scope="session", params=["22", "16"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """A real Asterisk of its own, 22 and then 16: these tests reload and restart it."""
    lab = Lab.up(request.param, f"pbx-{request.param}-{os.getpid()}")
    try:
        yield Office(lab, request.param)
    finally:
        lab.down()


@pytest.fixture
async def pbx(office: Office) -> AsyncIterator[Pbx]:
    """The office's Asterisk as a PBX; every call is gone after the test."""
    async with Pbx(office.config()) as pbx:
        yield pbx
        if (await pbx.ways.ami()).state.value == "ready":
            await hung_up(pbx)


async def hung_up(pbx: Pbx) -> None:
    """Hang every call up, and wait until all are gone: Asterisk's answer comes before that, and
    what still ends would be counted, recorded or in use in the next test.
    """
    ami = await pbx.ways.ami()
    async with asyncio.timeout(10):
        while True:
            await ami.action("Hangup", channel="/^.*/")
            if not await pbx.calls.list():
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def alice(office: Office) -> AsyncIterator[Baresip]:
    """A phone that is registered as PJSIP/alice, and answers."""
    async with await phone(office, "alice", 700.0) as baresip:
        yield baresip


@pytest.fixture
async def bob(office: Office) -> AsyncIterator[Baresip]:
    """A phone that is registered as PJSIP/bob, and answers."""
    async with await phone(office, "bob", 1300.0) as baresip:
        yield baresip


@pytest.fixture(scope="session")
def trunk(office: Office) -> Iterator[Lab]:
    """Another Asterisk, of the other version; the office is registered there as `main`."""
    version = {"22": "16", "16": "22"}[office.version]
    lab = Lab.up(version, f"pbx-trunk-{version}-{os.getpid()}")
    try:
        connect("main", office.lab, lab)
        yield lab
        disconnect("main", office.lab)
    finally:
        lab.down()


async def phone(office: Office, name: str, tone: float) -> Baresip:
    """A registered phone that says a tone, in Hz."""
    return await Baresip.start(
        office.lab.sip_port,
        user=name,
        password=office.lab.phones[name],
        register=True,
        source=tone,
    )


@pytest.fixture
def needs(request: pytest.FixtureRequest) -> Callable[[Needs], None]:
    """Says that this version lacks a thing, as the table shows it: `needs(caught.value)`."""

    def lacks(error: Needs) -> None:
        request.node.user_properties.append(("needs", error.reason))

    return lacks
