"""The client is called with everything the description has; whatever is amiss is told."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from stasis.ari.channels import Channels
from stasis.ari.generator.describe import (
    Description,
    Model,
    Operation,
    Parameter,
    Property,
    Section,
)
from stasis.ari.generator.verify import verify
from stasis.ari.resource import segment

ID = Parameter("channelId", "path", "string", True, False, None, (), None, None)
DIRECTION = Parameter("direction", "query", "string", False, False, "both", (), None, None)
MUTE = Operation("mute", "POST", "/channels/{channelId}/mute", "void", (ID, DIRECTION), (), False)


async def told(
    *operations: Operation, models: tuple[Model, ...] = (), name: str = "channels"
) -> Any:
    section = Section(name, operations, models, ())
    return await verify(Description(("1",), (section,)))


async def test_what_the_client_has_is_not_told() -> None:
    assert await told(MUTE) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"nickname": "levitate"}, "channels.levitate: no operation"),
        ({"method": "PUT"}, "sends POST"),
        ({"path": "/channels/{channelId}/hush"}, "not POST /channels/a%2Fb/hush"),
        ({"returns": "Channel"}, "channels.mute: returns NoneType, not Channel"),
        ({"parameters": (ID,)}, "sends the query {'direction': 'both'}, not {}"),
        (
            {"parameters": (ID, DIRECTION, attrs.evolve(DIRECTION, name="newOne"))},
            "unexpected keyword argument 'new_one'",
        ),
        (
            {"parameters": (ID, attrs.evolve(DIRECTION, where="body", type="containers"))},
            "direction: cannot send a dict",
        ),
    ],
)
async def test_an_operation_that_is_missing_or_sends_something_else_is_told(
    changed: dict[str, Any], line: str
) -> None:
    problems = await told(attrs.evolve(MUTE, **changed))
    assert any(line in problem for problem in problems), problems


async def test_a_request_with_another_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mute(self: Channels, channel_id: str, *, direction: str = "both") -> None:
        path = f"/channels/{segment(channel_id)}/mute"
        await self._call(None, "POST", path, {"direction": direction}, operation="channels.hush")

    monkeypatch.setattr(Channels, "mute", mute)
    assert await told(MUTE) == [
        "channels.mute: is called 'channels.hush' in its request, not 'channels.mute'"
    ]


async def test_the_event_websocket_is_not_asked_for() -> None:
    assert await told(attrs.evolve(MUTE, nickname="listen", upgrade=True)) == []


async def test_a_new_file_is_told() -> None:
    assert await told(name="holograms") == ["holograms: no module"]


@pytest.mark.parametrize(
    ("field", "kind", "line"),
    [
        ("mood", "string", "Channel.mood: no field"),
        ("name", "int", "Channel: Expected `str`, got `int` - at `$.name`"),
        ("caller", "string", "Channel: Expected `object`, got `str` - at `$.caller`"),
    ],
)
async def test_a_field_that_is_missing_or_of_another_type_is_told(
    field: str, kind: str, line: str
) -> None:
    model = Model("Channel", (Property(field, kind, True, ()),), ())
    assert await told(models=(model,)) == [line]


async def test_a_model_and_a_kind_of_event_that_are_missing_are_told() -> None:
    assert await told(models=(Model("Spirit", (), ()),)) == ["Spirit: no class"]
    event = Model("Event", (Property("timestamp", "Date", True, ()),), ("StasisStart", "Seance"))
    assert await told(models=(event,), name="events") == ["Seance: no kind of event"]


async def test_what_message_has_is_looked_for_in_event() -> None:
    fields = (Property("type", "string", True, ()), Property("asterisk_id", "string", False, ()))
    assert await told(models=(Model("Message", fields, ()),), name="events") == []
    fields = (Property("soul", "string", False, ()),)
    assert await told(models=(Model("Message", fields, ()),), name="events") == [
        "Message.soul: no field"
    ]
