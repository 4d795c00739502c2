"""Advice to copy: the lab that is up, and only when nobody has named an Asterisk."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from stasis.cli.hint import lab_at, lab_is_up, program
from stasis.cli.lab import only
from stasis.cli.settings import Settings
from stasis.lab.chroot import Chroot
from stasis.lab.fault import LabError
from stasis.lab.lab import Lab
from stasis.lab.ports import block


def seeded(folder: Path, name: str, first: int) -> Lab:
    """The facts of a lab that does not run."""
    return Lab("22", name, folder, block(first), {}, folder, Chroot("22", folder))


@pytest.fixture
def labs(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[Lab]:
    """Two labs that are up, one of them the one that `lab up` starts; nothing names an Asterisk."""
    found = [seeded(here, "16", 20_000), seeded(here, "22", 21_000)]
    monkeypatch.setattr(Lab, "all", lambda: found)
    monkeypatch.delenv("STASIS_ASTERISK_URL", raising=False)
    return found


def test_the_lab_that_is_up_is_told_with_how_to_reach_it(labs: list[Lab]) -> None:
    hint = lab_is_up(Settings(), "doctor")
    assert f"STASIS_ASTERISK_URL={labs[1].url} STASIS_ASTERISK_PASSWORD=" in hint
    assert hint.endswith("stasis doctor")


def test_who_names_an_asterisk_is_told_of_no_lab(labs: list[Lab], here: Path) -> None:
    (here / "stasis.toml").write_text('[asterisk]\nurl = "http://127.0.0.1:1/ari"\n')
    assert lab_is_up(Settings(), "doctor") == ""


def test_a_lab_is_known_by_its_address(labs: list[Lab]) -> None:
    assert lab_at(labs[0].url) is labs[0]
    assert lab_at("http://127.0.0.1:1/ari") is None


def test_of_several_labs_the_one_without_a_name_of_its_own_is_meant(labs: list[Lab]) -> None:
    assert only() is labs[1]
    del labs[1:]
    assert only() is labs[0]
    labs.append(seeded(labs[0].folder, "mine", 22_000))
    with pytest.raises(LabError, match="choose one with --name"):
        only()


def test_commands_are_told_as_they_can_be_typed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/stasis"])
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert program() == ".venv/bin/stasis"
    monkeypatch.setattr(sys, "argv", ["stasis/__main__.py"])
    assert program() == f"{sys.executable} -m stasis"
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/stasis")
    assert program() == "stasis"
