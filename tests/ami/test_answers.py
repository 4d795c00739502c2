"""Answers: typed fields, the rest kept, and no secret shown."""

from __future__ import annotations

from stasis.ami.answer import Answer, Listing
from stasis.ami.answers import CommandOutput, GetConfigAnswer, ListCommandsAnswer, Pong
from stasis.ami.events import AorDetail, EndpointDetail
from stasis.ami.message import Message
from stasis.ami.typed import fill


def answer(kind: type[Answer], *lines: str) -> Answer:
    message = Message.of("\r\n".join(lines).encode())
    return fill(kind, message, frame=message.frame)


def test_fields_without_a_name_are_kept() -> None:
    told = answer(Pong, "Response: Success", "Ping: Pong", "Timestamp: 1.5", "New: x")
    assert isinstance(told, Pong) and (told.ping, told.timestamp) == ("Pong", 1.5)
    assert told.fields.get("New") == "x"


def test_every_line_of_output_is_kept() -> None:
    told = answer(CommandOutput, "Output: a", "Output: ", "Output:   b: c")
    assert isinstance(told, CommandOutput) and told.text == "a\n\n  b: c"


def test_actions_by_name() -> None:
    told = answer(ListCommandsAnswer, "Response: Success", "ActionID: 1", "Ping: Keeps. (Priv: x)")
    assert isinstance(told, ListCommandsAnswer) and told.commands == {"Ping": "Keeps. (Priv: x)"}


def test_a_configuration_file_shows_no_secret() -> None:
    lines = ("Category-000000: a", "Line-000000-000000: secret=hush", "Line-000000-000001: k=v=w")
    told = answer(GetConfigAnswer, "Response: Success", *lines, "Category-000001: a")
    assert isinstance(told, GetConfigAnswer)
    assert told.categories == [("a", [("secret", "hush"), ("k", "v=w")]), ("a", [])]
    assert list(told.shown()) == ["[a]", "secret = ***", "k = v=w", "[a]"]
    assert "hush" not in repr(told)


def test_a_list_is_a_sequence_of_several_kinds() -> None:
    items = [EndpointDetail(object_name="a"), AorDetail(object_name="b")]
    listing = Listing(items, Answer(), None)
    assert len(listing) == 2 and listing[0] is items[0] and list(listing) == items
    assert listing.of(AorDetail) == [items[1]] and "AorDetail" in repr(listing)
