"""A version is read out of any text Asterisk gives, and gates follow release lines."""

from __future__ import annotations

import pytest

from stasis.ari.version import Since, Version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("22.10.1+dfsg+~cs6.17.60671434-1", Version(22, 10, 1)),
        ("16.28.0~dfsg-0+deb11u4", Version(16, 28, 0)),
        ("18.12.1", Version(18, 12, 1)),
        ("certified-20.7-cert2", Version(20, 7, 0)),
        ("certified/18.9-cert5", Version(18, 9, 0)),
        ("23.4.0-rc1", Version(23, 4, 0)),
        ("GIT-20-abcdef", Version(20)),
        ("GIT-master-abc123", None),
        ("", None),
    ],
)
def test_the_version_is_read_out_of_asterisks_text(text: str, version: Version | None) -> None:
    assert Version.parse(text) == version


def test_versions_are_ordered_as_numbers() -> None:
    assert Version(9) < Version(16, 2) < Version(16, 28) < Version(22, 4) < Version(22, 10, 1)
    assert str(Version(22, 10, 1)) == "22.10.1"


@pytest.mark.parametrize(
    ("version", "holds"),
    [
        ("16.28.0", False),
        ("18.26.0", False),
        ("20.13.0", False),
        ("20.14.0", True),
        ("20.20.1", True),
        ("21.8.0", False),
        ("21.9.0", True),
        ("22.3.9", False),
        ("22.4.0", True),
        ("23.0.0", True),
    ],
)
def test_each_release_line_has_its_own_first_version(version: str, holds: bool) -> None:
    parsed = Version.parse(version)
    assert parsed is not None
    assert Since("20.14", "21.9", "22.4").holds(parsed) is holds


def test_a_line_between_those_that_are_named_has_not_what_only_a_newer_has() -> None:
    assert not Since("20.20", "22.10", "23.4").holds(Version(21, 12))


def test_the_versions_are_told_in_words() -> None:
    since = Since("20.14", "22.4")
    assert str(since) == "Asterisk 20.14 or 22.4"
    assert repr(since) == "Since('20.14', '22.4')"
