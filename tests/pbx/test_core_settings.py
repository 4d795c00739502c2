"""What the command line says of settings, as 22 and 16 print it."""

from __future__ import annotations

import pytest

from stasis.pbx.core_settings import CoreLines, seconds_in

# Lines of real servers, shortened.
ON_22 = """
PBX Core settings
-----------------
  Version:                     22.10.1+dfsg+~cs6.17.60671434-1
  Maximum calls:               Not set
  Maximum open file handles:   20000
  Root console verbosity:      3
  Debug level:                 2
  System:                      Linux/unknown built by nobody on unknown 2026-07-20 21:35:32 UTC
  Min DTMF duration::          80
  PBX UUID:                    e6999ff2-3779-42c3-ac22-ca94250deaa6

* Subsystems
  -------------
  Manager (AMI):               Enabled
  Web Manager (AMI/HTTP):      Disabled

* Directories
  -------------
  Configuration file:          /etc/asterisk/asterisk.conf
  Spool directory:             /var/spool/asterisk
  Cache directory:             /var/cache/asterisk
"""
ON_16 = ON_22.replace("22.10.1+dfsg+~cs6.17.60671434-1", "16.28.0~dfsg-0+deb11u4").replace(
    "  Cache directory:             /var/cache/asterisk\n", ""
)


@pytest.mark.parametrize(("text", "version"), [(ON_22, "22.10.1"), (ON_16, "16.28.0")])
def test_settings_are_read(text: str, version: str):
    found = CoreLines.of(text.splitlines())
    assert found.core["Version"].startswith(version)
    assert found.core["Min DTMF duration"] == "80"
    assert found.core["System"].endswith("21:35:32 UTC")
    assert found.subsystems == {"Manager (AMI)": "Enabled", "Web Manager (AMI/HTTP)": "Disabled"}
    assert found.directories["Spool directory"] == "/var/spool/asterisk"


def test_what_is_no_number_is_none():
    found = CoreLines.of(ON_22.splitlines())
    assert found.number("Debug level") == 2
    assert found.number("Maximum calls") is None
    assert found.number("What is not there") is None


@pytest.mark.parametrize("lines", [[], [""], ["No such command"], ["::", " :", "* "]])
def test_what_is_something_else_is_nothing(lines: list[str]):
    found = CoreLines.of(lines)
    assert not found.directories and not found.number("Debug level")


def test_uptime_is_read():
    lines = ["System uptime: 396", "Last reload: 4", "", "odd: x"]
    assert seconds_in(lines) == {"System uptime": 396, "Last reload": 4}
