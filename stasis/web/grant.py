"""A grant: what the bearer of a token may do. Pure.

Rules: a scope is one kind of thing that can be done. Nobody can pass on more than they have. Of
the token itself only its hash is ever kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256

from attrs import field, frozen

__all__ = ["Grant", "fresh_token", "hash_of", "more_than", "unknown_scopes"]


def set_of(words: Iterable[str]) -> frozenset[str]:
    """Words as a set."""
    return frozenset(words)


@frozen(kw_only=True)
class Grant:
    """What was granted with a token. A plugin's own may say more.

    name: for people. scopes: what it may do. expires: None is never. revoked: when. used: when it
    was last used, to about a minute.
    """

    id: int = 0
    name: str
    scopes: frozenset[str] = field(converter=set_of)
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    used: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it counts at this moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def more_than(own: Grant, scopes: Iterable[str], expires: datetime | None) -> str | None:
    """What somebody would pass on that is not theirs; None: nothing."""
    if missing := sorted(set(scopes) - own.scopes):
        return f"scopes that you do not have: {', '.join(missing)}"
    if own.expires is not None and (expires is None or expires > own.expires):
        return "it would last longer than your own token"
    return None


def fresh_token(mark: str) -> str:
    """A token that nobody can guess: 256 random bits. mark: how it begins, so that whoever finds
    one knows what it is, such as `stconf_`.
    """
    return mark + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so it needs neither salt nor work."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def unknown_scopes(scopes: Collection[str], known: Collection[str]) -> list[str]:
    """Those that are none."""
    return sorted(set(scopes) - set(known))
