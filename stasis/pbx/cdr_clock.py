"""The server's time zone: AMI tells the times of a call record in local time, without it.

Asterisk is asked what a local time means, once for each hour. Where `cdr_manager.conf` maps
`start,u` to `StartEpoch`, the record says it itself, and the hour that is there twice is right too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from stasis.ami import ActionFailed, Ami, AmiError, actions, events
from stasis.pbx.cdr_record import CdrRecord, offset_of, record_of, start_of

__all__ = ["Clock"]

log = structlog.get_logger("stasis.pbx")

KEPT = 100  # hours
ATTEMPTS = 3
PATIENCE = 10.0  # seconds, until AMI is back


class Clock:
    """Knows how far the server's local time is from UTC."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._offsets: dict[datetime, timedelta] = {}

    async def record(self, event: events.Cdr) -> CdrRecord:
        """The record that an event tells, in UTC."""
        offset = offset_of(event)
        return record_of(event, await self._asked(event) if offset is None else offset)

    async def _asked(self, event: events.Cdr) -> timedelta:
        start = start_of(event)
        if start is None:
            return timedelta(0)
        hour = start.replace(minute=0, second=0)
        if hour not in self._offsets:
            meant = await self._meant(start)
            if meant is None:
                return timedelta(0)
            if len(self._offsets) >= KEPT:
                self._offsets.clear()
            self._offsets[hour] = start - meant
        return self._offsets[hour]

    async def _meant(self, local: datetime) -> datetime | None:
        """What a local time of the server is, or None when it does not say."""
        variable = f"STRPTIME({local:%Y-%m-%d %H:%M:%S},,%Y-%m-%d %H:%M:%S)"
        why = ""
        for _ in range(ATTEMPTS):
            try:
                await self._ami.ready(PATIENCE)
                answer = await self._ami.send(actions.Getvar(variable=variable))
                return datetime.fromtimestamp(int(answer.value), UTC)
            except (ActionFailed, ValueError, OverflowError) as error:
                why = str(error)
                break
            except (AmiError, TimeoutError) as error:  # the connection is lost just now
                why = str(error) or "AMI is not connected"
        log.warning("the server's time zone is not known: its times count as UTC", reason=why)
        return None
