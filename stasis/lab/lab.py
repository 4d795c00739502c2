"""One private Asterisk: `Lab.up()` starts it or finds it running, `down()` leaves nothing behind.

All methods block: from a coroutine call them with `asyncio.to_thread`. A lab outlives the process
that started it; its facts are a JSON file in its folder, so that any process finds it by name.
Whoever changes a lab (up, down) holds the lock of its name.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException

from attrs import frozen

from stasis.lab.chroot import MOUNTS
from stasis.lab.configuration import example_files, http, lab_files
from stasis.lab.engine import Engine, prepare
from stasis.lab.facts import Facts
from stasis.lab.fault import LabError
from stasis.lab.music import write_music
from stasis.lab.outbound import MARK, Outbound, ari_sections, client_sections
from stasis.lab.place import folders, locked, state
from stasis.lab.ports import EXAMPLE, choose, closed, hold, release

__all__ = ["Lab"]

READY_SECONDS = 30.0
GONE = 20  # looks, 50 ms apart
SPOOL = ("recording", "tmp", "outgoing", "voicemail", "monitor", "system", "dictate")
USER, PASSWORD = "stasis", "stasis-change-me"

Report = Callable[[str], None]


@frozen
class Lab(Facts):
    """A running Asterisk; see `Facts` for what is known of it."""

    @classmethod
    def up(
        cls,
        version: str = "22",
        name: str | None = None,
        *,
        example: bool = False,
        report: Report = lambda line: None,
    ) -> Lab:
        """Start a lab, or find it running. About 2 s; the first time of a version half a minute.

        version: "22" or "16".
        name: letters, digits, - and _; None takes the version. Labs of other names run beside it.
        example: run on ari.conf.example and its companion files alone, on the ports they name.
        report: called with a line of progress.

        Raises LabUnavailable when this machine cannot run one, LabError with the end of Asterisk's
        log when it does not get ready in 30 s, or when a lab of that name runs another version.
        """
        name = version if name is None else name
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
            raise LabError(f"a lab's name is 1 to 40 letters, digits, - and _, not {name!r}")
        with locked(f"lab-{name}"):
            lab = cls.read(name)
            if lab is not None and lab.version != version:
                raise LabError(
                    f"the lab {name} is Asterisk {lab.version}, not {version}:"
                    " take it down, or choose another name"
                )
            if lab is not None and lab.pid is not None:
                lab.ready()
                return lab
            if lab is not None:
                report(f"the lab {name} was killed; cleaning up")
                lab.engine.remove(lab.folder)
            lab = create(version, name, prepare(version, report), example)
            report(f"starting Asterisk {version} on {lab.url}")
            try:
                lab.start()
                lab.ready()
            except BaseException:
                lab.engine.stop(lab.folder, kill=True)
                lab.engine.remove(lab.folder)
                raise
            finally:
                release(lab.ports)
            return lab

    @classmethod
    def find(cls, name: str = "22") -> Lab | None:
        """The lab of that name; None when it does not run."""
        lab = cls.read(name)
        return lab if lab is not None and lab.pid is not None else None

    @classmethod
    def all(cls) -> list[Lab]:
        """All labs that run, by name."""
        labs = [cls.find(each.name) for each in folders()]
        return [each for each in labs if each is not None]

    def down(self) -> None:
        """Stop Asterisk and delete the lab's folder. A lab that is down already is no error."""
        with locked(f"lab-{self.name}"):
            self.engine.stop(self.folder)
            if self.folder.exists():
                self.engine.remove(self.folder)
            release(self.ports)

    @property
    def pid(self) -> int | None:
        """Asterisk's process id; None when it does not run. Changes with a restart."""
        pids = self.engine.pids(self.folder)
        return pids[0] if pids else None

    def cli(self, line: str) -> str:
        """Run a command of Asterisk's own command line, like "core show channels".

        Returns what it says. Raises LabError when Asterisk does not run.
        """
        code, told = self.engine.cli(self.folder, line)
        if code:
            raise LabError(f"{line!r} on the lab {self.name}: {told.strip()}")
        return told

    def logs(self, lines: int = 200) -> str:
        """The last lines of Asterisk's log: notices, warnings, errors, and the dialplan's steps."""
        for file in (self.folder / "log" / "messages.log", self.folder / "console.log"):
            text = file.read_text("utf-8", "replace") if file.exists() else ""
            # Each CLI command leaves two such lines.
            said = [each for each in text.splitlines() if "Remote UNIX connection" not in each]
            if said:
                return "\n".join(said[-lines:])
        return ""

    def write(self, name: str, text: str) -> None:
        """Write a configuration file. It counts after `restart`, or a reload of its module."""
        file = self.etc / name
        known = file.exists()
        file.write_text(text, "utf-8")
        if not known:
            os.chmod(file, 0o644)  # Asterisk's user reads it, whatever our umask is

    def secure(self, chain: str, key: str) -> None:
        """Have the HTTP server speak TLS too, on `https_port`: ARI, and SIP at /ws. Works at once.

        chain: the certificate for 127.0.0.1, and those that it stands on. key: its key. Both PEM.

        Raises LabError when Asterisk does not take them, with the end of its log.
        """
        if not self.https_port:
            raise LabError(f"the lab {self.name} runs on the example's files: it has no TLS")
        keys = self.folder / "lib" / "keys"
        for name, text in (("cert.pem", chain), ("key.pem", key)):
            (keys / name).write_text(text, "utf-8")
            os.chown(keys / name, keys.stat().st_uid, keys.stat().st_gid)
            (keys / name).chmod(0o600)
        self.write("http.conf", http(self.ports, f"{MOUNTS['lib']}/keys"))
        self.cli("module reload http")
        until = time.monotonic() + 5.0
        while self.https_port not in closed(self.ports):
            if time.monotonic() > until:
                raise LabError(f"no TLS on port {self.https_port}; the log ends:\n{self.logs(10)}")
            time.sleep(0.05)

    def dial_out(self, *connections: Outbound) -> None:
        """Have Asterisk open these WebSockets by itself, and no others: none without any.

        A per-call one is opened when a call enters its application, by extension `stasis-NAME`.
        Works at once; a connection that is gone from the list is closed.

        Raises LabError when the lab's version has no outbound WebSockets, or two have one name.
        """
        if self.version == "16":
            raise LabError("Asterisk 16 opens no WebSockets itself: take a lab of version 22")
        if len({each.name for each in connections}) < len(connections):
            raise LabError("each outbound WebSocket needs a name of its own")
        plain = (self.etc / "ari.conf").read_text("utf-8").partition(MARK)[0]
        self.write("websocket_client.conf", client_sections(connections))
        self.write("ari.conf", plain + (ari_sections(connections) if connections else ""))
        for module in ("res_websocket_client.so", "res_ari.so"):
            self.cli(f"module reload {module}")

    def stop(self, *, kill: bool = False) -> None:
        """Stop Asterisk and keep the lab. kill: with SIGKILL, as a crash would.

        Until `ready`, or the end of this process, no other lab takes its ports.
        """
        hold(self.ports.http)
        self.engine.stop(self.folder, kill=kill)

    def start(self) -> None:
        """Start Asterisk after `stop`, on the same ports and files. Does not wait: see `ready`."""
        (self.folder / "run" / "asterisk.ctl").unlink(missing_ok=True)
        self.engine.start(self.folder)

    def restart(self, *, kill: bool = False, ari: bool = True) -> None:
        """Stop, start, and wait until ready, about 2 s. kill, ari: see `stop` and `ready`."""
        self.stop(kill=kill)
        self.start()
        self.ready(ari=ari)

    def ready(self, timeout: float = READY_SECONDS, *, ari: bool = True) -> None:
        """Wait until Asterisk is fully booted and ARI answers 200 to the lab's user.

        timeout: seconds. ari: False waits for the boot alone, for a lab whose ARI is switched off.

        Raises LabError with the end of the log when it takes longer, or when Asterisk ends.
        """
        until = time.monotonic() + timeout
        state = "is not booted"
        gone = 0
        while time.monotonic() < until:
            code, told = self.engine.cli(self.folder, "core waitfullybooted")
            if code == 0 and "fully booted" in told:
                status = self.ask() if ari else 200
                if status == 200:
                    release(self.ports)
                    return
                state = f"is booted, but ARI answers {status or 'nothing'} on port {self.http_port}"
            # A process is not seen for a moment while it becomes another program, as it does when
            # it starts: once is no proof.
            gone = 0 if self.pid is not None else gone + 1
            if gone == GONE:
                state = "has ended"
                break
            time.sleep(0.05)
        raise LabError(
            f"the Asterisk of the lab {self.name} {state}; its log ends:\n{self.logs(25)}"
        )

    def ask(self) -> int:
        """The status ARI answers to GET /asterisk/info with; 0 when nothing answers."""
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=5)
        token = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        try:
            connection.request(
                "GET", "/ari/asterisk/info", headers={"Authorization": f"Basic {token}"}
            )
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def create(version: str, name: str, engine: Engine, example: bool) -> Lab:
    """Write the folder of a new lab: its facts first, so that its ports are taken."""
    folder = state() / name
    phones = {each: secrets.token_urlsafe(9) for each in ("alice", "bob")}
    with locked("ports"):
        labs = [each for each in map(Lab.read, (one.name for one in folders())) if each is not None]
        if example:
            ports = EXAMPLE
            phones = {"alice": "alice-change-me", "bob": "bob-change-me"}
            if held := closed(ports):
                raise LabError(f"ari.conf.example's ports are taken by another server: {held[:5]}")
        else:
            ports = choose({each.http_port for each in labs})
        lab = Lab(version, name, folder, ports, phones, engine.sounds, engine)
        if folder.exists():  # of one that was killed before its facts were written
            engine.remove(folder)
        for ours in MOUNTS:
            (folder / ours).mkdir(parents=True)
        folder.chmod(0o700)
        lab.store()
    for each in SPOOL:
        (folder / "spool" / each).mkdir()
    for each in ("moh", "keys", "sounds/custom", "priv-callerintros"):
        (folder / "lib" / each).mkdir(parents=True)
    write_music(folder / "lib" / "moh" / "tone.wav")
    files = example_files() if example else lab_files(ports, phones, engine.modules)
    for file, text in files.items():
        lab.write(file, text)
    return lab
