"""What became of a call that was made, out of the two ways in which Asterisk tells it."""

from __future__ import annotations

import pytest

from stasis.ami import events
from stasis.pbx.originate import TEXTS, caller_id, outcome_of


def told(response: str, reason: int) -> events.OriginateResponse:
    """The answer to an Originate."""
    return events.OriginateResponse(
        event="OriginateResponse",
        response=response,
        reason=reason,
        channel="PJSIP/a-1",
        uniqueid="1",
    )


def ended(cause: int) -> events.Hangup:
    """The end of its channel."""
    return events.Hangup(event="Hangup", cause=cause, cause_txt="so it was")


class TestWhatBecameOfIt:
    def test_it_was_answered(self) -> None:
        found = outcome_of(told("Success", 4), None)
        assert (found.outcome, found.channel, found.cause) == ("ANSWER", "PJSIP/a-1", None)

    # Reasons and causes as they were seen on 16 and 22.
    @pytest.mark.parametrize(
        ("reason", "cause", "outcome"),
        [
            (5, 17, "BUSY"),
            (3, 0, "NOANSWER"),
            (1, 19, "NOANSWER"),
            (8, 34, "CONGESTION"),
            (0, 17, "BUSY"),
            (0, 34, "CONGESTION"),
            (0, 20, "CHANUNAVAIL"),
            (0, 0, "CHANUNAVAIL"),
        ],
    )
    def test_it_was_not(self, reason: int, cause: int, outcome: str) -> None:
        found = outcome_of(told("Failure", reason), ended(cause))
        assert (found.outcome, found.cause) == (outcome, cause or None)
        assert found.cause_text == ("so it was" if cause else TEXTS[found.outcome])

    def test_nothing_was_made_at_all(self) -> None:
        found = outcome_of(told("Failure", 0), None)
        assert (found.outcome, found.cause) == ("CHANUNAVAIL", None)
        assert "is it registered?" in found.cause_text


def test_a_caller_is_written_as_asterisk_reads_it() -> None:
    assert caller_id("2001", "Zoë Müller") == '"Zoë Müller" <2001>'
    assert caller_id("2001", "") == "<2001>"
    assert caller_id("", "Zoë") == '"Zoë" <>'
    assert caller_id("", "") == ""
