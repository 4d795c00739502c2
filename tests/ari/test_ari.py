"""`Ari` bundles all operations; these are what the tables of the generator promise of them."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest

import stasis.ari
from stasis.ari import Ari, Request, Response, Version
from stasis.ari.channels import Channel
from stasis.ari.playbacks import Playback
from stasis.ari.resource import BLOCKING_SECONDS, CONTROL_SECONDS, LISTING_SECONDS
from stasis.errors import InvalidRequest, NotSupported, OutcomeUnknown


class Server:
    """A `Send` that records, and answers each request in turn; the last answer goes on."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.requests: list[Request] = []
        self.answers = list(answers) or [Response(200, body=b"{}")]

    async def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def ari(server: Server) -> Ari:
    return Ari(server)


OPERATIONS = {
    f"{type(resource).__name__}.{name}": method
    for resource in Ari(Server()).resources
    for name, method in inspect.getmembers(type(resource), inspect.iscoroutinefunction)
    if not name.startswith("_")
}


def test_the_exports_are_sorted_and_exist() -> None:
    assert all(hasattr(stasis.ari, name) for name in stasis.ari.__all__)
    constants = [name for name in stasis.ari.__all__ if name.isupper()]
    assert stasis.ari.__all__ == constants + sorted(set(stasis.ari.__all__) - set(constants))


def test_there_are_108_operations_besides_the_event_websocket() -> None:
    assert len(OPERATIONS) == 108


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_tells_its_http_line_and_each_of_its_parameters(name: str) -> None:
    method = OPERATIONS[name]
    text = inspect.getdoc(method) or ""
    assert re.search(r"^`(GET|POST|PUT|DELETE) /\S*`", text, re.M)
    for parameter in list(inspect.signature(method).parameters)[1:]:
        assert re.search(rf"^{parameter}: \S", text, re.M), parameter


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_in_the_path_is_positional_and_all_else_is_named(name: str) -> None:
    method = OPERATIONS[name]
    path = re.findall(r"{(\w+)}", inspect.getdoc(method) or "")
    parameters = list(inspect.signature(method).parameters.values())[1:]
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(positional) == len(path)
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[len(positional) :])


def test_the_version_is_told_to_every_resource(ari: Ari) -> None:
    assert ari.version is None
    ari.version = Version(16, 28)
    assert {each.version for each in ari.resources} == {Version(16, 28)}
    assert len(ari.resources) == 11


async def test_documented_defaults_are_sent_because_asterisk_does_not_apply_them(
    ari: Ari, server: Server
) -> None:
    server.answers = [Response(204)]
    await ari.channels.mute("c")
    await ari.channels.dial("c")
    await ari.channels.send_dtmf("c", dtmf="1")
    assert [dict(r.query) for r in server.requests] == [
        {"direction": "both"},
        {"timeout": "0"},
        {"dtmf": "1", "before": "0", "between": "100", "duration": "100", "after": "0"},
    ]


async def test_defaults_that_contradict_each_other_are_left_to_the_server(
    ari: Ari, server: Server
) -> None:
    await ari.channels.external_media(app="a", format="ulaw", external_host="127.0.0.1:4000")
    assert dict(server.requests[0].query) == {
        "app": "a",
        "format": "ulaw",
        "external_host": "127.0.0.1:4000",
    }


async def test_a_parameter_younger_than_its_operation_is_sent_only_when_given(
    ari: Ari, server: Server
) -> None:
    ari.version = Version(16, 28)
    server.answers = [Response(204)]
    await ari.channels.set_channel_var("c", variable="A", value="1")
    assert dict(server.requests[0].query) == {"variable": "A", "value": "1"}
    with pytest.raises(NotSupported, match=r"no report_events.*22\.10"):
        await ari.channels.set_channel_var("c", variable="A", value="1", report_events=True)


async def test_an_operation_the_version_lacks_is_refused(ari: Ari, server: Server) -> None:
    ari.version = Version(18, 12, 1)
    with pytest.raises(NotSupported, match=r"18\.12\.1 does not have it"):
        await ari.channels.progress("c")
    assert server.requests == []


async def test_one_medium_or_several(ari: Ari, server: Server) -> None:
    await ari.channels.play_with_id("c", "p", media="sound:a,b")
    await ari.channels.play_with_id("c", "p", media=["sound:a", "sound:b"])
    first, second = server.requests
    assert json.loads(first.body or b"") == {"media": ["sound:a,b"]}
    assert dict(second.query)["media"] == "sound:a,sound:b"


async def test_variables_are_a_key_in_the_body_and_the_event_filter_is_the_body(
    ari: Ari, server: Server
) -> None:
    await ari.channels.originate(endpoint="Local/a@b", app="x", variables={"A": "1"})
    await ari.applications.filter("x", filter={"allowed": [{"type": "StasisStart"}]})
    await ari.applications.filter("x", filter={})
    assert [json.loads(r.body or b"null") for r in server.requests] == [
        {"variables": {"A": "1"}},
        {"allowed": [{"type": "StasisStart"}]},
        {},
    ]


async def test_python_keywords_have_a_trailing_underscore(ari: Ari, server: Server) -> None:
    server.answers = [Response(202)]
    await ari.endpoints.send_message(to="pjsip:a", from_="pjsip:b", body="hi")
    assert dict(server.requests[0].query)["from"] == "pjsip:b"


async def test_sending_a_message_is_never_repeated_though_it_is_a_put(
    ari: Ari, server: Server
) -> None:
    server.answers = [Response(202)]
    await ari.endpoints.send_message(to="a", from_="b")
    await ari.endpoints.send_message_to_endpoint("PJSIP", "a", from_="b")
    await ari.mailboxes.update("a", old_messages=0, new_messages=1)
    assert [r.repeatable for r in server.requests] == [False, False, True]


async def test_how_long_an_answer_may_take(ari: Ari, server: Server) -> None:
    server.answers = [Response(200, body=b"[]")]
    await ari.channels.list()
    server.answers = [Response(204)]
    await ari.channels.ring("c")
    for waits in (
        ari.channels.answer("c"),
        ari.channels.set_channel_var("c", variable="A"),
        ari.channels.set_channel_vars("c", variables={"A": "1"}),
        ari.bridges.add_channel("b", channel="c"),
        ari.bridges.remove_channel("b", channel="c"),
        ari.bridges.set_video_source("b", "c"),
        ari.bridges.clear_video_source("b"),
    ):
        await waits
    seconds = [r.seconds for r in server.requests]
    assert seconds == [LISTING_SECONDS, CONTROL_SECONDS] + 7 * [BLOCKING_SECONDS]


@pytest.mark.parametrize(
    ("section", "operation", "path", "arguments"),
    [
        ("channels", "originate_with_id", "/channels/i", {"endpoint": "e"}),
        ("channels", "originate", "/channels/i", {"endpoint": "e", "channel_id": "i"}),
        ("channels", "create", "/channels/i", {"endpoint": "e", "app": "a", "channel_id": "i"}),
        (
            "channels",
            "external_media",
            "/channels/i",
            {"app": "a", "format": "ulaw", "channel_id": "i"},
        ),
        ("bridges", "create_with_id", "/bridges/i", {}),
        ("bridges", "create", "/bridges/i", {"bridge_id": "i"}),
    ],
)
async def test_creates_with_an_id_of_ours_are_resolved_when_no_answer_comes(
    section: str, operation: str, path: str, arguments: dict[str, Any]
) -> None:
    server = Server(OutcomeUnknown("POST", "/x", "lost"), Response(200, body=b'{"id":"i"}'))
    method = getattr(getattr(Ari(server), section), operation)
    made = await method(*(["i"] if operation.endswith("_with_id") else []), **arguments)
    assert made.id == "i"
    assert (server.requests[1].method, server.requests[1].path) == ("GET", path)


async def test_media_with_an_id_of_ours_are_resolved_too() -> None:
    lost = OutcomeUnknown("POST", "/x", "lost")
    server = Server(lost, Response(200, body=b'{"id":"p","state":"playing"}'))
    assert await Ari(server).channels.play_with_id("c", "p", media="sound:a") == Playback(
        id="p", state="playing"
    )
    server = Server(lost, Response(200, body=b'{"id":"s"}'))
    made = await Ari(server).channels.snoop_channel_with_id("c", "s", app="a", spy="both")
    assert made == Channel(id="s")
    server = Server(lost, Response(200, body=b'{"name":"n/m"}'))
    made_recording = await Ari(server).channels.record("c", name="n/m", format="wav")
    assert made_recording.name == "n/m"
    assert server.requests[1].path == "/recordings/live/n%2Fm"


async def test_without_an_id_of_ours_the_outcome_stays_unknown() -> None:
    server = Server(OutcomeUnknown("POST", "/channels", "lost"))
    with pytest.raises(OutcomeUnknown):
        await Ari(server).channels.originate(endpoint="e")
    assert len(server.requests) == 1


@pytest.mark.parametrize("text", ["/", ";", "@", "+", "%", '"', "'", " ", "é", "漢", "a/b;1"])
async def test_ids_and_names_with_any_printable_character_stay_one_segment(
    ari: Ari, server: Server, text: str
) -> None:
    await ari.channels.get(text)
    path = server.requests[0].path
    assert path.count("/") == 2 and path.isascii() and not set(path) & set("+;@\"' ")


async def test_an_empty_id_is_refused_instead_of_asking_for_all(ari: Ari, server: Server) -> None:
    with pytest.raises(InvalidRequest):
        await ari.channels.hangup("")
    assert server.requests == []
