"""Real Asterisks from the lab. Nothing here is a fake.

`lab` runs a test on Asterisk 22 and on 16; `server` also over both ways to send, where the
version has them.
"""

from __future__ import annotations

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.servers import Callers, Server

VERSIONS = ("22", "16")


@pytest.fixture(params=VERSIONS)
def lab(request: pytest.FixtureRequest, labs: dict[str, Lab]) -> Lab:
    """A real Asterisk, 22 and then 16."""
    return labs[request.param]


WAYS = (("22", "http"), ("22", "socket"), ("16", "http"))


@pytest.fixture(params=WAYS, ids=["-".join(way) for way in WAYS])
def server(request: pytest.FixtureRequest, labs: dict[str, Lab]) -> Server:
    """Asterisk 22 over HTTP and over the socket, and 16 over HTTP."""
    version, transport = request.param
    return Server(labs[version], transport)


@pytest.fixture
def callers() -> Callers:
    """Scripted callers; give `callers.caller` to the link as the application `caller`."""
    return Callers()
