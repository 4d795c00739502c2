"""Who has changed what: every thing that changes something, written down before it is done.

Rules: what cannot be written down is not done. Values of secrets are never written. An outcome
that is empty is one that nobody knows: the program ended meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import delete, insert, select, update

from stasis.pbx import names_secret
from stasis.sql import Database
from stasis_pbx.tables import audit

__all__ = ["Audit", "AuditEntry", "without_secrets"]

log = structlog.get_logger("stasis_pbx")

# Arguments that say what `value` is the value of.
NAMING = ("variable", "key", "option", "column")
# What a command line has behind such a word.
BEHIND = re.compile(
    r"(\S*(?:secret|passw|pwd|token|credential|api_?key)[^\s=]*|\b\S*pin)([\s=]+)\S.*",
    re.IGNORECASE,
)
HIDDEN = "***"
LONGEST = 2000


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done. who: the name of the token, by its id. address: of who asked.

    arguments: without secrets. outcome: `done`, or why not. ended: when that was known.
    """

    id: int
    at: datetime
    who: str
    token: int
    address: str
    server: str
    thing: str
    arguments: dict[str, Any]
    outcome: str
    ended: datetime | None


class Audit:
    """The table of what was done. Every method raises StoreError.

    database: it is in. now: the time.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._do = database.do
        self._now = now

    async def begin(
        self,
        *,
        who: str,
        token: int,
        address: str,
        server: str,
        thing: str,
        arguments: Mapping[str, Any],
    ) -> int:
        """Write down what is about to be done. Returns its id."""
        told = as_written(without_secrets(arguments))
        log.info("is to be done", who=who, thing=thing, server=server, address=address)
        values = {
            "at": self._now(),
            "who": who,
            "token": token,
            "address": address,
            "server": server,
            "thing": thing,
            "arguments": told,
            "outcome": "",
        }
        rows = await self._do(insert(audit).values(values).returning(audit.c.id))
        return int(rows[0]["id"])

    async def end(self, id: int, outcome: str) -> None:
        """Write down what became of it."""
        log.info("was tried", audit=id, outcome=outcome)
        await self._do(
            update(audit)
            .where(audit.c.id == id)
            .values(outcome=outcome[:LONGEST], ended=self._now())
        )

    async def list(
        self, *, limit: int, before: int | None = None, who: str = "", thing: str = ""
    ) -> list[AuditEntry]:
        """What was done, the latest first. before: an id. who, thing: of one only."""
        of = audit.c
        wanted = select(audit).order_by(of.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(of.id < before)
        if who:
            wanted = wanted.where(of.who == who)
        if thing:
            wanted = wanted.where(of.thing == thing)
        found = []
        for row in await self._do(wanted):
            values = dict(**row)
            values["arguments"] = msgspec.json.decode(values["arguments"])
            found.append(AuditEntry(**values))
        return found

    async def forget(self, days: float) -> None:
        """Forget what is older. days: 0: nothing."""
        if days:
            await self._do(delete(audit).where(audit.c.at < self._now() - timedelta(days=days)))


def as_written(arguments: Mapping[str, Any]) -> str:
    """Arguments as JSON. Of what is too long each has its beginning: nobody can have an argument
    left out by another one.
    """
    told = msgspec.json.encode(arguments).decode()
    if len(told) <= LONGEST:
        return told
    each = LONGEST // max(1, len(arguments))
    texts = {name: msgspec.json.encode(value).decode() for name, value in arguments.items()}
    return msgspec.json.encode(
        {
            name: arguments[name]
            if len(text) <= each
            else f"{text[:each]}… {len(text):,} characters"
            for name, text in texts.items()
        }
    ).decode()


def without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they may be written down: secrets are `***`, in what they hold too. Pure."""
    found = {
        str(name): HIDDEN if hides(str(name)) and value else bare(value)
        for name, value in arguments.items()
    }
    if found.get("value") and any(names_secret(str(found.get(name, ""))) for name in NAMING):
        found["value"] = HIDDEN
    if isinstance(line := found.get("line"), str):
        found["line"] = BEHIND.sub(rf"\1\2{HIDDEN}", line)
    return found


def hides(name: str) -> bool:
    """Whether an argument of that name is a secret: one that names another's value is none."""
    return name not in NAMING and names_secret(name)


def bare(value: Any) -> Any:
    """A value without the secrets in it."""
    if isinstance(value, msgspec.Struct):
        return without_secrets(msgspec.structs.asdict(value))
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, (list, tuple)):
        return [bare(each) for each in value]
    return value
