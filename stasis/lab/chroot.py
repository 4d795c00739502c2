"""An Asterisk in a cached root, in a mount namespace of its own. Needs root on Debian or Ubuntu.

The namespace is private and dies with its last process, so no mount can be left behind; the host
name, which Asterisk looks up, is in one too. The root is mounted read-only; the lab's folder is
mounted over the places where Asterisk writes, so that inside everything has its usual path. A lab's
processes are known by STASIS_LAB in their environment, which no other process can have by chance,
as it could have a pid.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from stasis.lab import packages
from stasis.lab.fault import LabError, LabUnavailable
from stasis.lab.root import HOSTNAME, modules, root, sounds

__all__ = ["MOUNTS", "Chroot"]

MARK = "STASIS_LAB"
STOP_SECONDS, KILL_SECONDS = 5.0, 5.0

# Folder of the lab -> where Asterisk has it.
MOUNTS = {
    "etc": "/etc/asterisk",
    "lib": "/var/lib/asterisk",
    "spool": "/var/spool/asterisk",
    "log": "/var/log/asterisk",
    "run": "/run/asterisk",
    "sounds": "/usr/local/share/asterisk/sounds",
    "bin": "/usr/local/bin",
}

SCRIPT = """set -e
root=$1 lab=$2 name=$3
shift 3
hostname "$name"
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
for pair in "$@"; do mount --bind "$lab/${pair%%:*}" "$root${pair#*:}"; done
cd /
exec chroot "$root" /usr/sbin/asterisk -f -U asterisk -G asterisk
"""


@frozen
class Chroot:
    """Runs the Asterisk of one version out of its root."""

    version: str
    place: Path

    @classmethod
    def prepare(cls, version: str, report: Callable[[str], None]) -> Chroot:
        """Take the root of that version, building it first if need be.

        Raises LabUnavailable when this process may not mount, LabError when building fails.
        """
        packages.ensure(packages.SERVER, report)
        trial = ["unshare", "--uts", "--mount", "--propagation", "private", "true"]
        if subprocess.run(trial, capture_output=True, check=False).returncode:
            raise LabUnavailable(
                "the right to mount: this is a container without CAP_SYS_ADMIN;"
                " start it with --cap-add SYS_ADMIN, or --privileged"
            )
        return cls(version, root(version, report))

    @property
    def modules(self) -> list[str]:
        """File names of all modules this Asterisk has."""
        return modules(self.place)

    @property
    def sounds(self) -> Path:
        """The folder of English prompts, as this machine sees it."""
        return sounds(self.place)

    def start(self, folder: Path) -> None:
        """Start Asterisk on a lab's folder and return at once; it outlives this process."""
        self.own(folder)
        pairs = [f"{ours}:{theirs}" for ours, theirs in MOUNTS.items()]
        words = ["setsid", "--fork", "unshare", "--uts", "--mount", "--propagation", "private"]
        words += ["sh", "-c", SCRIPT, "sh", str(self.place), str(folder), HOSTNAME, *pairs]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            MARK: str(folder),
        }
        with (folder / "console.log").open("ab") as console:
            subprocess.run(
                words,
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                check=True,
            )

    def own(self, folder: Path) -> None:
        """Give the folders to the user asterisk of the root; as root it may not read others'."""
        user, group = account(self.place)
        for ours in MOUNTS:
            top = folder / ours
            top.mkdir(exist_ok=True)
            for each in (top, *top.rglob("*")):
                os.chown(each, user, group, follow_symlinks=False)

    def pids(self, folder: Path) -> list[int]:
        """The lab's processes, oldest first: Asterisk, then its children. Empty when it is down."""
        wanted = f"{MARK}={folder}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and wanted in environ(entry).split(b"\0"):
                # A child may end between the two looks; what has no start any more is gone.
                if (start := started(entry)) is not None:
                    found.append((start, int(entry.name)))
        return [pid for _, pid in sorted(found)]

    def stop(self, folder: Path, *, kill: bool = False) -> None:
        """End the lab's processes: politely, then after 5 s by force; or by force at once.

        Raises LabError when a process survives even that for 5 s.
        """
        self.signal(folder, signal.SIGKILL if kill else signal.SIGTERM)
        until = time.monotonic() + (KILL_SECONDS if kill else STOP_SECONDS)
        while pids := self.pids(folder):
            if time.monotonic() > until:
                if kill:
                    raise LabError(f"processes {pids} of the lab {folder.name} do not end")
                # Its time begins now: until this look nobody was forced, however late it comes.
                kill, until = True, time.monotonic() + KILL_SECONDS
            if kill:
                self.signal(folder, signal.SIGKILL)
            time.sleep(0.02)

    def signal(self, folder: Path, number: signal.Signals) -> None:
        """Signal each of the lab's processes; one that just ended is no matter."""
        for pid in self.pids(folder):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def cli(self, folder: Path, line: str) -> tuple[int, str]:
        """Run one CLI command inside. Returns its exit code and its output."""
        pids = self.pids(folder)
        if not pids:
            return 1, "Asterisk does not run"
        words = ["nsenter", "-t", str(pids[0]), "--mount", "--root", "--wd"]
        result = subprocess.run(
            [*words, "/usr/sbin/asterisk", "-rx", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return result.returncode, result.stdout.decode("utf-8", "replace")

    def remove(self, folder: Path) -> None:
        """Delete the lab's folder."""
        shutil.rmtree(folder, ignore_errors=True)


def account(place: Path) -> tuple[int, int]:
    """User and group id of `asterisk` inside a root."""
    for line in (place / "etc/passwd").read_text("utf-8").splitlines():
        fields = line.split(":")
        if fields[0] == "asterisk":
            return int(fields[2]), int(fields[3])
    raise LabError(f"{place} has no user asterisk; delete it, it is built again")


def environ(entry: Path) -> bytes:
    """A process's environment as it was started with; empty for one that is gone or a zombie."""
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        return b""


def started(entry: Path) -> int | None:
    """When a process started, in ticks since boot; None for one that is gone."""
    try:
        # The name before the last ")" may hold anything; the start is the 20th field after it.
        return int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19])
    except OSError:
        return None
