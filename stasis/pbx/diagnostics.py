"""Looking into Asterisk while it runs: SIP, debug and verbose, captures, and a support archive.

What is switched on here goes off by itself: see `switch_off`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress

import msgspec

from stasis.pbx.archive import archived
from stasis.pbx.collect import collected
from stasis.pbx.core_settings import CoreLines
from stasis.pbx.download import Download
from stasis.pbx.errors import Missing, Needs, Refused
from stasis.pbx.group import Group
from stasis.pbx.happening import arguments, unset
from stasis.pbx.retrieved import Retrieved
from stasis.pbx.switch_off import SwitchOff
from stasis.pbx.thing import thing
from stasis.pbx.values import Address, ChannelName, Level, ModuleName, Watching

__all__ = ["Diagnostics", "Levels"]

# Longer than what is watched for: the server switches off only if we do not.
LATER_SECONDS = 30.0
# How long a lost connection may take to be back, for what has to be set back.
BACK_SECONDS = 30.0
SIP_OFF = ("pjsip set logger off", "pjsip set logger verbose on")


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """How much Asterisk tells.

    off_by_itself: what the server will switch off: debug, sip, capture, trace.
    """

    debug: int
    verbose: int
    off_by_itself: Sequence[str]


class Diagnostics(Group):
    """SIP and debug logs, captures, the support archive."""

    name = "diagnostics"
    _raised = False  # whether `verbose` has set the level, and has not set it back yet

    @thing("GET /diagnostics/levels")
    async def levels(self) -> Levels:
        """How much Asterisk tells now, and what of it goes off by itself.

        Returns it. Raises PbxError. CLI: core show settings; AMI: CoreShowChannels.
        """
        core = CoreLines.of(await self.ways.command("core show settings"))
        return Levels(
            debug=core.number("Debug level") or 0,
            verbose=core.number("Root console verbosity") or 0,
            off_by_itself=sorted(await SwitchOff(self.ways).armed()),
        )

    @thing("PUT /diagnostics/debug", scope="admin")
    async def debug(
        self, level: Level, seconds: Watching = 300.0, module: ModuleName = ""
    ) -> Levels:
        """Set the debug level, and have Asterisk set it back to 0 after so many seconds.

        level: 0 is off, at once. module: of this one only. It is seen where a log takes `debug`;
        `trace` brings such a log.

        Returns the levels then; a module's own is not among them. Raises Needs when Asterisk could
        not switch it off by itself; PbxError. CLI: core set debug.
        """
        only = f" {module.removesuffix('.so')}" if module else ""
        off = SwitchOff(self.ways)
        if level:
            lines = [f"core set debug 0{only}"] if only else []
            await off.arm("debug", [*lines, "core set debug off"], seconds)
        else:
            await off.disarm("debug")
        told = await self.ways.command(f"core set debug {level}{only}")
        if not any("debug" in line for line in told):
            raise Refused("diagnostics.debug", " ".join(told).strip())
        return await self.levels()

    @thing("PUT /diagnostics/verbose", scope="admin")
    async def verbose(self, level: Level, seconds: Watching = 60.0) -> Levels:
        """Set the verbose level for so many seconds, and then back to what it was.

        It waits so long, and sets it back also when it is interrupted. Only a manager connection
        can set it, none of Asterisk's own: if this program is killed meanwhile, it stays.
        With way = "local" in [asterisk.cli] it is not possible. `trace` needs neither.

        Returns the levels, as they are again. Raises Refused while another one waits, Needs,
        PbxError. CLI: core set verbose.
        """
        if self.ways.config.cli.way == "local":
            raise Needs("diagnostics.verbose", "needs AMI: `asterisk -rx` sets only its own level")
        if self._raised:  # it would take the other's level for what it was
            raise Refused("diagnostics.verbose", "it is set already: wait until it is back")
        self._raised = True
        try:
            before = (await self.levels()).verbose
            try:
                await self.ways.command(f"core set verbose {level}")
                await asyncio.sleep(seconds)
            finally:
                with suppress(TimeoutError):
                    await (await self.ways.ami()).ready(BACK_SECONDS)
                await self.ways.command(f"core set verbose {before}")
        finally:
            self._raised = False
        return await self.levels()

    @thing("POST /diagnostics/sip", needs="res_pjsip_logger.so", scope="admin")
    async def sip_on(self, host: Address = "", seconds: Watching = 300.0) -> Levels:
        """Log every SIP message, and have Asterisk stop it after so many seconds.

        host: only those from and to this address. They are seen where a log takes `verbose`;
        `trace` brings such a log, `capture` a file for Wireshark.

        Returns the levels. Raises Needs when Asterisk could not switch it off by itself, Refused
        while a capture runs; PbxError. CLI: pjsip set logger.
        """
        off = SwitchOff(self.ways)
        if "capture" in await off.armed():
            raise Refused("diagnostics.sip_on", "a capture runs; it ends the SIP log with it")
        await off.arm("sip", SIP_OFF, seconds)
        await self._logger(host)
        return await self.levels()

    @thing("DELETE /diagnostics/sip", needs="res_pjsip_logger.so", scope="admin")
    async def sip_off(self) -> None:
        """Log no SIP messages any more.

        Raises PbxError. CLI: pjsip set logger off.
        """
        off = SwitchOff(self.ways)
        for line in SIP_OFF:
            await self.ways.command(line)
        await off.disarm("sip")
        await off.disarm("capture")

    @thing("POST /diagnostics/capture", needs="res_pjsip_logger.so", scope="admin")
    async def capture(self, seconds: Watching = 30.0, host: Address = "") -> Download:
        """Capture SIP for so many seconds, for Wireshark: also what was encrypted by TLS.

        host: only what comes from and goes to this address. It is Asterisk's own SIP logger that
        writes it, so no rights on the server are needed; the audio is not in it. The SIP log ends
        with it.

        Returns a pcap file. Raises Refused when the SIP logger is in use, Needs; PbxError.
        CLI: pjsip set logger pcap; ARI: GET /recordings/stored/{name}/file.
        """
        file = await self._watched("capture", SIP_OFF, seconds, "sip")
        try:
            told = " ".join(await self.ways.command(f"pjsip set logger pcap {file.path}"))
            if "pcap file" not in told or told.startswith("Failed"):
                raise Needs(
                    "diagnostics.capture",
                    told
                    if told.startswith("Failed")
                    else "needs a newer 16, or 18: this Asterisk's SIP logger writes no pcap files",
                )
            await self.ways.command("pjsip set logger verbose off")
            await self._logger(host)
            await asyncio.sleep(seconds)
        except BaseException:
            await file.delete()
            raise
        finally:
            await self.sip_off()
        return download("sip.pcap", "application/vnd.tcpdump.pcap", await taken(file))

    @thing("POST /diagnostics/trace", scope="admin")
    async def trace(
        self,
        seconds: Watching = 30.0,
        verbose: Level = 5,
        debug: Level = 0,
        module: ModuleName = "",
        sip: bool = False,
    ) -> Download:
        """Log everything for so many seconds into a file of its own, and bring it.

        verbose, debug: how much. module: debug of this one only. sip: SIP messages too. The other
        logs stay as they are, except that with debug and sip they may get more of these.

        Returns the log. Raises Refused when a trace runs already, Needs, PbxError.
        CLI: logger add channel; ARI: GET /recordings/stored/{name}/file.
        """
        only = f" {module.removesuffix('.so')}" if module else ""
        off = [*(SIP_OFF if sip else ())]
        if debug:
            off += [f"core set debug 0{only}"]
        file = await self._watched("trace", off, seconds)
        levels = f"notice,warning,error,verbose({verbose})" + (",debug" if debug else "")
        try:
            told = await self.ways.command(f"logger add channel {file.path} {levels}")
            if any(line.strip() for line in told):
                raise Refused("diagnostics.trace", " ".join(told).strip())
            if debug:
                await self.ways.command(f"core set debug {debug}{only}")
            if sip:
                await self._logger("")
            await asyncio.sleep(seconds)
        except BaseException:
            await file.delete()
            raise
        finally:
            for line in off:
                await self.ways.command(line)
            await self.ways.command(f"logger remove channel {file.path}")
            await SwitchOff(self.ways).disarm("trace")
        return download("trace.log", "text/plain", await taken(file))

    @thing("GET /diagnostics/channel")
    async def channel(self, channel: ChannelName) -> Sequence[str]:
        """Everything that Asterisk tells of a channel, in its own words, without secrets.

        Returns the lines. Raises Missing when it is not there; PbxError. CLI: core show channel.
        """
        lines = await self.ways.command(f"core show channel {channel}")
        if any(line.endswith("is not a known channel") for line in lines):
            raise Missing("diagnostics.channel", f"there is no channel {channel}")
        return [line.rstrip() for line in without_secrets(lines)]

    @thing("GET /diagnostics/archive", scope="admin")
    async def archive(self) -> Download:
        """One zip file for whoever is to help: versions, settings, configuration, logs.

        Without secrets: passwords, PINs and keys are `***`, wherever they stand. It does name
        people, numbers and addresses. The end of the log is in it when Asterisk runs on this
        machine and its log may be read.

        Returns it. Raises PbxError. AMI: GetConfig; CLI: core show settings, and others.
        """
        name, data = archived(await collected(self.ways))
        return download(name, "application/zip", data)

    async def _logger(self, host: str) -> None:
        """Switch the SIP logger on. Raises Needs."""
        told = await self.ways.command(f"pjsip set logger {f'host {host}' if host else 'on'}")
        if not any("nabled" in line for line in told):
            raise Needs("diagnostics.sip", f"needs the SIP logger of res_pjsip_logger.so: {told}")

    async def _watched(
        self, name: str, off: Sequence[str], seconds: float, *besides: str
    ) -> Retrieved:
        """A file to be written, and what ends that if we do not. besides: must not be on either."""
        switch = SwitchOff(self.ways)
        if busy := {name, *besides} & await switch.armed():
            raise Refused(
                f"diagnostics.{name}", f"{busy.pop()} is on: switch it off, or wait for its end"
            )
        file = await Retrieved.new(self.ways, name)
        lines = [*off, f"logger remove channel {file.path}"] if name == "trace" else off
        await switch.arm(name, lines, seconds + LATER_SECONDS)
        return file


def without_secrets(lines: Iterable[str]) -> Iterator[str]:
    """What `core show channel` prints, without PINs and the values of secret variables."""
    application = ""
    for line in lines:
        # `Data: x` of what is being done, and `level 1: lastdata=x` of the call record.
        head, sign, value = line.partition("=" if line.startswith("level ") else ": ")
        word = head.split(" ")[-1].lower()
        if word in ("application", "lastapp"):
            application = value.strip()
        if word in ("data", "lastdata"):
            yield f"{head}{sign}{arguments(application, value)}"
        else:
            yield unset(line)


async def taken(file: Retrieved) -> bytes:
    """What is in a file, which is deleted."""
    try:
        return await file.read()
    finally:
        await file.delete()


def download(name: str, kind: str, data: bytes) -> Download:
    """Bytes as a file."""

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return Download(name=name, kind=kind, chunks=chunks(), size=len(data))
