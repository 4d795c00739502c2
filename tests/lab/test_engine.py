"""Which engine runs a lab on which machine, and what is said when none can."""

import os
from pathlib import Path

import pytest

from stasis.lab import engine
from stasis.lab.chroot import Chroot
from stasis.lab.docker import Docker
from stasis.lab.fault import LabUnavailable

ROOT = Chroot("22", Path("/root-of-22"))
IMAGE = Docker("22", "image-of-22")


class Machine:
    """A machine with or without what a lab needs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user, self.debian, self.daemon, self.mounts = 0, True, True, True
        monkeypatch.setattr(os, "geteuid", lambda: self.user)
        monkeypatch.setattr(engine, "there", lambda sign: self.debian)
        monkeypatch.setattr(engine.docker, "answers", lambda: self.daemon)
        monkeypatch.setattr(Chroot, "prepare", self.chroot)
        monkeypatch.setattr(Docker, "prepare", lambda version, report: IMAGE)

    def chroot(self, version: str, report: object) -> Chroot:
        if not self.mounts:
            raise LabUnavailable("the right to mount")
        return ROOT


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A Debian with root and a docker daemon, to take things away from."""
    return Machine(monkeypatch)


def prepare() -> object:
    return engine.prepare("22", lambda line: None)


def test_root_on_debian_needs_no_docker(machine: Machine) -> None:
    machine.daemon = False
    assert prepare() is ROOT


def test_without_root_docker_is_taken(machine: Machine) -> None:
    machine.user = 1000
    assert prepare() is IMAGE


def test_on_another_system_docker_is_taken(machine: Machine) -> None:
    machine.debian = False
    assert prepare() is IMAGE


def test_root_that_may_not_mount_takes_docker(machine: Machine) -> None:
    machine.mounts = False
    assert prepare() is IMAGE


def test_root_that_may_not_mount_and_no_docker_is_told_exactly_that(machine: Machine) -> None:
    machine.mounts = machine.daemon = False
    with pytest.raises(LabUnavailable, match="the right to mount"):
        prepare()


def test_without_root_and_docker_both_ways_out_are_named(machine: Machine) -> None:
    machine.user, machine.daemon = 1000, False
    with pytest.raises(LabUnavailable) as caught:
        prepare()
    assert len(caught.value.missing) == 2
    assert caught.value.command.startswith("sudo apt-get install")


def test_another_system_without_docker_says_what_it_takes(machine: Machine) -> None:
    machine.debian = machine.daemon = False
    with pytest.raises(LabUnavailable, match=r"(?s)Debian or Ubuntu.*docker daemon"):
        prepare()
