"""A finding: for people and for machines."""

from __future__ import annotations

import attrs

from stasis.finding import Finding


def test_it_is_an_error_unless_told_otherwise():
    finding = Finding("unreachable-state", "Ivr.pin", "no trigger leads here")
    assert finding.level == "error"
    assert attrs.asdict(finding) == {
        "code": "unreachable-state",
        "where": "Ivr.pin",
        "text": "no trigger leads here",
        "level": "error",
    }


def test_equal_findings_are_one():
    assert len({Finding("a", "b", "c"), Finding("a", "b", "c")}) == 1
