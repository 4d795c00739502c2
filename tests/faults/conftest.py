"""The server of the fault scenarios; one of them restarts it."""

from __future__ import annotations

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.servers import Server


@pytest.fixture(params=["22-http"])
def server(request: pytest.FixtureRequest, labs: dict[str, Lab]) -> Server:
    """A real Asterisk; give others by `indirect` parameters, such as `16-http`."""
    version, transport = request.param.split("-")
    return Server(labs[version], transport)
