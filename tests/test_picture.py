"""The picture: valid SVG that stands alone, says all of the table, and shows what was walked."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.coverage import Coverage
from stasis.flow import Flow
from stasis.picture import picture
from stasis.table import Do
from stasis.trigger import After

SVG = "{http://www.w3.org/2000/svg}"


class Menu(Flow):
    async def menu(self, event: Event) -> None: ...
    async def sorry(self, event: Event) -> None: ...
    async def mute(self, event: Event) -> None: ...

    start = menu
    table = {
        menu: {(ChannelDtmfReceived, "0"): Do(mute), After(10): sorry, 'a<b>&"c"': sorry},
    }


def drawn(**how: object) -> ElementTree.Element:
    """The picture, read back."""
    return ElementTree.fromstring(picture(Menu, **how))  # type: ignore[arg-type]


def groups(svg: ElementTree.Element) -> dict[str, str]:
    """The classes of each state and edge, by its title."""
    return {
        group.findtext(f"{SVG}title", ""): group.get("class", "") for group in svg.iter(f"{SVG}g")
    }


def texts(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_states_triggers_and_targets_are_all_there():
    svg = drawn()
    assert texts(svg) == [
        "Menu",
        "menu",
        "sorry",
        *("ChannelDtmfReceived 0 / do mute", "↻"),
        *("after 10 s", "→ sorry"),
        *('a<b>&"c"', "→ sorry"),
    ]


def test_without_coverage_nothing_is_coloured():
    assert set(groups(drawn()).values()) == {"state", "edge"}


def test_what_was_walked_is_told_from_what_was_not():
    coverage = Coverage.of(Menu)
    coverage.merge(["menu"], coverage.graph.edges[:1])
    svg = drawn(walked=coverage)
    assert groups(svg) == {
        "menu": "state walked",
        "sorry": "state missed",
        "menu --> menu: ChannelDtmfReceived 0 / do mute": "edge walked",
        "menu --> sorry: after 10 s": "edge missed",
        'menu --> sorry: a<b>&"c"': "edge missed",
    }
    assert "Menu: 1 of 2 states, 1 of 3 transitions walked" in texts(svg)


def test_what_was_walked_lies_over_what_was_not():
    coverage = Coverage.of(Menu)
    coverage.merge([], coverage.graph.edges[:1])
    edges = [kinds for kinds in groups(drawn(walked=coverage)).values() if "edge" in kinds]
    assert edges == ["edge missed", "edge missed", "edge walked"]


def test_the_current_state_stands_out():
    assert groups(drawn(current="sorry"))["sorry"] == "state current"


def test_an_edge_to_another_state_has_a_line_and_a_tip_and_one_to_itself_has_none():
    svg = drawn()
    paths = {
        group.findtext(f"{SVG}title"): [path.get("class") for path in group.iter(f"{SVG}path")]
        for group in svg.iter(f"{SVG}g")
    }
    assert paths["menu --> sorry: after 10 s"] == ["line", "tip"]
    assert paths["menu --> menu: ChannelDtmfReceived 0 / do mute"] == []


def test_it_needs_nothing_from_elsewhere():
    text = picture(Menu)
    for outside in ("href", "url(", "@import", "<script", "<image"):
        assert outside not in text
    assert text.count("http") == 1  # the namespace


def test_a_function_is_one_final_state():
    async def hello(channel: Channel) -> None: ...

    svg = ElementTree.fromstring(picture(hello))
    assert texts(svg) == ["hello", "hello"]
    (state,) = svg.iter(f"{SVG}g")
    assert len(list(state.iter(f"{SVG}rect"))) == 2


@pytest.mark.parametrize("flow", [Menu])
def test_it_is_the_same_every_time(flow: type[Flow]):
    assert picture(flow) == picture(flow)
