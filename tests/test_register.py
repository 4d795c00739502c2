"""What Asterisk is told after every connect."""

from __future__ import annotations

import json

import pytest

from stasis.ari import Ari, Request, Response, Version
from stasis.ari.events import ChannelDialplan, ChannelVarset, ContactStatusChange, Event
from stasis.channel import Channel
from stasis.errors import NotFound
from stasis.flow import Flow
from stasis.plugin import Plugin
from stasis.program import Program
from stasis.register import NOISY, needless, register


async def linear(channel: Channel) -> None:
    """A flow that names no event."""


class Hearing(Flow):
    """A flow whose table names a noisy kind, and whose code waits for another."""

    async def menu(self, event: Event) -> None: ...

    start = menu
    table = {menu: {ChannelVarset: menu}}
    hears = (ChannelDialplan,)


class Listening(Plugin):
    """A plugin that waits for a noisy kind itself."""

    name = "listening"
    hears = (ChannelVarset,)


class Answers:
    """A `Send` that keeps what was sent."""

    def __init__(self, status: int = 200) -> None:
        self.sent: list[Request] = []
        self.status = status
        self.refused = ""

    async def __call__(self, request: Request) -> Response:
        self.sent.append(request)
        if self.refused and self.refused in request.path:
            return Response(400, "", b'{"message": "no"}')
        return Response(self.status, "", b'{"name": "ivr", "message": "no"}')


def test_a_flow_that_names_none_needs_none() -> None:
    """All noisy kinds are needless to it."""
    assert needless([Program.of(linear)]) == list(NOISY)


def test_what_tables_hears_and_plugins_name_is_needed() -> None:
    """One program that needs a kind is enough."""
    left = needless([Program.of(linear), Program.of(Hearing)])
    assert ChannelVarset not in left and ChannelDialplan not in left
    assert ChannelVarset not in needless([Program.of(linear, Listening(None))])


async def test_every_application_is_filtered_and_looked_for() -> None:
    """Both lists are sent, since a missing one would leave an older filter as it was."""
    send = Answers()
    programs = {"one": Program.of(linear), "two": Program.of(linear)}
    assert await register(Ari(send), programs) == frozenset(NOISY)
    assert [f"{each.method} {each.path}" for each in send.sent] == [
        "PUT /applications/one/eventFilter",
        "GET /applications/one",
        "PUT /applications/two/eventFilter",
        "GET /applications/two",
    ]
    body = json.loads(send.sent[0].body or b"")
    assert body["allowed"] == []
    assert {each["type"] for each in body["disallowed"]} == {kind.__name__ for kind in NOISY}


async def test_a_server_without_filters_keeps_nothing_back() -> None:
    """Before 16.3 all kinds come, and may be waited for."""
    send = Answers()
    quiet = await register(Ari(send, Version(16, 1)), {"one": Program.of(linear)})
    assert quiet == frozenset()
    assert [each.path for each in send.sent] == ["/applications/one"]


async def test_an_application_that_is_not_there_is_told() -> None:
    """The socket may be open and the application inactive all the same."""
    with pytest.raises(NotFound):
        await register(Ari(Answers(404)), {"one": Program.of(linear)})


class Watching(Plugin):
    """A plugin whose application hears of phones, too."""

    name = "watching"
    watches = ("endpoint:PJSIP", "deviceState:")
    hears = (ContactStatusChange,)


async def test_what_a_plugin_watches_comes_by_an_application_of_its_own() -> None:
    """In that of a call, Asterisk would send each event of the call twice. It is sent nothing
    else."""
    answers = Answers()
    await register(Ari(answers, Version(22, 10, 1)), Watching(None).programs())
    (asked,) = [each for each in answers.sent if each.method == "POST"]
    assert asked.path == "/applications/watching-watch/subscription"
    assert dict(asked.query) == {"eventSource": "endpoint:PJSIP,deviceState:"}
    (filtered,) = [each for each in answers.sent if "watching-watch/eventFilter" in each.path]
    assert json.loads(filtered.body or b"") == {
        "allowed": [{"type": "ChannelUserevent"}, {"type": "ContactStatusChange"}],
        "disallowed": [],
    }


async def test_what_it_watches_is_no_reason_not_to_run() -> None:
    """It is logged; calls go on."""
    answers = Answers()
    answers.refused = "/subscription"
    await register(Ari(answers, Version(22, 10, 1)), Watching(None).programs())
