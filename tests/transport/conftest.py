"""No password in what a library logs, whatever goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.transport.servers import secret_free


@pytest.fixture(autouse=True)
def no_secret_in_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a library logs, at any level, the password is not in it."""
    caplog.set_level(logging.DEBUG)
    yield
    logged = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.name != "websockets.server"  # the test's own Asterisk
    ]
    assert secret_free("\n".join(logged))
