"""`stasis conference …`: what is on, and what is done about it, from the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from stasis import section
from stasis_conference.asking import (
    BY,
    Asking,
    Refused,
    address_of,
    asking,
    made,
    opened,
    part,
    token_given,
)
from stasis_conference.config import ConferenceConfig
from stasis_conference.grant import SCOPES
from stasis_conference.screen import live_table, member_table, said, token_table

__all__ = ["commands"]

commands = typer.Typer(
    help="Conference rooms of the running program.", no_args_is_help=True, rich_markup_mode=None
)
tokens = typer.Typer(help="Tokens of the API.", no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(tokens, name="token")

BASE = "/conference/api/v1"
# What `record` may do, and what came of it.
RECORD = {
    "start": "is recorded",
    "stop": "is not recorded any more",
    "pause": "is not recorded for a while",
    "resume": "is recorded again",
}

Room = Annotated[str, typer.Argument(help="the room")]
Who = Annotated[str, typer.Argument(help="the member: its id, or its number")]
Json = Annotated[bool, typer.Option("--json", help="as JSON")]
All = Annotated[bool, typer.Option("--all", help="everybody")]
Others = Annotated[bool, typer.Option("--others", help="all but moderators")]


@commands.command("list")
def list_rooms(context: typer.Context, json: Json = False) -> None:
    """List the rooms: those in which somebody is, and those that are planned."""

    async def work(ask: Asking) -> dict[str, Any]:
        live = {each["room"]: each for each in await ask.get("/live")}
        planned: list[dict[str, Any]] = []
        while not planned or len(planned) % 500 == 0:
            after = part(planned[-1]["name"]) if planned else ""
            page = await ask.get(f"/rooms?limit=500&after={after}")
            planned += page
            if not page:
                break
        return {"live": live, "planned": planned}

    found = done(context, work)
    told(json, found, lambda: live_table(found["live"], found["planned"]))


@commands.command()
def show(context: typer.Context, room: Room, json: Json = False) -> None:
    """Show who is in a room."""
    found = done(context, lambda ask: ask.get(f"/rooms/{part(room)}/live"))
    told(json, found, lambda: member_table(found))


@commands.command()
def kick(
    context: typer.Context,
    room: Room,
    who: Who = "",
    everybody: All = False,
    others: Others = False,
    last: Annotated[bool, typer.Option("--last", help="who came last")] = False,
    json: Json = False,
) -> None:
    """Have somebody leave: one member, who came last, all, or all but moderators."""
    act(context, json, room, "kick", who, all=everybody, others=others, last=last)


@commands.command()
def mute(
    context: typer.Context,
    room: Room,
    who: Who = "",
    everybody: All = False,
    others: Others = False,
    json: Json = False,
) -> None:
    """Mute one member, all, or all but moderators."""
    act(context, json, room, "mute", who, all=everybody, others=others)


@commands.command()
def unmute(
    context: typer.Context,
    room: Room,
    who: Who = "",
    everybody: All = False,
    others: Others = False,
    json: Json = False,
) -> None:
    """Unmute one member, all, or all but moderators."""
    act(context, json, room, "unmute", who, all=everybody, others=others)


@commands.command()
def lock(context: typer.Context, room: Room, json: Json = False) -> None:
    """Let nobody in but moderators."""
    act_on_room(context, json, room, "lock", "is locked")


@commands.command()
def unlock(context: typer.Context, room: Room, json: Json = False) -> None:
    """Let everybody in again."""
    act_on_room(context, json, room, "unlock", "is open")


@commands.command()
def record(
    context: typer.Context,
    room: Room,
    what: Annotated[str, typer.Argument(help="start, stop, pause, or resume")] = "start",
    json: Json = False,
) -> None:
    """Record a room, or end, pause or go on with its recording."""
    if what not in RECORD:
        raise typer.BadParameter(f"{what!r}: one of {', '.join(RECORD)}")
    act_on_room(context, json, room, f"{what}_record", RECORD[what])


@commands.command()
def invite(
    context: typer.Context,
    room: Room,
    number: Annotated[str, typer.Argument(help="a number, or an endpoint such as PJSIP/alice")],
    profile: Annotated[str, typer.Option(help="the member profile they get")] = "default",
    json: Json = False,
) -> None:
    """Have a room call somebody."""
    key = "endpoint" if "/" in number else "number"
    body = {key: number, "profile": profile}
    act_on_room(context, json, room, "dial_out", f"calls {number}", body)


@commands.command()
def page(context: typer.Context) -> None:
    """Say where the moderators' page is."""
    said(f"{address_of(context.obj.load().http)}/conference/page/")


@tokens.command("add")
def add_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="what it is for")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"what it may, several times: {', '.join(SCOPES)}")
    ] = None,
    room: Annotated[
        list[str] | None, typer.Option(help="of which rooms, * and ? allowed; all if not given")
    ] = None,
    days: Annotated[float, typer.Option(help="how long it counts; 0 for ever")] = 365.0,
    json: Json = False,
) -> None:
    """Make a token. It is shown once."""
    if not scope:
        raise typer.BadParameter(f"--scope: say what it may: {', '.join(SCOPES)}")
    rooms = room or ["*"]
    seconds = max(1, round(days * 86_400)) if days > 0 else None

    async def by_hand(database: str) -> dict[str, Any]:
        lasts = None if seconds is None else timedelta(seconds=seconds)
        async with opened(database) as store:
            token, grant = await made(store, name, scope or [], rooms, lasts)
        expires = None if grant.expires is None else grant.expires.isoformat()
        shown = {"scopes": sorted(grant.scopes), "rooms": rooms, "expires": expires}
        return {"id": grant.id, "name": name, **shown, "token": token}

    if token_given():
        body = {"name": name, "scopes": scope, "rooms": rooms, "seconds": seconds}
        found = done(context, lambda ask: ask.post("/tokens", body))
    else:
        found = asyncio.run(by_hand(database_of(context)))
    told(json, found, lambda: said(found["token"]))


@tokens.command("list")
def list_tokens(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="also expired, revoked, and those of commands like this")
    ] = False,
    json: Json = False,
) -> None:
    """List the tokens that count."""

    async def work(ask: Asking) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := await ask.get(f"/tokens?limit=500&after={found[-1]['id'] if found else 0}"):
            found += page
        return found

    now = datetime.now(UTC)
    found = [each for each in done(context, work) if everything or counts(each, now)]
    told(json, found, lambda: token_table(found))


@tokens.command("revoke")
def revoke_token(
    context: typer.Context, id: Annotated[int, typer.Argument(help="as of `token list`")]
) -> None:
    """Revoke a token."""
    done(context, lambda ask: ask.delete(f"/tokens/{id}"))


# How it is done


def counts(token: Mapping[str, Any], now: datetime) -> bool:
    """Whether a token may still be used, and is not one that a command has made for itself."""
    expires = token["expires"]
    over = token["revoked"] or (expires and datetime.fromisoformat(expires) <= now)
    return not over and token["name"] != BY


def done(context: typer.Context, work: Callable[[Asking], Awaitable[Any]]) -> Any:
    """Ask the running program. Raises Refused, ConfigError."""
    base = address_of(context.obj.load().http) + BASE
    database = database_of(context)

    async def ask() -> Any:
        async with asking(base, database) as asked:
            return await work(asked)

    return asyncio.run(ask())


def database_of(context: typer.Context) -> str:
    """The database of the configuration. Raises ConfigError."""
    table = context.obj.load().plugin.get("conference", {})
    return section(ConferenceConfig, table, "[plugin.conference]").database.reveal()


def act_on_room(
    context: typer.Context,
    json: bool,
    room: str,
    action: str,
    came: str,
    body: dict[str, Any] | None = None,
) -> None:
    """Do an action on a room. came: what came of it, for people."""
    found = done(context, lambda ask: ask.post(f"/rooms/{part(room)}/actions/{action}", body))
    told(json, found, lambda: said(f"{room} {came}"))


def act(context: typer.Context, json: bool, room: str, action: str, who: str, **many: bool) -> None:
    """Do an action on one member, or on many. many: of whom, by the end of the action's name."""
    chosen = [name for name, wanted in many.items() if wanted]
    if len(chosen) + bool(who) != 1:
        options = ", ".join(f"--{name}" for name in many)
        raise typer.BadParameter(f"say whom: a member, or one of {options}")

    async def work(ask: Asking) -> Any:
        at = f"/rooms/{part(room)}"
        if chosen:
            return await ask.post(f"{at}/actions/{action}_{chosen[0]}")
        member = chosen_of(await ask.get(f"{at}/members"), who)
        return await ask.post(f"{at}/members/{member}/actions/{action}")

    found = done(context, work)
    told(json, found, lambda: said(f"{action}: {len(found['members'])}"))


def chosen_of(members: list[dict[str, Any]], who: str) -> str:
    """The id of a member that is named by its id or its number. Raises Refused."""
    found = [each["id"] for each in members if who in (each["id"], each["number"])]
    if len(found) != 1:
        many = f"{len(found)} members have" if found else "no member has"
        raise Refused(f"{many} the id or number {who!r}; `stasis conference show` lists them")
    return str(found[0])


def told(as_json: bool, found: Any, show: Callable[[], None]) -> None:
    """The result: as JSON, or as people like it."""
    if as_json:
        said(json.dumps(found, indent=2, ensure_ascii=True))
    else:
        show()
