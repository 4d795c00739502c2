"""Asking the running program, as the commands do: over its HTTP API, by a token.

Rules: the token is that of STASIS_CONFERENCE_TOKEN; without it, whoever can open the database of
the configuration makes one for a minute. It is in no error and no output.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, ContentTypeError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from stasis import StasisError
from stasis.sql import StoreError
from stasis.web import fresh_token, hash_of, unknown_scopes
from stasis_conference.grant import ALL_ROOMS, MARK, PATTERN, SCOPES, Grant
from stasis_conference.store import Store

__all__ = [
    "BY",
    "TOKEN",
    "Asking",
    "Refused",
    "address_of",
    "asking",
    "made",
    "opened",
    "part",
    "token_given",
]

TOKEN = "STASIS_CONFERENCE_TOKEN"  # noqa: S105  the variable's name
SECONDS = 30.0
BY = "command line"
"""The name of the tokens that commands make for themselves."""
LASTS = timedelta(seconds=60)
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class Refused(StasisError):
    """The running program did not do it, or is not there. Its text says why, and what to do.

    code: of the problem that was told; empty without one.
    """

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Http(Protocol):
    """Where it listens; see `HttpConfig`."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


class Asking:
    """Asks. base: where the API is, as seen from here."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def get(self, path: str) -> Any:
        """GET. Raises Refused, as the others do."""
        return await self.ask("GET", path)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST, with or without a body."""
        return await self.ask("POST", path, body)

    async def delete(self, path: str) -> None:
        """DELETE."""
        await self.ask("DELETE", path)

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask for something. path: with its parts encoded, see `part`. Raises Refused."""
        try:
            async with self._session.request(
                method, self._base + path, json=body, allow_redirects=False
            ) as response:
                if response.status == 204:
                    return None
                try:
                    found = await response.json(content_type=None)
                except (ContentTypeError, ValueError):
                    found = {}
                if response.ok:
                    return found
                told = found if isinstance(found, dict) else {}
                text = str(told.get("detail") or f"HTTP {response.status} {response.reason}")
                raise Refused(text, str(told.get("code", "")))
        except (ClientError, TimeoutError, OSError) as error:
            why = str(error) or type(error).__name__
            raise Refused(
                f"nothing answers at {self._base}: {why}; is `stasis run` running with this"
                " configuration ([http] host and port)?"
            ) from None


def token_given() -> str:
    """The token of the environment; empty without one."""
    return os.environ.get(TOKEN, "").strip()


def part(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


def address_of(http: Http) -> str:
    """Where the program listens, as seen from this machine."""
    host = EVERYWHERE.get(http.host, http.host)
    return f"http://[{host}]:{http.port}" if ":" in host else f"http://{host}:{http.port}"


@asynccontextmanager
async def asking(base: str, database: str) -> AsyncIterator[Asking]:
    """Ask while the context lasts. base: of the API. database: of the configuration.

    Raises Refused when there is no token and none can be made.
    """
    given = token_given()
    async with token_of(given, database) as token:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "stasis"}
        timeout = ClientTimeout(total=SECONDS)
        try:
            async with ClientSession(headers=headers, timeout=timeout) as session:
                yield Asking(session, base)
        except Refused as error:
            if error.code == "no_token" and given:
                raise Refused(f"{TOKEN} is not known, or no longer valid", error.code) from None
            raise


@asynccontextmanager
async def token_of(given: str, database: str) -> AsyncIterator[str]:
    """The token to be used: the one that is given, or one that is made and then revoked."""
    if given:
        yield given
        return
    async with opened(database) as store:
        token, grant = await made(store, BY, SCOPES, ALL_ROOMS, LASTS)
        try:
            yield token
        finally:
            with suppress(StoreError):
                await store.grants.revoke(grant.id, datetime.now(UTC))


@asynccontextmanager
async def opened(database: str) -> AsyncIterator[Store]:
    """The database of the configuration. Raises Refused when it is not here."""
    if not is_there(database):
        raise Refused(
            f"there is no token: set {TOKEN}, or call this where `stasis run` was started, so"
            " that its database is found"
        )
    store = Store(database)
    try:
        await store.open()
    except StoreError as error:
        raise Refused(f"there is no token: set {TOKEN}, or let this user write: {error}") from None
    try:
        yield store
    finally:
        await store.close()


async def made(
    store: Store,
    name: str,
    scopes: Iterable[str],
    rooms: Sequence[str],
    lasts: timedelta | None,
) -> tuple[str, Grant]:
    """Make a token in the database itself: whoever may write there may do anything.

    lasts: how long it counts; None for ever. Returns the token and its grant. Raises StoreError,
    Refused.
    """
    found = frozenset(scopes)
    if unknown := unknown_scopes(found, SCOPES):
        raise Refused(f"{', '.join(unknown)}: no such scope; known: {', '.join(SCOPES)}")
    for room in rooms:
        if not re.fullmatch(PATTERN, room):
            raise Refused(f"{room!r}: use letters, digits, _ . - and the wild cards * and ?")
    token, now = fresh_token(MARK), datetime.now(UTC)
    expires = None if lasts is None else now + lasts
    grant = Grant(name=name, scopes=found, rooms=tuple(rooms), created=now, expires=expires)
    return token, await store.grants.add(hash_of(token), grant)


def is_there(database: str) -> bool:
    """Whether a database may be opened: a file of SQLite must be there, or one would be made."""
    try:
        url = make_url(database)
    except ArgumentError:
        return True  # whoever opens it says what is wrong
    if url.get_backend_name() != "sqlite":
        return True
    return bool(url.database) and Path(url.database or "").is_file()
