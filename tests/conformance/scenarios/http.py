"""What ARI's HTTP takes and how it refuses: methods, bodies, encodings, origins, limits."""

from __future__ import annotations

import json

from tests.conformance.configuration import ORIGINS
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

HTTP = frozenset({"http"})
# Bytes of a body that are still read.
BODY = 40_960


async def read(a: Place, name: str) -> str:
    """A global variable's value."""
    reply = await a.get("asterisk/variable", variable=name)
    assert reply.status == 200
    return str(reply.json["value"])


@scenario(7, needs=HTTP)
async def cors_exact_origin(a: Place) -> None:
    """Only a listed origin may, and only as it is written."""
    for origin in ORIGINS:
        reply = await a.request("GET", "asterisk/info", headers={"Origin": origin})
        assert reply.status == 200
        assert reply.headers["access-control-allow-origin"] == origin
    for origin in ("http://bad.example", ORIGINS[0].upper(), f"{ORIGINS[0]}.evil.example"):
        reply = await a.request("GET", "asterisk/info", headers={"Origin": origin})
        assert reply.status == 200
        assert "access-control-allow-origin" not in reply.headers


@scenario(7, needs=HTTP)
async def cors_preflight(a: Place) -> None:
    """A preflight tells a listed origin the methods of that path."""
    asked = {"Origin": ORIGINS[0], "Access-Control-Request-Method": "DELETE"}
    reply = await a.request("OPTIONS", "bridges/x", headers=asked)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == ORIGINS[0]
    assert set(reply.headers["access-control-allow-methods"].split(",")) == {
        "OPTIONS",
        "GET",
        "POST",
        "DELETE",
    }
    other = await a.request(
        "OPTIONS", "bridges/x", headers=asked | {"Origin": "http://bad.example"}
    )
    assert "access-control-allow-origin" not in other.headers


@scenario(8, needs=HTTP)
async def content_type_params(a: Place) -> None:
    """`application/json; charset=utf-8` is JSON."""
    for number, kind in enumerate(("application/json; charset=utf-8", "application/json;x=y")):
        reply = await a.request(
            "POST",
            "asterisk/variable",
            headers={"Content-Type": kind},
            body=json.dumps({"variable": a.name("v"), "value": f"ä{number}"}).encode(),
        )
        assert reply.status == 204
        assert await read(a, a.name("v")) == f"ä{number}"


@scenario(needs=HTTP)
async def body_of_another_type_is_ignored(a: Place) -> None:
    """JSON that is sent as text is as if nothing had been sent."""
    reply = await a.request(
        "POST",
        "asterisk/variable",
        headers={"Content-Type": "text/plain"},
        body=json.dumps({"variable": a.name("v"), "value": "x"}).encode(),
    )
    assert reply.status == 400
    assert await read(a, a.name("v")) == ""


@scenario(9, needs=HTTP)
async def chunked_body(a: Place) -> None:
    """A body may come in pieces, of any size."""
    body = json.dumps({"variable": a.name("v"), "value": "in pieces"}).encode()
    reply = await a.request(
        "POST",
        "asterisk/variable",
        headers={"Content-Type": "application/json"},
        body=[body[:5], body[5:6], body[6:]],
    )
    assert reply.status == 204
    assert await read(a, a.name("v")) == "in pieces"


@scenario(10)
async def request_body_equivalence(a: Place) -> None:
    """A parameter may come by query, by form or by JSON; the body counts before the query."""
    name = a.name("v")
    assert (await a.post("asterisk/variable", variable=name, value="query")).status == 204
    assert await read(a, name) == "query"
    form = {"variable": name, "value": "a form's"}
    assert (await a.post("asterisk/variable", form=form)).status == 204
    assert await read(a, name) == "a form's"
    body = {"variable": name, "value": "json"}
    assert (await a.post("asterisk/variable", json=body)).status == 204
    assert await read(a, name) == "json"
    assert (await a.post("asterisk/variable", variable="x", value="y", json=body)).status == 204
    assert await read(a, name) == "json"


@scenario(11, needs=HTTP)
async def body_too_large(a: Place) -> None:
    """A body of 40 KiB is read, a larger one refused."""
    for size, status in ((BODY, 204), (BODY + 1, 413)):
        frame = len(json.dumps({"variable": a.name("v"), "value": ""}))
        body = json.dumps({"variable": a.name("v"), "value": "x" * (size - frame)}).encode()
        assert len(body) == size
        reply = await a.request(
            "POST",
            "asterisk/variable",
            headers={"Content-Type": "application/json"},
            body=body,
        )
        assert reply.status == status, reply


@scenario(12)
async def unknown_path_and_method(a: Place) -> None:
    """What ARI does not have is 404; what it has, but not with that method, 405."""
    for path in ("nonsense", "channels/x/nonsense", "bridges/x/addChannel/y"):
        reply = await a.get(path)
        assert reply.status == 404, path
    assert (await a.get("nonsense")).json == {"message": "Resource not found"}
    for method, path in (("DELETE", "asterisk/info"), ("PUT", "bridges/x"), ("POST", "sounds")):
        reply = await a.request(method, path)
        assert reply.status == 405, (method, path)
        assert reply.json == {"message": "Invalid method"}


@scenario()
async def trailing_slash_is_another_path(a: Place) -> None:
    """A slash at the end makes a path that is not there."""
    assert (await a.get("channels/")).status == 404
    assert (await a.get("asterisk/info/")).status == 404


@scenario()
async def malformed_json(a: Place) -> None:
    """A body that is no JSON is refused before anything is done."""
    for body in (b"{", b'{"variable": "x",}', b"\xff\xfe", b'{"variable": "\\u0000"}'):
        reply = await a.request(
            "POST",
            "asterisk/variable",
            query=[("variable", a.name("v")), ("value", "x")],
            headers={"Content-Type": "application/json"},
            body=body,
        )
        assert reply.status == 400, body
        assert await read(a, a.name("v")) == "", body


@scenario()
async def plus_is_a_blank(a: Place) -> None:
    """`+` is a blank, in a path as in a query; `%2B` is a plus, `%2F` a slash within a name."""
    bridge = a.name("one two")
    assert (await a.post(f"bridges/{bridge.replace(' ', '+')}")).json["id"] == bridge
    assert (await a.get(f"bridges/{bridge.replace(' ', '%20')}")).status == 200
    for text, written in (("p+q", "p%2Bq"), ("p/q", "p%2Fq"), ("p%q", "p%25q"), ("ä", "%C3%A4")):
        reply = await a.request("POST", f"bridges/{a.name(written)}")
        assert reply.status == 200
        assert reply.json["id"] == a.name(text)


@scenario()
async def lists_are_joined_by_commas(a: Place) -> None:
    """Several values of one parameter are one text with commas, or a list in a JSON body."""
    async with a.listen(a.name("app")) as events:
        sources = [f"bridge:{a.name('one')}", f"bridge:{a.name('two')}"]
        for name in ("one", "two"):
            assert (await a.post(f"bridges/{a.name(name)}")).status == 200
        path = f"applications/{events.app}/subscription"
        reply = await a.post(path, eventSource=sources)
        assert reply.status == 200
        assert sorted(reply.json["bridge_ids"]) == sorted(each[7:] for each in sources)
        assert (await a.delete(path, eventSource=sources)).json["bridge_ids"] == []
        reply = await a.post(path, json={"eventSource": sources})
        assert sorted(reply.json["bridge_ids"]) == sorted(each[7:] for each in sources)


@scenario(needs=HTTP)
async def request_line_too_long(a: Place) -> None:
    """A request line of 4 KiB is too much; the answer is no JSON."""
    value = "x" * 4096
    reply = await a.request("GET", "asterisk/variable", query=[("variable", value)])
    assert reply.status == 400
    assert reply.json is None
