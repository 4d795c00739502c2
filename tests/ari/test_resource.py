"""What goes out is encoded once and right; what comes back is a value or an error that says why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stasis.ari.channels import Channels
from stasis.ari.resource import (
    BLOCKING_SECONDS,
    BODY_LIMIT,
    Request,
    Resource,
    Response,
    many,
    segment,
)
from stasis.ari.version import Since, Version
from stasis.errors import (
    BY_STATUS,
    AllocationFailed,
    InvalidRequest,
    MethodNotAllowed,
    NotAri,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    ResponseError,
    ServerError,
    Unreachable,
)

# A busy machine is no failure.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Everything Asterisk can be sent: no control characters, no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=80)


class Server:
    """A `Send` that records requests and answers from a list, or raises what is in it."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.requests: list[Request] = []
        self.answers = list(answers) or [Response(204)]

    async def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def body_of(request: Request) -> Any:
    return json.loads(request.body or b"null")


async def sent(query: Mapping[str, object], method: str = "POST", **more: Any) -> Request:
    """The request that a call makes."""
    server = Server()
    await Resource(server)._call(None, method, "/x", query, **more)
    return server.requests[0]


# Path segments


@calm
@given(TEXT.filter(lambda text: text.strip(".")))
def test_a_segment_is_one_segment_and_comes_back_as_it_was(text: str) -> None:
    encoded = segment(text)
    assert unquote(encoded) == text
    # `+` would be a space to Asterisk, `/` another segment, `?` the end of the path.
    assert not set(encoded) & set("/+?# ") and encoded.isascii()


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_a_segment_that_would_vanish_from_the_path_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="must not be empty"):
        segment(text)


@pytest.mark.parametrize("text", ["a\r\nb", "\0", "\x7f", "\ud800"])
def test_a_segment_with_control_characters_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="control characters"):
        segment(text)


async def test_a_path_that_no_request_line_holds_is_refused() -> None:
    server = Server()
    with pytest.raises(InvalidRequest, match="too long"):
        await Resource(server)._call(None, "GET", f"/channels/{segment('漢' * 400)}")
    assert server.requests == []


# Queries


async def test_absent_parameters_are_left_out_and_the_others_keep_their_order() -> None:
    request = await sent({"b": "1", "a": None, "c": ""})
    assert request.query == (("b", "1"), ("c", "")) and request.body is None


async def test_booleans_and_numbers_are_sent_as_asterisk_reads_them() -> None:
    request = await sent({"yes": True, "no": False, "n": 0, "f": 1.5})
    assert request.query == (("yes", "true"), ("no", "false"), ("n", "0"), ("f", "1.5"))


async def test_a_list_is_one_parameter_joined_by_commas() -> None:
    assert (await sent({"media": ["sound:a", "sound:b"]})).query == (("media", "sound:a,sound:b"),)


async def test_a_list_with_a_comma_in_a_value_goes_into_the_body() -> None:
    request = await sent({"media": ["sound:a,b", "sound:c"], "lang": "en"})
    assert request.query == (("lang", "en"),)
    assert body_of(request) == {"media": ["sound:a,b", "sound:c"]}


async def test_a_comma_in_a_list_of_a_get_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="comma"):
        await sent({"variables": ["a,b"]}, "GET")


async def test_an_empty_list_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="media: the list is empty"):
        await sent({"media": []})


async def test_a_lone_string_is_one_value_whatever_commas_it_holds() -> None:
    assert many("sound:a,b") == ["sound:a,b"]
    assert many(("a", "b")) == ("a", "b")
    assert many(None) is None


async def test_a_long_query_moves_into_the_body_with_its_own_types() -> None:
    request = await sent({"text": "é" * 700, "n": 7, "flag": True, "list": ["a", "b"]})
    assert request.query == ()
    assert body_of(request) == {"text": "é" * 700, "n": 7, "flag": True, "list": ["a", "b"]}


async def test_a_long_query_of_a_get_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="too long"):
        await sent({"variable": "x" * 3000}, "GET")


@pytest.mark.parametrize("text", ["a\nb", "\r", "\0"])
async def test_control_characters_are_refused_everywhere(text: str) -> None:
    for query, body in (
        ({"p": text}, None),
        ({"p": [text]}, None),
        ({}, {"variables": {"A": text}}),
        ({}, {"variables": {text: "b"}}),
        ({}, {"fields": [{"attribute": text}]}),
    ):
        with pytest.raises(InvalidRequest, match="control characters"):
            await sent(query, body=body)


async def test_a_value_that_json_query_and_asterisk_have_no_form_for_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cannot send a object"):
        await sent({"p": object()})


# Bodies


async def test_a_body_and_what_a_query_could_not_hold_are_one_object() -> None:
    request = await sent({"media": ["a,b"]}, body={"variables": {"A": "1"}})
    assert body_of(request) == {"media": ["a,b"], "variables": {"A": "1"}}


async def test_an_empty_body_is_sent_and_no_body_is_not() -> None:
    assert (await sent({}, body={})).body == b"{}"
    assert (await sent({})).body is None


async def test_a_body_larger_than_asterisk_takes_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=str(BODY_LIMIT)):
        await sent({}, body={"variables": {"A": "x" * BODY_LIMIT}})


# What may be repeated, and how long it may take


@pytest.mark.parametrize(
    ("method", "repeatable"), [("GET", True), ("DELETE", True), ("PUT", True), ("POST", False)]
)
async def test_only_what_does_the_same_twice_is_repeatable(method: str, repeatable: bool) -> None:
    assert (await sent({}, method)).repeatable is repeatable


async def test_an_operation_can_say_otherwise() -> None:
    request = await sent({}, "PUT", repeatable=False, seconds=BLOCKING_SECONDS)
    assert request.repeatable is False and request.seconds == BLOCKING_SECONDS


async def test_a_request_carries_the_name_of_its_operation() -> None:
    server = Server()
    await Channels(server).answer("c1")
    assert server.requests[0].operation == "channels.answer"


# Versions


async def test_an_operation_the_server_lacks_is_refused_before_it_is_sent() -> None:
    server = Server()
    with pytest.raises(NotSupported, match=r"16\.28\.0 does not have it.*20\.16 or 22\.6"):
        await Resource(server, Version(16, 28))._call(
            None, "POST", "/x", since=Since("20.16", "22.6")
        )
    assert server.requests == []


async def test_a_parameter_the_server_would_ignore_is_refused_only_when_it_is_given() -> None:
    server = Server(Response(204))
    old = Resource(server, Version(18, 12, 1))
    newer = {"report_events": Since("22.10"), "variables": Since("22.10")}
    with pytest.raises(NotSupported, match="no report_events"):
        await old._call(None, "POST", "/x", {"report_events": False}, newer=newer)
    with pytest.raises(NotSupported, match="no variables"):
        await old._call(None, "POST", "/x", body={"variables": {}}, newer=newer)
    await old._call(None, "POST", "/x", {"report_events": None}, newer=newer)
    assert len(server.requests) == 1


async def test_while_the_version_is_unknown_the_server_decides() -> None:
    server = Server()
    await Resource(server)._call(
        None, "POST", "/x", {"a": "b"}, since=Since("99"), newer={"a": Since("99")}
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (405, MethodNotAllowed)])
async def test_where_the_version_is_unknown_the_error_names_the_version(
    status: int, kind: type[ResponseError]
) -> None:
    server = Server(Response(status, "No", b'{"message":"Resource not found"}'))
    with pytest.raises(kind, match=r"the operation needs Asterisk 22\.6"):
        await Resource(server)._call(None, "POST", "/x", since=Since("22.6"))


# Creates without an answer

LOST = OutcomeUnknown("POST", "/channels/a", "no answer")


async def create(server: Server) -> dict[str, str]:
    return await Resource(server)._call(
        dict[str, str],
        "POST",
        "/channels/a",
        resolve="/channels/a",
        operation="channels.originate_with_id",
    )


async def test_a_create_without_an_answer_is_resolved_by_looking() -> None:
    server = Server(LOST, Response(200, body=b'{"id":"a"}'))
    assert await create(server) == {"id": "a"}
    assert [(r.method, r.path) for r in server.requests] == [
        ("POST", "/channels/a"),
        ("GET", "/channels/a"),
    ]
    assert [r.operation for r in server.requests] == [
        "channels.originate_with_id",
        "channels.originate_with_id.resolve",
    ]


async def test_a_create_that_left_nothing_stays_unknown_and_says_what_was_seen() -> None:
    with pytest.raises(OutcomeUnknown, match="POST /channels/a.*not there now"):
        await create(Server(LOST, Response(404, body=b'{"message":"Channel not found"}')))


@pytest.mark.parametrize(
    "second",
    [
        Unreachable("GET", "/channels/a", "refused"),
        OutcomeUnknown("GET", "/channels/a", "no answer"),
        Response(503, body=b"{}"),
        Response(401, body=b"{}"),
    ],
)
async def test_when_looking_fails_too_the_create_is_still_the_unknown(
    second: Response | Exception,
) -> None:
    # An Unreachable here would claim that nothing happened.
    with pytest.raises(OutcomeUnknown) as caught:
        await create(Server(LOST, second))
    assert caught.value is LOST


async def test_without_an_id_of_ours_nothing_is_asked() -> None:
    server = Server(LOST)
    with pytest.raises(OutcomeUnknown):
        await Resource(server)._call(None, "POST", "/channels")
    assert len(server.requests) == 1


# Answers


async def answered(response: Response, returns: Any = dict[str, Any], **more: Any) -> Any:
    return await Resource(Server(response))._call(returns, "GET", "/x", **more)


async def test_no_content_is_none_and_json_is_the_type_that_was_asked_for() -> None:
    assert await answered(Response(204), None) is None
    assert await answered(Response(200, body=b"[1,2]"), tuple[int, ...]) == (1, 2)
    assert await answered(Response(201, body=b'{"a":1}')) == {"a": 1}


async def test_a_file_is_its_bytes() -> None:
    assert await answered(Response(200, body=b"RIFF\xff"), bytes, binary=True) == b"RIFF\xff"


@pytest.mark.parametrize("body", [b"", b"<html>It works!</html>", b'"text"', b"\xff"])
async def test_a_success_that_is_not_aris_json_says_so(body: bytes) -> None:
    with pytest.raises(NotAri):
        await answered(Response(200, "OK", body))


@pytest.mark.parametrize("status", [100, 301, 302, 304])
async def test_a_redirect_is_not_ari(status: int) -> None:
    with pytest.raises(NotAri, match=r"check asterisk\.url"):
        await answered(Response(status, "Moved", b""))


@pytest.mark.parametrize(("status", "kind"), BY_STATUS.items())
async def test_each_status_is_its_error_with_asterisks_words(
    status: int, kind: type[ResponseError]
) -> None:
    with pytest.raises(kind, match=f"GET /x: {status} Its own words") as caught:
        await answered(Response(status, "Reason", b'{"message":"Its own words"}'))
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.message) == (status, "Its own words")
    assert (caught.value.method, caught.value.path) == ("GET", "/x")


@pytest.mark.parametrize(("status", "kind"), [(418, ResponseError), (599, ServerError)])
async def test_a_status_nobody_knows_is_still_an_error(
    status: int, kind: type[ResponseError]
) -> None:
    with pytest.raises(kind) as caught:
        await answered(Response(status, "Odd", b""))
    assert type(caught.value) is kind and caught.value.message == "Odd"


async def test_an_endpoint_that_cannot_be_reached_is_no_server_fault() -> None:
    with pytest.raises(AllocationFailed, match="endpoint cannot be reached"):
        await answered(Response(500, "Error", b'{"error":"Allocation failed"}'))


async def test_a_404_in_html_is_another_server_or_ari_switched_off() -> None:
    with pytest.raises(NotAri, match="is ARI enabled"):
        await answered(Response(404, "Not Found", b"<html/>"))


@calm
@given(st.binary(max_size=60), st.integers(400, 599))
async def test_no_error_body_whatsoever_leads_to_another_exception(
    body: bytes, status: int
) -> None:
    with pytest.raises(ResponseError):
        await answered(Response(status, "Reason", body))


async def test_error_bodies_nested_without_end_are_survived() -> None:
    with pytest.raises(ServerError, match="Reason"):
        await answered(Response(500, "Reason", b"[" * 100_000))
