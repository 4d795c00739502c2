"""One webhook: where it goes, what it gets, and how that is signed (Standard Webhooks). Pure.

Rules: only http and https; the address is the file's, so any host is fine. The secret and the
address, whose path may be one, are in no log.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from attrs import frozen

from stasis import ConfigError, Secret, key
from stasis_conference.grant import PATTERN, opens
from stasis_conference.live import RoomEvent
from stasis_conference.outbox import Message
from stasis_conference.roster import KINDS, Roster

__all__ = ["Hook", "WebhookConfig", "hooks_of", "signature"]

# What nobody gets who does not ask for it: it comes all the time.
OFTEN = ("talking", "silent", "speaker", "volume")

SECRET = "whsec_"  # noqa: S105  how one begins


@frozen
class WebhookConfig:
    """A table `[[plugin.conference.webhook]]`."""

    url: str = key("", "where what happens is sent to, http:// or https://")
    secret: Secret = key(
        Secret(""), "what it is signed with: whsec_ and 24 to 64 random bytes in base64"
    )
    kinds: list[str] = key(
        [], "what is sent; empty: all kinds of events but talking, silent, speaker and volume"
    )
    rooms: list[str] = key(["*"], "of which rooms; * stands for anything, ? for one character")
    timeout: float = key(10.0, "seconds for the receiver to answer", minimum=1, maximum=60)


@frozen
class Hook:
    """A webhook. id: by which it is known again after a restart. site: what logs call it."""

    id: str
    site: str
    url: Secret
    secret: Secret
    kinds: frozenset[str]
    rooms: tuple[str, ...]
    timeout: float

    def wants(self, event: RoomEvent) -> bool:
        """Whether it gets to know of an event."""
        return event.kind in self.kinds and opens(self.rooms, event.room)

    def message(self, event: RoomEvent, roster: Roster) -> Message:
        """What it gets."""
        body = {"type": event.kind, "timestamp": event.at, "data": roster.happened(event)}
        text = msgspec.json.encode(body).decode()
        return Message(self.id, event.room, f"msg_{secrets.token_hex(16)}", text, event.at)

    def headers(self, message: str, body: str, now: datetime) -> dict[str, str]:
        """What is sent before a body."""
        stamp = str(int(now.timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "stasis-conference",
            "webhook-id": message,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self.secret.reveal(), message, stamp, body),
        }


def signature(secret: str, message: str, stamp: str, body: str) -> str:
    """The signature of a message: `v1,` and base64 of the HMAC. secret: as of WebhookConfig."""
    signed = f"{message}.{stamp}.{body}".encode()
    found = hmac.new(bytes_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(found).decode()}"


def bytes_of(secret: str) -> bytes:
    """The bytes that a secret stands for; none when it is not one."""
    if not secret.startswith(SECRET):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except binascii.Error:
        return b""


def hooks_of(configs: Sequence[WebhookConfig]) -> list[Hook]:
    """The webhooks of a configuration. Raises ConfigError with all that is wrong."""
    problems = [
        f"[[plugin.conference.webhook]] {number}: {problem}"
        for number, config in enumerate(configs, 1)
        for problem in problems_of(config)
    ]
    urls = [each.url for each in configs]
    if len(set(urls)) < len(urls):
        problems.append("[[plugin.conference.webhook]]: url: the same one is there twice")
    if problems:
        raise ConfigError(*problems)
    return [hook_of(each) for each in configs]


def hook_of(config: WebhookConfig) -> Hook:
    """A webhook of a configuration that was looked at."""
    parts = urlsplit(config.url)
    return Hook(
        hashlib.sha256(config.url.encode()).hexdigest()[:16],
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        Secret(config.url),
        config.secret,
        frozenset(config.kinds or set(KINDS) - set(OFTEN)),
        tuple(config.rooms),
        config.timeout,
    )


def problems_of(config: WebhookConfig) -> Iterator[str]:
    """What is wrong with it, each with the fix."""
    try:
        parts = urlsplit(config.url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        yield "url: must be http://HOST/… or https://HOST/…"
    if not 24 <= len(bytes_of(config.secret.reveal())) <= 64:
        yield (
            "secret: must be whsec_ and 24 to 64 bytes in base64; make one by:"
            " echo whsec_$(openssl rand -base64 32)"
        )
    for kind in config.kinds:
        if kind not in KINDS:
            yield f"kinds: {kind!r} is none; known: {', '.join(KINDS)}"
    for room in config.rooms:
        if not re.fullmatch(PATTERN, room):
            yield f"rooms: {room!r}: use letters, digits, _ . - and the wild cards * and ?"
