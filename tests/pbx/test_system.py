"""What is made of what Asterisk says about itself."""

from __future__ import annotations

from datetime import datetime

from stasis.pbx.core_settings import CoreLines
from stasis.pbx.system import moment, settings_of, shared
from tests.pbx.test_core_settings import ON_22


def test_settings_have_types():
    found = settings_of(CoreLines.of(ON_22.splitlines()))
    assert (found.max_calls, found.open_files, found.debug, found.verbose) == (None, 20_000, 2, 3)
    assert found.on == {"Manager (AMI)": True, "Web Manager (AMI/HTTP)": False}
    assert "Version" not in found.more and found.more["Min DTMF duration"] == "80"


def test_settings_of_a_server_that_says_nothing():
    found = settings_of(CoreLines.of([]))
    assert (found.version, found.max_load, found.debug, found.directories) == ("", None, 0, {})


def test_a_start_is_a_moment_or_none():
    assert moment("2026-11-29", "23:57:42") == datetime(2026, 11, 29, 23, 57, 42)
    assert moment("", "") is None


def test_ari_wants_a_modules_ending():
    assert shared("app_echo") == shared("app_echo.so") == "app_echo.so"
