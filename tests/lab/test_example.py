"""ari.conf.example: a whole ari.conf, with the files that belong to it, that match our defaults."""

import configparser
from pathlib import Path

import pytest

from stasis.config import Config
from stasis.lab import example
from stasis.lab.fault import LabError


def ini(text: str) -> configparser.ConfigParser:
    """The sections of a file; enough for files whose sections are all different."""
    parser = configparser.ConfigParser(comment_prefixes=(";",), strict=False, interpolation=None)
    parser.read_string(text)
    return parser


def test_the_user_and_password_are_the_defaults_of_the_configuration() -> None:
    asterisk = Config().asterisk
    ari = ini(example.text())
    assert ari[asterisk.username]["type"] == "user"
    assert ari[asterisk.username]["password"] == asterisk.password.reveal()
    assert ari[asterisk.username]["password_format"] == "plain"
    assert ari["general"]["enabled"] == "yes"
    assert int(ari["general"]["websocket_write_timeout"]) == 5000


def test_the_address_is_the_default_of_the_configuration() -> None:
    http = ini(example.companions()["http.conf"])["general"]
    assert Config().asterisk.url == f"http://{http['bindaddr']}:{http['bindport']}/ari"
    assert int(http["sessionlimit"]) > Config().asterisk.connections


def test_the_dialplan_enters_the_two_applications_that_come_with_stasis() -> None:
    dialplan = example.companions()["extensions.conf"]
    assert "Stasis(hello)" in dialplan
    assert "Stasis(ivr)" in dialplan
    assert "STASISSTATUS" in dialplan
    assert "TIMEOUT(absolute)" in dialplan


def test_all_files_that_belong_to_it_are_there() -> None:
    assert set(example.companions()) == {
        "http.conf",
        "extensions.conf",
        "pjsip.conf",
        "modules.conf",
    }


def test_a_block_ends_at_the_first_line_without_its_mark() -> None:
    text = "[general]\n;; file: a.conf\n;; [x]\n;;\n;;  same => n\n; between\n;; stray\n;; file: b.conf\n;; y"
    assert example.companions(text) == {"a.conf": "[x]\n\n same => n\n", "b.conf": "y\n"}


def test_asterisk_takes_nothing_in_it_for_a_block_comment() -> None:
    assert ";--" not in example.text()


def test_a_missing_example_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(example, "__file__", str(tmp_path / "stasis/lab/example.py"))
    with pytest.raises(LabError, match=r"ari\.conf\.example is missing"):
        example.path()
