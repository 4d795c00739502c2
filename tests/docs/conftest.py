"""The Python of a page, imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

from tests.docs import pages


class Import(Protocol):
    """Imports the Python of a page as a module."""

    def __call__(self, page: Path) -> ModuleType: ...


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Import]:
    """Imports the Python of a page; it is forgotten after the test."""
    before = set(sys.modules)
    yield lambda page: pages.imported(page, tmp_path)
    for name in set(sys.modules) - before:
        if name.startswith("page_"):
            del sys.modules[name]
