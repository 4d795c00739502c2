"""SIPp as a phone: a caller with RFC 4733 digits and a tone, or a desk that answers or refuses.

It makes many calls cheaply and says exactly how they ended; it does not record: for listening, for
a desk that presses digits, and where each digit counts there is `baresip`. Pressing digits needs
root (raw sockets), and on an overloaded machine Asterisk hears one of SIPp's digits twice.
Each Sipp is one process with a folder of its own; leaving the `async with` ends both.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import field, frozen

from stasis.lab import scenario
from stasis.lab.audio import ulaw
from stasis.lab.fault import LabUnavailable, PhoneError
from stasis.lab.music import sine
from stasis.lab.packages import command
from stasis.lab.process import end
from stasis.lab.scenario import Script

__all__ = ["Outcome", "Sipp"]

READY_SECONDS = 5.0
MEDIA_PORTS = 61_000, 65_500


@frozen
class Outcome:
    """How the calls of one SIPp went.

    answered: how many were. statuses: the refusals, like 486. ringing: how many were told that it
    rings. progress: how many had early audio.
    cancelled: how many were given up before the answer. by_us, by_them: who hung up.
    """

    answered: int = 0
    statuses: tuple[int, ...] = ()
    ringing: int = 0
    progress: int = 0
    cancelled: int = 0
    by_us: int = 0
    by_them: int = 0


@frozen
class Sipp:
    """One SIPp process. Made by `call` and `desk`; used as an async context manager."""

    process: asyncio.subprocess.Process = field(repr=False)
    folder: Path
    port: int

    @classmethod
    async def call(
        cls,
        server: int,
        extension: str,
        script: Script = (),
        *,
        number: str = "100",
        calls: int = 1,
        rate: float = 10.0,
        tone: float = 1000.0,
        patience: float = 30.0,
        cancel_after: float | None = None,
        stay: bool = False,
    ) -> Self:
        """Call an extension of the lab, and start doing the script when it answers.

        server: the lab's SIP port. script: a number waits so many seconds, a string presses digits;
        then it hangs up. number: the caller's number.
        calls, rate: how many, and how many start in a second. tone: what it sends, in Hz.
        patience: seconds to wait for the answer. cancel_after: give up unanswered so long after it
        has begun to ring, or to play something.
        stay: after the script wait for the other side to hang up, for `patience` at most.

        Raises LabUnavailable when SIPp is not installed.
        """
        folder = Path(tempfile.mkdtemp(prefix="stasis-sipp-"))
        text = scenario.caller(
            extension,
            script,
            number=number,
            stream=stream(folder, tone),
            patience=patience,
            cancel_after=cancel_after,
            stay=stay,
        )
        words = [f"127.0.0.1:{server}", "-m", str(calls), "-r", str(rate), "-l", str(calls)]
        return await cls.start(folder, text, free_port(), words)

    @classmethod
    async def desk(
        cls,
        port: int,
        script: Script = (),
        *,
        ring: float = 0.0,
        status: int = 200,
        calls: int = 1,
        tone: float = 1300.0,
        patience: float = 60.0,
    ) -> Self:
        """Be a desk of the lab, listening when this returns.

        port: one of the lab's desk_ports. script: what it does when answered, waits only; empty
        waits until the other side hangs up. ring: seconds until it answers or refuses.
        status: 200 answers, 486 is busy, 0 rings for ever, any other refuses with it.
        calls: how many it takes before it ends. tone: what it sends, in Hz.

        Raises LabUnavailable when SIPp is not installed, PhoneError when the port is taken.
        """
        folder = Path(tempfile.mkdtemp(prefix="stasis-sipp-"))
        text = scenario.callee(
            script, ring=ring, status=status, stream=stream(folder, tone), patience=patience
        )
        if not bindable(port):
            shutil.rmtree(folder)
            raise PhoneError(f"UDP port {port} is taken: another desk listens there")
        sipp = await cls.start(folder, text, port, ["-m", str(calls)])
        until = asyncio.get_running_loop().time() + READY_SECONDS
        while bindable(port):
            if sipp.process.returncode is not None or asyncio.get_running_loop().time() > until:
                last = sipp.last()
                await sipp.close()
                raise PhoneError(f"SIPp does not listen on {port}: {last}")
            await asyncio.sleep(0.01)
        return sipp

    @classmethod
    async def start(cls, folder: Path, text: str, port: int, words: list[str]) -> Self:
        """Run SIPp on a scenario."""
        (folder / "scenario.xml").write_text(text, "utf-8")
        arguments = [
            *("-sf", "scenario.xml", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port)),
            *("-mp", str(media_port(port)), "-nostdin", "-trace_logs", "-log_file", "calls.log"),
            *("-trace_err", "-error_file", "errors.log"),
        ]
        try:
            process = await asyncio.create_subprocess_exec(
                "sipp",
                *words,
                *arguments,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except FileNotFoundError:
            shutil.rmtree(folder)
            wanted = ["sip-tester"]
            raise LabUnavailable("SIPp (package sip-tester)", command=command(wanted)) from None
        return cls(process, folder, port)

    async def finished(self, timeout: float = 60.0) -> Outcome:
        """Wait until all its calls are over, and say how they went.

        timeout: seconds. Raises PhoneError with SIPp's last words when it takes longer, or when a
        call broke off in a way the scenario does not know.
        """
        try:
            async with asyncio.timeout(timeout):
                code = await self.process.wait()
        except TimeoutError:
            raise PhoneError(
                f"the calls were not over after {timeout:g} s: {self.last()}"
            ) from None
        if code:
            raise PhoneError(f"SIPp ended with {code}, so far {self.outcome()}: {self.last()}")
        return self.outcome()

    def outcome(self) -> Outcome:
        """How its calls went until now."""
        log = self.folder / "calls.log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        statuses = [int(each.split()[1]) for each in lines if re.fullmatch(r"status \d+", each)]
        return Outcome(
            answered=lines.count("answered"),
            statuses=tuple(statuses),
            ringing=lines.count("ringing"),
            progress=lines.count("progress"),
            cancelled=lines.count("cancelled"),
            by_us=lines.count("bye us"),
            by_them=lines.count("bye them"),
        )

    def last(self) -> str:
        """The end of SIPp's error file."""
        file = self.folder / "errors.log"
        return file.read_text("utf-8", "replace").strip()[-600:] if file.exists() else "no error"

    async def close(self) -> None:
        """End the process, calls and all, and delete its folder."""
        await end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def stream(folder: Path, tone: float) -> str:
    """A file of raw ulaw with two seconds of a tone; SIPp plays it in a loop. 0 Hz is silence."""
    file = folder / "tone.ulaw"
    file.write_bytes(ulaw(sine(tone, 2.0, 0.3)))
    return str(file)


def bindable(port: int) -> bool:
    """Whether nobody has the UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def media_port(port: int) -> int:
    """A port for SIPp's sound, which takes the three above it as well. port: its own, for SIP,
    which nobody has yet, so it must not be chosen again.

    Above those that the kernel gives to clients: every connection of anybody would take one.
    """
    while True:
        found = random.randrange(*MEDIA_PORTS, 4)  # noqa: S311  no secret
        ports = range(found, found + 4)
        if port not in ports and all(map(bindable, ports)):
            return found


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port nobody has now.

    For TCP one that the kernel gives to nobody by itself: a program that is about to listen there
    takes its time, and meanwhile others start servers on any port.
    """
    while True:
        wanted = random.randrange(*MEDIA_PORTS) if kind is socket.SOCK_STREAM else 0  # noqa: S311
        with socket.socket(socket.AF_INET, kind) as trial:
            try:
                trial.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(trial.getsockname()[1])
