"""Plugins: found by entry point, configured by their table, and each one's fault is its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import attrs
import pytest

from stasis import plugin as module
from stasis.ari.events import DeviceStateChanged, Event, StasisStart
from stasis.config import Config, PluginsConfig
from stasis.errors import ConfigError, PluginError
from stasis.flow import Flow
from stasis.link import Link
from stasis.plugin import GROUP, NoConfig, Plugin, discover, load
from stasis.program import Program
from stasis.section import key
from stasis.testing import Asterisk, virtual_time


@attrs.frozen
class DoorConfig:
    """One key."""

    code: int = key(1234, "the door's code")


class Ivr(Flow):
    """A flow."""

    async def menu(self, event: Event) -> None: ...

    start = menu


class Door(Plugin):
    """A plugin with a flow and a config class."""

    name = "door"
    config_class = DoorConfig

    def flows(self) -> dict[str, Any]:
        return {"door": Ivr}


class Bell(Plugin):
    """A plugin with the least there is."""

    name = "bell"


class Twin(Plugin):
    """A plugin that declares another's application."""

    name = "twin"

    def flows(self) -> dict[str, Any]:
        return {"door": Ivr}


class Raising(Plugin):
    """A plugin that cannot be set up."""

    name = "raising"

    def __init__(self, config: Any) -> None:
        raise RuntimeError("no licence")


class Misnamed(Plugin):
    """A plugin whose name is not its entry point's."""

    name = "other"


class Nameless(Plugin):
    """A plugin without a name."""


class Odd(Plugin):
    """A plugin whose flow is none."""

    name = "odd"

    def flows(self) -> dict[str, Any]:
        return {"odd": 3}


class Picky(Plugin):
    """A plugin that refuses its configuration."""

    name = "picky"

    def __init__(self, config: Any) -> None:
        raise ConfigError("[plugin.picky]: door: no such door")


not_a_plugin = 3

Install = Callable[..., None]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install plugins of this file: entry point name = attribute."""
    monkeypatch.setitem(sys.modules, "doors", sys.modules[__name__])

    def install(**plugins: str) -> None:
        points = [EntryPoint(name, value, GROUP) for name, value in plugins.items()]
        monkeypatch.setattr(module, "entry_points", lambda group: points if group == GROUP else [])

    return install


def config(tables: dict[str, Any] | None = None, **plugins: Any) -> Config:
    """A configuration: plugins' tables, and which are enabled and required."""
    return attrs.evolve(Config(), plugin=tables or {}, plugins=PluginsConfig(**plugins))


class TestDiscover:
    def test_ours_come_through_the_door_of_everybody(self):
        assert {"hello", "ivr"} <= discover().keys()

    def test_two_of_one_name_are_refused(self, monkeypatch: pytest.MonkeyPatch):
        points = [EntryPoint("door", "doors:Door", GROUP), EntryPoint("door", "more:Door", GROUP)]
        monkeypatch.setattr(module, "entry_points", lambda group: points)
        with pytest.raises(PluginError, match="two plugins are called 'door'.*uninstall one"):
            discover()

    def test_the_same_one_twice_is_one(self, monkeypatch: pytest.MonkeyPatch):
        points = [EntryPoint("door", "doors:Door", GROUP)] * 2
        monkeypatch.setattr(module, "entry_points", lambda group: points)
        assert list(discover()) == ["door"]


class TestAnExtraBehindTheName:
    """It says that the plugin needs more than stasis does, and runs only where it is wanted."""

    @pytest.fixture(autouse=True)
    def both(self, installed: Install) -> None:
        installed(door="doors:Door", bell="doors:Bell [chimes]")

    def test_it_does_not_run_by_itself(self):
        plugins, failed = load(config())
        assert [plugin.name for plugin in plugins] == ["door"] and failed == []

    def test_its_table_makes_it_run(self):
        plugins, _ = load(config({"bell": {}}))
        assert [plugin.name for plugin in plugins] == ["door", "bell"]

    def test_its_name_makes_it_run(self):
        plugins, _ = load(config(enabled=["bell"]))
        assert [plugin.name for plugin in plugins] == ["bell"]
        plugins, _ = load(config(required=["bell"]))
        assert [plugin.name for plugin in plugins] == ["door", "bell"]


class TestLoad:
    def test_all_that_are_installed_run_unless_told_otherwise(self, installed: Install):
        installed(door="doors:Door", bell="doors:Bell")
        plugins, failed = load(config())
        assert [plugin.name for plugin in plugins] == ["door", "bell"] and failed == []

    def test_only_the_enabled_ones_in_their_order(self, installed: Install):
        installed(door="doors:Door", bell="doors:Bell", raising="doors:Raising")
        plugins, failed = load(config(enabled=["bell", "door"]))
        assert [plugin.name for plugin in plugins] == ["bell", "door"] and failed == []

    def test_and_the_required_ones(self, installed: Install):
        installed(door="doors:Door", bell="doors:Bell")
        plugins, _ = load(config(enabled=["bell"], required=["door", "bell"]))
        assert [plugin.name for plugin in plugins] == ["bell", "door"]

    def test_none_is_fine(self, installed: Install):
        installed()
        assert load(config()) == ([], [])

    def test_each_gets_its_table_as_its_own_class(self, installed: Install):
        installed(door="doors:Door", bell="doors:Bell")
        (door, bell), _ = load(config({"door": {"code": 99}}))
        assert door.config == DoorConfig(99) and bell.config == NoConfig()

    def test_its_flows_are_programs_that_know_it(self, installed: Install):
        installed(door="doors:Door")
        (door,), _ = load(config())
        assert door.programs() == {"door": Program(Ivr, door)}

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("gone", "no_such_module:Plugin", "cannot be imported: ModuleNotFoundError"),
            ("gone", "doors:Nothing", "cannot be imported: AttributeError"),
            ("three", "doors:not_a_plugin", "is not a subclass of stasis.Plugin"),
            ("door", "doors:Ivr", "is not a subclass of stasis.Plugin"),
            ("raising", "doors:Raising", "cannot be set up: RuntimeError: no licence"),
            ("odd", "doors:Odd", "cannot be set up: FlowError"),
            ("misnamed", "doors:Misnamed", "must have name = 'misnamed'"),
            ("nameless", "doors:Nameless", "must have name = 'nameless'"),
        ],
    )
    def test_one_that_fails_is_told_and_the_others_run(
        self, name: str, value: str, words: str, installed: Install
    ):
        installed(**{name: value, "bell": "doors:Bell"})
        plugins, (told,) = load(config())
        assert [plugin.name for plugin in plugins] == ["bell"]
        assert words in told and repr(name) in told

    @pytest.mark.parametrize("how", ["enabled", "required"])
    def test_unless_it_was_asked_for(self, how: str, installed: Install):
        installed(gone="no_such_module:Plugin", bell="doors:Bell")
        with pytest.raises(PluginError, match="fix it, or leave it out of plugins.enabled"):
            load(config(**{how: ["gone"]}))

    def test_one_that_is_not_installed_is_told_with_those_that_are(self, installed: Install):
        installed(bell="doors:Bell")
        with pytest.raises(PluginError, match="plugin 'door' is not installed; installed: bell"):
            load(config(enabled=["door"]))
        installed()
        with pytest.raises(PluginError, match="installed: none"):
            load(config(required=["door"]))

    def test_a_wrong_table_is_an_error_that_names_it(self, installed: Install):
        installed(door="doors:Door")
        with pytest.raises(
            ConfigError, match=r"\[plugin.door\]: unknown key cod; did you mean code"
        ):
            load(config({"door": {"cod": 1}}))

    def test_a_table_of_no_plugin_too(self, installed: Install):
        installed(door="doors:Door")
        with pytest.raises(ConfigError, match=r"\[plugin.dor\]: no such plugin; installed: door"):
            load(config({"dor": {}}))

    def test_what_a_plugin_says_of_its_configuration_is_told_as_it_is(self, installed: Install):
        installed(picky="doors:Picky")
        with pytest.raises(ConfigError, match="no such door"):
            load(config())

    def test_two_may_not_declare_one_application(self, installed: Install):
        installed(door="doors:Door", twin="doors:Twin")
        with pytest.raises(PluginError, match="'door' is declared by 'door' and 'twin'"):
            load(config())


class TestPlugin:
    async def test_by_itself_it_does_nothing(self):
        bell = Bell(NoConfig())
        assert bell.flows() == {} and bell.routes() == () and bell.check() == ()
        assert bell.programs() == {} and bell.commands is None
        await bell.start()
        await bell.run()
        await bell.stop()


class Watching(Plugin):
    """A plugin that hears of phones, and of every call."""

    name = "watching"
    hears = (DeviceStateChanged, StasisStart)
    watches = ("deviceState:",)

    def __init__(self) -> None:
        super().__init__(NoConfig())
        self.told: list[Event] = []
        self.broken = False

    def flows(self) -> dict[str, type[Flow]]:
        return {"watching": Waiting}

    def heard(self, event: Event, asterisk: Link) -> None:
        assert asterisk is self.asterisk
        self.told.append(event)
        if self.broken:
            raise LookupError("broken")


class Waiting(Flow):
    """Waits."""

    async def waiting(self, event: Event) -> None:
        await self.channel.answer()
        await asyncio.sleep(3600)

    start = waiting


def states(plugin: Watching) -> list[str]:
    """What it has heard of device states."""
    return [e.device_state.state for e in plugin.told if isinstance(e, DeviceStateChanged)]


class TestWhatItHears:
    """Events that belong to no call of its own."""

    @virtual_time
    async def test_what_it_watches_and_only_the_kinds_it_hears(self) -> None:
        plugin = Watching()
        async with Asterisk(plugin) as asterisk:
            await asterisk.link.ari.device_states.update("Stasis:lamp", device_state="INUSE")
            caller = await asterisk.call("watching")
            await caller.hangs_up()
            assert states(plugin) == ["INUSE"]
            assert [type(e) for e in plugin.told] == [DeviceStateChanged, StasisStart]

    @virtual_time
    async def test_also_after_a_gap(self) -> None:
        plugin = Watching()
        async with Asterisk(plugin) as asterisk:
            await asterisk.restart()
            await asyncio.sleep(5)
            await asterisk.link.ari.device_states.update("Stasis:lamp", device_state="BUSY")
            await asyncio.sleep(1)
            assert states(plugin) == ["BUSY"]

    @virtual_time
    async def test_what_it_raises_harms_no_call(self) -> None:
        plugin = Watching()
        plugin.broken = True
        async with Asterisk(plugin) as asterisk:
            caller = await asterisk.call("watching")
            await caller.waits(1)
            assert caller.state == "waiting"
            await caller.hangs_up()
