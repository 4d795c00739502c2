"""Masking: secrets never, people by pseudonyms; what the engine goes by stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ari.resource import Request
from stasis.testing.session.mask import Mask
from stasis.testing.session.pseudonyms import Pseudonyms

NUMBER, NAME = "+4915112345678", "Ann O'Hara"


def mask(*secrets: str) -> Mask:
    return Mask(Pseudonyms(lambda _: None), secrets)


def start(**more: Any) -> dict[str, Any]:
    """A call of Ann's that comes in."""
    return {
        "type": "StasisStart",
        "application": "ivr",
        "args": [],
        "channel": {
            "id": "1764435550.12",
            "name": "PJSIP/alice-0000001a",
            "state": "Ring",
            "caller": {"name": NAME, "number": NUMBER},
            "connected": {"name": "", "number": ""},
            "dialplan": {"context": "default", "exten": "8001", "app_name": "Stasis"},
            **more,
        },
    }


class TestPeople:
    def test_a_caller_has_the_same_pseudonyms_everywhere(self) -> None:
        masked = mask()
        channel = masked.frame(start())["channel"]
        assert channel["caller"] == {"name": "person2", "number": "+4900000000001"}
        assert channel["name"] == "PJSIP/person1-0000001a"
        assert masked.query(
            [("endpoint", "PJSIP/alice"), ("callerId", f'"{NAME}" <{NUMBER}>')]
        ) == [
            ("endpoint", "PJSIP/person1"),
            ("callerId", '"person2" <+4900000000001>'),
        ]
        assert masked.frame({"media": f"digits:{NUMBER}"}) == {"media": "digits:+4900000000001"}
        assert masked.path("/endpoints/PJSIP/alice") == "/endpoints/PJSIP/person1"
        assert masked.path(f"/recordings/live/of-{NUMBER[1:]}") == (
            "/recordings/live/of-4900000000001"
        ), "a file's name has no plus"

    def test_what_the_engine_goes_by_stays(self) -> None:
        before = start()
        before["channel"]["caller"] = {"name": "ivr", "number": "1764435550"}
        after = mask().frame(before)
        assert after["application"] == "ivr", "although somebody is called so"
        assert after["channel"]["id"] == "1764435550.12"
        assert after["channel"]["dialplan"] == before["channel"]["dialplan"]

    def test_a_short_number_is_no_time_limit(self) -> None:
        masked = mask()
        masked.frame(start(caller={"name": "", "number": "200"}))
        assert masked.query([("timeout", "200"), ("value", "of 200")]) == [
            ("timeout", "200"),
            ("value", "of 001"),
        ]

    @pytest.mark.parametrize(
        ("endpoint", "masked"),
        [
            ("PJSIP/alice", "PJSIP/person1"),
            ("PJSIP/+4989123456@trunk", "PJSIP/+4900000001@person1"),
            (
                "PJSIP/trunk/sip:+4989123456@10.0.0.5:5060",
                "PJSIP/person1/sip:+4900000001@198.51.100.1:5060",
            ),
            ("Local/4989123456@out", "Local/0000000001@out"),
            ("Local/8001@default", "Local/8001@default"),
        ],
    )
    def test_who_is_dialled_is_somebody(self, endpoint: str, masked: str) -> None:
        assert mask().query([("endpoint", endpoint)]) == [("endpoint", masked)]

    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("write to ann@example.com", "write to person1"),
            ("from 10.0.0.5:5060", "from 198.51.100.1:5060"),
            ("from 127.0.0.1", "from 127.0.0.1"),
            ("version 22.10.1", "version 22.10.1"),
            ("from 2001:db8::77", "from 198.51.100.1"),
            ("from 2001:db8:0:0:0:0:0:77", "from 198.51.100.1"),
            ("at 18:08:19, from ::1", "at 18:08:19, from ::1"),
        ],
    )
    def test_addresses_are_found_in_any_text(self, text: str, masked: str) -> None:
        assert mask().frame({"x": text}) == {"x": masked}

    def test_a_message_is_as_private_as_its_sender(self) -> None:
        event = {"type": "TextMessageReceived", "message": {"from": "alice", "body": "see you"}}
        assert mask().frame(event)["message"] == {"from": "person1", "body": "person2"}

    def test_people_can_be_left_as_they_are(self) -> None:
        assert Mask(Pseudonyms(lambda _: None), people=False).frame(start()) == start()

    @given(
        st.from_regex(r"\+?[1-9][0-9]{6,14}", fullmatch=True),
        st.from_regex(r"[A-Z][a-z]{3,8} [A-Z][a-z]{4,9}", fullmatch=True),
    )
    def test_neither_number_nor_name_is_written_anywhere(self, number: str, name: str) -> None:
        masked = mask()
        event = masked.frame(
            start(caller={"name": name, "number": number}, channelvars={"WHO": f"{name}: {number}"})
        )
        sent = masked.query([("value", f"call {number} for {name}"), ("extension", number)])
        data = masked.answer(
            Request("GET", "/x"), {"value": f'{{"of": "{number}", "n": "{name}"}}'}
        )
        for text in map(json.dumps, (event, sent, data)):
            assert number not in text
            assert name not in text


class TestSecrets:
    @pytest.mark.parametrize(
        "body",
        [
            {"password": "hunter22"},
            {"fields": [{"attribute": "password", "value": "hunter22"}]},
            {"variables": {"API_TOKEN": "hunter22"}},
            {"variables": {"X": {"api_key": "hunter22"}}},
            {"headers": {"Authorization": "Bearer hunter22hunter22"}},
            {"note": "Authorization: Basic hunter22hunter22=="},
            {"uri": "https://ann:hunter22@example.com/x"},
            {"uri": "http://example.com/ari/events?app=ivr&api_key=ann:hunter22"},
            {"fields": [{"attribute": "md5_cred", "value": "hunter22"}]},
            {"token": {"value": "hunter22"}},
            {"variables": {"USER_PIN_CODE": "hunter22", "otp": "hunter22", "pwd": "hunter22"}},
            {"transport_data": json.dumps({"secret": "hunter22"})},
        ],
    )
    @pytest.mark.parametrize("people", [True, False])
    def test_a_secret_is_not_written(self, body: dict[str, Any], people: bool) -> None:
        masked = Mask(Pseudonyms(lambda _: None), people=people)
        assert "hunter22" not in json.dumps(masked.frame(body))

    def test_nor_one_that_is_a_number(self) -> None:
        body = {"password": 4711, "variables": {"PIN": 4711}, "no_token": False}
        assert mask().frame(body) == {
            "password": "***",
            "variables": {"PIN": "***"},
            "no_token": False,
        }

    @pytest.mark.parametrize("people", [True, False])
    def test_nor_digits_that_were_entered_and_are_sent_on(self, people: bool) -> None:
        pseudonyms = Pseudonyms(lambda _: None)
        for before, digit in (("", "4"), ("4", "7"), ("47", "1"), ("471", "1")):
            pseudonyms.digit(before, digit)
        masked = Mask(pseudonyms, people=people)
        for name, value in (("dtmf", "4711"), ("media", "digits:4711"), ("value", "4711")):
            assert "4711" not in str(masked.query([(name, value)]))

    def test_nor_in_a_query_and_its_answer(self) -> None:
        masked = mask()
        assert masked.query([("variable", "USER_PIN"), ("value", "4711")]) == [
            ("variable", "USER_PIN"),
            ("value", "***"),
        ]
        request = Request("GET", "/channels/1/variable", (("variable", "DB_PASSWORD"),))
        assert masked.answer(request, {"value": "swordfish"}) == {"value": "***"}

    def test_once_seen_it_is_masked_anywhere(self) -> None:
        masked = mask("configured-word")
        masked.frame({"password": "hunter22"})
        assert masked.frame({"text": "hunter22 and configured-word"}) == {"text": "*** and ***"}

    def test_a_calls_record_keeps_its_ids_and_hides_its_data(self) -> None:
        masked = mask()
        masked.frame(start())
        record = {
            "format": 1, "app": "ivr", "flow": "Ivr", "state": "menu", "token": "0123456789abcdef",
            "entry": 2, "media": "fedcba9876543210", "args": [NUMBER], "version": 1,
            "data": {"pin": "4711", "caller": NUMBER, "tries": 2},
        }  # fmt: skip
        (_, (_, text)) = masked.query([("variable", "STASIS_FLOW"), ("value", json.dumps(record))])
        assert json.loads(text) == {
            **record,
            "args": ["+4900000000001"],
            "data": {"pin": "***", "caller": "+4900000000001", "tries": 2},
        }
