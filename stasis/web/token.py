"""A token: what a request carries to say who sends it. It is looked at, and never logged."""

from __future__ import annotations

from aiohttp import web

__all__ = ["LIMIT", "bearer", "token_of"]

LIMIT = 4096
"""Characters that a token has at most."""


def bearer(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer TOKEN`; None without it, empty when it cannot be one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token_of(token.strip()) if scheme.lower() == "bearer" else None


def token_of(said: object) -> str:
    """A token that somebody has said, or an empty text when it cannot be one.

    It is printable ASCII of at most `LIMIT` characters, so `authenticate` may hash it, look it up
    and put it into a query without a second thought.
    """
    fits = isinstance(said, str) and len(said) <= LIMIT and said.isascii() and said.isprintable()
    return str(said) if fits else ""
