"""REST over the event WebSocket."""

from __future__ import annotations

import json

from tests.conformance.party import enter
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

LATER = ("22",)
JSON = "application/json"


@scenario(74, versions=LATER)
async def rest_over_ws_single(a: Place) -> None:
    """A request is answered on its socket, with its ids, and tells what HTTP would tell."""
    async with a.socket(a.name("app")) as socket:
        asked = {"method": "GET", "uri": "asterisk/info?only=system", "transaction_id": "t1"}
        answer = await socket.ask(asked)
        assert set(answer) == {
            "type",
            "transaction_id",
            "request_id",
            "status_code",
            "reason_phrase",
            "uri",
            "content_type",
            "message_body",
            "application",
            "timestamp",
            "asterisk_id",
        }
        assert (answer["status_code"], answer["reason_phrase"]) == (200, "OK")
        assert (answer["transaction_id"], answer["uri"]) == ("t1", "asterisk/info")
        assert answer["content_type"] == JSON
        assert answer["application"] == socket.app
        over_http = await a.get("asterisk/info", only="system")
        assert json.loads(answer["message_body"]) == over_http.json


@scenario(74, versions=LATER)
async def rest_over_ws_parameters(a: Place) -> None:
    """Parameters go in the address, beside it, as JSON, or as a form."""
    async with a.socket(a.name("app")) as socket:
        for text, request in (
            ("a", {"uri": f"bridges/{a.name('a')}?name=Front"}),
            ("b", {"query_strings": [{"name": "name", "value": "Front"}]}),
            ("c", {"content_type": JSON, "message_body": '{"name": "Front"}'}),
            (
                "d",
                {
                    "content_type": "application/x-www-form-urlencoded",
                    "message_body": "name=Front",
                },
            ),
        ):
            made = {"method": "POST", "uri": f"bridges/{a.name(text)}", **request}
            answer = await socket.ask(made)
            assert answer["status_code"] == 200, request
            assert (await a.get(f"bridges/{a.name(text)}")).json["name"] == "Front", request
        gone = await socket.ask({"method": "DELETE", "uri": f"bridges/{a.name('a')}"})
        assert (gone["status_code"], gone["reason_phrase"]) == (204, "No Content")
        assert "message_body" not in gone and "content_type" not in gone


@scenario(74, versions=LATER)
async def rest_over_ws_parallel(a: Place) -> None:
    """Requests that are sent at once are answered one by one, in order."""
    async with a.socket(a.name("app")) as socket:
        names = [a.name(f"b{number}") for number in range(20)]
        for number, name in enumerate(names):
            request = {"type": "RESTRequest", "request_id": f"n{number}", "method": "POST"}
            await socket.send(json.dumps({**request, "uri": f"bridges/{name}"}))
        answers = [await socket.next("RESTResponse") for _ in names]
        assert [each["request_id"] for each in answers] == [f"n{n}" for n in range(20)]
        assert {each["status_code"] for each in answers} == {200}
        listed = {each["id"] for each in (await a.get("bridges")).json}
        assert set(names) <= listed


@scenario(74, versions=LATER)
async def rest_over_ws_bad(a: Place) -> None:
    """What cannot be asked, and what is told then."""
    async with a.socket(a.name("app")) as socket:
        bridge = f"bridges/{a.name('b')}"
        post = {"method": "POST", "uri": bridge}
        unknown = "Unknown or missing 'method' property."
        for request, status, phrase, text in (
            ({"method": "GET", "uri": "nonsense"}, 404, "Not Found", "Resource not found"),
            ({"method": "GET", "uri": "ari/asterisk/ping"}, 404, "Not Found", "Resource not found"),
            ({"method": "GET", "uri": bridge}, 404, "Not Found", "Bridge not found"),
            (
                {"method": "GET", "uri": "/asterisk/ping"},
                405,
                "Method Not Allowed",
                "Invalid method",
            ),
            (
                {"method": "PUT", "uri": "asterisk/ping"},
                405,
                "Method Not Allowed",
                "Invalid method",
            ),
            ({"method": "NONE", "uri": "asterisk/ping"}, 400, "Bad request", unknown),
            ({"uri": "asterisk/ping"}, 400, "Bad request", unknown),
            ({"method": "GET"}, 400, "Bad request", "Empty or missing 'uri' property."),
            (
                {"method": "GET", "uri": "events?app=x"},
                400,
                "Bad request",
                "Can't upgrade to websocket from a websocket",
            ),
            (
                {**post, "message_body": "{}"},
                400,
                "Bad request",
                "No 'content_type' for 'message_body'.",
            ),
            (
                {**post, "message_body": "{bad", "content_type": JSON},
                400,
                "Bad request",
                f"Unable to parse 'message_body' as '{JSON}'.",
            ),
        ):
            answer = await socket.ask(request)
            assert (answer["status_code"], answer["reason_phrase"]) == (status, phrase), request
            assert json.loads(answer["message_body"]) == {"message": text}, request


@scenario(74, versions=LATER)
async def rest_over_ws_nonsense(a: Place) -> None:
    """Whatever is sent, the socket stays open, and the answer has the ids that could be read."""
    async with a.socket(a.name("app")) as socket:
        for text, request_id, told in (
            ("{bad", "", None),
            ("3", "", None),
            ("[]", "", "No 'type' property."),
            ('{"request_id": "x"}', "x", "No 'type' property."),
            ('{"type": "None", "request_id": "x"}', "x", "Unknown request type."),
            ('{"type": "RESTRequest"}', "", "Empty or missing 'uri' property."),
        ):
            await socket.send(text)
            answer = await socket.next("RESTResponse")
            assert answer["status_code"] == 400, text
            assert (answer["request_id"], answer["uri"]) == (request_id, ""), text
            if told is None:
                assert answer["reason_phrase"] == "Failed to parse request message JSON"
                assert "message_body" not in answer
            else:
                assert json.loads(answer["message_body"]) == {"message": told}, text
        await socket.send(b"\x00\x01")
        assert (await socket.ask({"method": "GET", "uri": "asterisk/ping"}))["status_code"] == 200


@scenario(74, versions=LATER)
async def rest_over_ws_binary_file(a: Place) -> None:
    """A recording's file does not come this way."""
    async with a.socket(a.name("app")) as socket:
        one, name = await enter(a, socket, "one", "media-tone"), a.name("r")
        reply = await a.post(f"channels/{one}/record", name=name, format="wav")
        assert reply.status == 201
        await socket.next("RecordingStarted", recording=name)
        stop = {"method": "POST", "uri": f"recordings/live/{name}/stop"}
        assert (await socket.ask(stop))["status_code"] == 204
        await socket.next("RecordingFinished", recording=name)
        answer = await socket.ask({"method": "GET", "uri": f"recordings/stored/{name}/file"})
        assert answer["status_code"] == 406
        assert answer["reason_phrase"] == "Not Acceptable.  Use HTTP GET"
        assert "message_body" not in answer


@scenario(74, versions=LATER)
async def rest_over_ws_with_events(a: Place) -> None:
    """A call that is made and ended over the socket: answers and events share it."""
    async with a.socket(a.name("app")) as socket:
        channel = a.name("one")
        pairs = {"endpoint": f"Local/8000@{a.context}", "app": socket.app, "appArgs": "x,y"}
        answer = await socket.ask(
            {
                "method": "POST",
                "uri": f"channels/{channel}",
                "query_strings": [{"name": name, "value": pairs[name]} for name in pairs],
            }
        )
        assert answer["status_code"] == 200
        assert json.loads(answer["message_body"])["id"] == channel
        start = await socket.next("StasisStart", channel=channel)
        assert start["args"] == ["x", "y"]
        answer = await socket.ask({"method": "DELETE", "uri": f"channels/{channel}"})
        assert answer["status_code"] == 204
        await socket.next("ChannelDestroyed", channel=channel)


@scenario(versions=LATER)
async def rest_over_ws_is_serial(a: Place) -> None:
    """What blocks delays all that is asked after it on the same socket, and nothing else."""
    async with a.socket(a.name("app")) as socket, a.socket(a.name("other")) as other:
        one = await enter(a, socket, "one")
        bridge = a.name("b")
        assert (await a.post(f"bridges/{bridge}")).status == 200
        playback = a.name("p")
        path = f"channels/{one}/play/{playback}"
        assert (await a.post(path, media="sound:hello-world")).status == 201
        await socket.next("PlaybackStarted", playback=playback)
        for number, method, uri in (
            (1, "POST", f"bridges/{bridge}/addChannel?channel={one}"),
            (2, "GET", "asterisk/ping"),
        ):
            request = {"type": "RESTRequest", "request_id": f"n{number}", "method": method}
            await socket.send(json.dumps({**request, "uri": uri}))
        assert (await other.ask({"method": "GET", "uri": "asterisk/ping"}))["status_code"] == 200
        assert "RESTResponse" not in socket.types()
        answers = [await socket.next("RESTResponse") for _ in range(2)]
        assert [each["request_id"] for each in answers] == ["n1", "n2"]
        assert (await a.get(f"playbacks/{playback}")).status == 404


@scenario(versions=LATER)
async def rest_over_ws_passes_the_event_filter(a: Place) -> None:
    """An application that allows other events alone hears no answer."""
    async with a.socket(a.name("app")) as socket:
        path = f"applications/{socket.app}/eventFilter"
        only = {"allowed": [{"type": "StasisStart"}], "disallowed": []}
        assert (await a.put(path, json=only)).status == 200
        request = {"type": "RESTRequest", "request_id": "lost", "method": "GET"}
        await socket.send(json.dumps({**request, "uri": "asterisk/ping"}))
        await socket.none("RESTResponse")
        assert (await a.put(path, json={"allowed": [], "disallowed": []})).status == 200
        answer = await socket.ask({"method": "GET", "uri": "asterisk/ping"})
        assert answer["status_code"] == 200
        assert socket.types() == ["RESTResponse"]


@scenario(74, versions=LATER)
async def rest_over_ws_read_only(a: Place) -> None:
    """Who may only read is refused the rest, as over HTTP."""
    async with a.socket(a.name("app"), auth=a.users.reader) as socket:
        answer = await socket.ask({"method": "GET", "uri": "asterisk/ping"})
        assert answer["status_code"] == 200
        answer = await socket.ask({"method": "POST", "uri": f"bridges/{a.name('b')}"})
        assert answer["status_code"] == 403
        assert (await a.get(f"bridges/{a.name('b')}")).status == 404
