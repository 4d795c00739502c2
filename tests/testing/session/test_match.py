"""What is the same although its ids are not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.identity import HOUSE
from stasis.testing.session.match import Bindings

THEN, NOW, OTHER = "0123456789abcdef", "fedcba9876543210", "00112233445566aa"


def playback(token: str, number: int = 0) -> str:
    return f"/channels/1/play/playback-{token}-{number}"


class TestOurIds:
    def test_one_that_a_program_makes_stands_for_the_recorded_one(self) -> None:
        bindings = Bindings()
        assert bindings.match(playback(THEN), playback(NOW))
        assert bindings.match(playback(THEN, 1), playback(NOW, 1))
        assert not bindings.match(playback(THEN, 2), playback(OTHER, 2)), "it has its own already"

    def test_two_do_not_become_one(self) -> None:
        bindings = Bindings()
        assert bindings.match(playback(THEN), playback(NOW))
        assert not bindings.match(playback(OTHER), playback(NOW))

    def test_what_asterisk_says_of_it_is_translated_both_ways(self) -> None:
        bindings = Bindings()
        bindings.match(playback(THEN), playback(NOW))
        assert bindings.told(f'{{"id": "playback-{THEN}-0"}}') == f'{{"id": "playback-{NOW}-0"}}'
        assert bindings.then(playback(NOW)) == playback(THEN)

    def test_an_id_that_asterisk_has_given_is_itself(self) -> None:
        bindings = Bindings()
        bindings.told(f"channel {THEN}")
        assert not bindings.match(f"/channels/{THEN}", f"/channels/{NOW}")
        assert bindings.match(f"/channels/{THEN}", f"/channels/{THEN}")

    def test_nothing_is_learned_from_what_does_not_fit(self) -> None:
        bindings = Bindings()
        assert not bindings.match([playback(THEN), "a"], [playback(NOW), "b"])
        assert not bindings.alike("a", "b")
        assert bindings.alike(playback(THEN), playback(NOW))
        assert bindings.match(playback(THEN), playback(OTHER))

    @pytest.mark.parametrize(
        ("then", "now"),
        [
            (
                "dial-8a7b6c5d-0000-4000-8000-0123456789ab",
                "dial-00000000-1111-4222-8333-ffffffffffff",
            ),
            ("inbox/20261129-101500-8a7b6c5d1e2f", "inbox/20271231-235959-ffeeddccbbaa"),
            (f"channel-ivr-{THEN}-3-x00ff00ff", f"channel-ivr-{NOW}-3-x12345678"),
        ],
    )
    def test_other_forms_that_programs_make(self, then: str, now: str) -> None:
        assert Bindings().match(then, now)

    @pytest.mark.parametrize(
        ("then", "now"),
        [
            (f"channel-ivr-{THEN}-3-0", f"channel-ivr-{NOW}-4-0"),
            ("PJSIP/498912345678", "PJSIP/498912345679"),
            ("sound:a", "sound:b"),
            ({"a": 1}, {"a": 2}),
            ({"a": 1}, {"b": 1}),
            ([1], [1, 2]),
            ("1", 1),
        ],
    )
    def test_what_is_not_the_same(self, then: Any, now: Any) -> None:
        assert not Bindings().match(then, now)


def room(number: str, name: str = "team", app: str = "ivr") -> list[str]:
    return [f"/bridges/bridge-{app}-{HOUSE}-{number}", name]


class TestRooms:
    """Their ids begin at a number that each program draws; what they are is their name."""

    def test_the_room_of_that_name_stands_for_the_recorded_one(self) -> None:
        bindings = Bindings()
        assert bindings.match(room("939797969-0"), room("668208303-0"))
        assert bindings.match(room("939797969-0"), room("668208303-0"))
        assert bindings.told(room("939797969-0")[0]) == room("668208303-0")[0]
        assert bindings.then(room("668208303-0")[0]) == room("939797969-0")[0]

    def test_whichever_of_them_was_made_first(self) -> None:
        bindings = Bindings()
        assert bindings.match(room("939797969-0", "a"), room("668208303-1", "a"))
        assert bindings.match(room("939797969-1", "b"), room("668208303-0", "b"))
        assert not bindings.match(room("939797969-0"), room("668208303-0")), "that is the other"

    def test_one_of_another_name_or_application_is_another(self) -> None:
        assert not Bindings().match(room("9-0", "team"), room("8-0", "sales"))
        assert not Bindings().match(room("9-0", app="ivr"), room("8-0", app="desk"))

    def test_one_that_was_there_is_itself(self) -> None:
        bindings = Bindings()
        bindings.told(room("939797969-0")[0])
        assert not bindings.match(room("939797969-0"), room("668208303-0"))


class TestMasked:
    def test_a_pseudonym_stands_for_one_value(self) -> None:
        bindings = Bindings(["person1", "person2"])
        assert bindings.match("PJSIP/person1", "PJSIP/alice")
        assert bindings.match("PJSIP/person1", "PJSIP/alice")
        assert not bindings.match("PJSIP/person1", "PJSIP/bob")
        assert not bindings.match("PJSIP/person2", "PJSIP/alice"), "that is somebody else"

    def test_and_for_itself_since_a_flow_may_have_it_from_an_event(self) -> None:
        bindings = Bindings(["person1"])
        assert bindings.match("PJSIP/person1", "PJSIP/alice")
        assert bindings.match("of person1", "of person1")

    def test_a_secret_stands_for_anything(self) -> None:
        assert Bindings().match({"password": "***"}, {"password": "hunter22"})
        assert Bindings().match({"pin": "***"}, {"pin": 4711})

    def test_around_it_nothing_may_differ(self) -> None:
        assert not Bindings(["person1"]).match("PJSIP/person1", "SIP/alice")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(JSON)
def test_everything_is_the_same_as_itself(value: Any) -> None:
    assert Bindings(["a", "00"]).match(value, value)
