"""What a support archive is made of, asked of one Asterisk."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from attrs import field, frozen

from stasis.ami import AmiError
from stasis.pbx.config_edit import ConfigFiles
from stasis.pbx.config_file import ConfigFile
from stasis.pbx.core_settings import CoreLines
from stasis.pbx.errors import Missing, PbxError
from stasis.pbx.ways import Ways

__all__ = ["COMMANDS", "FILES", "Collected", "collected"]

# What is asked on the command line, and the file that its answer becomes.
COMMANDS = {
    "version": "core show version",
    "uptime": "core show uptime",
    "settings": "core show settings",
    "modules": "module show",
    "channels": "core show channels verbose",
    "bridges": "bridge show all",
    "taskprocessors": "core show taskprocessors",
    "threads": "core show threads",
    "logs": "logger show channels",
    "http": "http show status",
    "manager": "manager show settings",
    "applications": "ari show apps",
    "endpoints": "pjsip show endpoints",
    "contacts": "pjsip show contacts",
    "registrations": "pjsip show registrations",
    "transports": "pjsip show transports",
    "queues": "queue show",
    "music": "moh show classes",
    "conferences": "confbridge list",
    "locks": "core show locks",
}
# Which configuration files: those that are not there are left out. The guide's come first.
FILES = tuple(
    f"{name}.conf"
    for name in (
        "asterisk extensions pjsip queues voicemail musiconhold manager http ari rtp features"
        " confbridge modules logger acl sorcery extconfig cdr cdr_manager cdr_csv cdr_custom"
        " cdr_pgsql cdr_odbc cdr_adaptive_odbc cdr_sqlite3_custom cel cel_manager cel_pgsql"
        " cel_odbc res_odbc res_pgsql res_config_mysql res_config_sqlite3 res_ldap res_curl"
        " res_parking res_fax res_snmp res_stun_monitor res_http_media_cache prometheus statsd"
        " hep pjproject pjsip_notify pjsip_wizard websocket_client chan_websocket sip iax users"
        " agents meetme minivm dnsmgr dsp udptl indications ccss codecs cli cli_permissions"
        " stasis stir_shaken geolocation aeap xmpp motif calendar followme phoneprov dundi osp"
        " say vpb chan_dahdi unistim skinny queuerules telcordia-1 func_odbc"
    ).split()
)
# What a command that a version or its modules lack is answered with.
UNKNOWN = "No such command"
LOG_BYTES = 512 * 1024
LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


@frozen
class Collected:
    """What was found. commands: answers by file name. files: configuration. logs: their ends.
    problems: what could not be asked, in words.
    """

    commands: dict[str, str] = field(factory=dict)
    files: list[ConfigFile] = field(factory=list)
    logs: dict[str, str] = field(factory=dict)
    problems: list[str] = field(factory=list)


async def collected(ways: Ways) -> Collected:
    """Ask for everything; what is refused is a problem, and the rest goes on.

    Raises PbxError, AmiError when Asterisk is not reached at all.
    """
    settings = CoreLines.of(await ways.command("core show settings"))
    found = Collected()
    for name, line in COMMANDS.items():
        try:
            lines = await ways.command(line)
        except (PbxError, AmiError) as error:
            if UNKNOWN not in str(error):
                found.problems.append(f"{line}: {error}")
            continue
        if not lines or not lines[0].startswith(UNKNOWN):
            found.commands[name] = "\n".join(lines) + "\n"
    files = ConfigFiles(ways)
    for name in FILES:
        try:
            found.files.append(await files.read(name))
        except Missing:
            continue
        except (PbxError, AmiError) as error:
            found.problems.append(f"{name}: {error}")
    folder = settings.directories.get("Log directory", "")
    if ways.config.manager().host in LOOPBACK and folder:
        found.logs.update(await asyncio.to_thread(ends, Path(folder)))
    if not found.logs:
        found.problems.append(f"the logs in {folder} on Asterisk's machine could not be read here")
    return found


def ends(folder: Path) -> dict[str, str]:
    """The ends of the logs in a folder, those that can be read. It blocks."""
    found: dict[str, str] = {}
    for name in ("messages", "messages.log", "full", "full.log"):
        try:
            with (folder / name).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - LOG_BYTES))
                found[name] = file.read(LOG_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
    return found
