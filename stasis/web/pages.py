"""A page's files, as they are in a package, under a strict policy.

Rules: only files that were there at the start are served, and only of known kinds. The policy
allows nothing but the page's own scripts and styles: no inline code, no other host, no frame.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from aiohttp import web

__all__ = ["POLICY", "pages"]

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}
"""The content security policy of a page; `pages` takes changes to it."""

KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
}


def pages(
    folder: Path,
    prefix: str = "",
    *,
    policy: Mapping[str, str] | None = None,
    allow: str = "",
    missing: str = "this page is not there",
) -> list[web.RouteDef]:
    """The routes of a page, for `Plugin.routes`; `index.html` is at `prefix` and a slash.

    folder: with `index.html`. policy: changes to `POLICY`, by directive; an empty text takes one
    away. allow: what the page may use of the browser (Permissions-Policy), such as
    `microphone=(self)`. missing: what is said, with 503, when `folder` has no `index.html`.
    """
    directives = {**POLICY, **(policy or {})}
    headers = {
        "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in directives.items() if v),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": allow or "microphone=(), camera=(), geolocation=()",
        # Asked for each time, answered by 304 where nothing has changed.
        "Cache-Control": "no-cache",
    }

    def one(file: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        kind = {"Content-Type": KINDS[file.suffix]}

        async def show(request: web.Request) -> web.StreamResponse:
            return web.FileResponse(file, headers={**headers, **kind})

        return show

    async def nothing(request: web.Request) -> web.Response:
        return web.Response(status=503, text=missing, headers=headers)

    async def with_slash(request: web.Request) -> web.Response:
        # Relative: a proxy before us may have put something in front.
        here = request.rel_url.raw_path.rpartition("/")[2]
        query = request.rel_url.raw_query_string
        target = f"./{here}/" + (f"?{query}" if query else "")
        return web.Response(status=308, headers={**headers, "Location": target})

    index = folder / "index.html"
    return [
        web.get(prefix, with_slash),
        web.get(f"{prefix}/", one(index) if index.is_file() else nothing),
        *(web.get(f"{prefix}/{name}", one(file)) for file, name in files_of(folder)),
    ]


def files_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files that are served, each with its path inside the folder.

    Not those that are hidden, nor those that lie elsewhere and are only linked.
    """
    home = folder.resolve()
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        known = file.suffix in KINDS and file.is_file()
        if known and not hidden and file.resolve().is_relative_to(home):
            # Braces would be a pattern to the router.
            if not {"{", "}"} & set(file.name):
                yield file, "/".join(parts)
