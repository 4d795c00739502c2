"""The example of the fault proxy runs on a real Asterisk, whose socket it cuts."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from stasis.lab.lab import Lab
from tests.docs.conftest import Import
from tests.docs.pages import DOCS

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


@pytest.fixture(params=["22", "16"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab of its own."""
    lab = Lab.up(request.param, f"docs-{request.param}-{os.getpid()}")
    try:
        yield lab
    finally:
        lab.down()


async def test_a_call_outlives_its_socket(lab: Lab, module: Import) -> None:
    await module(DOCS / "testing.md").a_call_outlives_its_socket(lab)
