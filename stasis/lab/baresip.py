"""baresip as a phone that listens: it records what it hears, presses digits, registers, answers.

Controlled over its TCP port (JSON in netstrings, see `Wire`). It sends a tone or a sound file and
writes what it hears to a WAV file, which is whole when the call is over; silence in which Asterisk
sends no audio is not in it. Each is one process in a folder of its own; leaving the `async with`
ends both. One call at a time.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import tempfile
from array import array
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from attrs import define, field

from stasis.lab.audio import samples
from stasis.lab.fault import LabUnavailable, PhoneError
from stasis.lab.music import RATE, sine, write
from stasis.lab.packages import command
from stasis.lab.process import end
from stasis.lab.wire import Wire

__all__ = ["Baresip"]

READY_SECONDS = 5.0
PORTS = 9_100, 12_000
SOURCE_SECONDS = 300  # how long it has something to say
MODULES = Path("/usr/lib/baresip/modules")

CONFIG = """sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
rtp_ports 32000-32767
jitter_buffer_type off
jitter_buffer_delay 0-0
audio_channels 1
audio_source aufile,{folder}/source.wav
audio_player aubridge,nowhere
snd_path {folder}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


@define
class Baresip:
    """One phone. Made by `start`; used as an async context manager.

    user: its name, and the caller's number. server: the lab's SIP port. port: its own.
    """

    user: str
    server: int
    port: int
    folder: Path
    process: asyncio.subprocess.Process = field(repr=False)
    wire: Wire = field(repr=False)

    @classmethod
    async def start(
        cls,
        server: int,
        *,
        user: str = "200",
        password: str | None = None,
        register: bool = False,
        port: int | None = None,
        answer: Literal["auto", "manual"] = "auto",
        source: float | Path = 700.0,
    ) -> Self:
        """Start a phone, ready to call and to be called when this returns.

        server: the lab's SIP port. user, password: as in lab.phones; no password for a phone that
        the lab knows by its address. register: become reachable as PJSIP/user; waits for it.
        port: its own UDP port, one of the lab's desk_ports to be PJSIP/desk1 (user "desk1").
        answer: what it does when called. source: what it says, a tone in Hz or a sound file.

        Raises LabUnavailable when baresip is not installed, PhoneError when it does not start or
        the registration is refused.
        """
        words = spoken(source)
        # Another phone may choose the same ports at the same moment.
        for last in (port is not None, False, True):
            try:
                own, folder, process, wire = await launch(port, words)
                break
            except PhoneError:
                if last:
                    raise
        phone = cls(user, server, own, folder, process, wire)
        # The account is made now, not from a file: its registration would be over before we listen.
        account = f"<sip:{user}@127.0.0.1:{server};transport=udp>;answermode={answer}"
        account += f";regint={60 if register else 0}"
        account += f";auth_pass={password}" if password else ""
        try:
            await wire.ask("uanew", account)
            if register:
                await phone.registered()
        except BaseException:
            await phone.close()
            raise
        return phone

    async def registered(self, timeout: float = 10.0) -> None:
        """Wait until Asterisk has accepted the registration. Raises PhoneError when it does not."""
        event = await self.wire.event("REGISTER_OK", "REGISTER_FAIL", timeout=timeout)
        if event["type"] == "REGISTER_FAIL":
            raise PhoneError(f"{self.user} is not registered: {event.get('param', '')}")

    async def dial(self, extension: str, timeout: float | None = 10.0) -> None:
        """Call an extension of the lab and wait until it answers.

        timeout: seconds; None does not wait at all. Raises PhoneError with Asterisk's status when
        the call is refused, or when nobody answers in time.
        """
        self.wire.forget()
        await self.wire.ask("dial", f"sip:{extension}@127.0.0.1:{self.server}")
        if timeout is not None:
            await self.established(timeout, f"the call to {extension} was refused")

    async def established(self, timeout: float = 10.0, ended: str = "") -> None:
        """Wait until the call is answered. Raises PhoneError when it ends before, or too late.

        ended: what the error says when it ends before.
        """
        event = await self.wire.event("CALL_ESTABLISHED", "CALL_CLOSED", timeout=timeout)
        if event["type"] == "CALL_CLOSED":
            told = ended or f"{self.user}'s call was not answered"
            raise PhoneError(f"{told}: {event.get('param', '')}")

    async def incoming(self, timeout: float = 10.0) -> str:
        """Wait for a call. Returns who calls, a SIP URI. Raises PhoneError when nobody does.

        A phone that answers by itself tells only of the answer; `established` waits for that too.
        """
        event = await self.wire.event(
            "CALL_INCOMING", "CALL_ESTABLISHED", timeout=timeout, keep="CALL_ESTABLISHED"
        )
        return str(event.get("peeruri", ""))

    async def accept(self) -> None:
        """Answer the call that comes in."""
        await self.wire.ask("accept")

    async def press(self, digits: str) -> None:
        """Press digits, by RFC 4733. Returns at once; each takes about a quarter of a second."""
        for digit in digits:
            await self.wire.ask("sndcode", digit)

    async def hangup(self) -> None:
        """Hang up, or refuse the call that comes in (486)."""
        await self.wire.ask("hangup")

    async def closed(self, timeout: float = 30.0) -> str:
        """Wait until the call is over. Returns the reason. Raises PhoneError when it goes on."""
        event = await self.wire.event("CALL_CLOSED", timeout=timeout)
        return str(event.get("param", ""))

    def heard(self) -> Path:
        """What it heard in the last call: a WAV file, 8 kHz mono, which goes with the phone.

        Raises PhoneError when it had no call with audio.
        """
        files = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda each: each.stat().st_mtime_ns)
        if not files:
            raise PhoneError(f"{self.user} has heard nothing: no call was answered")
        return files[-1]

    async def close(self) -> None:
        """End the phone, its call too, and delete its folder."""
        await self.wire.close()
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


async def launch(
    port: int | None, source: array[int]
) -> tuple[int, Path, asyncio.subprocess.Process, Wire]:
    """Start the process and connect to it. Raises PhoneError with its last words."""
    folder = Path(tempfile.mkdtemp(prefix="stasis-baresip-"))
    with ExitStack() as held:
        own = phone_port(held) if port is None else port
        control = phone_port(held)
        text = CONFIG.format(sip=own, folder=folder, control=control, modules=MODULES)
        (folder / "config").write_text(text, "utf-8")
        for name in ("contacts", "accounts"):
            (folder / name).write_text("", "utf-8")
        write(folder / "source.wav", source)
        with (folder / "output.log").open("wb") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *("baresip", "-f", str(folder)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            except FileNotFoundError:
                shutil.rmtree(folder)
                wanted = command(["baresip"])
                raise LabUnavailable("baresip (package baresip)", command=wanted) from None
        try:
            return own, folder, process, await Wire.connect(control, READY_SECONDS, process)
        except PhoneError as error:
            said = (folder / "output.log").read_text("utf-8", "replace")[-600:]
            await end(process)
            shutil.rmtree(folder)
            raise PhoneError(f"{error}\n{said}") from None


def phone_port(held: ExitStack) -> int:
    """A port for a phone: nobody has it, nor the next one, which is for TLS.

    held: until it is left no other phone gets the port, though baresip does: two that start at
    the same moment would find the same one free, and the command meant for one go to the other.
    Below those that the kernel gives to clients: every connection of anybody would take one.
    """
    while True:
        port = random.randrange(*PORTS, 2)  # noqa: S311  no secret
        with ExitStack() as trial:
            try:
                for each in (port, port + 1):
                    bound(each, socket.SOCK_DGRAM, trial).close()
                    bound(each, socket.SOCK_STREAM, trial)
            except OSError:
                continue
            held.push(trial.pop_all())
            return port


def bound(port: int, kind: socket.SocketKind, held: ExitStack) -> socket.socket:
    """A socket that has a port until `held` is left. Raises OSError when somebody has it."""
    own = held.enter_context(socket.socket(socket.AF_INET, kind))
    own.bind(("127.0.0.1", port))
    # Asked for alone, shared with who asks to share it, as baresip does for what it listens on.
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return own


def spoken(source: float | Path) -> array[int]:
    """What the phone says, over and over: a tone, or a sound file."""
    piece = samples(source) if isinstance(source, Path) else sine(source, 1.0, 0.3)
    return piece * max(1, SOURCE_SECONDS * RATE // max(1, len(piece)))
