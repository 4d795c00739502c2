"""What a monitor asks over HTTP: `/metrics`, `/healthz` (alive?), `/readyz` (takes calls?).

Answered from the event loop itself: an answer shows that it runs. Nothing here asks Asterisk,
so a monitor costs it nothing, and no answer holds a call's id, a number or an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Protocol

from aiohttp import web

from stasis.metrics import CONTENT_TYPE, Metrics

__all__ = ["Linked", "health", "readiness"]

# Why a link in this state takes no calls.
WHY = {
    "connecting": "it has not connected yet",
    "gap": "the connection is lost; live calls go on, and it is being opened again",
    "standby": "another process has the application; this one waits",
    "stopped": "it has stopped",
}


class State(Protocol):
    """The state of a link, to read."""

    @property
    def value(self) -> str:
        """Its name: `ready`, or why not."""


class Linked(Protocol):
    """What is read of a link: its state, whether it drains, and its live calls."""

    @property
    def state(self) -> State:
        """`ready` when connected and registered."""

    @property
    def draining(self) -> bool:
        """Whether it takes no new calls any more."""

    @property
    def runners(self) -> Sized:
        """The live calls."""


def health(servers: Mapping[str, Linked], metrics: Metrics | None = None) -> list[web.RouteDef]:
    """The routes, for `stasis.http.serve`.

    servers: the links by name, read at each request. metrics: what `/metrics` shows; without,
    there is no such page.
    """

    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(request: web.Request) -> web.Response:
        ready, told = readiness(servers)
        return web.json_response(told, status=200 if ready else 503)

    routes = [web.get("/healthz", healthz), web.get("/readyz", readyz)]
    if metrics is not None:

        async def show(request: web.Request) -> web.Response:
            return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

        routes.append(web.get("/metrics", show))
    return routes


def readiness(servers: Mapping[str, Linked]) -> tuple[bool, dict[str, object]]:
    """Whether new calls are taken on every server, and what `/readyz` tells of it.

    That is `{"ready": …, "servers": {name: {"ready": …, "state": …, "calls": …, "why": …}}}`;
    `why` only where something is not ready. Without any server nothing is ready.
    """
    told: dict[str, dict[str, object]] = {}
    for name, link in servers.items():
        state = link.state.value
        why = "" if state == "ready" else WHY.get(state, state)
        if not why and link.draining:
            why = "it is stopping: live calls finish, new ones are not taken"
        row: dict[str, object] = {"ready": not why, "state": state, "calls": len(link.runners)}
        told[name] = {**row, "why": why} if why else row
    ready = bool(told) and all(row["ready"] for row in told.values())
    return ready, {"ready": ready, "servers": told}
