"""Asterisk itself: its version, how long it runs, modules, logs, and restarting or ending it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from stasis.ami import actions
from stasis.pbx.core_settings import CoreLines, seconds_in
from stasis.pbx.errors import Refused
from stasis.pbx.group import Group
from stasis.pbx.restart import Ended, How, end
from stasis.pbx.thing import thing
from stasis.pbx.values import ModuleName, Seconds

__all__ = ["LogFile", "ModuleInfo", "SystemSettings", "System", "Uptime", "VersionInfo"]


class VersionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Which Asterisk it is. ami: the version of the manager interface. built: by whom and when."""

    version: str
    ami: str
    system_name: str
    built: str


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """How long Asterisk runs.

    seconds: since its start; reloaded: since it last read all its files. started: by the server's
    own clock. calls: channels now; processed: calls since the start, from 18.
    """

    seconds: int
    reloaded: int
    started: datetime | None
    calls: int | None
    processed: int | None


class SystemSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How Asterisk is set up.

    max_calls, max_load: None is without limit. open_files: at most. entity: the id it has on its
    network. on: its subsystems. directories: where things are. more: the rest, in its own words.
    """

    version: str
    system_name: str
    entity: str
    language: str
    user: str
    group: str
    max_calls: int | None
    max_load: float | None
    open_files: int | None
    debug: int
    verbose: int
    on: Mapping[str, bool]
    directories: Mapping[str, str]
    more: Mapping[str, str]


class ModuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A module. uses: how many things use it now. support: core, extended or deprecated."""

    name: str
    status: str
    uses: int
    support: str
    description: str


class LogFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where Asterisk logs to. levels: what of."""

    name: str
    kind: str
    status: str
    levels: str


# What stands in fields of their own.
TOLD = frozenset(
    {
        "Version",
        "System name",
        "Entity ID",
        "Default language",
        "Maximum calls",
        "Maximum load average",
        "Maximum open file handles",
        "Debug level",
        "Root console verbosity",
        "User name and group",
    }
)


class System(Group):
    """Asterisk itself: version, modules, logs, restart."""

    name = "system"

    @thing("GET /system/version")
    async def version(self) -> VersionInfo:
        """Which version runs.

        Returns it. Raises PbxError. AMI: CoreSettings; CLI: core show version.
        """
        found = await self.ask(actions.CoreSettings())
        line = " ".join(await self.ways.command("core show version"))
        return VersionInfo(
            version=found.asterisk_version,
            ami=found.ami_version,
            system_name=found.system_name,
            built=line.partition(" built by ")[2].strip(),
        )

    @thing("GET /system/uptime")
    async def uptime(self) -> Uptime:
        """How long it runs, and how many calls there are.

        Returns it. Raises PbxError. AMI: CoreStatus; CLI: core show uptime seconds.
        """
        status = await self.ask(actions.CoreStatus())
        told = seconds_in(await self.ways.command("core show uptime seconds"))
        return Uptime(
            seconds=told.get("System uptime", 0),
            reloaded=told.get("Last reload", 0),
            started=moment(status.core_startup_date, status.core_startup_time),
            calls=status.core_current_calls,
            processed=status.core_processed_calls,
        )

    @thing("GET /system/settings")
    async def settings(self) -> SystemSettings:
        """How it is set up, and where its files are.

        Returns it. Raises PbxError. CLI: core show settings.
        """
        return settings_of(CoreLines.of(await self.ways.command("core show settings")))

    @thing("GET /system/modules")
    async def modules(self, like: ModuleName = "") -> Sequence[ModuleInfo]:
        """List the modules that are loaded. like: only those whose name has this in it.

        Returns them by name. Raises PbxError. ARI: GET /asterisk/modules.
        """
        found = await (await self.ways.ari()).asterisk.list_modules()
        return [
            ModuleInfo(
                name=each.name,
                status=each.status,
                uses=each.use_count,
                support=each.support_level,
                description=each.description,
            )
            for each in sorted(found, key=lambda each: each.name)
            if like in each.name
        ]

    @thing("POST /system/modules/{module}", scope="admin")
    async def load(self, module: ModuleName) -> None:
        """Load a module.

        Raises Missing when there is no such module, Refused when it is loaded or does not want to
        be; PbxError. ARI: PUT /asterisk/modules/{moduleName}.
        """
        await (await self.ways.ari()).asterisk.load_module(shared(module))

    @thing(
        "DELETE /system/modules/{module}",
        scope="admin",
        confirm="what the module does is not there any more until it is loaded again",
    )
    async def unload(self, module: ModuleName, *, confirm: bool = False) -> None:
        """Unload a module. One that is in use stays.

        Raises Missing when it is not loaded, Refused when it is in use; PbxError.
        ARI: DELETE /asterisk/modules/{moduleName}.
        """
        await (await self.ways.ari()).asterisk.unload_module(shared(module))

    @thing("POST /system/reload", scope="admin")
    async def reload(self, module: ModuleName = "") -> None:
        """Have a module read its configuration again, or every module. Calls go on.

        module: such as res_musiconhold, or a part of the core: http, logger, cdr, manager; none
        means all. Raises Missing, Refused when it cannot be reloaded, PbxError. AMI: Reload.
        """
        await self.ask(actions.Reload(module=module or None))

    @thing("GET /system/logs")
    async def logs(self) -> Sequence[LogFile]:
        """List where Asterisk logs to.

        Returns them. Raises PbxError. ARI: GET /asterisk/logging.
        """
        found = await (await self.ways.ari()).asterisk.list_log_channels()
        return [
            LogFile(
                name=each.channel,
                kind=each.type,
                status=each.status,
                levels=" ".join(each.configuration.replace("-", " ").split()),
            )
            for each in found
        ]

    @thing("POST /system/logs/rotate", scope="admin")
    async def rotate(self) -> None:
        """Begin new log files; the old ones are kept beside them.

        Raises PbxError. AMI: LoggerRotate.
        """
        await self.ask(actions.LoggerRotate())

    @thing("POST /system/restart", scope="admin", confirm="Asterisk restarts; `now` ends all calls")
    async def restart(self, how: How, seconds: Seconds = 60.0, *, confirm: bool = False) -> Ended:
        """Restart Asterisk, and wait until it is back.

        how: `idle` waits for a moment without calls, and takes calls until then; `gracefully`
        takes no more calls and waits for those there are, and nothing else can be asked of it
        meanwhile; `now` ends all calls. seconds: to watch; it goes on waiting for calls after it.

        Returns what became of it. Raises PbxError when it was not told. CLI: core restart.
        """
        return await end(self.ways, "restart", how, seconds)

    @thing("POST /system/shutdown", scope="admin", confirm="Asterisk ends, and does not come back")
    async def shutdown(self, how: How, seconds: Seconds = 60.0, *, confirm: bool = False) -> Ended:
        """End Asterisk. It comes back only if something else starts it, such as systemd.

        how, seconds: as of restart.

        Returns what became of it. Raises PbxError when it was not told. CLI: core stop.
        """
        return await end(self.ways, "stop", how, seconds)

    @thing("DELETE /system/restart", scope="admin")
    async def abort(self) -> None:
        """Take back a restart or a shutdown that still waits for calls to end.

        One that was ordered `gracefully` is taken back only with way = "local" in [asterisk.cli]:
        AMI refuses everything by then. Raises PbxError. CLI: core abort shutdown.
        """
        lines = await self.ways.command("core abort shutdown")
        if any("no such command" in each.lower() for each in lines):
            raise Refused("system.abort", " ".join(lines).strip())


def settings_of(lines: CoreLines) -> SystemSettings:
    """SystemSettings out of what the command prints."""
    core = lines.core
    user, _, group = core.get("User name and group", "").partition("/")
    load = core.get("Maximum load average", "")
    most = float(load) if load.replace(".", "", 1).isdigit() else 0.0
    return SystemSettings(
        version=core.get("Version", ""),
        system_name=core.get("System name", ""),
        entity=core.get("Entity ID", ""),
        language=core.get("Default language", ""),
        user=user,
        group=group,
        max_calls=lines.number("Maximum calls"),
        max_load=most or None,
        open_files=lines.number("Maximum open file handles"),
        debug=lines.number("Debug level") or 0,
        verbose=lines.number("Root console verbosity") or 0,
        on={name: value == "Enabled" for name, value in lines.subsystems.items()},
        directories=lines.directories,
        more={name: value for name, value in core.items() if name not in TOLD},
    )


def moment(date: str, time: str) -> datetime | None:
    """A date and a time as the server tells them; None when they are none."""
    try:
        return datetime.fromisoformat(f"{date}T{time}")
    except ValueError:
        return None


def shared(module: str) -> str:
    """A module as ARI names it: with `.so`."""
    return module if module.endswith(".so") else f"{module}.so"
