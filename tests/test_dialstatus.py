"""The words for how dialling ended, from what Asterisk 16 and 22 were seen to send."""

from __future__ import annotations

import pytest

from stasis.dialstatus import of_all, of_end, of_word


@pytest.mark.parametrize("word", ["BUSY", "CONGESTION", "CHANUNAVAIL"])
def test_a_clear_word_settles_it(word: str):
    assert of_word(word) == word


@pytest.mark.parametrize("word", ["", "RINGING", "PROGRESS", "ANSWER", "NOANSWER", "CANCEL"])
def test_other_words_leave_it_open(word: str):
    assert of_word(word) is None


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (17, "BUSY"),
        (21, "BUSY"),
        (19, "NOANSWER"),
        (18, "NOANSWER"),
        (16, "NOANSWER"),
        (0, "NOANSWER"),
        (1, "CHANUNAVAIL"),
        (20, "CHANUNAVAIL"),
        (34, "CONGESTION"),
        (26, "CANCEL"),
        (127, "CHANUNAVAIL"),
    ],
)
def test_the_cause_says_how_a_dialled_channel_ended(cause: int, status: str):
    assert of_end(cause, dialled=True) == status


@pytest.mark.parametrize("cause", [0, 16, 17, 19])
def test_what_was_never_dialled_was_not_reachable(cause: int):
    assert of_end(cause, dialled=False) == "CHANUNAVAIL"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["BUSY"], "BUSY"),
        (["CHANUNAVAIL", "BUSY"], "BUSY"),
        (["BUSY", "NOANSWER", "CHANUNAVAIL"], "NOANSWER"),
        (["CHANUNAVAIL", "CONGESTION"], "CONGESTION"),
        (["CANCEL"], "CANCEL"),
        (["CANCEL", "CHANUNAVAIL"], "CHANUNAVAIL"),
    ],
)
def test_of_several_the_one_that_says_most_is_told(statuses: list, status: str):
    assert of_all(statuses) == status
