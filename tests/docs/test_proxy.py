"""The example of the fault proxy runs on a real Asterisk, whose socket it cuts."""

from __future__ import annotations

import pytest

from stasis.lab.lab import Lab
from tests.docs.conftest import Import
from tests.docs.pages import DOCS

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


@pytest.fixture(params=["22", "16"])
def lab(request: pytest.FixtureRequest, labs: dict[str, Lab]) -> Lab:
    """A real Asterisk."""
    return labs[request.param]


async def test_a_call_outlives_its_socket(lab: Lab, module: Import) -> None:
    await module(DOCS / "testing.md").a_call_outlives_its_socket(lab)
