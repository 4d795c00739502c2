"""One root file system for each Asterisk version, made from Debian's archive and cached.

It is built once, under a lock, beside its place, and renamed into place when complete: a root that
is there is whole. Its name carries a hash of the recipe, so a changed recipe builds a new one.
Labs mount it read-only; nothing writes to it afterwards.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from stasis.lab import packages
from stasis.lab.fault import LabError
from stasis.lab.place import cache, locked

__all__ = ["SUITES", "VERSIONS", "modules", "root", "sounds"]

SUITES = {"22": "sid", "16": "bullseye"}
VERSIONS = tuple(SUITES)
PACKAGES = (
    "asterisk",
    "asterisk-modules",
    "asterisk-core-sounds-en-gsm",
    "asterisk-core-sounds-en-wav",
)
# What a version's packages are beside.
MORE = {"16": ("asterisk-voicemail",)}
MIRROR = "http://deb.debian.org/debian"
ARCHIVE = "http://archive.debian.org/debian"  # where suites go that are no longer supported
HOSTNAME = "lab"  # of the machine that Asterisk believes to be on
FORMAT = 1  # raise it when `finish` changes


def packages_of(version: str) -> tuple[str, ...]:
    """The Debian packages of a version."""
    return PACKAGES + MORE.get(version, ())


def root(version: str, report: Callable[[str], None] = lambda line: None) -> Path:
    """The root file system of an Asterisk version, built if it is not cached (half a minute).

    version: a key of SUITES.
    report: called with a line of progress.

    Raises LabError naming what is wrong: an unknown version, or what the build said last.
    """
    if version not in SUITES:
        raise LabError(f"no Asterisk {version} in the lab; there are {', '.join(SUITES)}")
    recipe = f"{SUITES[version]} {packages_of(version)} {FORMAT}"
    place = cache() / f"asterisk-{version}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
    if place.exists():
        return place
    with locked(place.name):
        if not place.exists():  # another process may have built it while we waited
            packages.ensure(packages.SERVER, report)
            build(version, place, report)
    return place


def build(version: str, place: Path, report: Callable[[str], None]) -> None:
    """Make the root beside `place` and rename it there when it is complete."""
    part = place.with_name(f"{place.name}.part")
    said: list[str] = []
    for mirror in mirrors():
        shutil.rmtree(part, ignore_errors=True)
        report(f"building Asterisk {version} from {mirror} {SUITES[version]} (once, about 300 MB)")
        said.clear()
        if mmdebstrap(version, part, mirror, report, said) == 0:
            break
    else:
        shutil.rmtree(part, ignore_errors=True)
        tail = "\n".join(said[-10:])
        raise LabError(
            f"Asterisk {version} could not be built; is a Debian mirror reachable?"
            f" (STASIS_LAB_MIRROR names another one)\n{tail}"
        )
    finish(version, part)
    part.rename(place)
    report(f"built {place}")


def mmdebstrap(
    version: str, part: Path, mirror: str, report: Callable[[str], None], said: list[str]
) -> int:
    """Run mmdebstrap, telling its steps; what it says goes to `said`. Returns its exit code."""
    suite = SUITES[version]
    words = [
        "mmdebstrap",
        "--variant=essential",
        "--mode=root",
        f"--include={','.join(packages_of(version))}",
        '--aptopt=APT::Install-Recommends "false"',
        # The Release file of a suite that is not updated any more is past its date.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        suite,
        str(part),
        f"deb {mirror} {suite} main",
    ]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            if line.startswith("I: "):
                report(line[3:].rstrip())
    return process.returncode


def finish(version: str, part: Path) -> None:
    """What the packages leave out: mount points, a hosts file; and look that all is there."""
    (part / "run/asterisk").mkdir(exist_ok=True)
    (part / "usr/local/share/asterisk/sounds").mkdir(parents=True, exist_ok=True)
    # As Debian has it: Asterisk looks up its own host's name when it starts.
    (part / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {HOSTNAME}\n")
    # The builder copied this machine's name servers; a lab on loopback asks nobody.
    (part / "etc/resolv.conf").write_text("")
    told = subprocess.run(
        ["chroot", str(part), "/usr/sbin/asterisk", "-V"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    if not told.startswith(f"Asterisk {version}."):
        raise LabError(
            f"Debian {SUITES[version]} has {told.strip() or 'no Asterisk that runs'},"
            f" not Asterisk {version}: the suite has moved on"
        )
    for name in ("hello-world.gsm", "demo-instruct.gsm", "vm-password.gsm", "digits/1.gsm"):
        if not (sounds(part) / name).exists():
            raise LabError(f"the sound packages lack {name}")


def sounds(place: Path) -> Path:
    """The folder of English prompts in a root; the `en` beside it is a link only the root knows."""
    return place / "usr/share/asterisk/sounds/en_US_f_Allison"


def modules(place: Path) -> list[str]:
    """The file names of all modules in a root, sorted."""
    return sorted(each.name for each in place.glob("usr/lib/**/asterisk/modules/*.so"))


def mirrors() -> Iterator[str]:
    """Where to get Debian from: STASIS_LAB_MIRROR alone, or this machine's, then the known ones."""
    chosen = os.environ.get("STASIS_LAB_MIRROR")
    if chosen:
        yield chosen
        return
    yield from dict.fromkeys([*host_mirrors(), MIRROR, ARCHIVE])


def host_mirrors(etc: Path = Path("/etc")) -> list[str]:
    """Debian mirrors in apt's own sources, in both notations; a Debian machine's first choice."""
    found: list[str] = []
    files = [etc / "apt/sources.list", *sorted((etc / "apt/sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            # …/debian, not …/debian-security and not another vendor's repository.
            text = re.sub(r"(?m)^\s*#.*$", "", file.read_text("utf-8", "replace"))
            found += re.findall(r"(?:^|\s)(https?://[^\s@\]]+/debian)/?(?=\s|$)", text)
    return found
