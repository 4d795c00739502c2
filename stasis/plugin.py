"""A plugin: Stasis applications with their flows, and what belongs to them.

Plugins are found through the entry point group `stasis.plugins`; ours use the same door as
anybody's. A plugin that fails says why and does not take the others down, unless it is required.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve, frozen

from stasis.ari.events import Event
from stasis.config import Config
from stasis.errors import ConfigError, PluginError
from stasis.finding import Finding
from stasis.program import Program, Runnable, watch
from stasis.section import section

if TYPE_CHECKING:
    from aiohttp.web import RouteDef
    from typer import Typer

    from stasis.link import Link
    from stasis.servers import Servers
    from stasis.trigger import Gap

__all__ = ["GROUP", "Demo", "NoConfig", "Plugin", "discover", "load"]

GROUP = "stasis.plugins"


@frozen
class NoConfig:
    """The config class of a plugin that has no keys."""


@frozen
class Demo:
    """Where a plugin is tried out: `stasis run --lab --demo`.

    asterisk: the address of the lab's HTTP server, such as `http://127.0.0.1:8088`. folder: for
    files, with an absolute path; it goes when the lab does.
    """

    asterisk: str
    folder: str


class Plugin:
    """Base of a plugin. Subclass it, and name the class in the entry point group.

    name: of its table in stasis.toml, `[plugin.<name>]`. config_class: an attrs class made of
    `key(…)` fields. commands: a typer app that becomes `stasis <name> …`.
    hears: event kinds its code waits for and no table names; see `Flow.hears`. Each that comes is
    given to `heard`. watches: what it hears of beside its calls, such as `endpoint:PJSIP`, as of
    `Application.subscribe`. It is asked for at every connect, and comes by an application of its
    own, `<name>-watch`: in that of a call each of its events would come twice.
    config: the plugin's own configuration. servers: the links to all Asterisks, by their names,
    there from `start` on. running: all plugins that run, by name; see `others`.
    """

    name: ClassVar[str]
    config_class: ClassVar[type] = NoConfig
    commands: ClassVar[Typer | None] = None
    hears: ClassVar[tuple[type[Event], ...]] = ()
    watches: ClassVar[tuple[str, ...]] = ()
    servers: Servers
    running: Mapping[str, Plugin] = MappingProxyType({})

    def __init__(self, config: Any) -> None:
        self.config = config

    @property
    def asterisk(self) -> Link:
        """The link to the first Asterisk: the only one, for most programs. Raises ConfigError."""
        return self.servers.first

    @property
    def others(self) -> dict[str, Plugin]:
        """The other plugins that run, by name: in `start` those before it in `plugins.enabled`,
        and later all that have started and not stopped. One that failed to start is not there.
        """
        return {name: plugin for name, plugin in self.running.items() if plugin is not self}

    def flows(self) -> Mapping[str, Runnable]:
        """Stasis application names, each with a Flow class or an async function of a channel."""
        return {}

    def routes(self) -> Sequence[RouteDef]:
        """aiohttp routes, served below `/<name>` of stasis' HTTP server."""
        return ()

    def check(self) -> Sequence[Finding]:
        """What `stasis check` should say beside what it finds in the flows' tables."""
        return ()

    def sounds(self) -> Sequence[tuple[str, str]]:
        """Media that its flows play and their code does not name, such as those of a file:
        where each stands, and its URI. `stasis check` looks whether they are installed.
        """
        return ()

    @classmethod
    def demo(cls, where: Demo) -> Mapping[str, Any] | None:
        """The plugin's table for who tries it out on a lab, or None when there is nothing to try
        that would not be there anyway.
        """
        return None

    @classmethod
    def played(cls, config: Any) -> Any:
        """What its configuration becomes for `stasis play`, where nothing may be lasting: such as
        `attrs.evolve(config, database=Secret("sqlite://"))`, in memory.
        """
        return config

    def told(self, address: str) -> Sequence[str]:
        """Lines for who has started the program at a terminal, once it takes calls: where its
        page is, who may log in.

        address: of stasis' HTTP server, such as `http://127.0.0.1:8080`.
        """
        return ()

    async def start(self) -> None:
        """Get ready: open a database, read files. Called in order, before calls come in."""

    async def run(self) -> None:
        """Background work; cancelled at stop. The default returns at once."""

    def heard(self, event: Event, asterisk: Link) -> None:
        """An event of a kind in `hears`, as it comes, whoever's it is. It must not wait.

        asterisk: the link that it came by.
        """

    async def gap(self, gap: Gap) -> None:
        """Events were lost for a while, and everything was compared: look at what is yours.

        gap: from when to when.
        """

    async def stop(self) -> None:
        """Undo `start`. Called in reverse order, after the last call."""

    def programs(self) -> dict[str, Program]:
        """Its flows, ready to be run; and where it watches something, the application that hears
        of it. Raises FlowError.
        """
        programs = {app: Program.of(flow, self) for app, flow in self.flows().items()}
        if self.watches:
            hearing = Program.of(watch, self)
            programs[f"{self.name}-watch"] = evolve(hearing, watches=self.watches)
        return programs


def discover() -> dict[str, EntryPoint]:
    """The installed plugins by name. Raises PluginError when two share a name."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in found and found[point.name].value != point.value:
            raise PluginError(
                f"two plugins are called {point.name!r}: {found[point.name].value} and"
                f" {point.value}; uninstall one"
            )
        found[point.name] = point
    return found


def load(config: Config) -> tuple[list[Plugin], list[str]]:
    """Import and configure the enabled plugins.

    Where none are enabled by name, these are all that are installed; one whose entry point names
    an extra (`NAME = "package.plugin:Class [extra]"`) only when its table is in the configuration.

    Returns them, and one line for each that failed. Raises PluginError when one that failed is
    required or was named in `plugins.enabled`, and ConfigError for a wrong `[plugin.…]` table.
    """
    points = discover()
    named = config.plugins.enabled or [
        name for name, point in points.items() if not point.extras or name in config.plugin
    ]
    wanted = list(dict.fromkeys([*named, *config.plugins.required]))
    must = {*config.plugins.enabled, *config.plugins.required}
    for table in config.plugin:
        if table not in points:
            raise ConfigError(
                f"[plugin.{table}]: no such plugin; installed: {', '.join(points) or 'none'}"
                " (is the project installed? pip install -e .)"
            )
    plugins: list[Plugin] = []
    failed: list[str] = []
    for name in wanted:
        try:
            if name not in points:
                known = ", ".join(points) or "none"
                raise PluginError(
                    f"plugin {name!r} is not installed; installed: {known}"
                    " (is the project installed? pip install -e .)"
                )
            plugins.append(make(points[name], config))
        except PluginError as error:
            if name in must:
                raise
            failed.append(str(error))
    check_apps(plugins)
    return plugins, failed


def imported(point: EntryPoint) -> type[Plugin]:
    """A plugin's class. Raises PluginError."""
    try:
        kind = point.load()
    except (Exception, SystemExit) as error:
        if fix := extra_of(point, error):
            raise PluginError(f"plugin {point.name!r}: {error}; {fix}") from error
        raise PluginError(
            f"plugin {point.name!r} ({point.value}) cannot be imported:"
            f" {type(error).__name__}: {error}; fix it, or leave it out of plugins.enabled"
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, Plugin)):
        raise PluginError(
            f"plugin {point.name!r}: {point.value} is not a subclass of stasis.Plugin"
        )
    if getattr(kind, "name", None) != point.name:
        raise PluginError(
            f"plugin {point.name!r}: {point.value} must have name = {point.name!r}, as its entry"
            " point says"
        )
    return kind


def extra_of(point: EntryPoint, error: BaseException) -> str:
    """How to install what is missing, when the entry point names the extra that has it; or ""."""
    if not point.extras or not isinstance(error, ModuleNotFoundError) or point.dist is None:
        return ""
    if (error.name or "").partition(".")[0] == point.module.partition(".")[0]:
        return ""
    return f"pip install '{point.dist.name}[{','.join(point.extras)}]'"


def make(point: EntryPoint, config: Config) -> Plugin:
    """One plugin, imported and configured. Raises PluginError, ConfigError."""
    kind = imported(point)
    table = config.plugin.get(point.name, {})
    settings: object = section(kind.config_class, table, f"[plugin.{point.name}]")
    try:
        plugin = kind(settings)
        plugin.programs()
    except ConfigError:
        raise
    except Exception as error:
        raise PluginError(
            f"plugin {point.name!r} cannot be set up: {type(error).__name__}: {error}"
        ) from error
    return plugin


def check_apps(plugins: Sequence[Plugin]) -> None:
    """No Stasis application may belong to two plugins. Raises PluginError."""
    owners: dict[str, str] = {}
    for plugin in plugins:
        for app in plugin.flows():
            if app in owners:
                raise PluginError(
                    f"the application {app!r} is declared by {owners[app]!r} and {plugin.name!r}"
                )
            owners[app] = plugin.name
