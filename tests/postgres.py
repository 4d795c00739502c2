"""A PostgreSQL of the tests' own: on loopback, in a temporary folder, never as root."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from stasis.lab import packages

USER, PASSWORD = "stasis", "postgres-pw-of-the-tests"
# Above those of labs, and below those that the kernel gives to whoever asks for any: nobody else
# takes one before the server does, or while a test has it stopped.
PORTS = range(32_500, 32_768)
EACH = 16  # for the servers of one process


def programs() -> Path:
    """The newest PostgreSQL's programs; Debian's package is installed when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found and os.geteuid() == 0 and packages.there("apt-get"):
        packages.apt(["apt-get", "install", "--yes", "--no-install-recommends", "postgresql"])
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    assert found, "PostgreSQL is missing: apt-get install postgresql"
    return found[-1].parent


def free_port() -> int:
    """A port nobody has now; other processes begin to look elsewhere."""
    for number in range(len(PORTS)):
        port = PORTS[(os.getpid() * EACH + number) % len(PORTS)]
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError(f"no port of {PORTS} is free")


class Postgres:
    """A server. port: on loopback. Its user may do everything in it."""

    def __init__(self) -> None:
        self._programs = programs()
        self._folder = Path(tempfile.mkdtemp(prefix="stasis-postgres-"))
        self._names = (f"test{number}" for number in itertools.count())
        self._data = self._folder / "data"
        # root may not run it: the package's own user does.
        self._user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self._folder, **self._user)
        self._folder.chmod(0o700)
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            "initdb", "-D", self._data, "-U", USER, "-E", "UTF8", "--no-sync", "--locale=C",
            "--auth=scram-sha-256", f"--pwfile={secret}",
        )  # fmt: skip
        self.port = free_port()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
            " -c fsync=off -c full_page_writes=off"
        )
        self._run(
            "pg_ctl", "start", "-w", "-D", self._data, "-o", options, "-l", self._folder / "log"
        )

    def stop(self) -> None:
        """Stop it; who is connected is thrown out."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self._data)

    def remove(self) -> None:
        """Stop it for good."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """The url of a fresh database."""
        name = next(self._names)
        self.ask(f"CREATE DATABASE {name} TEMPLATE template0", "postgres")
        return self.url(name)

    def url(self, name: str, password: str = PASSWORD) -> str:
        """The url of a database."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{name}"

    def ask(self, statement: str, database: str) -> str:
        """What a statement gives, as psql writes it without frames."""
        where = ("-h", "127.0.0.1", "-p", self.port, "-U", USER, "-d", database)
        return self._run("psql", *where, "-qAt", "-c", statement).strip()

    def _run(self, program: str, *words: Any) -> str:
        done = subprocess.run(
            [self._programs / program, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PGPASSWORD": PASSWORD, "LC_ALL": "C"},
            cwd="/",
            text=True,
            timeout=25,
            **self._user,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout or ""


if __name__ == "__main__":  # before tests run side by side: one of them alone installs it
    programs()
