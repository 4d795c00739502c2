"""The package: what it exports, and that who does not need it does not load it."""

from __future__ import annotations

import subprocess
import sys

import stasis.web


def test_its_names_are_sorted_and_there():
    assert stasis.web.__all__ == sorted(stasis.web.__all__)
    assert all(hasattr(stasis.web, name) for name in stasis.web.__all__)


def test_stasis_alone_does_not_load_it():
    code = "import stasis, sys; print([m for m in sys.modules if m.startswith('stasis.web')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
