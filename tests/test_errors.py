"""The error tree: one base, a class for each meaning, and texts that carry their facts."""

from __future__ import annotations

import inspect
import re

import pytest

from stasis import errors
from stasis.errors import (
    BY_STATUS,
    AllocationFailed,
    ApplicationTaken,
    AriError,
    ChannelGone,
    ConfigError,
    Conflict,
    InboxOverflow,
    InvalidRequest,
    NotAri,
    NotBooted,
    NotFound,
    NotPlayed,
    NotRecorded,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    ResponseError,
    ServerError,
    StasisError,
    Unauthorized,
    Unreachable,
    WaitTimeout,
)

ALL = [each for _, each in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_one_except_catches_them_all(kind: type[Exception]):
    assert issubclass(kind, StasisError)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_the_module_shows_each_in_its_tree(kind: type[Exception]):
    assert re.search(rf"\b{kind.__name__}\b", errors.__doc__ or "")


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        (NotFound, (ResponseError, AriError)),
        (AllocationFailed, (ServerError, ResponseError)),
        (NotBooted, (ServerError,)),
        (NotAri, (ResponseError,)),
        (InvalidRequest, (NotSent, AriError)),
        (NotSupported, (NotSent,)),
        (Unreachable, (NotSent,)),
        (OutcomeUnknown, (AriError,)),
        (WaitTimeout, (TimeoutError,)),
    ],
)
def test_an_error_is_caught_by_its_meaning(kind: type, bases: tuple[type, ...]):
    assert all(issubclass(kind, base) for base in bases)


def test_what_was_sent_is_no_not_sent():
    assert not issubclass(OutcomeUnknown, NotSent) and not issubclass(ResponseError, NotSent)


def test_each_status_has_its_class():
    assert BY_STATUS[401] is Unauthorized and BY_STATUS[404] is NotFound
    assert set(BY_STATUS) == {400, 401, 403, 404, 405, 409, 412, 413, 422, 500, 501, 503}


def test_a_refusal_says_what_was_asked_and_what_came():
    error = Conflict("POST", "/bridges/b", 409, "Bridge exists", "choose another id")
    assert str(error) == "POST /bridges/b: 409 Bridge exists (choose another id)"
    assert (error.method, error.path, error.status) == ("POST", "/bridges/b", 409)
    assert error.message == "Bridge exists"
    assert str(Conflict("POST", "/b", 409, "Bridge exists")) == "POST /b: 409 Bridge exists"


def test_an_unsent_request_says_why():
    error = Unreachable("GET", "/asterisk/info", "no connection")
    assert str(error) == "GET /asterisk/info: no connection" and error.reason == "no connection"


def test_all_configuration_problems_are_lines():
    error = ConfigError("first", "second")
    assert error.problems == ("first", "second") and str(error) == "first\nsecond"


def test_a_value_that_was_refused_before_there_was_a_request_says_only_what_is_wrong():
    assert str(InvalidRequest("", "", "media 'x': write scheme:what")) == (
        "media 'x': write scheme:what"
    )
    assert str(InvalidRequest("POST", "/bridges", "no name")) == "POST /bridges: no name"


def test_a_gone_channel_says_which_and_why():
    error = ChannelGone("c1", "hung up")
    assert (error.channel_id, error.reason, str(error)) == ("c1", "hung up", "channel c1: hung up")
    assert str(ChannelGone("c1")) == "channel c1: left Stasis"


def test_a_timeout_says_what_was_awaited_and_how_long():
    error = WaitTimeout("end of playback p", 2.5)
    assert str(error) == "end of playback p: nothing came within 2.5 s"
    assert (error.what, error.seconds) == ("end of playback p", 2.5)


def test_an_unplayable_medium_says_what_to_check():
    error = NotPlayed("sound:nix", "p1")
    assert "'sound:nix'" in str(error) and "stasis check" in str(error)
    assert (error.media_uri, error.playback_id) == ("sound:nix", "p1")


def test_a_failed_recording_says_why():
    error = NotRecorded("msg", "disk full")
    assert str(error) == "recording 'msg' failed: disk full"
    assert (error.name, error.cause) == ("msg", "disk full")


def test_an_overflow_names_the_key_that_sets_the_limit():
    error = InboxOverflow("c1", 1000)
    assert "engine.inbox" in str(error) and "1000" in str(error)
    assert (error.channel_id, error.limit) == ("c1", 1000)


def test_a_taken_application_says_what_to_do():
    error = ApplicationTaken("ivr")
    assert error.app == "ivr" and "another name" in str(error)
