"""Where a request comes from: the page that sent it, and the address of who did."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from stasis.http import PROXIES

__all__ = ["address_of", "same_origin"]


def same_origin(request: web.Request, origins: Collection[str] = ()) -> bool:
    """Whether a request may count on what the browser adds by itself, such as cookies.

    It may when no page sent it, when the page is of this very host, or of one in `origins`, such
    as `https://phone.example.org`. The scheme is not compared: TLS may end before us.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    if origin in origins:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    here = request.host.lower()
    return parts.scheme in ("http", "https") and parts.netloc.lower() == here != ""


def address_of(request: web.Request) -> str:
    """The address a request comes from. Never empty.

    What a proxy says of it (`X-Forwarded-For`) counts for the proxies of `http.proxies` alone:
    anybody else could write anything there.
    """
    proxies = request.config_dict.get(PROXIES, frozenset())
    address = request.remote or "unknown"
    told = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    # From the nearest on: each proxy adds who has asked it behind what it was told.
    while address in proxies and told:
        said = told.pop().strip()
        try:
            address = str(ip_address(said.partition("%")[0]))
        except ValueError:
            break
    return address
