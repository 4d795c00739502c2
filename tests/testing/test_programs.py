"""What runs: a flow, a function, a plugin, or several by application; and what is none of them."""

from __future__ import annotations

from typing import Any

import pytest
from stasis_hello.plugin import Hello

from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.errors import FlowError
from stasis.flow import Flow
from stasis.plugin import NoConfig
from stasis.program import Program
from stasis.testing.programs import Marked, marked, programs_of


class Menu(Flow):
    async def menu(self, event: Event) -> None: ...

    start = menu


async def greeting(channel: Channel) -> None: ...


def marks(*keywords: dict[str, Any]) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Markers without positional arguments, the nearest first."""
    return [((), each) for each in keywords]


class TestPrograms:
    def test_a_flow_is_called_by_its_name(self):
        assert programs_of(Menu) == {"menu": Program(Menu)}
        assert programs_of(greeting)["greeting"].function is greeting

    def test_several_are_called_as_the_test_says(self):
        made = programs_of({"a": Menu, "b": Program(Menu, 5)}, plugin=6)
        assert made == {"a": Program(Menu, 6), "b": Program(Menu, 5)}

    def test_a_plugin_has_its_own(self):
        assert list(programs_of(Hello(NoConfig()))) == ["hello"]

    def test_a_plugins_class_is_made_with_its_defaults(self):
        assert isinstance(programs_of(Hello)["hello"].plugin, Hello)
        assert isinstance(programs_of(Menu, plugin=Hello)["menu"].plugin, Hello)

    def test_nothing_is_nothing(self):
        assert programs_of(None) == {}

    @pytest.mark.parametrize("inside", [False, True])
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ("base:Menu", "'base:Menu' is no flow: give the class itself, not its name"),
            (Menu(), r"Menu\(\) is no flow: give the class Menu; each call makes its own"),
            (5, "5: a flow is a Flow class or an async function"),
        ],
    )
    def test_what_is_no_flow_is_told_by_name(self, given: Any, told: str, inside: bool):
        with pytest.raises(FlowError, match=told):
            programs_of({"menu": given} if inside else given)


class TestMarkers:
    def test_none_says_nothing(self):
        assert marked([]) == Marked(None, "")

    def test_one_says_what_runs_and_whom_the_caller_calls(self):
        assert marked(marks({"runs": Menu, "calls": "700"})) == Marked(Menu, "700")

    def test_a_flow_has_the_plugin_that_is_given(self):
        assert marked(marks({"runs": Menu, "plugin": 5})).runs == {"menu": Program(Menu, 5)}

    def test_a_plugin_keeps_its_own_flows(self):
        hello = Hello(NoConfig())
        assert marked(marks({"runs": hello, "plugin": 5})).runs is hello
        assert isinstance(marked(marks({"runs": Hello})).runs, Hello)

    @pytest.mark.parametrize(
        ("near", "far", "runs", "calls"),
        [
            ({"calls": "701"}, {"runs": Menu, "calls": "700"}, Menu, "701"),
            ({"runs": Menu}, {"runs": greeting, "plugin": 5, "calls": "700"}, Menu, "700"),
            ({"runs": Menu, "calls": "1"}, {"calls": "2"}, Menu, "1"),
        ],
    )
    def test_the_nearest_that_says_something_counts(
        self, near: dict[str, Any], far: dict[str, Any], runs: Any, calls: str
    ):
        assert marked(marks(near, far)) == Marked(runs, calls)

    @pytest.mark.parametrize(
        ("args", "keywords", "told"),
        [
            ((), {"run": Menu}, r"takes `runs=`, .* got app\(run=\)"),
            ((Menu, None), {}, r"got app\(Menu, None\): write @pytest.mark.app\(runs=YourFlow\)"),
            ((), {"runs": "base:Menu"}, "'base:Menu' is no flow"),
            ((), {"runs": Menu(), "plugin": 5}, r"Menu\(\) is no flow"),
        ],
    )
    def test_what_they_do_not_take_is_told(
        self, args: tuple[Any, ...], keywords: dict[str, Any], told: str
    ):
        with pytest.raises(FlowError, match=told):
            marked([(args, keywords)])
