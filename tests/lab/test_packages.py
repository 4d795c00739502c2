"""Packages: what is missing is named, and installed only as root on Debian."""

import os
from pathlib import Path

import pytest

from stasis.lab import packages
from stasis.lab.fault import LabError, LabUnavailable

APT = """#!/bin/sh
echo "$@" >> {log}
case "$1" in
install) if [ -e {broken} ] || [ "{fails}" = install ]; then echo "E: no such package"; exit 100; fi ;;
update) rm -f {broken} ;;
esac
"""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with nothing on its PATH, seen by root."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(packages, "SYSTEM", "")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def apt(machine: Path, fails: str = "") -> Path:
    """Give the machine an apt-get that notes what it is told."""
    log = machine / "log"
    text = APT.format(log=log, broken=machine / "broken", fails=fails)
    (machine / "apt-get").write_text(text.replace("rm ", "/bin/rm "))
    (machine / "apt-get").chmod(0o755)
    return log


def test_a_package_is_there_when_its_program_is(machine: Path) -> None:
    assert packages.missing(["sox", "baresip"]) == ["sox", "baresip"]
    (machine / "sox").write_text("#!/bin/sh\n")
    (machine / "sox").chmod(0o755)
    assert packages.missing(["sox", "baresip"]) == ["baresip"]


def test_nothing_is_run_when_nothing_is_missing(machine: Path) -> None:
    log = apt(machine)
    packages.ensure([])
    assert not log.exists()


def test_missing_packages_are_installed_and_the_command_is_told(machine: Path) -> None:
    log = apt(machine)
    told: list[str] = []
    packages.ensure(["sox"], told.append)
    assert log.read_text() == "install --yes --no-install-recommends sox\n"
    assert told == ["installing: apt-get install --yes --no-install-recommends sox"]


def test_old_package_lists_are_updated_once(machine: Path) -> None:
    log = apt(machine)
    (machine / "broken").touch()
    packages.ensure(["sox"])
    assert [line.split()[0] for line in log.read_text().splitlines()] == [
        "install",
        "update",
        "install",
    ]


def test_an_installation_that_fails_shows_what_apt_said(machine: Path) -> None:
    apt(machine, fails="install")
    with pytest.raises(LabError, match="no such package"):
        packages.ensure(["sox"])


def test_without_root_the_command_is_named_and_nothing_is_run(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = apt(machine)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabUnavailable) as caught:
        packages.ensure(["sox", "baresip"])
    assert caught.value.command == (
        "sudo apt-get install --yes --no-install-recommends sox baresip"
    )
    assert not log.exists()


def test_on_another_system_the_missing_programs_are_named(machine: Path) -> None:
    with pytest.raises(LabUnavailable, match="program of the Debian package sox"):
        packages.ensure(["sox"])


def test_every_package_has_a_sign_to_know_it_by() -> None:
    assert set(packages.SIGNS) == {*packages.SERVER, *packages.PHONES}
