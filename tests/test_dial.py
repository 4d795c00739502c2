"""`dial`: what is asked of Asterisk, and what the dialled phones are shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ari.resource import Request, Response
from stasis.channel import Channel
from stasis.dial import identity
from stasis.errors import InvalidRequest, Unauthorized
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk


async def sent_by(
    *endpoints: str,
    refuse: dict[str, Response] | None = None,
    caller: dict[str, str] | None = None,
    **options: Any,
) -> tuple[list[Request], Exception | None]:
    """The requests that dialling sends until all endpoints ring, and the error it raised."""
    errors: list[Exception] = []

    async def flow(channel: Channel) -> None:
        try:
            dialling = await channel.dial(*endpoints, **options)
            await dialling.answered()
        except (ValueError, InvalidRequest, Unauthorized) as error:
            errors.append(error)

    async with FakeAsterisk(flow) as asterisk:
        asterisk.refuse |= refuse or {}
        before = len(asterisk.sent)
        call = await asterisk.call(**(caller or {}))
        requests = asterisk.sent[before:]
        await call.hangs_up()
    return requests, errors[0] if errors else None


def given_by(request: Request) -> dict[str, Any]:
    return {**dict(request.query), **json.loads(request.body or b"{}")}


class TestOriginating:
    @virtual_time
    async def test_the_caller_hears_ringing_and_every_endpoint_is_originated(self):
        ring, first, second = (await sent_by("PJSIP/a", "PJSIP/b", timeout=20, args="x"))[0]
        assert (ring.method, ring.path) == ("POST", "/channels/c1/ring")
        for request, endpoint in ((first, "PJSIP/a"), (second, "PJSIP/b")):
            parameters = given_by(request)
            assert request.path.startswith("/channels/channel-")
            assert parameters["endpoint"] == endpoint
            assert parameters["app"] == "test" and parameters["appArgs"] == "x"
            assert parameters["timeout"] == "20" and parameters["originator"] == "c1"

    @virtual_time
    async def test_the_called_see_who_calls(self):
        caller = {"number": "+49 30", "name": 'Ann "é" <x>'}
        _, request = (await sent_by("PJSIP/a", caller=caller))[0]
        assert given_by(request)["callerId"] == '"Ann é x" <+4930>'

    @virtual_time
    async def test_or_what_the_flow_wants_them_to_see(self):
        _, request = (await sent_by("PJSIP/a", caller_id='"Shop" <7>'))[0]
        assert given_by(request)["callerId"] == '"Shop" <7>'

    @virtual_time
    async def test_or_nothing(self):
        _, request = (await sent_by("PJSIP/a", caller_id=""))[0]
        assert "callerId" not in given_by(request)

    @virtual_time
    async def test_variables_travel_with_each(self):
        _, request = (await sent_by("PJSIP/a", variables={"X": "1,2"}))[0]
        assert given_by(request)["variables"] == {"X": "1,2"}

    @virtual_time
    async def test_music_is_heard_instead_of_ringing(self):
        music = (await sent_by("PJSIP/a", music="jazz"))[0][0]
        assert music.path == "/channels/c1/moh" and given_by(music) == {"mohClass": "jazz"}

    @virtual_time
    async def test_the_caller_may_hear_nothing(self):
        (request,) = (await sent_by("PJSIP/a", ring=False))[0]
        assert given_by(request)["endpoint"] == "PJSIP/a"

    @virtual_time
    async def test_a_caller_who_cannot_hear_ringing_is_no_reason_not_to_dial(self):
        refusal = {"POST /channels/c1/ring": Response(412, "", b'{"message": "wrong state"}')}
        requests, error = await sent_by("PJSIP/a", refuse=refusal)
        assert error is None and given_by(requests[-1])["endpoint"] == "PJSIP/a"

    @virtual_time
    async def test_one_endpoint_named_twice_rings_once(self):
        _, request = (await sent_by("PJSIP/a", "PJSIP/a"))[0]
        assert given_by(request)["endpoint"] == "PJSIP/a"

    @virtual_time
    async def test_an_error_that_is_ours_is_raised(self):
        refusal = {"POST /channels/channel-": Response(401, "", b'{"message": "who?"}')}
        assert isinstance((await sent_by("PJSIP/a", refuse=refusal))[1], Unauthorized)


class TestEarlyMedia:
    @virtual_time
    async def test_the_channel_is_created_bridged_and_only_then_dialled(self):
        requests, _ = await sent_by("PJSIP/a", early_media=True, timeout=9, caller_id="7")
        create, bridge, _, add, dial = requests
        assert (create.path, given_by(create)["endpoint"]) == ("/channels/create", "PJSIP/a")
        assert given_by(create)["variables"] == {"CONNECTEDLINE(all)": "7"}
        called = given_by(create)["channelId"]
        assert bridge.path.startswith("/bridges/bridge-")
        assert add.path.endswith("/addChannel") and given_by(add)["channel"] == f"c1,{called}"
        assert dial.path == f"/channels/{called}/dial" and given_by(dial)["timeout"] == "9"


class TestRefused:
    @pytest.mark.parametrize(
        ("endpoints", "options"),
        [
            ((), {}),
            (("PJSIP/a", "PJSIP/b"), {"early_media": True}),
            (("PJSIP/a",), {"timeout": 0}),
        ],
    )
    @virtual_time
    async def test_what_makes_no_sense_is_refused_before_anything_is_sent(
        self, endpoints: tuple[str, ...], options: dict[str, Any]
    ):
        requests, error = await sent_by(*endpoints, **options)
        assert isinstance(error, ValueError)
        assert not any(request.method == "POST" for request in requests)

    @pytest.mark.parametrize("endpoint", ["alice", "PJSIP/", "/alice", "P J/alice", ""])
    @virtual_time
    async def test_a_misspelt_endpoint_stops_all_before_any_rings(self, endpoint: str):
        requests, error = await sent_by("PJSIP/a", endpoint)
        assert isinstance(error, InvalidRequest)
        assert not any(request.method == "POST" for request in requests)


class TestIdentity:
    @pytest.mark.parametrize(
        ("name", "number", "shown"),
        [
            ("Ann", "100", '"Ann" <100>'),
            ("", "100", "100"),
            ("Ann", "", ""),
            ("", "", ""),
            ("漢字 é", "+4930", '"漢字 é" <+4930>'),
            ("a\r\nInjected: x", "1", '"aInjected: x" <1>'),
        ],
    )
    def test_what_the_caller_sent_is_shown(self, name: str, number: str, shown: str):
        assert identity(name, number) == shown

    @given(st.text(), st.text())
    def test_whatever_a_caller_sends_makes_a_sound_caller_id(self, name: str, number: str):
        shown = identity(name, number)
        assert shown.isprintable() and shown.count('"') in (0, 2)
        assert shown.count("<") == shown.count(">") <= 1


class TestVariablesOfOneEndpoint:
    @pytest.mark.parametrize("early", [False, True])
    def test_they_are_its_own_on_top_of_those_of_all(self, early: bool):
        @virtual_time
        async def test() -> None:
            header = "PJSIP_HEADER(add,X-Call)"
            endpoints = ("PJSIP/a",) if early else ("PJSIP/a", "PJSIP/b")
            requests, _ = await sent_by(
                *endpoints,
                caller_id="",
                variables={"X": "all", header: "all"},
                variables_of={"PJSIP/a": {header: "a"}},
                early_media=early,
            )
            given = [given_by(each).get("variables") for each in requests]
            first, *others = [each for each in given if each is not None]
            assert first == {"X": "all", header: "a"}
            assert others == [{"X": "all", header: "all"}] * (len(endpoints) - 1)

        test()

    @virtual_time
    async def test_of_one_that_is_not_dialled_are_a_mistake(self):
        requests, error = await sent_by("PJSIP/a", variables_of={"PJSIP/b": {"X": "1"}})
        assert isinstance(error, ValueError) and "PJSIP/b" in str(error)
        assert not any("/channels/channel-" in each.path for each in requests)
