"""The plugin: the Stasis application `webrtc`, its users, their telephones, and the page."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import structlog
from aiohttp import web
from attrs import evolve

from stasis import (
    Config,
    Demo,
    EndpointStateChange,
    Event,
    Flow,
    Gap,
    Link,
    Plugin,
    Secret,
    StasisError,
)
from stasis.web import pages
from stasis_webrtc.absence import Absence
from stasis_webrtc.account import Accounts
from stasis_webrtc.api import Office, routes_of
from stasis_webrtc.audit import Audit
from stasis_webrtc.calls import Calls
from stasis_webrtc.command import commands
from stasis_webrtc.config import WebrtcConfig, websocket_of
from stasis_webrtc.feed import PhoneFeed, ToldLedger
from stasis_webrtc.flow import Phone
from stasis_webrtc.grant import Grants
from stasis_webrtc.people import People
from stasis_webrtc.phones import Phones
from stasis_webrtc.policy import AccountError
from stasis_webrtc.provision import Devices
from stasis_webrtc.rooms import Rooms
from stasis_webrtc.session import Sessions
from stasis_webrtc.store import Store
from stasis_webrtc.token import Tokens

__all__ = ["WebrtcPlugin"]

log = structlog.get_logger("stasis_webrtc")

# How often it is looked which sessions are over, and which devices are nobody's.
EXPIRE_SECONDS = 5.0
SWEEP_SECONDS = 300.0
STOP_SECONDS = 2.0

PAGE = Path(__file__).parent / "page" / "dist"
NOT_BUILT = "The page is not built. In a checkout: make page (it needs Node.js and npm)."
# Who may try it out; this one may change the others.
DEMO_ADMIN = "carol"
DEMO_USERS = ("alice", "bob", DEMO_ADMIN)


class WebrtcPlugin(Plugin):
    """A telephone in the browser for each user.

    store, sessions, accounts, phones, calls, feed: its parts, all from `start` on.

    Raises ConfigError when the configuration is wrong.
    """

    name = "webrtc"
    config_class = WebrtcConfig
    commands = commands
    config: WebrtcConfig
    hears = (EndpointStateChange,)
    watches = ("endpoint:PJSIP",)

    def __init__(self, config: WebrtcConfig) -> None:
        super().__init__(config)
        config.check()
        self._tasks: set[asyncio.Task[None]] = set()
        self._settled = False
        self.store: Store
        self.audit: Audit
        self.sessions: Sessions
        self.accounts: Accounts
        self.phones: Phones
        self.people: People
        self.calls: Calls
        self.rooms: Rooms
        self.feed: PhoneFeed
        self.ledger: ToldLedger

    @classmethod
    def demo(cls, where: Demo) -> Mapping[str, Any]:
        """Three users on a lab. Their passwords are new with each lab, and outlive the program."""
        file = Path(where.folder) / "softphone.json"
        file.touch(0o600)
        kept = msgspec.json.decode(file.read_bytes() or b"{}", type=dict[str, str])
        passwords = {user: kept.get(user) or secrets.token_urlsafe(9) for user in DEMO_USERS}
        file.write_bytes(msgspec.json.encode(passwords))
        return {
            "database": f"sqlite:///{where.folder}/webrtc.db",
            "websocket": websocket_of(where.asterisk),
            "rooms": "8[0-9]{2}",
            "services": {"8000": "hello", "8001": "ivr"},
            "demo": passwords,
        }

    @classmethod
    def played(cls, config: WebrtcConfig) -> WebrtcConfig:
        """Users and history in memory."""
        return evolve(config, database=Secret("sqlite://"))

    def flows(self) -> Mapping[str, type[Flow]]:
        """The one application."""
        return {self.config.app: Phone}

    def routes(self) -> Sequence[web.RouteDef]:
        """The API, the feed, and the page."""
        allow = "microphone=(self), camera=(), geolocation=()"
        policy = {
            "media-src": "'self' blob: mediastream:",
            "connect-src": f"'self' {origin_of(self.config.websocket)}",
        }
        page = pages(PAGE, policy=policy, allow=allow, missing=NOT_BUILT)
        return [*routes_of(self.office(), version("stasis-ari")), *page]

    def told(self, address: str) -> Sequence[str]:
        """Where the page is, and who may try it."""
        lines = [f"softphone: {address}/webrtc/"]
        for user, word in self.config.demo.items():
            admin = " (administrator)" if user == DEMO_ADMIN else ""
            lines.append(f"  in the browser, log in as {user}, password {word.reveal()}{admin}")
        return lines if built() else [*lines, f"  {NOT_BUILT}"]

    # From start to stop

    async def start(self) -> None:
        """Open the database, and know who is logged in. Raises StoreError."""
        self.config = config = self.config.reached(self.ari_url())
        if not built():
            log.warning("browsers get no page", why=NOT_BUILT)
        self.store = self.open_store()
        await self.store.open()
        self.audit = Audit(self.store, self.now)
        tokens = Tokens(self.store, self.now, config.token_rules())
        self.sessions = Sessions(self.store, tokens, self.audit, self.now, config.session_rules())
        self.accounts = Accounts(
            self.store, self.sessions, self.audit, self.now, config.log_in_rules()
        )
        owners = config.owners
        devices = Devices(lambda: self.asterisk.ari, config.device_rules(), owners)
        self.phones = Phones(
            devices,
            self.store,
            owners,
            config.static_passwords,
            reclaim=self.reclaim,
            hang_up=self.hang_up,
            now=self.now,
            spawn=self.spawn,
        )
        self.rooms = Rooms(lambda: self.others, config.rooms)
        self.people = People(
            self.store, self.audit, owners, self.phones.registered, self.rooms.there
        )
        self.feed = PhoneFeed(
            self.sessions, self.store, lambda: self.phones, self.spawn, config.origins
        )
        self.ledger = ToldLedger(self.store.history, self.feed)
        self.calls = Calls(
            self.people,
            self.ledger,
            config.rules(),
            self.now,
            config.app,
            listeners=[self.feed.call],
        )
        self.feed.calls = self.calls
        self.sessions.listeners = [self.phones.session, self.feed.session]
        absence = Absence(
            self.phones.registered, self.feed.listens, self.calls.talks, self.lose, self.spawn
        )
        self.phones.listeners += [self.feed.phone, absence.phone]
        self.phones.start(await self.sessions.start())
        await self.make_demo()

    async def run(self) -> None:
        """End what is over, and have on Asterisk what should be there."""
        await self.asterisk.state.reached("ready")
        with self.rooms.heard(self.feed.room):
            await self.settle()
            since = asyncio.get_running_loop().time()
            while True:
                await asyncio.sleep(EXPIRE_SECONDS)
                try:
                    await self.sessions.expire()
                    await self.feed.contacts.look()
                    if not self._settled:
                        await self.settle()
                    if asyncio.get_running_loop().time() - since > SWEEP_SECONDS:
                        since = asyncio.get_running_loop().time()
                        await self.phones.sweep()
                        await self.forget()
                except StasisError as error:
                    log.warning("sessions are looked at again soon", error=str(error))

    async def forget(self) -> None:
        """Forget what is older than `keep_days`. Raises StoreError."""
        if self.config.keep_days:
            before = self.now() - timedelta(days=self.config.keep_days)
            await self.store.history.forget(before)
            await self.store.forget_audit(before)

    async def gap(self, gap: Gap) -> None:
        """Devices may have come and gone; after a restart of Asterisk all of them are gone."""
        await self.settle()

    async def settle(self) -> None:
        """Know who is in conferences, and have on Asterisk what should be there. What fails is
        logged, and tried again soon.
        """
        self._settled = True
        try:
            await self.calls.guests.find(self.asterisk)
            await self.phones.restore()
            await self.phones.sweep()
        except StasisError as error:
            self._settled = False
            log.error("devices are not as they should be", error=str(error))

    async def stop(self) -> None:
        """Leave calls and devices as they are for the next process, and close the database."""
        await self.feed.close()
        await self.calls.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.close()

    def heard(self, event: Event, asterisk: Link) -> None:
        """A device is registered, or is no more."""
        if asterisk is self.asterisk:
            self.phones.heard(event)

    # What its parts need of each other

    def office(self) -> Office:
        """What the API works with."""
        config = self.config
        return Office(
            self.accounts,
            self.sessions,
            self.store,
            self.phones,
            self.people,
            self.calls,
            self.ledger,
            self.rooms,
            self.feed,
            config.turn_rules(),
            config.websocket,
            config.sip_domain,
            config.origins,
            # A page that uses wss is of https, also where TLS ends before us, or of loopback.
            config.websocket.startswith("wss://"),
            lambda: self.asterisk,
            self.now,
        )

    async def reclaim(self, user: str, endpoint: str) -> None:
        """Bring the calls of a device whose page was loaded again back to it."""
        await self.calls.reclaim(user, endpoint)

    async def lose(self, user: str, endpoint: str) -> None:
        """What a device talks in is lost, as its page is gone; it is rung when it is back."""
        await self.calls.reclaim(user, endpoint, ringing=False)

    async def hang_up(self, user: str, endpoint: str) -> None:
        """End the calls of a device that is no more."""
        await self.calls.lost.end(user, endpoint)

    def ari_url(self) -> str:
        """Where ARI is; the usual address while no Asterisk has dialled us."""
        config = self.asterisk.config if self.servers else Config()
        return config.asterisk.url

    def open_store(self) -> Store:
        """Where everything is kept."""
        return Store(self.config.database.reveal())

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something that nobody waits for. What goes wrong in it is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("something that nobody waits for has failed", exc_info=error)

    def now(self) -> datetime:
        """The moment that everything is written down by."""
        return datetime.now(UTC)

    async def make_demo(self) -> None:
        """Make sure of the users of `demo`. Raises StoreError."""
        for number, (name, word) in enumerate(self.config.demo.items(), 101):
            password = word.reveal()
            try:
                row = await self.store.user(name)
                if row is None:
                    await self.accounts.add(
                        name,
                        password,
                        title=name.title(),
                        extension=str(number),
                        grants=Grants(may_record=True, admin=name == DEMO_ADMIN),
                        by="demo",
                    )
                elif not await self.accounts.passwords.matches(row.password, password):
                    await self.accounts.set_password(name, password, by="demo")
            except AccountError as error:
                log.error("a demo user was not made", user=name, error=str(error))


def built() -> bool:
    """Whether there is a page to serve."""
    return (PAGE / "index.html").exists()


def origin_of(websocket: str) -> str:
    """Scheme, host and port of a WebSocket, for the page's policy."""
    scheme, _, rest = websocket.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
