"""The diagram shows exactly what the table says, in the table's order."""

from __future__ import annotations

from typing import Literal

import pytest

from stasis import (
    After,
    Channel,
    ChannelDtmfReceived,
    Do,
    Done,
    Event,
    Flow,
    FlowError,
    Other,
    PlaybackFinished,
    StasisEnd,
    StasisStart,
)
from stasis.coverage import Coverage
from stasis.draw import draw
from stasis.graph import Edge


class Ivr(Flow):
    async def menu(self, event: Event) -> None: ...
    async def sorry(self, event: Event) -> None: ...
    async def ringing(self, event: Event) -> None: ...
    async def talking(self, event: Event) -> None: ...
    async def goodbye(self, event: Event) -> None: ...
    async def toggle_mute(self, event: Event) -> None: ...

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): ringing,
            (ChannelDtmfReceived, "#"): goodbye,
            ChannelDtmfReceived: sorry,
            After(10): sorry,
        },
        sorry: {PlaybackFinished: menu},
        ringing: {Other(StasisStart): talking, After(0.5): sorry},
        talking: {(ChannelDtmfReceived, "1"): Do(toggle_mute), Other(StasisEnd): goodbye},
    }


IVR = """\
stateDiagram-v2
    %% In every state, hanging up ends the call.
    [*] --> menu
    menu --> ringing: ChannelDtmfReceived 1
    menu --> goodbye: ChannelDtmfReceived #
    menu --> sorry: ChannelDtmfReceived
    menu --> sorry: after 10 s
    sorry --> menu: PlaybackFinished
    ringing --> talking: other StasisStart
    ringing --> sorry: after 0.5 s
    talking --> talking: ChannelDtmfReceived 1 / do toggle_mute
    talking --> goodbye: other StasisEnd
    goodbye --> [*]
"""


def test_every_edge_is_drawn_once_in_the_order_of_the_table() -> None:
    """Start, edges, an action as an edge to itself, and a state without a row as an end."""
    assert draw(Ivr) == IVR


def test_a_flow_is_drawn_the_same_every_time() -> None:
    """Two drawings are equal, so a committed diagram differs only when the table does."""
    assert draw(Ivr) == draw(Ivr)


def test_a_subclass_is_drawn_with_the_table_it_inherits() -> None:
    class Branch(Ivr):
        async def menu(self, event: Event) -> None: ...

    assert draw(Branch) == IVR


def test_outcomes_and_done_stand_on_their_edges() -> None:
    class Pin(Flow):
        async def asking(self, event: Event) -> Literal["yes", "no: late"]:
            return "yes"

        async def saying(self, event: Event) -> None: ...

        start = asking
        table = {asking: {"yes": saying, "no: late": asking}, saying: {Done: asking}}

    lines = draw(Pin).splitlines()
    assert "    asking --> saying: yes" in lines
    assert "    saying --> asking: done" in lines
    # Mermaid would end the label at a bare colon.
    assert "    asking --> asking: no#58; late" in lines


def test_a_state_with_an_empty_row_is_an_end() -> None:
    class Short(Flow):
        async def hello(self, event: Event) -> None: ...

        start = hello
        table = {hello: {}}

    assert "    hello --> [*]" in draw(Short).splitlines()


def test_a_name_that_mermaid_keeps_for_itself_is_drawn_under_an_alias() -> None:
    class Notes(Flow):
        async def note(self, event: Event) -> None: ...
        async def state(self, event: Event) -> None: ...

        start = note
        table = {note: {After(1): state}}

    assert draw(Notes) == (
        "stateDiagram-v2\n"
        "    %% In every state, hanging up ends the call.\n"
        '    state "note" as note_\n'
        '    state "state" as state_\n'
        "    [*] --> note_\n"
        "    note_ --> state_: after 1 s\n"
        "    state_ --> [*]\n"
    )


def test_a_linear_function_is_one_state() -> None:
    async def hello(channel: Channel) -> None: ...

    assert draw(hello).splitlines()[2:] == ["    [*] --> hello", "    hello --> [*]"]


def test_what_is_no_flow_is_refused() -> None:
    def hello(channel: Channel) -> None: ...

    with pytest.raises(FlowError, match="async function"):
        draw(hello)  # type: ignore[arg-type]


class TestWhatWasWalked:
    """Colours are for a flowchart: Mermaid's state diagrams have none for edges."""

    @staticmethod
    def lines() -> list[str]:
        walked = Coverage.of(Ivr)
        walked.merge(["menu", "sorry"], [Edge("menu", "after 10 s", "sorry")])
        return [line.strip() for line in draw(Ivr, walked).splitlines()]

    def test_states_and_edges_are_those_of_the_table(self) -> None:
        lines = self.lines()
        assert lines[0] == "flowchart TD"
        assert 's_menu -->|"after 10 s"| s_sorry' in lines
        assert "begin(( )) --> s_menu" in lines and "s_goodbye --> over(((end)))" in lines
        assert 's_talking -->|"ChannelDtmfReceived 1 / do toggle_mute"| s_talking' in lines

    def test_a_state_has_the_class_of_what_became_of_it(self) -> None:
        lines = self.lines()
        assert 's_sorry["sorry"]:::walked' in lines
        assert 's_ringing["ringing"]:::missed' in lines

    def test_an_edge_is_coloured_by_its_place_among_all(self) -> None:
        lines = self.lines()
        links = [line for line in lines if "-->" in line]
        green = [
            line.split()[1] for line in lines if line.startswith("linkStyle") and "1a7f37" in line
        ]
        red = [
            line.split()[1] for line in lines if line.startswith("linkStyle") and "cf222e" in line
        ]
        assert [links[int(number)] for number in green] == ['s_menu -->|"after 10 s"| s_sorry']
        assert len(red) == 8  # of nine edges; the first and the last line are none

    def test_what_mermaid_would_read_as_syntax_stands_there_as_a_number(self) -> None:
        lines = self.lines()
        assert 's_menu -->|"ChannelDtmfReceived #35;"| s_goodbye' in lines
