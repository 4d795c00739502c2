"""Facts of a lab are told by name, kept as a file, and found by another process."""

import json
from pathlib import Path

import pytest

from stasis.lab.chroot import Chroot
from stasis.lab.docker import Docker
from stasis.lab.engine import Engine
from stasis.lab.facts import Facts
from stasis.lab.fault import LabError
from stasis.lab.ports import block


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A state folder of our own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def facts(tmp_path: Path, engine: Engine | None = None) -> Facts:
    folder = tmp_path / "stasis/lab/mine"
    folder.mkdir(parents=True)
    engine = engine or Chroot("22", tmp_path / "root")
    return Facts(
        "22", "mine", folder, block(20_000), {"alice": "secret"}, tmp_path / "sounds", engine
    )


@pytest.mark.parametrize("engine", [Chroot("22", Path("/r")), Docker("22", "image")])
def test_what_is_stored_is_read_again(tmp_path: Path, engine: Engine) -> None:
    mine = facts(tmp_path, engine)
    mine.store()
    assert Facts.read("mine") == mine


def test_no_lab_is_none() -> None:
    assert Facts.read("nobody") is None


def test_every_port_has_its_name(tmp_path: Path) -> None:
    mine = facts(tmp_path)
    assert mine.url == "http://127.0.0.1:20000/ari"
    assert (mine.http_port, mine.sip_port, mine.ami_port) == (20000, 20001, 20002)
    assert mine.https_port == 20003
    assert mine.rtp_ports == (20100, 20499)
    assert mine.desk_ports == (20010, 20012, 20014, 20016)


def test_a_lab_of_an_older_program_is_read_as_one_without_tls(tmp_path: Path) -> None:
    mine = facts(tmp_path)
    mine.store()
    file = mine.folder / "lab.json"
    told = json.loads(file.read_text())
    assert len(told["ports"]) == 5, "older programs read exactly these"
    del told["https"]
    file.write_text(json.dumps(told))
    found = Facts.read("mine")
    assert found is not None and found.https_port == 0 and found.sip_port == 20001


def test_passwords_of_phones_do_not_show(tmp_path: Path) -> None:
    assert "secret" not in repr(facts(tmp_path))


def test_a_prompt_is_found_as_asterisk_finds_it(tmp_path: Path) -> None:
    mine = facts(tmp_path)
    for name in ("sounds/digits/1.gsm", "sounds/both.gsm", "sounds/both.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    mine.custom_sounds.mkdir()
    (mine.custom_sounds / "own.wav").touch()
    assert mine.prompt("digits/1") == tmp_path / "sounds/digits/1.gsm"
    assert mine.prompt("both") == tmp_path / "sounds/both.wav"
    assert mine.prompt("custom/own") == mine.custom_sounds / "own.wav"
    with pytest.raises(LabError, match="has no sound nothing"):
        mine.prompt("nothing")
