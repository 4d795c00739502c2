"""The document: it is valid, it describes what types say, and the API does what it describes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import UNSET, Meta, UnsetType
from openapi_spec_validator import OpenAPIV31SpecValidator

from stasis.web import ANY, Api, Operation
from tests.web.rooms import Rooms, authenticate


async def nothing(asked: Any) -> None:
    """Do nothing.

    At *all*.
    """


def described(*rows: Operation, **more: Any) -> dict[str, Any]:
    """The document of these operations, which is valid."""
    api = Api(
        "Rows", version="2", operations=rows, authenticate=authenticate, base="/rows/v1", **more
    )
    found = api.openapi()
    OpenAPIV31SpecValidator(found).validate()
    return found


def body_of(kind: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a Struct is described as a body: its properties, and all components."""
    found = described(Operation("POST", "/x", nothing, body=kind))
    operation = found["paths"]["/x"]["post"]
    assert operation["requestBody"]["required"] is True
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    components = found["components"]["schemas"]
    return components[reference.rpartition("/")[2]], components


class TestDocument:
    def test_the_example_is_valid(self):
        OpenAPIV31SpecValidator(Rooms().api().openapi()).validate()

    def test_it_says_what_it_is_and_where(self):
        found = described(Operation("GET", "/x", nothing), about="*About*")
        assert found["openapi"].startswith("3.1.")
        assert found["info"] == {"title": "Rows", "version": "2", "description": "*About*"}
        assert found["servers"] == [{"url": "/rows/v1"}]
        assert found["components"]["securitySchemes"]["bearer"] == {
            "type": "http",
            "scheme": "bearer",
        }

    def test_an_operation_is_told_in_its_own_words(self):
        found = described(
            Operation("GET", "/x", nothing, tag="rows"),
            Operation("PUT", "/x", nothing, name="other", summary="Something else"),
        )["paths"]["/x"]
        assert found["get"]["operationId"] == "nothing" and found["get"]["tags"] == ["rows"]
        assert (found["get"]["summary"], found["get"]["description"]) == ("Do nothing", "At *all*.")
        assert (found["put"]["operationId"], found["put"]["summary"]) == ("other", "Something else")
        assert "description" not in found["put"]

    def test_what_a_token_needs_is_told(self):
        paths = described(
            Operation("GET", "/a", nothing, "rows:read", name="a"),
            Operation("GET", "/b", nothing, ANY, name="b"),
            Operation("GET", "/c", nothing, "", name="c"),
        )["paths"]
        told = [paths[path]["get"] for path in ("/a", "/b", "/c")]
        assert [each["security"] for each in told] == [
            [{"bearer": ["rows:read"]}],
            [{"bearer": []}],
            [],
        ]
        assert ["401" in each["responses"] for each in told] == [True, True, False]

    def test_every_problem_is_told_with_its_codes(self):
        class Row(msgspec.Struct):
            name: str

        found = described(
            Operation("PUT", "/rows/{row}", nothing, "w", body=Row, answers=Row, problems={404: ["no_row"], 423: ["locked"]}),
            failures={OSError: (503, "database")},
        )["paths"]["/rows/{row}"]["put"]["responses"]  # fmt: skip
        assert {status: told["description"] for status, told in found.items()} == {
            "200": "OK",
            "400": "Bad Request: bad_json",
            "401": "Unauthorized: no_token",
            "403": "Forbidden: no_scope, not_allowed",
            "404": "Not Found: no_row, not_found",
            "408": "Request Timeout: too_slow",
            "409": "Conflict: gone",
            "413": found["413"]["description"],  # its words are not the same in every Python
            "415": "Unsupported Media Type: not_json",
            "422": found["422"]["description"],
            "423": "Locked: locked",
            "500": "Internal Server Error: failed",
            "503": "Service Unavailable: database, asterisk",
        }
        assert found["422"]["description"].endswith(": wrong_body, wrong_query")
        for status, told in found.items():
            kind = "application/json" if status == "200" else "application/problem+json"
            assert list(told["content"]) == [kind]

    def test_nothing_and_a_response_of_its_own_are_told(self):
        paths = described(
            Operation("DELETE", "/x", nothing, name="a"),
            Operation("GET", "/x", nothing, name="b", answers="audio/wav"),
            Operation("POST", "/x", nothing, name="c", status=202),
        )["paths"]["/x"]
        assert paths["delete"]["responses"]["204"] == {"description": "No Content"}
        assert paths["get"]["responses"]["200"]["content"] == {"audio/wav": {}}
        assert paths["post"]["responses"]["202"] == {"description": "Accepted"}

    def test_parts_of_the_path_have_their_types(self):
        number = Annotated[int, Meta(ge=1)]
        (found,) = described(
            Operation("GET", "/rows/{row}/{name}", nothing), paths={"row": number}
        )["paths"].values()
        assert found["get"]["parameters"] == [
            {
                "name": "row",
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "minimum": 1},
            },
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
        ]

    def test_a_query_has_its_names_bounds_and_defaults_and_no_null(self):
        class Query(msgspec.Struct, rename="kebab"):
            needed: str
            at_most: Annotated[int, Meta(ge=1, le=9, description="how many")] = 5
            kind: Literal["a", "b"] | None = None
            either: int | str | None = None

        found = described(Operation("GET", "/x", nothing, query=Query))["paths"]["/x"]["get"]
        told = {each["name"]: (each["required"], each["schema"]) for each in found["parameters"]}
        bounds = {
            "type": "integer",
            "minimum": 1,
            "maximum": 9,
            "default": 5,
            "description": "how many",
        }
        assert told == {
            "needed": (True, {"type": "string"}),
            "at-most": (False, bounds),
            "kind": (False, {"enum": ["a", "b"]}),
            "either": (False, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        }


class Ring(msgspec.Struct, tag="ring"):
    """It rings."""

    seconds: int


class Say(msgspec.Struct, tag="say"):
    """It speaks."""

    words: list[str]


class Inner(msgspec.Struct):
    """What is in another."""

    n: int


class TestTypes:
    def test_bounds_choices_and_what_may_be_left_out(self):
        class Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
            """A body."""

            name: Annotated[str, Meta(min_length=1, max_length=9, pattern="^[a-z]+$")]
            how_many: Annotated[int, Meta(ge=1, le=9)] = 3
            kind: Literal["a", "b"] = "a"
            note: str | None = None
            left: int | UnsetType = UNSET
            tags: Annotated[list[str], Meta(max_length=4)] = []

        found, _ = body_of(Body)
        assert (found["description"], found["additionalProperties"]) == ("A body.", False)
        assert found["required"] == ["name"]
        assert found["properties"] == {
            "name": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$"},
            "howMany": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
            "kind": {"enum": ["a", "b"], "default": "a"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "left": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 4, "default": []},
        }

    def test_a_time_with_its_zone_is_a_date_time(self):
        class Body(msgspec.Struct):
            at: Annotated[datetime, Meta(tz=True)]

        assert body_of(Body)[0]["properties"]["at"] == {"type": "string", "format": "date-time"}

    def test_a_tagged_union_names_what_tells_its_kinds_apart(self):
        class Body(msgspec.Struct):
            do: Ring | Say

        found, components = body_of(Body)
        do = found["properties"]["do"]
        assert {each["$ref"] for each in do["anyOf"]} == set(
            do["discriminator"]["mapping"].values()
        )
        assert do["discriminator"]["propertyName"] == "type"
        assert components["Ring"]["properties"]["type"] == {"enum": ["ring"]}
        assert components["Ring"]["required"] == ["type", "seconds"]

    def test_a_type_inside_another_is_described_once(self):
        class Body(msgspec.Struct):
            one: Inner
            many: list[Inner]
            named: dict[str, Inner]

        found, components = body_of(Body)
        here = {"$ref": "#/components/schemas/Inner"}
        assert found["properties"] == {
            "one": here,
            "many": {"type": "array", "items": here},
            "named": {"type": "object", "additionalProperties": here},
        }
        assert sorted(components) == ["Body", "Inner", "ProblemBody"]

    def test_two_types_of_one_name_are_told_apart_by_refusing_both(self):
        kinds = [msgspec.defstruct("Room", [("n", int)], module=name) for name in ("red", "blue")]
        rows = [
            Operation("PUT", f"/{n}", nothing, body=kind, name=str(n))
            for n, kind in enumerate(kinds)
        ]
        with pytest.raises(ValueError, match=r"two types of one name: red\.Room and blue\.Room"):
            described(*rows)


@pytest.mark.timeout(180)
async def test_schemathesis_finds_nothing_that_is_not_so(tmp_path: Path):
    """What fits is done, what does not is refused, and every answer is as the document says."""
    rooms = Rooms()
    rooms.hang.set()
    root, part = web.Application(client_max_size=50_000), web.Application()
    part.add_routes(rooms.api(wrong=False).routes())
    root.add_subapp("/rooms", part)
    async with TestServer(root) as server:
        url = f"http://127.0.0.1:{server.port}/rooms/api/v1"
        code, told = await schemathesis(url, tmp_path)
    assert code == 0, told
    assert "8 selected / 8 total" in told


async def schemathesis(url: str, folder: Path, *more: str) -> tuple[int, str]:
    """Run it: how it ended, and what it says."""
    command: Sequence[str] = (
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", f"{url}/openapi.json", "--url", url, "--no-color"),
        *("-H", "Authorization: Bearer write"),
        *("--checks", "all", "--mode", "all", "--max-examples", "30", "--seed", "1"),
        *more,
    )
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


@pytest.mark.timeout(180)
async def test_schemathesis_finds_an_answer_that_is_not_as_described(tmp_path: Path):
    class Row(msgspec.Struct):
        name: str

    async def other(asked: Any) -> Any:
        return {"title": "x"}

    api = Api(
        "Rows",
        version="1",
        operations=[Operation("GET", "/x", other, "", answers=Row)],
        authenticate=authenticate,
        base="/rows",
    )
    root = web.Application()
    root.add_routes(api.routes("/rows"))
    async with TestServer(root) as server:
        code, told = await schemathesis(f"http://127.0.0.1:{server.port}/rows", tmp_path)
    assert code == 1 and "'name' is a required property" in told.replace('"', "'")
