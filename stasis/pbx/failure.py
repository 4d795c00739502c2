"""A failed log-in, as Asterisk's security events tell it, and as a line of a log. Pure.

    2026-11-29T23:48:30.639+00:00 stasis-security address=192.0.2.7 kind=InvalidPassword
        service=AMI transport=TCP server=main account="alice"          (one line)

Rules: names come from whoever knocks, so a line holds nothing of theirs but the account, which is
last, quoted as JSON in ASCII, and cut. An address is one, or the line is not written.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from stasis.ami import AmiEvent, events

__all__ = ["FAILURES", "Attacker", "Failure", "attackers"]

FAILURES: tuple[type[events.OfSecurity], ...] = (
    events.InvalidPassword,
    events.ChallengeResponseFailed,
    events.InvalidAccountID,
    events.FailedACL,
    events.UnexpectedAddress,
    events.AuthMethodNotAllowed,
    events.InvalidTransport,
)
"""The events that are failed log-ins. A challenge that is not answered is none yet."""

ACCOUNT = 64  # characters of it that are kept
ACCOUNTS = 10  # accounts of one address that are kept
WORD = re.compile(r"[^A-Za-z0-9_.-]")
LINE = re.compile(
    r"(?P<at>\S{10,40}) stasis-security address=(?P<address>[0-9A-Fa-f.:]{2,45})"
    r" kind=(?P<kind>[\w.-]{1,40}) service=(?P<service>[\w.-]{1,40})"
    r" transport=(?P<transport>[\w.-]{1,40}) server=(?P<server>[\w.-]{1,40})"
    r' account=(?P<account>"[\x20-\x7e]*")',
    re.ASCII,
)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A failed log-in.

    kind: the event's type, such as InvalidPassword. service: what was tried, such as PJSIP, AMI.
    transport: UDP, TCP, TLS, WS … account: as was given, and perhaps nobody's.
    """

    at: datetime
    address: str
    kind: str
    service: str
    transport: str
    account: str
    server: str = "-"

    @classmethod
    def of(cls, event: AmiEvent, server: str = "-") -> Failure | None:
        """From a security event; None when it is no failure, or comes from no address."""
        if not isinstance(event, FAILURES):
            return None
        # Like IPV4/UDP/192.0.2.7/5060; an IPv6 address has no slash in it.
        parts = event.remote_address.split("/")
        try:
            address = ipaddress.ip_address(parts[2].strip("[]").partition("%")[0])
        except (IndexError, ValueError):
            return None
        mapped = getattr(address, "ipv4_mapped", None)
        return cls(
            at=moment(event.event_tv),
            address=str(mapped or address),
            kind=event.type,
            service=word(event.service),
            transport=word(parts[1]),
            account=event.account_id[:ACCOUNT],
            server=word(server),
        )

    def line(self) -> str:
        """As a line of the log, without its end."""
        return (
            f"{self.at.isoformat(timespec='milliseconds')} stasis-security address={self.address}"
            f" kind={word(self.kind)} service={word(self.service)}"
            f" transport={word(self.transport)} server={word(self.server)}"
            f" account={quoted(self.account)}"
        )

    @classmethod
    def read(cls, line: str) -> Failure | None:
        """From a line of the log; None when it is none of ours."""
        match = LINE.fullmatch(line.rstrip("\r\n"))
        if match is None:
            return None
        try:
            told = match.groupdict()
            at, account = datetime.fromisoformat(told["at"]), json.loads(told["account"])
            ipaddress.ip_address(told["address"])
        except ValueError:
            return None
        return cls(**{**told, "at": at, "account": account}) if at.tzinfo else None


class Attacker(msgspec.Struct, frozen=True, kw_only=True):
    """An address that failed to log in. accounts: whom it tried to be, the first ten."""

    address: str
    failures: int
    first: datetime
    last: datetime
    services: tuple[str, ...]
    kinds: tuple[str, ...]
    accounts: tuple[str, ...]

    @classmethod
    def of(cls, failure: Failure) -> Attacker:
        """By its first failure."""
        return cls(
            address=failure.address,
            failures=1,
            first=failure.at,
            last=failure.at,
            services=(failure.service,),
            kinds=(failure.kind,),
            accounts=(failure.account,),
        )

    def again(self, failure: Failure) -> Attacker:
        """With one more failure."""
        known = failure.account in self.accounts or len(self.accounts) >= ACCOUNTS
        return Attacker(
            address=self.address,
            failures=self.failures + 1,
            first=self.first,
            last=failure.at,
            services=grown(self.services, failure.service),
            kinds=grown(self.kinds, failure.kind),
            accounts=self.accounts if known else (*self.accounts, failure.account),
        )


def attackers(failures: Iterable[Failure]) -> list[Attacker]:
    """Failures by address, the worst first."""
    found: dict[str, Attacker] = {}
    for each in failures:
        before = found.get(each.address)
        found[each.address] = before.again(each) if before else Attacker.of(each)
    return sorted(found.values(), key=lambda each: (-each.failures, each.address))


def grown(known: tuple[str, ...], word: str) -> tuple[str, ...]:
    """With a word, once, and not without end."""
    return known if word in known or len(known) >= ACCOUNTS else (*known, word)


def word(text: str) -> str:
    """A word that parts no line; `-` for nothing."""
    return WORD.sub("_", text)[:40] or "-"


def quoted(text: str) -> str:
    """A text in quotes: ASCII, one line, and with no quote of its own that ends it."""
    return json.dumps(text[:ACCOUNT]).replace("\x7f", "\\u007f")


def moment(text: str) -> datetime:
    """Asterisk's time, as in 2026-11-29T23:48:30.639+0000; now when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
