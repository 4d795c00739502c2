"""What runs a lab's Asterisk on this machine: a chroot as root on Debian, else a container."""

from __future__ import annotations

import os
from collections.abc import Callable

from stasis.lab import docker
from stasis.lab.chroot import Chroot
from stasis.lab.docker import Docker
from stasis.lab.fault import LabUnavailable
from stasis.lab.packages import SERVER, command, there

__all__ = ["Engine", "prepare"]

Engine = Chroot | Docker


def prepare(version: str, report: Callable[[str], None]) -> Engine:
    """What runs Asterisk on this machine. Raises LabUnavailable naming what is missing."""
    debian = there("apt-get") and there("chroot")
    if debian and os.geteuid() == 0:
        try:
            return Chroot.prepare(version, report)
        except LabUnavailable:
            if not docker.answers():
                raise
    if docker.answers():
        return Docker.prepare(version, report)
    if debian:
        raise LabUnavailable(
            "root: run it as root (sudo), or",
            "a docker daemon that answers this user: then no root is needed",
            command=f"{command(SERVER)}",
        )
    raise LabUnavailable("Debian or Ubuntu with root, or", "a docker daemon that answers this user")
