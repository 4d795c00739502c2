"""What happens in the Asterisks, to whoever may hear of it: by WebSocket, and to webhooks.

Rules: Asterisk is listened to only while somebody wants to hear. A token needs the scope
`events:read`. One chooses by the query: `?group=queues,calls&type=Queue*`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import structlog
from aiohttp import web

from stasis.pbx import EVENT_GROUPS, Choice, Happening, Pbx, PbxError
from stasis.web import Feed, Grant, Hooks, Problem
from stasis_pbx.hook import Hook
from stasis_pbx.scopes import EVENTS, Grants

__all__ = ["EventFeed", "choice_of"]

log = structlog.get_logger("stasis_pbx")

FILTERS = ("source", "type", "channel", "group", "server")
# How long to wait before an Asterisk that tells nothing is asked again, and how often it is
# looked whether there is a new one.
AGAIN_SECONDS = 5.0
# How long whoever comes may wait until Asterisk is listened to.
BEGIN_SECONDS = 5.0


class EventFeed:
    """Tells what happens. grants: who may hear it. names: of all Asterisks, as they are now.

    pbx: one of them, by its name. hooks: webhooks that are told too.
    """

    def __init__(
        self,
        grants: Grants,
        names: Callable[[], Sequence[str]],
        pbx: Callable[[str], Pbx],
        hooks: Hooks[Hook],
    ) -> None:
        self._grants = grants
        self._names = names
        self._pbx = pbx
        self._hooks = hooks
        self._feed: Feed[Grant] = Feed(self._authenticate, snapshot=self._snapshot)
        self._wanted = asyncio.Event()
        self._tried: set[str] = set()  # the Asterisks that are listened to, or do not answer
        self._listening = asyncio.Event()  # once all are among them
        if hooks.hooks:
            self._wanted.set()

    async def join(self, request: web.Request) -> web.StreamResponse:
        """The handler of its route."""
        try:
            choice, server = choice_of(request.query)
        except Problem as problem:
            return problem.response()

        def only(data: Mapping[str, Any]) -> bool:
            happening = cast(Happening, data["event"])
            return server in ("", happening.server) and choice.takes(happening)

        try:
            return await self._feed.join(request, only)
        finally:
            if not len(self._feed) and not self._hooks.hooks:
                self._wanted.clear()

    async def run(self) -> None:
        """Listen while somebody wants to hear, until cancelled."""
        following: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                await self._wanted.wait()
                while self._wanted.is_set():
                    for name in self._names():
                        if name not in following:
                            following[name] = asyncio.create_task(self._follow(name))
                    await asyncio.sleep(AGAIN_SECONDS)
                self._tried.clear()
                self._listening.clear()
                await ended(following)
        finally:
            await ended(following)
            await self._feed.close()

    def tell(self, happening: Happening) -> None:
        """Something has happened."""
        if len(self._feed):
            self._feed.tell("event", {"event": happening})
        for hook in self._hooks.hooks:
            if hook.wants(happening):
                self._hooks.put(hook, hook.message(happening), happening.type)

    async def _follow(self, name: str) -> None:
        """Listen to one Asterisk, for ever."""
        while True:
            try:
                async with self._pbx(name).events.follow(server=name) as stream:
                    self._was_tried(name)
                    async for happening in stream:
                        self.tell(happening)
            except PbxError as error:
                log.warning("events are not heard", server=name, reason=str(error))
                self._was_tried(name)
            await asyncio.sleep(AGAIN_SECONDS)

    def _was_tried(self, name: str) -> None:
        self._tried.add(name)
        if self._tried >= set(self._names()):
            self._listening.set()

    async def _authenticate(self, token: str) -> Grant | None:
        grant = await self._grants.found(token)
        if grant is not None and EVENTS not in grant.scopes:
            log.warning("refused", who=grant.name, operation="events")
            return None
        return grant

    async def _snapshot(self, grant: Grant) -> Mapping[str, Any]:
        # Only now is it known who asks: Asterisk is not listened to for anybody who knocks. Who has
        # the snapshot misses nothing from then on.
        self._wanted.set()
        if self._names():
            with suppress(TimeoutError):
                async with asyncio.timeout(BEGIN_SECONDS):
                    await self._listening.wait()
        return {"servers": list(self._names())}


async def ended(tasks: dict[str, asyncio.Task[None]]) -> None:
    """End all of them."""
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    tasks.clear()


def choice_of(query: Mapping[str, str]) -> tuple[Choice, str]:
    """What a query chooses, and of which Asterisk; empty for all. Raises Problem."""
    if strange := sorted(set(query) - set(FILTERS)):
        known = ", ".join(FILTERS)
        raise Problem(422, "wrong_query", f"{strange[0]!r} is not known here; {known} may be there")
    source = query.get("source", "")
    if source not in ("", "ami", "ari"):
        raise Problem(422, "wrong_query", "source: ami or ari")
    groups = [each for each in query.get("group", "").split(",") if each]
    if unknown := sorted(set(groups) - EVENT_GROUPS):
        known = ", ".join(sorted(EVENT_GROUPS))
        raise Problem(422, "wrong_query", f"group: {unknown[0]!r} is none; known: {known}")
    types = [each for each in query.get("type", "").split(",") if each]
    choice = Choice(
        "ami" if source == "ami" else "ari" if source == "ari" else "",
        types,
        query.get("channel", ""),
        groups,
    )
    return choice, query.get("server", "")
