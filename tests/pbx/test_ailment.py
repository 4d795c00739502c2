"""Secrets that are easily guessed, and how files are asked."""

from __future__ import annotations

import pytest

from stasis.pbx.ailment import Files, is_yes, weak
from stasis.pbx.config_file import ConfigFile, Line, Section


@pytest.mark.parametrize("secret", ["", "password", "ASTERISK", "stasis-change-me", "bob", "short"])
def test_a_weak_secret_has_a_reason_that_does_not_show_it(secret: str):
    why = weak(secret, "bob")
    assert why and (not secret or secret == "password" or secret not in why)


def test_a_long_random_one_has_none():
    assert weak("fL7_w2-Qx9pTz0", "bob") == ""


def test_yes_is_said_in_many_ways():
    assert all(map(is_yes, ("yes", "TRUE", "1", " on "))) and not any(map(is_yes, ("", "no", "2")))


def test_of_several_lines_the_last_counts_and_templates_are_no_sections():
    sections = (
        Section(name="general", lines=(Line(name="Port", value="1"), Line(name="port", value="2"))),
        Section(name="phone", template=True, lines=(Line(name="type", value="endpoint"),)),
        Section(name="alice", lines=(Line(name="type", value="endpoint"),)),
    )
    files = Files({"x.conf": ConfigFile(name="x.conf", sections=sections)})
    assert files.get("x.conf", "general", "port") == "2"
    assert files.get("y.conf", "general", "port", "none") == "none"
    assert [each.name for each in files.sections("x.conf", "endpoint")] == ["alice"]
