"""`stasis pbx …`: tokens of the API, and who has done what, out of the database itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stasis import section
from stasis.pbx import Missing
from stasis.web import Grant, fresh_token, hash_of
from stasis_pbx.config import PbxConfig
from stasis_pbx.scopes import MARK, SCOPES, unknown
from stasis_pbx.store import Store, utc_now

__all__ = ["commands"]

T = TypeVar("T")

# Columns of a table that goes to a file or another program, which has no width of its own.
WIDE = 200
PAGE = 500

commands = typer.Typer(
    help="The API of the PBX: its tokens, and its audit.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
tokens = typer.Typer(help="Tokens of the API.", no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(tokens, name="token")

Json = Annotated[bool, typer.Option("--json", help="as JSON")]


@tokens.command("new")
def new_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="what it is for; the audit has it")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="what it may, several times: queues:write, queues:*, *:read; see scopes"),
    ] = None,
    days: Annotated[
        float, typer.Option(help="how long it counts; 0 for ever", min=0, max=36_500)
    ] = 365.0,
    json: Json = False,
) -> None:
    """Make a token. It is shown once."""
    if not scope:
        raise typer.BadParameter("--scope: say what it may, such as queues:write or *:read")
    if strange := unknown(scope):
        raise typer.BadParameter(f"--scope {strange[0]}: no such scope; see stasis pbx scopes")
    now = utc_now()
    wanted = Grant(
        name=name,
        scopes=scope,
        created=now,
        expires=now + timedelta(days=days) if days else None,
    )

    token = fresh_token(MARK)
    grant = done(context, lambda store: store.grants.add(hash_of(token), wanted))
    if json:
        said(msgspec.json.encode({"token": token, **row_of(grant)}).decode())
    else:
        said(token)


@tokens.command("list")
def list_tokens(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="also expired and revoked")] = False,
    json: Json = False,
) -> None:
    """List the tokens that count."""

    async def work(store: Store) -> list[Grant]:
        found: list[Grant] = []
        while page := await store.grants.list(PAGE, found[-1].id if found else 0):
            found += page
        return found

    now = utc_now()
    found = [each for each in done(context, work) if everything or each.holds(now)]
    if json:
        said(msgspec.json.encode([row_of(each) for each in found]).decode())
        return
    table(
        ("id", "name", "scopes", "expires", "used", "revoked"),
        [
            [
                str(each.id),
                each.name,
                " ".join(sorted(each.scopes)),
                moment(each.expires) or "never",
                moment(each.used),
                moment(each.revoked),
            ]
            for each in found
        ],
    )


@tokens.command("revoke")
def revoke_token(
    context: typer.Context, id: Annotated[int, typer.Argument(help="as of `token list`")]
) -> None:
    """Revoke a token. It counts no longer from this moment on."""

    async def work(store: Store) -> None:
        if await store.grants.get(id) is None:
            raise Missing("pbx.token", f"there is no token {id}; stasis pbx token list has them")
        await store.grants.revoke(id, utc_now())

    done(context, work)


@commands.command("scopes")
def list_scopes(json: Json = False) -> None:
    """List what a token may be allowed."""
    if json:
        said(msgspec.json.encode(dict(SCOPES)).decode())
    else:
        table(("scope", "what it allows"), [list(each) for each in sorted(SCOPES.items())])


@commands.command("audit")
def show_audit(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="how many at most", min=1, max=10_000)] = 50,
    who: Annotated[str, typer.Option(help="of the token of this name only")] = "",
    thing: Annotated[str, typer.Option(help="of this only, such as queues.add")] = "",
    json: Json = False,
) -> None:
    """Show what was changed, and by whom, the latest first."""
    found = done(context, lambda store: store.audit.list(limit=limit, who=who, thing=thing))
    if json:
        said(msgspec.json.encode(found).decode())
        return
    table(
        ("at", "who", "address", "server", "thing", "arguments", "outcome"),
        [
            [
                moment(each.at),
                each.who,
                each.address,
                each.server,
                each.thing,
                msgspec.json.encode(each.arguments).decode(),
                each.outcome or "not known",
            ]
            for each in found
        ],
    )


# How it is done


def done(context: typer.Context, work: Callable[[Store], Awaitable[T]]) -> T:
    """Work on the database of the configuration. Raises StoreError, ConfigError, Missing."""
    table = context.obj.load().plugin.get("pbx", {})
    url = section(PbxConfig, table, "[plugin.pbx]").database.reveal()

    async def all_of_it() -> T:
        async with opened(url) as store:
            return await work(store)

    return asyncio.run(all_of_it())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    """The database while the context lasts; a file that is not there is made."""
    store = Store(url)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def row_of(grant: Grant) -> dict[str, object]:
    """A token for those who may see it."""
    return {
        "id": grant.id,
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "created": grant.created,
        "expires": grant.expires,
        "revoked": grant.revoked,
        "used": grant.used,
    }


def said(line: str) -> None:
    """A line of the result, taken literally."""
    Console(soft_wrap=True, highlight=False, emoji=False).print(Text(line))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The result as a table."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in head:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(Text(shown(cell)) for cell in row))
    screen = Console(highlight=False, emoji=False)
    if not screen.is_terminal:
        screen.width = WIDE
    screen.print(made)


def shown(text: str) -> str:
    """A text without what a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def moment(at: datetime | None) -> str:
    """A moment as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""
