"""The ways that scripts get to a call: what holds for one holds for the other."""

from __future__ import annotations

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import Way


@pytest.fixture(params=["fastagi", "asyncagi"])
def way(request: pytest.FixtureRequest, lab: Lab) -> Way:
    """FastAGI, and AsyncAGI over the manager interface."""
    return Way(lab, request.param)
