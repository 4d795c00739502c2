"""Security: who failed to log in, by what the watch has written; see `SecurityWatch`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from stasis.metrics import Meter
from stasis.pbx.classes import must_hear
from stasis.pbx.errors import BadValue, Needs
from stasis.pbx.failure import Attacker, Failure, attackers
from stasis.pbx.failure_log import FailureLog
from stasis.pbx.group import Group
from stasis.pbx.security_watch import SecurityWatch
from stasis.pbx.thing import thing
from stasis.pbx.values import When
from stasis.pbx.when import moment

__all__ = ["Security", "fail2ban"]

FOLDER = Path(__file__).with_name("fail2ban")
FILES = ("filter.d/stasis.conf", "jail.d/stasis.conf")
LOG = "/var/log/stasis/security.log"  # as the jail has it


class Security(Group):
    """Security: failed log-ins by address."""

    name = "security"

    @thing("GET /security/failures")
    async def failures(self, *, since: When = "1d") -> Sequence[Attacker]:
        """List the addresses that failed to log in to Asterisk, the worst first.

        since: from when on. Returns what `stasis security watch` has written. Raises Needs when it
        has written nothing yet, BadValue, PbxError. AMI: events of the class security.
        """
        try:
            begin = moment(since, datetime.now(UTC))
        except (ValueError, OverflowError):
            raise BadValue("security.failures", f"since: there is no {since}") from None
        log = self.log()
        try:
            return await asyncio.to_thread(lambda: attackers(log.read(begin)))
        except FileNotFoundError:
            raise Needs(
                "security.failures",
                f"needs {log.path}, which `stasis security watch` writes: start it, or name another"
                " file by log in [asterisk.security]",
            ) from None

    async def watch(
        self,
        *,
        server: str = "-",
        meter: Meter | None = None,
        heard: Callable[[Failure], None] | None = None,
    ) -> SecurityWatch:
        """A watch of this Asterisk that writes the log; `async with await pbx.security.watch()`.

        server, meter, heard: as of `SecurityWatch`. Raises Refused when the user of the manager
        interface does not hear the class `security`; Unavailable, AmiError.
        """
        ami = await self.ways.ami()
        await must_hear(ami, "security.watch", "security")
        return SecurityWatch(ami, self.log(), server=server, meter=meter, heard=heard)

    def log(self) -> FailureLog:
        """The log that is configured."""
        config = self.ways.config.security
        return FailureLog(Path(config.log), config.log_size)


def fail2ban(log: str = LOG) -> dict[str, str]:
    """The files for fail2ban, by their paths below /etc/fail2ban. log: what its jail is to read."""
    return {
        each: (FOLDER / each).read_text("utf-8").replace(LOG, log.replace("%", "%%"))
        for each in FILES
    }
