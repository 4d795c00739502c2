"""Requests that are refused, as often as a test says; and one that was never sent."""

from __future__ import annotations

import json

import pytest

from stasis.errors import StasisError
from stasis.testing.refusals import Refusals

PLAY = "POST /channels/channel-1/play/playback-1"


def refusals(
    line: str = "POST /channels/.*/play.*", status: int = 500, times: int = -1
) -> Refusals:
    made = Refusals()
    made.add(line, status, "no", times)
    return made


class TestARefusal:
    def test_answers_what_its_line_matches_as_a_whole(self):
        made = refusals()
        answer = made.answer(PLAY)
        assert answer is not None and answer.status == 500
        assert json.loads(answer.body) == {"message": "no"}
        assert made.answer("POST /channels/channel-1/answer") is None
        assert refusals("/channels/.*/play.*").answer(PLAY) is None

    @pytest.mark.parametrize(("times", "refused"), [(-1, 3), (2, 2), (0, 0)])
    def test_is_repeated_as_often_as_is_said(self, times: int, refused: int):
        made = refusals(times=times)
        assert [made.answer(PLAY) is not None for _ in range(3)].count(True) == refused

    def test_leaves_the_rest_to_the_next_one(self):
        made = refusals(times=1)
        made.add(PLAY, 404, "gone", -1)
        answers = [made.answer(PLAY) for _ in range(2)]
        assert [each and each.status for each in answers] == [500, 404]

    @pytest.mark.parametrize(
        ("line", "status", "told"),
        [("POST /(", 500, "no regular expression"), (PLAY, 200, "a refusal is 400 to 599")],
    )
    def test_that_cannot_be_is_told_at_once(self, line: str, status: int, told: str):
        with pytest.raises(StasisError, match=told):
            refusals(line, status)


class TestOneThatHasHitNothing:
    def test_is_told_with_the_nearest_line(self):
        made = refusals("/channels/.*/play", 500)
        made.answer("GET /asterisk/info")
        made.answer(PLAY)
        assert made.unhit() == [
            "refuse('/channels/.*/play', 500) has hit no request: it must match all of a line,"
            f" such as {PLAY!r}"
        ]

    def test_is_told_without_any_request(self):
        assert "such as 'POST /channels/ID/play/ID'" in refusals().unhit()[0]

    def test_is_not_one_that_has_hit_or_is_switched_off(self):
        made = refusals()
        made.answer(PLAY)
        assert made.unhit() == refusals(times=0).unhit() == []
