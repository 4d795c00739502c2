"""Where a request comes from: the page that sent it, and the address of who did."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web

__all__ = ["address_of", "same_origin"]


def same_origin(request: web.Request, origins: Collection[str] = ()) -> bool:
    """Whether a request may count on what the browser adds by itself, such as cookies.

    It may when no page sent it, when the page is of this very host, or of one in `origins`, such
    as `https://phone.example.org`. The scheme is not compared: TLS may end before us.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return origin in origins or (
        urlsplit(origin).netloc.lower() == request.host.lower() and origin != "null"
    )


def address_of(request: web.Request) -> str:
    """The address a request comes from; of the proxy, where there is one. Never empty."""
    return request.remote or "unknown"
