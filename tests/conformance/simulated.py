"""The simulator, set up as a lab is for the scenarios: dialplan, endpoints, variables, users."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stasis.testing.asterisk import Asterisk
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.users import User
from tests.conformance.configuration import CHANNELVARS, ENDPOINTS, HASH, dialplan
from tests.conformance.server import Users

__all__ = ["USERS", "simulated"]

ANYWHERE, ELSEWHERE = ("0.0.0.0/0",), ("192.0.2.0/24",)
NAMES = Users()
USERS = (
    User(*NAMES.default),
    User(*NAMES.reader, read_only=True),
    User(NAMES.crypt[0], HASH, crypt=True),
    User(*NAMES.allowed, deny=ANYWHERE, permit=("127.0.0.1/32",)),
    User(*NAMES.denied, deny=ANYWHERE, permit=ELSEWHERE),
    User(*NAMES.shut, deny=ANYWHERE),
)


@asynccontextmanager
async def simulated(version: str) -> AsyncIterator[Machine]:
    """A simulated server of a version, "22" or "16"."""
    async with Asterisk(version=version, dialplan=dialplan()) as asterisk:
        asterisk.machine.channelvars = CHANNELVARS
        for each in ENDPOINTS:
            asterisk.phone(each, "unreachable")
        yield asterisk.machine
