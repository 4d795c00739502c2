"""A flow's graph: what its table says, in its order, with triggers in words."""

from __future__ import annotations

from typing import Literal

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.errors import FlowError
from stasis.flow import Flow
from stasis.graph import Edge, Graph, name_of
from stasis.table import Do
from stasis.trigger import After


class Menu(Flow):
    async def menu(self, event: Event) -> Literal["late"]: ...
    async def sorry(self, event: Event) -> None: ...
    async def mute(self, event: Event) -> None: ...

    start = menu
    table = {menu: {(ChannelDtmfReceived, "0"): Do(mute), After(1.5): sorry, "late": sorry}}


def test_the_start_comes_first_and_edges_stand_as_in_the_table():
    graph = Graph.of(Menu)
    assert (graph.name, graph.states) == ("Menu", ("menu", "sorry"))
    assert [str(edge) for edge in graph.edges] == [
        "menu --> menu: ChannelDtmfReceived 0 / do mute",
        "menu --> sorry: after 1.5 s",
        "menu --> sorry: late",
    ]


def test_an_action_leads_to_its_own_state():
    assert Graph.of(Menu).edges[0] == Edge("menu", "ChannelDtmfReceived 0", "menu", "mute")


def test_a_final_state_has_no_edges():
    graph = Graph.of(Menu)
    assert graph.leaving("sorry") == () and len(graph.leaving("menu")) == 3


def test_a_function_is_one_state_of_its_name():
    async def hello(channel: Channel) -> None: ...

    assert Graph.of(hello) == Graph("hello", ("hello",), ())


def test_what_is_no_flow_is_refused():
    with pytest.raises(FlowError, match=r"subclass of stasis\.Flow"):
        Graph.of(int)  # type: ignore[arg-type]


def test_a_flow_is_named_as_on_the_command_line():
    assert name_of(Menu) == f"{__name__}:Menu"
