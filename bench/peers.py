"""The clients that stasis is measured against, each in an environment of its own under bench/.envs.

The version of a peer is pinned; what it depends on is what its registry gives today, so the
results name what was installed. `python -m bench.peers` makes the environments that are missing
and says what is in them. An environment is made anew when its pin changes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
from rich.console import Console

__all__ = ["PEERS", "Peer", "PeerMissing"]

TOP = Path(__file__).parents[1]
ENVIRONMENTS = TOP / "bench" / ".envs"

# Seconds for one environment: a registry that hangs must not hang the benchmark.
PATIENCE = 300.0

# Kinds of scenarios that are as long as they have events.
TOLD = ("burst", "growth", "handlers")


class PeerMissing(Exception):
    """A peer cannot be installed here; the message says why, and what to do."""


@attrs.frozen
class Peer:
    """A client library that is not ours.

    name: of its client in bench/clients, and of its environment. package: as its registry calls
    it. version: the one measured. node: it is JavaScript, from npm; else Python, from PyPI.
    most: kind of a scenario to the most events or requests that it gets: what it spends on one does
    not depend on their number, but a slow one would hold up the round.
    """

    name: str
    package: str
    version: str
    node: bool = False
    most: Mapping[str, int] = attrs.field(factory=dict, hash=False)

    @property
    def title(self) -> str:
        """Its name in tables: package and version."""
        return f"{self.package} {self.version}{' (Node.js)' if self.node else ''}"

    @property
    def environment(self) -> Path:
        """The folder of its environment."""
        return ENVIRONMENTS / self.name

    @property
    def command(self) -> list[str]:
        """What starts its client; the client's options follow. To be started in `TOP`."""
        if self.node:
            return ["node", "--expose-gc", str(TOP / "bench" / "clients" / self.name / "client.js")]
        return [str(self.environment / "bin" / "python"), "-m", f"bench.clients.{self.name}"]

    @property
    def ready(self) -> bool:
        """Whether its environment is there, with the version that is pinned."""
        stamp = self._stamp
        return stamp.is_file() and stamp.read_text() == self._pin

    def prepare(self) -> None:
        """Make its environment, if it is not there.

        Raises PeerMissing: no Node.js, or the registry does not give the package.
        """
        if self.ready:
            return
        shutil.rmtree(self.environment, ignore_errors=True)
        self.environment.mkdir(parents=True)
        for step in self._steps():
            self._run(step)
        self._stamp.write_text(self._pin)

    def installed(self) -> dict[str, str]:
        """What is in its environment: package to version, the interpreter's among them.

        Raises PeerMissing: the environment is not there, or broken.
        """
        return self._packages_of_node() if self.node else self._packages_of_python()

    @property
    def _stamp(self) -> Path:
        return self.environment / ".ready"

    @property
    def _pin(self) -> str:
        return f"{self.package}{'@' if self.node else '=='}{self.version}"

    def _steps(self) -> list[list[str]]:
        if self.node:
            quiet = ["--no-audit", "--no-fund", "--silent"]
            return [["npm", "install", "--prefix", str(self.environment), *quiet, self._pin]]
        python = str(self.environment / "bin" / "python")
        quiet = ["--quiet", "--quiet", "--disable-pip-version-check"]
        return [
            [sys.executable, "-m", "venv", str(self.environment)],
            [python, "-m", "pip", "install", *quiet, self._pin],
        ]

    def _packages_of_node(self) -> dict[str, str]:
        # Two levels: the peer, and what it asks for itself.
        listing = ["npm", "ls", "--prefix", str(self.environment), "--json", "--depth=1"]
        peer = json.loads(self._run(listing))["dependencies"][self.package]
        packages = {"node": self._run(["node", "--version"]).strip().removeprefix("v")}
        packages[self.package] = str(peer["version"])
        deeper = sorted(peer.get("dependencies", {}).items())
        return packages | {name: str(each["version"]) for name, each in deeper}

    def _packages_of_python(self) -> dict[str, str]:
        python = str(self.environment / "bin" / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
        packages = {"python": self._run([python, "--version"]).split()[-1]}
        return packages | {each["name"]: each["version"] for each in json.loads(self._run(pip))}

    def _run(self, command: list[str]) -> str:
        try:
            done = subprocess.run(
                command, cwd=TOP, capture_output=True, text=True, timeout=PATIENCE, check=True
            )
        except FileNotFoundError:
            what = "sudo apt-get install nodejs npm" if self.node else "python -m bench.peers"
            raise PeerMissing(f"{self.title}: {command[0]} is missing; {what}") from None
        except subprocess.TimeoutExpired:
            raise PeerMissing(
                f"{self.title}: {' '.join(command[:3])} … took over {PATIENCE:.0f} s; try again"
            ) from None
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout).strip().splitlines()[-1:] or ["nothing"]
            raise PeerMissing(f"{self.title}: {' '.join(command)} failed: {said[0]}") from None
        return done.stdout


PEERS = (
    Peer("ari_client", "ari-client", "0.9.0", most={"rest": 2_000} | dict.fromkeys(TOLD, 50_000)),
    Peer("asyncari_", "asyncari", "0.20.6", most={"rest": 2_000} | dict.fromkeys(TOLD, 20_000)),
    Peer("aioari_", "aioari", "0.10.2", most={"handlers": 5_000}),
    Peer("node_ari_client", "ari-client", "2.2.0", node=True, most={"rest": 10_000}),
)


def main() -> int:
    """Make every environment; the exit code says how many could not be made."""
    console = Console(highlight=False)
    missing = 0
    for peer in PEERS:
        try:
            peer.prepare()
            packages = peer.installed()
        except PeerMissing as error:
            console.print(str(error), style="red", markup=False)
            missing += 1
        else:
            console.print(f"[bold]{peer.title}[/bold]")
            console.print("  " + ", ".join(f"{name} {packages[name]}" for name in packages))
    return missing


if __name__ == "__main__":
    sys.exit(main())
