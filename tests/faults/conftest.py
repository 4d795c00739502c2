"""Labs of their own for the fault scenarios: one of them restarts its Asterisk."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.servers import Server


@pytest.fixture(scope="session")
def faults_labs() -> Iterator[dict[str, Lab]]:
    """One for each version, up for the whole run and taken down after it."""
    running: dict[str, Lab] = {}
    try:
        for version in ("22", "16"):
            running[version] = Lab.up(version=version, name=f"faults-{version}-{os.getpid()}")
        yield running
    finally:
        for lab in running.values():
            lab.down()


@pytest.fixture(params=["22-http"])
def server(request: pytest.FixtureRequest, faults_labs: dict[str, Lab]) -> Server:
    """A real Asterisk; give others by `indirect` parameters, such as `16-http`."""
    version, transport = request.param.split("-")
    return Server(faults_labs[version], transport)
