"""Access tokens, which are signed and short-lived, and refresh tokens, which are used once.

Rules: an access token is a JWT by HS256 with a key of the database, named by `kid`; nothing in its
header is trusted but this name. Keys are made anew by and by; one that is not used any more is
forgotten when nothing that it signed can be valid. Of a refresh token its sha256 alone is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from attrs import field, frozen

from stasis_webrtc.rows import KeyRow
from stasis_webrtc.store import Store

__all__ = ["AccessToken", "Claims", "TokenError", "TokenRules", "Tokens", "digest", "new_refresh"]

ALGORITHM = "HS256"
NAME = "stasis-webrtc"
REQUIRED = ("aud", "exp", "iat", "iss", "sid", "sub")
LONGEST = 4096
# Clocks of two servers differ, and one may be put right.
LEEWAY = timedelta(seconds=60)
# How long keys are used as they were last seen in the database.
FRESH = timedelta(seconds=60)


class TokenError(ValueError):
    """A token that is not to be believed. Its text says why, without the token."""


@frozen
class TokenRules:
    """access: seconds that an access token is valid. key_days: days until there is a new key."""

    access: float = 900.0
    key_days: float = 30.0


@frozen
class AccessToken:
    """text: the token. expires: until when it is valid."""

    text: str = field(repr=False)
    expires: datetime


@frozen
class Claims:
    """What a token says: whose it is, of which session, and what it is good for."""

    user: str
    session: str
    scopes: frozenset[str]


class Tokens:
    """Signs and reads access tokens. now: the time."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], rules: TokenRules | None = None
    ) -> None:
        self.store = store
        self.now = now
        self.rules = rules or TokenRules()
        self._keys: dict[str, KeyRow] = {}
        self._seen = datetime.min.replace(tzinfo=UTC)

    async def access(self, user: str, session: str, scopes: frozenset[str]) -> AccessToken:
        """A new access token. Raises StoreError."""
        at = self.now()
        await self._look(at)
        key = list(self._keys.values())[-1]
        expires = at + timedelta(seconds=self.rules.access)
        claims = {
            "iss": NAME,
            "aud": NAME,
            "sub": user,
            "sid": session,
            "scope": " ".join(sorted(scopes)),
            "iat": at.timestamp(),
            "exp": expires.timestamp(),
        }
        text = jwt.encode(
            claims, bytes.fromhex(key.secret), algorithm=ALGORITHM, headers={"kid": key.kid}
        )
        return AccessToken(text, expires)

    async def read(self, text: str) -> Claims:
        """What an access token says. Whether its session lives is not asked here.

        Raises TokenError for one that is not ours, is altered, or is not valid now; StoreError.
        """
        at = self.now()
        key = await self._key(named(text), at)
        try:
            said: dict[str, Any] = jwt.decode(
                text,
                bytes.fromhex(key.secret),
                algorithms=[ALGORITHM],
                audience=NAME,
                issuer=NAME,
                # The time is ours, not the library's.
                options={
                    "require": list(REQUIRED),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenError(f"{type(error).__name__}") from None
        moments = (said["iat"], said["exp"])
        words = (said["sub"], said["sid"], said.get("scope", ""))
        if not all(type(each) in (int, float) for each in moments):
            raise TokenError("a moment is none")
        if not all(isinstance(each, str) for each in words):
            raise TokenError("a name is none")
        # Written so that NaN, which JSON knows, is no moment.
        if not at.timestamp() < said["exp"]:
            raise TokenError("expired")
        if not said["iat"] <= (at + LEEWAY).timestamp():
            raise TokenError("signed in the future")
        user, session, scope = words
        return Claims(user, session, frozenset(scope.split()))

    async def _key(self, kid: str, at: datetime) -> KeyRow:
        await self._look(at, anew=kid not in self._keys)
        if kid not in self._keys:
            raise TokenError("signed by a key that is not ours, or is no more")
        return self._keys[kid]

    async def _look(self, at: datetime, *, anew: bool = False) -> None:
        """Know the keys of the database. A new one is made, and old ones are forgotten, in time."""
        if not anew and abs(at - self._seen) < FRESH:
            return
        keys = await self.store.keys()
        if not keys or at - keys[-1].made >= timedelta(days=self.rules.key_days):
            await self.store.add_key(KeyRow(secrets.token_hex(8), secrets.token_hex(32), at))
            keys = await self.store.keys()
        # Other processes sign with the key before the newest until they look again.
        valid = timedelta(seconds=self.rules.access) + LEEWAY + 2 * FRESH
        if keys[0] is not keys[-1] and keys[-1].made + valid < at:
            await self.store.forget_keys(keys[-1].made)
            keys = await self.store.keys()
        self._keys = {each.kid: each for each in keys}
        self._seen = at


def named(text: str) -> str:
    """The name of the key that is said to have signed a token. Raises TokenError."""
    try:
        if len(text) > LONGEST:
            raise TokenError("too long")
        kid = jwt.get_unverified_header(text).get("kid")
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenError(f"{type(error).__name__}") from None
    if not isinstance(kid, str):
        raise TokenError("names no key")
    return kid


def new_refresh() -> str:
    """A new refresh token: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(refresh: str) -> str:
    """What is kept of a refresh token."""
    return hashlib.sha256(refresh.encode("utf-8", "surrogatepass")).hexdigest()
