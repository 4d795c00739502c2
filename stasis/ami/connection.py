"""One connection to the manager interface: open, log in, read until it is lost. I/O lives here.

The reader never waits for who uses the events. A connection that was lost is never used again.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import ssl
from collections.abc import Callable, Iterable
from typing import Any

from stasis.ami import actions
from stasis.ami.action import Action
from stasis.ami.answer import Answer
from stasis.ami.answers import Challenged
from stasis.ami.config import AmiConfig, tls_of
from stasis.ami.errors import (
    ActionFailed,
    AmiError,
    ListIncomplete,
    LoginRefused,
    NotConnected,
    NotUnderstood,
    OutcomeUnknown,
)
from stasis.ami.event import AmiEvent
from stasis.ami.events import FullyBooted
from stasis.ami.exchange import Exchange, Waiting
from stasis.ami.parser import Oversized, Parser

__all__ = ["Connection"]

CHUNK = 2**16


class Connection:
    """A connection that is open; made by `open`.

    heard: when bytes came last, by the loop's clock. booted: Asterisk said that it has started.
    refused: messages that were beyond a limit.
    """

    def __init__(
        self,
        config: AmiConfig,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_event: Callable[[AmiEvent], None],
        on_refused: Callable[[int], None],
    ) -> None:
        self.parser = Parser(config.max_message, config.max_line)
        self.exchange = Exchange(config.max_list)
        self.heard = asyncio.get_running_loop().time()
        self.booted = asyncio.Event()
        self.error: AmiError | None = None
        self._config = config
        self._reader = reader
        self._writer = writer
        self._on_event = on_event
        self._on_refused = on_refused
        self._reading = asyncio.create_task(self._read(), name="stasis ami reader")

    @classmethod
    async def open(
        cls,
        config: AmiConfig,
        on_event: Callable[[AmiEvent], None],
        on_refused: Callable[[int], None],
    ) -> Connection:
        """Connect, without a log-in. Raises NotConnected, and ConfigError for the certificate."""
        context = tls_of(config)
        host = config.host or "127.0.0.1"
        where = f"{host}:{config.port}"
        try:
            async with asyncio.timeout(config.connect_timeout):
                reader, writer = await asyncio.open_connection(
                    host,
                    config.port,
                    ssl=context,
                    server_hostname=(config.tls_name or host) if context else None,
                )
        except TimeoutError:
            reason = f"{where} did not take the connection within {config.connect_timeout:g} s"
        except ssl.SSLCertVerificationError as error:
            reason = f"{where}: its certificate is not accepted: {error.verify_message}"
        except ssl.SSLError as error:
            reason = f"{where} does not speak TLS ({error.reason}); is it the port of tlsbindaddr?"
        except OSError as error:
            reason = (
                f"no connection to {where}: {error.strerror or error}; is Asterisk running, and do"
                " host and port match bindaddr and port in manager.conf?"
            )
        else:
            return cls(config, reader, writer, on_event, on_refused)
        raise NotConnected("", reason)

    async def log_in(self, mask: str) -> None:
        """Log in, and wait until Asterisk has started. mask: the classes of events.

        Raises LoginRefused, NotConnected, NotUnderstood.
        """
        seconds = self._config.connect_timeout
        try:
            async with asyncio.timeout(seconds):
                # Whether Asterisk has started is told to those alone who hear the class `system`.
                await self._log_in(mask if tells_boot(mask) else joined(mask))
        except TimeoutError:
            raise self._ungreeted(NotConnected("", f"no answer within {seconds:g} s")) from None
        except (OutcomeUnknown, NotConnected) as error:
            raise self._ungreeted(self.error or error) from None
        if self._config.boot_timeout:
            await self._boot()
        if not tells_boot(mask):
            await self.ask(actions.Events(event_mask=mask))

    def _ungreeted(self, error: AmiError) -> AmiError:
        """Why the log-in failed; without a greeting it may be another server, or need TLS."""
        if isinstance(error, NotUnderstood):
            return error
        hint = "" if self.parser.banner else "; is it the manager interface, and the port's TLS?"
        return NotConnected("Login", f"{error.reason}{hint}")

    async def _boot(self) -> None:
        """Asterisk answers before its modules are loaded, and then knows few actions."""
        booted = asyncio.ensure_future(self.booted.wait())
        try:
            await asyncio.wait(
                {booted, self._reading},
                timeout=self._config.boot_timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            booted.cancel()
        if self._reading.done():
            raise self.error or NotConnected("Login", "the connection was closed")

    async def _log_in(self, mask: str) -> None:
        config = self._config
        secret = config.secret.reveal()
        fields = [("Username", config.username)]
        try:
            if config.challenge:
                challenged = await self.call(
                    "Challenge",
                    [("AuthType", "MD5")],
                    seconds=math.inf,
                    kind=Challenged,
                )
                digest = hashlib.md5(  # noqa: S324  the protocol's own
                    (challenged.challenge + secret).encode()
                ).hexdigest()
                fields += [("AuthType", "MD5"), ("Key", digest)]
            else:
                fields.append(("Secret", secret))
            fields.append(("Events", mask))
            await self.call("Login", fields, seconds=math.inf)
        except ActionFailed as error:
            raise LoginRefused(
                "Login",
                f"{error.message}; check user name, secret, and permit or acl of the user"
                f" {config.username!a} in manager.conf",
            ) from None

    async def ask(self, action: Action[Any], **more: Any) -> Any:
        """Send a typed action; see `call`."""
        seconds = action.seconds or self._config.action_timeout
        return await self.call(
            action.name(), action.fields(), seconds=seconds, kind=action.answer(), **more
        )

    async def call(
        self,
        name: str,
        fields: Iterable[tuple[str, str]],
        *,
        seconds: float,
        kind: type[Answer] = Answer,
        **waits: Any,
    ) -> Any:
        """Send an action and wait. seconds: for the answer, and between two items of a list.

        Raises AmiError, of every kind but LoginRefused.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        touched = loop.time()

        def done(result: Any) -> None:
            if not future.done():
                future.set_result(result)

        def progress() -> None:
            nonlocal touched
            touched = loop.time()

        if self._reading.done():
            raise NotConnected(name, "the connection is lost")
        if len(self.exchange) >= self._config.in_flight:
            raise NotConnected(
                name, f"{len(self.exchange):,} actions wait for their answers already (in_flight)"
            )
        waiting = Waiting(name, done, kind=kind, progress=progress, **waits)
        data = self.exchange.begin(waiting, fields)
        try:
            self._writer.write(data)
            while not future.done():
                left = touched + seconds - loop.time()
                if left <= 0:
                    raise late(waiting, seconds)
                await asyncio.wait({future}, timeout=left if left < math.inf else None)
        finally:
            self.exchange.forget(waiting)
        result = future.result()
        if isinstance(result, AmiError):
            raise result
        return result

    async def _read(self) -> None:
        reason = "Asterisk closed the connection"
        loop = asyncio.get_running_loop()
        try:
            while data := await self._reader.read(CHUNK):
                self.heard = loop.time()
                for item in self.parser.feed(data):
                    event = self.exchange.take(item)
                    if event is not None:
                        if type(event) is FullyBooted:
                            self.booted.set()
                        self._on_event(event)
                    elif isinstance(item, Oversized):
                        self._on_refused(item.size)
                # With more to read at once, nobody else would come to their turn.
                await asyncio.sleep(0)
        except NotUnderstood as error:
            self.error, reason = error, error.reason
        except OSError as error:
            reason = f"the connection broke: {error.strerror or error}"
        finally:
            self.drop(reason)

    def drop(self, reason: str) -> None:
        """Close at once; what is in flight ends as OutcomeUnknown."""
        self.error = self.error or NotConnected("", reason)
        self._writer.transport.abort()
        self.exchange.lost(reason)

    async def lost(self) -> str:
        """Wait until the connection is lost, with a ping after silence. Returns the reason."""
        config = self._config
        loop = asyncio.get_running_loop()
        while not self._reading.done():
            silent = loop.time() - self.heard
            # Asterisk does one action after another: a ping behind a slow one proves nothing.
            if silent >= config.ping_interval and not len(self.exchange):
                try:
                    await self.call("Ping", (), seconds=config.ping_timeout)
                except OutcomeUnknown:
                    self.drop(f"no answer to a ping within {config.ping_timeout:g} s")
                except AmiError:
                    pass  # an error is a sign of life too
                continue
            wait = config.ping_interval - silent if silent < config.ping_interval else 1.0
            await asyncio.wait({self._reading}, timeout=wait)
        return self.error.reason if self.error else ""

    async def close(self) -> None:
        """Close, with a goodbye when the line is free."""
        if not self._reading.done() and not len(self.exchange):
            self._writer.write(b"Action: Logoff\r\n\r\n")
            await asyncio.wait({self._reading}, timeout=0.25)
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self.drop("the client was closed")


def late(waiting: Waiting, seconds: float) -> AmiError:
    """What no answer in time means."""
    if waiting.listed and waiting.answer is not None:
        return ListIncomplete(
            waiting.action, f"nothing more came within {seconds:g} s", waiting.items
        )
    what = waiting.follow if waiting.answer is not None else "answer"
    return OutcomeUnknown(waiting.action, f"no {what} within {seconds:g} s; it may have happened")


def tells_boot(mask: str) -> bool:
    """Whether who has chosen these classes is told that Asterisk has started."""
    return bool(
        {"on", "all", "system", "yes", "true"} & set(mask.lower().replace(" ", "").split(","))
    )


def joined(mask: str) -> str:
    """The classes, and `system`."""
    return "system" if mask.lower() in ("off", "", "none") else f"{mask},system"
