"""The server's time zone is asked for, once for each hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from stasis.ami import ActionFailed, Ami, AmiConfig, NotConnected
from stasis.ami.answers import GetvarAnswer
from stasis.pbx.cdr_clock import Clock
from tests.pbx.cdr_records import NOON, event


class InBerlin(Ami):
    """AMI of a server whose local time is two hours before UTC. asked: what it was asked."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__(AmiConfig())
        self.asked: list[str] = []
        self.failures = list(failures)

    async def ready(self, timeout: float | None = None) -> None: ...

    async def send(self, action: Any, *, timeout: float | None = None) -> Any:
        self.asked.append(action.variable)
        if self.failures:
            raise self.failures.pop(0)
        local = datetime.strptime(action.variable[9:28], "%Y-%m-%d %H:%M:%S")
        meant = local.replace(tzinfo=UTC) - timedelta(hours=2)
        return GetvarAnswer(response="Success", value=str(int(meant.timestamp())))


async def test_what_the_record_says_itself_is_not_asked_for():
    ami = InBerlin()
    assert (await Clock(ami).record(event())).calldate == NOON
    assert not ami.asked


async def test_the_server_is_asked_once_for_each_hour():
    ami = InBerlin()
    clock = Clock(ami)
    for minute in range(3):
        found = await clock.record(event(StartEpoch=None, StartTime=f"2026-11-29 14:0{minute}:00"))
        assert found.calldate == NOON + timedelta(minutes=minute)
    await clock.record(event(StartEpoch=None, StartTime="2026-11-29 15:00:00"))
    assert ami.asked == [
        "STRPTIME(2026-11-29 14:00:00,,%Y-%m-%d %H:%M:%S)",
        "STRPTIME(2026-11-29 15:00:00,,%Y-%m-%d %H:%M:%S)",
    ]


async def test_a_lost_connection_is_waited_for():
    ami = InBerlin(NotConnected("Getvar", "gone"))
    found = await Clock(ami).record(event(StartEpoch=None, StartTime="2026-11-29 14:00:00"))
    assert found.calldate == NOON


async def test_a_server_that_may_not_say_counts_as_utc_and_that_is_told():
    ami = InBerlin(ActionFailed("Getvar", "Permission denied"))
    with capture_logs() as logs:
        found = await Clock(ami).record(event(StartEpoch=None, StartTime="2026-11-29 12:00:00"))
    assert found.calldate == NOON
    assert [each["log_level"] for each in logs] == ["warning"]


@pytest.mark.parametrize("start", ["", "soon"])
async def test_a_record_without_a_start_is_not_asked_for(start: str):
    ami = InBerlin()
    await Clock(ami).record(event(StartEpoch=None, StartTime=start))
    assert not ami.asked
