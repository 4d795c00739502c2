"""Messages: their names, how long somebody talked, and what becomes of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from stasis_ivr.ivr_file import parse
from stasis_ivr.message import Left, judge, length_of, recording_name, talked
from stasis_ivr.parts import Message
from stasis_ivr.target import Target
from structlog.testing import capture_logs

from stasis import Ari, RecordingResult, Version
from stasis.ari.resource import Response
from stasis.media import checked_name
from tests.apps.stasis_ivr.office import Office, sound

MOMENT = datetime(2026, 11, 25, 17, 0, 5, tzinfo=UTC)
MESSAGE = parse('start = "message:m"\n[message.m]\nmailbox = "m@default"').part(
    Target("message", "m"), Message
)


def test_a_name_is_safe_and_tells_the_time():
    name = recording_name("ivr/office", MOMENT)
    assert checked_name(name) == name
    assert name.startswith("ivr/office/20261125-170005-")


def test_two_messages_of_one_second_have_two_names():
    assert len({recording_name("ivr", MOMENT) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("silence", "whole", "talking", "counts"),
    [(5, 9, 4, 4), (5, 9, 0, 0), (5, 9, None, 9), (0, 9, 4, 9), (5, None, None, None)],
)
def test_what_counts_is_the_talking_where_silence_ends_a_message(
    silence: int, whole: int | None, talking: int | None, counts: int | None
):
    message = attrs.evolve(MESSAGE, silence=silence)
    assert talked(RecordingResult("done", whole, talking, None, None), message) == counts


def test_the_length_of_a_wav_file_is_what_it_holds():
    assert length_of(sound(2.5)) == 2.5
    assert length_of(sound(0)) == 0


@pytest.mark.parametrize("file", [b"", b"RIFF", b"#!AMR\n1234", sound(1)[:30]])
def test_of_any_other_file_the_length_is_not_known(file: bytes):
    assert length_of(file) is None


class TestJudge:
    """What is there: one stored recording, of seven seconds."""

    async def judged(self, office: Office, seconds: int | None) -> str:
        ari = Ari(office.take, Version(22, 10, 1))
        return await judge(Left(MESSAGE, "m/1", seconds, "100"), ari, asyncio.Lock())

    def office(self, **changed: Any) -> Office:
        office = Office()
        office.stored.add("m/1")
        for name, value in changed.items():
            setattr(office, name, value)
        return office

    async def test_one_of_the_least_length_is_kept_and_its_lamp_lit(self):
        office = self.office(lamps={"m@default": 3})
        assert await self.judged(office, 2) == "saved"
        assert office.stored == {"m/1"} and office.lamps == {"m@default": 4}

    async def test_one_below_it_is_deleted(self):
        office = self.office()
        assert await self.judged(office, 1) == "too_short"
        assert office.stored == set() and office.lamps == {}

    async def test_one_that_is_deleted_already_is_still_too_short(self):
        assert await self.judged(self.office(stored=set()), 1) == "too_short"

    async def test_one_whose_end_was_missed_is_judged_by_its_file(self):
        office = self.office()
        assert await self.judged(office, None) == "saved"
        assert office.lamps == {"m@default": 1}
        office = self.office(length=1.5)
        assert await self.judged(office, None) == "too_short"
        assert office.stored == set()

    async def test_one_whose_file_tells_nothing_is_kept(self):
        office = self.office(file=b"gsm")
        assert await self.judged(office, None) == "saved"
        office = self.office(refuse={"GET /recordings/stored": Response(500, "", b"")})
        assert await self.judged(office, None) == "saved"
        assert office.stored == {"m/1"}

    async def test_one_that_is_not_there_was_not_left(self):
        office = self.office(stored=set())
        assert await self.judged(office, None) == "failed"
        assert office.lamps == {}

    async def test_one_that_cannot_be_deleted_is_told(self):
        office = self.office(refuse={"DELETE /recordings/stored": Response(500, "", b"")})
        with capture_logs() as logs:
            assert await self.judged(office, 1) == "too_short"
        assert [line["recording"] for line in logs if line["log_level"] == "error"] == ["m/1"]

    async def test_a_lamp_that_cannot_be_lit_is_told_and_the_message_kept(self):
        office = self.office(refuse={"GET /mailboxes": Response(500, "", b"")})
        with capture_logs() as logs:
            assert await self.judged(office, 5) == "saved"
        assert [line["mailbox"] for line in logs if "mailbox" in line] == ["m@default"]
