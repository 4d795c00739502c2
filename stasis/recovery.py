"""What is done after every connect, before calls are taken: nothing may have been lost meanwhile.

In this order: learn which Asterisk it is and whether it was restarted, register, compare what
lives with what we knew, and take over the calls that nobody runs. Then, while the socket is
open, make sure again and again that events reach us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from stasis.ari import Ari, Since, Version
from stasis.ari.events import Event
from stasis.calls import Calls
from stasis.census import Census
from stasis.config import Config
from stasis.errors import (
    AriError,
    NotAri,
    NotBooted,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Unreachable,
)
from stasis.fence import Fences
from stasis.metrics import Meter
from stasis.program import Program
from stasis.register import register
from stasis.resync import compare, missed
from stasis.router import Router
from stasis.transport.connect import Backoff

__all__ = ["Recovery"]

log = structlog.get_logger("stasis.recovery")


class Recovery:
    """For one Asterisk.

    ari: sends our own requests, which no gate holds back until this has been done. fences: those
    that are out. take: hands an event on, as if it had come. version: Asterisk's.
    """

    def __init__(
        self,
        ari: Ari,
        router: Router,
        calls: Calls,
        fences: Fences,
        config: Config,
        meter: Meter,
        take: Callable[[Event], None],
    ) -> None:
        self.version: Version | None = None
        self._booted: datetime | None = None
        self._ari = ari
        self._router = router
        self._calls = calls
        self._fences = fences
        self._config = config
        self._meter = meter
        self._take = take

    async def greet(self, backoff: Backoff) -> None:
        """Learn the version, trying for `asterisk.start_timeout` while Asterisk is not there.

        backoff: the waits between. Raises AriError.
        """
        config = self._config.asterisk
        deadline = asyncio.get_running_loop().time() + config.start_timeout
        while True:
            try:
                await self.learn()
                break
            except (Unreachable, NotBooted, NotAri) as error:  # or its modules still load
                wait = backoff.next()
                if asyncio.get_running_loop().time() + wait > deadline:
                    raise
                log.info("waiting for Asterisk", error=error.reason, retry_in=round(wait, 1))
                await asyncio.sleep(wait)
        log.info("connected", asterisk=str(self.version or "unknown"), url=config.url)

    def demand(self, since: Since, what: str) -> None:
        """Raises NotSupported when what is configured needs another version. what: its name."""
        if self.version is not None and not since.holds(self.version):
            reason = f'{what} needs {since}; this is {self.version}: use "http"'
            raise NotSupported("GET", "/events", reason)

    async def learn(self) -> bool:
        """Learn the version. Returns whether Asterisk was restarted since the last time.

        Raises AriError. ARI: GET /asterisk/info.
        """
        info = await self._ari.asterisk.get_info(only=["system", "status"])
        self.version = Version.parse(info.system.version) if info.system else None
        self._ari.version = self.version
        self._calls.learn(self.version)
        before, booted = self._booted, info.status.startup_time if info.status else None
        self._booted = booted
        return before is not None and booted is not None and before != booted

    async def settle(self, apps: Callable[[], dict[str, Program]]) -> dict[str, Program]:
        """Do all that is to be done after a connect.

        apps: gives the applications that are registered here; asked once the first answer has
        come, since a socket that Asterisk has opened names them in its first frames.
        Returns them as they were then.
        Raises AriError when Asterisk cannot be asked, or its events do not reach us.
        """
        # It may be another one now: Asterisk was restarted, or upgraded.
        restarted = await self.learn()
        if restarted:
            # Before anything else is asked: what fails now is tried again, and this is not.
            self.end_all("Asterisk was restarted")
        ours = apps()
        self._router.filtered = await register(self._ari, ours)
        seconds = self._config.asterisk.ping_timeout
        looking = (self._ari, self._router, self._fences, list(ours), self._take, seconds)
        census = await compare(*looking, self._router.settled())
        adopted = await self._calls.adoption.run(census)
        if adopted:
            # One of them may have ended between the census and its adoption.
            await compare(*looking, adopted)
        return ours

    def end_all(self, why: str) -> None:
        """Nothing of what we knew is there any more: tell its end, and ask Asterisk nothing."""
        keys = self._router.settled()
        for key in keys:
            claim = self._router.claimed(key)
            if key[0] == "channel" and claim is not None and claim.handle is not None:
                claim.handle.lose(why)
        for event in missed(Census.of_nothing(), self._router, keys):
            self._take(event)

    async def watch(self, apps: Callable[[], Mapping[str, Program]]) -> None:
        """Look whether events still reach us, and for strays, until cancelled.

        Raises OutcomeUnknown when an event of our own does not come back.
        """
        loop = asyncio.get_running_loop()
        looked = loop.time()
        while True:
            await asyncio.sleep(self._config.asterisk.probe_interval)
            strays = loop.time() - looked >= self._config.engine.strays_interval
            try:
                for app in apps():
                    self._meter.lag(await self._passed(app))
                if strays:
                    looked = loop.time()
                    await self._calls.strays.count(apps())
            except OutcomeUnknown as error:
                if error.path.startswith("/events/user/"):
                    raise
                log.warning("cannot look for strays", error=str(error))
            except AriError as error:
                log.warning("cannot look whether events reach us", error=str(error))

    async def _passed(self, app: str) -> float:
        try:
            return await self._fences.passed(app, self._config.asterisk.ping_timeout)
        except NotFound:
            # Another program has had it since, and has left: nobody tells us of that.
            raise OutcomeUnknown(
                "POST", "/events/user/…", f"Asterisk has forgotten the application {app!r}"
            ) from None
