"""One webhook: where it goes, and how what it gets is signed (Standard Webhooks). Pure.

Rules: only http and https; the address is the configuration's, so any host is fine. The secret
and the address, whose path may be one, are in no log.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen

from stasis.section import Secret

__all__ = ["Hook", "Message", "Post", "hook_id", "hook_problems", "message_id", "signature", "site"]

SECRET = "whsec_"  # noqa: S105  how one begins


@frozen
class Message:
    """What one webhook is to get. hook: its id. topic: messages of one topic go out one after the
    other. message: the id that the receiver sees. body: the very text that is sent. at: when it
    happened.
    """

    hook: str
    topic: str
    message: str
    body: str
    at: datetime


@frozen
class Post:
    """A message on its way. due: when it is to be tried next. tries: so far."""

    id: int
    hook: str
    topic: str
    message: str
    body: str
    at: datetime
    due: datetime
    tries: int


@frozen
class Hook:
    """A webhook. id: by which it is known again after a restart. site: what logs call it.

    timeout: seconds for the receiver to answer. A plugin's own says what it wants to get.
    """

    id: str
    site: str
    url: Secret
    secret: Secret
    timeout: float

    def headers(self, message: str, body: str, now: datetime) -> dict[str, str]:
        """What is sent before a body."""
        stamp = str(int(now.timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "stasis",
            "webhook-id": message,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self.secret.reveal(), message, stamp, body),
        }


def signature(secret: str, message: str, stamp: str, body: str) -> str:
    """The signature of a message: `v1,` and base64 of the HMAC. secret: whsec_ and base64."""
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


def message_id() -> str:
    """A new id of a message."""
    return f"msg_{secrets.token_hex(16)}"


def hook_id(url: str) -> str:
    """By which a webhook is known again after a restart."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def site(url: str) -> str:
    """What logs call an address: without its path, and who it is for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def hook_problems(url: str, secret: str) -> Iterator[str]:
    """What is wrong with an address and a secret of the configuration, each with the fix."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        yield "url: must be http://HOST/… or https://HOST/…"
    if not 24 <= len(bytes_of(secret)) <= 64:
        yield (
            "secret: must be whsec_ and 24 to 64 bytes in base64; make one by:"
            " echo whsec_$(openssl rand -base64 32)"
        )
