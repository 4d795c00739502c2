"""Labs for the tests of the lab itself; never those of anybody else."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from stasis.lab.lab import Lab

VERSIONS = ("22", "16")


@pytest.fixture(scope="session")
def running() -> Iterator[dict[str, Lab]]:
    """One lab of each version, up for the whole run and taken down after it."""
    labs: dict[str, Lab] = {}
    try:
        for version in VERSIONS:
            labs[version] = Lab.up(version, f"labtests-{version}-{os.getpid()}")
        yield labs
    finally:
        for lab in labs.values():
            lab.down()


@pytest.fixture(params=VERSIONS)
def lab(request: pytest.FixtureRequest, running: dict[str, Lab]) -> Lab:
    """A real Asterisk with phones to call it, 22 and then 16."""
    return running[request.param]
