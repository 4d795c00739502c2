"""What an application runs: a Flow class, or an async function as a flow of one state."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.ari.events import Event
from stasis.errors import ConfigError, FlowError
from stasis.flow import Flow
from stasis.program import Program, checked_app, linear


class Ivr(Flow):
    """A flow."""

    async def menu(self, event: Event) -> None: ...

    start = menu


async def hello(channel: Any) -> None:
    """Says hello."""
    channel.append("hello")


def test_a_flow_class_runs_as_it_is():
    plugin = object()
    program = Program.of(Ivr, plugin)
    assert program.flow is Ivr and program.plugin is plugin


async def test_a_function_becomes_a_flow_of_one_state():
    flow = Program.of(hello).flow
    assert issubclass(flow, Flow) and flow.states() == ["running"] and flow.rows == {}
    said: Any = []
    call = flow()
    call.channel = said
    await call.running(None)  # type: ignore[attr-defined]
    assert said == ["hello"]


def test_it_keeps_the_functions_name_and_docstring():
    flow = linear(hello)
    assert flow.__name__ == flow.__qualname__ == "hello" and flow.__doc__ == "Says hello."


def test_two_functions_are_two_flows():
    assert linear(hello) is not linear(hello)


@pytest.mark.parametrize("thing", [lambda channel: None, len, "hello", None])
def test_what_is_neither_is_refused(thing: Any):
    with pytest.raises(FlowError, match="a Flow class or an async function of a channel"):
        Program.of(thing)


def test_a_class_that_is_no_flow_is_refused():
    with pytest.raises(FlowError, match=r"a subclass of stasis\.Flow"):
        Program.of(int)  # type: ignore[arg-type]


def test_a_flow_without_a_start_is_refused():
    class Lost(Flow):
        """No start."""

    with pytest.raises(FlowError, match="Lost: say where it begins"):
        Program.of(Lost)


@pytest.mark.parametrize("name", ["ivr", "my-app_2.0", "9", "a" * 80])
def test_a_name_that_the_dialplan_and_ari_carry_passes(name: str):
    assert checked_app(name) == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a,b", "a;b", "a:b", "-a", ".a", "é", "a\n", "a)", "a/b", "a" * 81]
)
def test_one_that_they_would_split_or_change_is_refused(name: str):
    with pytest.raises(ConfigError, match="application name .*: use letters"):
        checked_app(name)
