"""A lab for the tests of the lab itself, which restart it."""

from __future__ import annotations

import pytest

from stasis.lab.lab import Lab


@pytest.fixture(params=("22", "16"))
def lab(request: pytest.FixtureRequest, labs: dict[str, Lab]) -> Lab:
    """A real Asterisk with phones to call it, 22 and then 16."""
    return labs[request.param]
