"""Two looks at one Asterisk: what flows have made and no call that lives owns.

Asked of Asterisk alone, from any process: an id tells whose a thing is, and the record of a call
tells its token. Where a call has no record that can be read, nothing is said of its application.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime

import attrs

from stasis.ari import Ari
from stasis.census import Census
from stasis.errors import NotFound
from stasis.found import Found, found_in
from stasis.identity import Identity, identity_of
from stasis.keep import Keep
from stasis.lease import Lease
from stasis.router import Router
from stasis.strays import strays_in

__all__ = ["Looked", "Row", "look"]

# Between the two looks: what is being made or closed now is in one of them only.
SECONDS = 1.0
# How often an application may vanish while it is asked for.
TRIES = 5


@attrs.frozen
class Row:
    """What is shown of a stray, or of a call that waits.

    server: Asterisk's name. kind: channel, snoop, media, bridge or call. id: on Asterisk.
    token: the call's whose flow made it. age: seconds, None when not known. about: more.
    """

    server: str
    kind: str
    id: str
    app: str
    token: str
    age: int | None
    about: str


@attrs.frozen
class Looked:
    """What two looks have found.

    strays: belong to no call. waiting: calls that no process runs; the next one goes on with
    them. doubtful: by application, how much was left out because calls are there whose record
    cannot be read, so it may be theirs.
    """

    strays: list[Row]
    waiting: list[Row]
    doubtful: dict[str, int]


@attrs.frozen
class Look:
    """One look: what lives, what of it is stray, and the calls by channel id."""

    census: Census
    strays: dict[str, Identity]
    calls: dict[str, Found]


async def look(
    ari: Ari,
    keep: Keep,
    apps: Collection[str] = (),
    server: str = "asterisk",
    lease: float = 2.0,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Looked:
    """Look twice at one Asterisk, and tell what was a stray both times.

    keep: where records of calls are. apps: only of these; none takes all. server: its name.
    lease: seconds between two signs of life of a process. pause: between the looks.

    Raises AriError. ARI: GET /channels, /bridges, /applications, /channels/{id}/variable.
    """
    first = await look_once(ari, keep, apps)
    kept = {call.app for call in first.calls.values() if call.record is not None}
    run, _ = await asyncio.gather(run_of(ari, kept, lease), pause(SECONDS))
    second = await look_once(ari, keep, apps)
    calls = [call for id, call in second.calls.items() if id in first.calls]
    # Of a call without a record nobody can say what is its: it may live without keeping any.
    unknown = {
        base(call.app)
        for call in calls
        if call.record is None and first.calls[call.snapshot.id].record is None
    }
    both = [(id, made) for id, made in second.strays.items() if id in first.strays]
    census = second.census
    return Looked(
        [row(server, census, id, made) for id, made in both if made.app not in unknown],
        [waits(server, call) for call in calls if call.app in kept - run],
        dict(Counter(made.app for _, made in both if made.app in unknown)),
    )


async def look_once(ari: Ari, keep: Keep, apps: Collection[str]) -> Look:
    """Raises AriError."""
    census = await census_of(ari)
    router = Router()  # of a process that runs no calls: nothing is claimed
    found = await found_in(census, router, keep)
    tokens = {call.record.token for call in found if call.record is not None}
    made = map(identity_of, (*census.channels, *census.bridges))
    names = apps or {each.app for each in made if each is not None}
    ids = {call.snapshot.id for call in found}
    strays = dict(strays_in(census, names, tokens, router, ids))
    calls = [call for call in found if not apps or base(call.app) in apps]
    return Look(census, strays, {call.snapshot.id: call for call in calls})


async def census_of(ari: Ari) -> Census:
    """What lives in any application: only among all of them is it certain where a channel is.

    Raises AriError.
    """
    for _ in range(TRIES):
        known = [each.name for each in await ari.applications.list()]
        try:
            return await Census.take(ari, known)
        except NotFound as error:  # one was forgotten between the two questions
            failed = error
    raise failed


def base(app: str) -> str:
    """The name in the dialplan: an application for one call alone is called `app:channel`."""
    return app.partition(":")[0]


async def run_of(ari: Ari, apps: Iterable[str], lease: float) -> set[str]:
    """Which of the applications a living process runs. Raises AriError."""

    async def one(app: str) -> str | None:
        return app if await Lease(ari, [app], lease).other() is not None else None

    return set(filter(None, await asyncio.gather(*map(one, apps))))


def row(server: str, census: Census, id: str, made: Identity) -> Row:
    """A stray, as it is shown."""
    if made.kind == "bridge":
        bridge = census.bridges[id]
        count = len(bridge.channels)
        name = f"{bridge.name}, " if bridge.name else ""
        about, since = f"{name}{count} inside", bridge.creationtime
    else:
        channel = census.channels[id]
        about, since = f"{channel.name}, {channel.state}", channel.creationtime
    return Row(server, made.kind, id, made.app, made.token, age_of(since), about)


def waits(server: str, call: Found) -> Row:
    """A call that no process runs, as it is shown."""
    record, channel = call.record, call.snapshot
    state = f"{record.flow}.{record.state}" if record is not None else "no record"
    token = record.token if record is not None else ""
    about = f"waits for a process; {state}"
    return Row(server, "call", channel.id, call.app, token, age_of(channel.creationtime), about)


def age_of(since: datetime | None) -> int | None:
    """Whole seconds since then, by this machine's clock."""
    if since is None or since.tzinfo is None:
        return None
    return max(0, round((datetime.now(UTC) - since).total_seconds()))
