"""A module is Python that says where it came from; the tables must fit the description."""

from __future__ import annotations

import ast

from stasis.ari.generator.describe import Description, Model, Operation, Property, Section
from stasis.ari.generator.rules import ADDITIONS, SINCE
from stasis.ari.generator.write import module, stale

CHANNELS = Section(
    "channels",
    (Operation("progress", "POST", "/channels", "void", (), (), False),),
    (Model("Channel", (Property("id", "string", True, ()),), ()),),
    (("22.10.1", "a" * 64),),
)
EVENTS = Section(
    "events",
    (Operation("eventWebsocket", "GET", "/events", "Message", (), (), True),),
    (
        Model("Message", (), ("Event",)),
        Model("Event", (), ("Started",)),
        Model("Started", (Property("channel", "Channel", True, ()),), ()),
    ),
    (("22.10.1", "b" * 64),),
)
WHOLE = Description(("22.10.1",), (CHANNELS, EVENTS))


def test_the_head_names_the_source_and_its_digest() -> None:
    text = ast.get_docstring(ast.parse(module(CHANNELS, WHOLE))) or ""
    assert "do not edit" in text
    assert "channels.json" in text and f"22.10.1   sha256 {'a' * 64}" in text


def test_all_public_names_are_exported_in_order() -> None:
    tree = ast.parse(module(CHANNELS, WHOLE))
    (exported,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert exported == ["Channel", "Channels"]


def test_versions_are_constants_of_the_module() -> None:
    assert "SINCE_20_16 = Since('20.16', '21.11', '22.6')" in module(CHANNELS, WHOLE)


def test_the_events_take_their_models_from_the_other_modules() -> None:
    text = module(EVENTS, WHOLE)
    assert "from stasis.ari.channels import Channel\n" in text
    assert "from stasis.ari.event import Event\n" in text
    assert "class Event(" not in text and "class Message(" not in text


def test_the_event_websocket_is_no_operation() -> None:
    assert "event_websocket" not in module(EVENTS, WHOLE)


def test_a_row_that_matches_nothing_is_told() -> None:
    problems = stale(WHOLE)
    assert "rules: channels.move matches nothing" in problems
    assert "rules: ADDITIONS[Endpoint.max_channels] matches no model" in problems
    assert "words: media matches nothing" in problems
    assert not any("channels.progress " in line for line in problems)
    assert set(SINCE) - {"channels.progress"} <= {line.split(" ")[1] for line in problems}


def test_a_row_that_the_description_has_caught_up_with_is_told() -> None:
    row = next(iter(ADDITIONS))
    name, _, field = row.partition(".")
    caught_up = Section("x", (), (Model(name, (Property(field, "int", False, ()),), ()),), ())
    problems = stale(Description(("99",), (caught_up,)))
    assert f"rules: ADDITIONS[{row}] is needless, the description has it" in problems


def test_known_values_without_a_name_are_told() -> None:
    odd = Section("x", (), (Model("New", (Property("mood", "string", True, ("a",)),), ()),), ())
    problems = stale(Description(("99",), (odd,)))
    assert "rules: New.mood has known values and no row in ALIASES" in problems
