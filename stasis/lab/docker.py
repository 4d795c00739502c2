"""An Asterisk in a container: for machines without root, or that are not Debian or Ubuntu.

The image is Debian with the same packages as the root of `chroot`, the lab's folder is mounted at
the same places, the network is the host's, so ports and addresses are the same. Needs a daemon that
answers and gives containers the host's network (on a Mac: Docker Desktop's host networking).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from stasis.lab.chroot import MOUNTS
from stasis.lab.fault import LabError
from stasis.lab.place import cache, locked
from stasis.lab.root import PACKAGES, SUITES

__all__ = ["Docker", "answers"]

DOCKERFILE = """FROM debian:{suite}
RUN apt-get -o Acquire::Check-Valid-Until=false update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {packages} \\
 && rm -rf /var/lib/apt/lists/* \\
 && mkdir -p {mounts}
"""

# The folders belong to the person outside; inside, Asterisk must own them.
START = "chown -R asterisk:asterisk {mounts} && exec asterisk -f -U asterisk -G asterisk"
PROMPTS = "/usr/share/asterisk/sounds/en_US_f_Allison"


def answers() -> bool:
    """Whether there is a docker command whose daemon answers."""
    if shutil.which("docker") is None:
        return False
    try:
        return docker("version", "--format", "{{.Server.Version}}", check=False, timeout=10)[0] == 0
    except subprocess.TimeoutExpired:
        return False


def docker(
    *words: str, text: str | None = None, check: bool = True, timeout: float | None = None
) -> tuple[int, str]:
    """Run docker. text: what it reads. Returns exit code and output; LabError when check fails."""
    result = subprocess.run(
        ["docker", *words],
        input="" if text is None else text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
    )
    if check and result.returncode:
        raise LabError(f"docker {words[0]} failed: {result.stdout.strip()[-1000:]}")
    return result.returncode, result.stdout


@frozen
class Docker:
    """Runs the Asterisk of one version as a container; the same methods as `Chroot`."""

    version: str
    image: str

    @classmethod
    def prepare(cls, version: str, report: Callable[[str], None]) -> Docker:
        """Take the image of that version, building it first if need be.

        Raises LabError for a version that is not there, or with docker's last words.
        """
        if version not in SUITES:
            raise LabError(f"no Asterisk {version} in the lab; there are {', '.join(SUITES)}")
        recipe = DOCKERFILE.format(
            suite=SUITES[version], packages=" ".join(PACKAGES), mounts=" ".join(MOUNTS.values())
        )
        image = f"stasis-lab:{version}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
        with locked(image.replace(":", "-")):
            if docker("image", "inspect", image, check=False)[0]:
                report(f"building the image {image} (once, about 500 MB)")
                docker("build", "--tag", image, "-", text=recipe)
        return cls(version, image)

    @property
    def modules(self) -> list[str]:
        """File names of all modules this Asterisk has."""
        find = "find /usr/lib -path '*/asterisk/modules/*.so' -printf '%f\\n'"
        told = docker("run", "--rm", self.image, "sh", "-c", find)[1]
        return sorted(told.split())

    @property
    def sounds(self) -> Path:
        """The folder of English prompts, copied out of the image once."""
        place = cache() / f"sounds-{self.image.partition(':')[2]}"
        with locked(place.name):
            if not place.exists():
                container = docker("create", self.image)[1].split()[-1]
                part = place.with_name(f"{place.name}.part")
                shutil.rmtree(part, ignore_errors=True)
                docker("cp", f"{container}:{PROMPTS}", str(part))
                docker("rm", container)
                part.rename(place)
        return place

    def start(self, folder: Path) -> None:
        """Start the container on a lab's folder and return at once."""
        self.stop(folder, kill=True)
        script = START.format(mounts=" ".join(MOUNTS.values()))
        docker(
            *("run", "--detach", "--name", container(folder), "--network", "host"),
            *volumes(folder),
            *(self.image, "sh", "-c", script),
        )

    def pids(self, folder: Path) -> list[int]:
        """The pid of Asterisk on the docker host; empty when it does not run."""
        code, told = docker("inspect", container(folder), check=False)
        if code:
            return []
        running = json.loads(told)[0]["State"]
        return [int(running["Pid"])] if running["Running"] else []

    def stop(self, folder: Path, *, kill: bool = False) -> None:
        """End the container: politely, then after 5 s by force; or by force at once."""
        if not kill:
            docker("stop", "--time", "5", container(folder), check=False)
        docker("rm", "--force", container(folder), check=False)

    def cli(self, folder: Path, line: str) -> tuple[int, str]:
        """Run one CLI command inside. Returns its exit code and its output."""
        return docker("exec", container(folder), "asterisk", "-rx", line, check=False)

    def remove(self, folder: Path) -> None:
        """Delete the lab's folder: from inside, since its files belong to Asterisk's user."""
        inside = " ".join(f"{each}/*" for each in MOUNTS.values())
        docker("run", "--rm", *volumes(folder), self.image, "sh", "-c", f"rm -rf {inside}")
        shutil.rmtree(folder, ignore_errors=True)


def container(folder: Path) -> str:
    """The container's name."""
    return f"stasis-lab-{folder.name}"


def volumes(folder: Path) -> list[str]:
    """The arguments that mount a lab's folder."""
    pairs = [f"{folder / ours}:{theirs}" for ours, theirs in MOUNTS.items()]
    return [word for pair in pairs for word in ("--volume", pair)]
