"""An operation becomes a method that sends what the tables know it needs."""

from __future__ import annotations

from typing import Any

from stasis.ari.generator.describe import Operation, Parameter, Section
from stasis.ari.generator.operations import resource


def parameter(name: str, where: str = "query", kind: str = "string", **more: Any) -> Parameter:
    """A parameter, optional unless it is in the path."""
    fields: dict[str, Any] = {
        "required": where == "path",
        "many": False,
        "default": None,
        "values": (),
        "minimum": None,
        "maximum": None,
        **more,
    }
    return Parameter(name, where, kind, **fields)


def text(
    section: str,
    nickname: str,
    *parameters: Parameter,
    method: str = "POST",
    path: str = "/things",
    returns: str = "void",
) -> str:
    operation = Operation(nickname, method, path, returns, parameters, (404,), False)
    return "".join(resource(Section(section, (operation,), (), ()), [operation]))


# What the tables expect of an operation that makes a playback.
ID = parameter("playbackId")


def test_the_path_is_positional_and_encoded() -> None:
    made = text("things", "getThing", parameter("thingId", "path"), path="/things/{thingId}/x")
    assert "async def get_thing(self, thing_id: str) -> None:" in made
    assert 'await self._call(None, "POST", f"/things/{segment(thing_id)}/x", ' in made


def test_required_parameters_come_first_and_defaults_are_sent() -> None:
    made = text(
        "things",
        "make",
        parameter("size", kind="int", default=3000),
        parameter("flag", kind="boolean", default=False),
        parameter("free"),
        parameter("appArgs", required=True),
    )
    assert (
        "(self, *, app_args: str, size: int = 3000, flag: bool = False, free: str | None = None)"
        in made
    )
    assert '{"size": size, "flag": flag, "free": free, "appArgs": app_args}' in made


def test_lists_may_be_one_value() -> None:
    made = text("things", "play", parameter("media", many=True, required=True))
    assert "media: str | Sequence[str]" in made and '{"media": many(media)}' in made


def test_results() -> None:
    assert "-> tuple[Thing, ...]:" in text("things", "list", returns="List[Thing]")
    assert "return await self._call(tuple[Thing, ...]," in text(
        "things", "list", returns="List[Thing]"
    )
    file = text("things", "file", returns="binary")
    assert "-> bytes:" in file and "binary=True" in file


def test_bodies() -> None:
    wrapped = text("things", "make", parameter("variables", "body", "containers"))
    assert 'body={"variables": variables} if variables is not None else None' in wrapped
    whole = text("things", "filter", parameter("filter", "body", "object"))
    assert "body=filter" in whole and '{"filter"' not in whole


def test_versions_of_an_operation_and_of_its_parameters() -> None:
    assert "since=SINCE_20_16" in text("channels", "progress")
    made = text("bridges", "play", parameter("announcer_format", default="x"), ID)
    assert "announcer_format: str | None = None" in made
    assert 'newer={"announcer_format": SINCE_20_17}' in made


def test_time_repetition_and_resolution_follow_the_tables() -> None:
    assert "seconds=BLOCKING_SECONDS" in text("channels", "answer")
    assert "seconds=LISTING_SECONDS" in text("sounds", "list")
    assert "repeatable=False" in text("endpoints", "sendMessage", method="PUT")
    optional = text("channels", "play", parameter("playbackId"))
    assert 'resolve=f"/playbacks/{segment(playback_id)}" if playback_id else None' in optional
    given = text("channels", "playWithId", parameter("playbackId", "path"))
    assert 'resolve=f"/playbacks/{segment(playback_id)}"' in given and "else None" not in given


def test_a_request_is_told_what_it_is_called_in_python() -> None:
    assert 'operation="things.get_thing")' in text("things", "getThing")
    assert 'operation="device_states.update")' in text("deviceStates", "update")


def test_the_docstring_tells_the_line_values_ranges_and_errors() -> None:
    made = text(
        "things",
        "make",
        parameter("kind", values=("a", "b"), default="a"),
        parameter("size", kind="int", minimum=0, maximum=9),
    )
    assert "`POST /things`." in made
    assert "kind: one of a, b (query)." in made
    assert "size: at least 0; at most 9 (query)." in made
    assert "Raises NotFound (404), and what all do (see Ari)." in made
