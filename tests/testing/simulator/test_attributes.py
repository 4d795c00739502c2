"""The attributes of configured objects."""

from __future__ import annotations

import pytest

from stasis.testing.simulator.attributes import defaults


@pytest.mark.parametrize(
    ("kind", "in_22", "in_16"), [("auth", 12, 6), ("aor", 15, 14), ("endpoint", 138, 123)]
)
def test_there_are_as_many_as_in_asterisk(kind: str, in_22: int, in_16: int):
    assert len(defaults(kind, late=True)) == in_22
    assert len(defaults(kind, late=False)) == in_16
    assert defaults(kind, late=False).items() <= defaults(kind, late=True).items()


def test_defaults_are_those_of_asterisk():
    endpoint = defaults("endpoint", late=True)
    assert endpoint["context"] == "default"
    assert endpoint["accountcode"] == ""
    assert endpoint["allow"] == "(nothing)"
    assert "operation:intersect" in endpoint["codec_prefs_incoming_offer"]
    assert "operation:union" in endpoint["codec_prefs_outgoing_offer"]
