"""The cookie that has the refresh token.

Rules: scripts do not see it, other sites do not send it, and only what is about the session gets
it. A page that came over TLS has one whose name says so, which no page without TLS can set. A
neighbour, such as another host of the same domain, may have set one beside it: each that comes is
looked at.
"""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

__all__ = ["given", "over_tls", "put", "taken_back"]

NAME = "stasis_webrtc_refresh"
LONGEST, MOST = 512, 4


def over_tls(request: web.Request) -> bool:
    """Whether the page came over TLS: it says so itself, since TLS may end before us."""
    return request.secure or request.headers.get("Origin", "").startswith("https://")


def name_of(request: web.Request) -> str:
    """What it is called. Browsers take the one with the prefix over TLS only."""
    return f"__Secure-{NAME}" if over_tls(request) else NAME


def path_of(path: str) -> str:
    """Where it is sent to. path: of a request to the API."""
    return path.rpartition("/api/v1/")[0] + "/api/v1/session"


def given(request: web.Request) -> list[str]:
    """The tokens that a request has: one, none, or what a neighbour has put beside it."""
    found: dict[str, None] = {}
    wanted = name_of(request)
    for line in request.headers.getall("Cookie", []):
        for pair in line.split(";"):
            name, _, token = pair.strip().partition("=")
            if name == wanted and 0 < len(token) <= LONGEST:
                found[token] = None
    return list(found)[:MOST]


def put(
    answer: web.StreamResponse,
    token: str,
    request: web.Request,
    lasts: timedelta,
    *,
    secure: bool,
) -> None:
    """Have the browser keep a token, and send it over TLS only where `secure` or the page's own
    address says so. lasts: how long.
    """
    answer.set_cookie(
        name_of(request),
        token,
        path=path_of(request.path),
        max_age=max(0, round(lasts.total_seconds())),
        httponly=True,
        secure=secure or over_tls(request),
        samesite="Strict",
    )


def taken_back(answer: web.StreamResponse, request: web.Request, *, secure: bool) -> None:
    """Have the browser forget it."""
    put(answer, "", request, timedelta(), secure=secure)
