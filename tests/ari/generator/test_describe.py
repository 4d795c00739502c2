"""A description is read whatever its quirks, and versions merge into what any of them has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stasis.ari.generator.describe import Description, merge, read_folder, read_url


def parameter(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "paramType": "query", "dataType": "string", **more}


def operation(nickname: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"nickname": nickname, "httpMethod": method, "responseClass": "void", **more}


def describe(folder: Path, version: str, **things: Any) -> Description:
    """A description of one file, `things`, with these paths and models."""
    folder.mkdir(exist_ok=True)
    index = {"apis": [{"path": "/api-docs/things.{format}"}]}
    (folder / "resources.json").write_text(json.dumps(index))
    (folder / "things.json").write_text(json.dumps(things))
    return read_folder(folder, version)


@pytest.fixture
def new(tmp_path: Path) -> Description:
    """A newer version."""
    return describe(
        tmp_path / "new",
        "22.10.1",
        basePath="http://localhost:8088/ari",
        apis=[
            {
                "path": "/things/{thingId}/parts/{partId}",
                "operations": [
                    operation(
                        "change",
                        "POST",
                        parameters=[
                            parameter("size", dataType="int", allowableValues={"min": 0}),
                            # Out of order, and one without `required`.
                            parameter("partId", paramType="path"),
                            parameter("thingId", paramType="path", required=True),
                            parameter("host", required=False),
                            parameter("kind", allowableValues={"values": ["b", "a"]}),
                            parameter("late", defaultValue=5, allowMultiple=True),
                        ],
                        errorResponses=[{"code": "409"}, {"code": 404}],
                    ),
                    operation("listen", upgrade="websocket"),
                ],
            }
        ],
        models={
            "Thing": {
                "id": "Thing",
                "properties": {
                    "id": {"type": "string", "required": True},
                    "state": {"type": "string", "allowableValues": {"values": ["x"]}},
                    "late": {"type": "int"},
                },
            },
            "Event": {"id": "Event", "properties": {}, "subTypes": ["New", "Same"]},
        },
    )


@pytest.fixture
def old(tmp_path: Path) -> Description:
    """An older version."""
    return describe(
        tmp_path / "old",
        "16.28.0",
        apis=[
            {
                "path": "/things/{thingId}/parts/{partId}",
                "operations": [
                    operation(
                        "change",
                        "POST",
                        parameters=[
                            parameter("thingId", paramType="path"),
                            parameter("partId", paramType="path"),
                            parameter("host", required=True),
                            parameter("kind", allowableValues={"values": ["a", "old"]}),
                        ],
                        errorResponses=[{"code": 400}],
                    ),
                ],
            },
            {"path": "/things", "operations": [operation("gone")]},
        ],
        models={
            "Thing": {
                "id": "Thing",
                "properties": {
                    "id": {"type": "string"},
                    "state": {"type": "string", "allowableValues": {"values": ["y"]}},
                },
            },
            "Event": {"id": "Event", "properties": {}, "subTypes": ["Same"]},
        },
    )


def test_path_parameters_are_required_and_in_the_order_of_the_path(new: Description) -> None:
    change = new.sections[0].operations[0]
    path = [p for p in change.parameters if p.where == "path"]
    assert [p.name for p in path] == ["thingId", "partId"] and all(p.required for p in path)


def test_types_defaults_values_and_ranges_are_read(new: Description) -> None:
    by_name = {p.name: p for p in new.sections[0].operations[0].parameters}
    assert by_name["kind"].values == ("b", "a")
    assert (by_name["size"].type, by_name["size"].minimum, by_name["size"].maximum) == (
        "int",
        0,
        None,
    )
    assert (by_name["late"].default, by_name["late"].many) == (5, True)


def test_statuses_may_be_strings(new: Description) -> None:
    assert new.sections[0].operations[0].statuses == (404, 409)


def test_the_websocket_is_told_from_requests(new: Description) -> None:
    assert [o.upgrade for o in new.sections[0].operations] == [False, True]


def test_the_union_has_what_any_version_has_newest_first(
    new: Description, old: Description
) -> None:
    whole = merge([old, new])
    assert whole.versions == ("22.10.1", "16.28.0")
    (section,) = whole.sections
    assert [o.nickname for o in section.operations] == ["change", "listen", "gone"]
    assert section.operations[0].statuses == (400, 404, 409)
    thing, event = section.models
    assert [p.name for p in thing.properties] == ["id", "state", "late"]
    assert thing.properties[1].values == ("x", "y")
    assert event.kinds == ("New", "Same")
    assert [version for version, _ in section.digests] == ["22.10.1", "16.28.0"]


def test_required_is_what_every_version_requires(new: Description, old: Description) -> None:
    by_name = {p.name: p for p in merge([new, old]).sections[0].operations[0].parameters}
    assert by_name["host"].required is False and by_name["thingId"].required is True
    assert by_name["kind"].values == ("b", "a", "old")


def test_the_order_in_which_versions_are_given_does_not_matter(
    new: Description, old: Description
) -> None:
    assert merge([new, old]) == merge([old, new])


def test_the_digest_does_not_depend_on_the_servers_address(tmp_path: Path) -> None:
    def digest(address: str, path: str) -> object:
        found = describe(
            tmp_path / "x", "1", basePath=address, apis=[{"path": path, "operations": []}]
        )
        return found.sections[0].digests

    assert digest("http://a/ari", "/a") == digest("http://b:1/ari", "/a")
    assert digest("http://a/ari", "/a") != digest("http://a/ari", "/b")


def test_something_else_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "resources.json").write_text('{"hello": "world"}')
    with pytest.raises(ValueError, match="not an API description"):
        read_folder(tmp_path, "1")
    (tmp_path / "resources.json").write_text("<html>")
    with pytest.raises(ValueError, match="Expecting value"):
        read_folder(tmp_path, "1")


def test_only_http_is_asked() -> None:
    with pytest.raises(ValueError, match="must begin with http"):
        read_url("file:///etc/passwd", "name", "secret")


def test_a_server_that_is_not_there_is_an_os_error_without_the_password() -> None:
    with pytest.raises(OSError, match="refused") as caught:
        read_url("http://127.0.0.1:1/ari", "name", "secret")
    assert "secret" not in str(caught.value)
