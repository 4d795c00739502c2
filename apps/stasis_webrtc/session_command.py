"""`stasis webrtc session|audit`: who is logged in, and what was done and refused."""

from __future__ import annotations

from typing import Annotated

import typer

from stasis_webrtc.account import Accounts
from stasis_webrtc.command_line import BY, at, done, table
from stasis_webrtc.rows import SessionRow

__all__ = ["SESSION", "audit", "cells", "session_app"]

session_app = typer.Typer(help="Who is logged in.", no_args_is_help=True)

SESSION = ("session", "user", "device", "address", "endpoint", "began", "seen", "expires")


@session_app.command("list")
def list_sessions(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="only of this user")] = None,
) -> None:
    """List who is logged in."""

    async def look(accounts: Accounts) -> list[SessionRow]:
        if user is None:
            return await accounts.store.sessions()
        return await accounts.store.sessions_of((await accounts.user(user)).name)

    table(SESSION, [cells(row) for row in done(context, look)])


@session_app.command("revoke")
def revoke(
    context: typer.Context,
    session: Annotated[
        list[str] | None, typer.Argument(help="its id, as the list shows it, or how it begins")
    ] = None,
    user: Annotated[str | None, typer.Option(help="all of this user")] = None,
) -> None:
    """End sessions: their devices are gone, and their pages are signed out, within seconds."""
    if not session and user is None:
        raise typer.BadParameter("name a session, or --user")

    async def end(accounts: Accounts) -> tuple[int, list[str]]:
        ended, unknown = 0, []
        if user is not None:
            ended += await accounts.sessions.end_all(
                (await accounts.user(user)).name, "revoked", by=BY
            )
        for begin in session or ():
            rows = await accounts.store.sessions() if len(begin) >= 8 else []
            found = [row.id for row in rows if row.id.startswith(begin)]
            for id in found:
                ended += await accounts.sessions.end(id, "revoked", by=BY)
            unknown += [] if found else [begin]
        return ended, unknown

    count, unknown = done(context, end)
    typer.echo(f"{count} ended")
    for begin in unknown:
        typer.echo(f"no session begins with {begin!r}; name 8 characters at least", err=True)
    if unknown or not count:
        raise typer.Exit(1)


def audit(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="only what has to do with this user")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 50,
) -> None:
    """Show who logged in, who was refused, and what was changed; the latest first."""
    rows = done(context, lambda accounts: accounts.store.audit(user, limit=limit))
    table(
        ("at", "what", "user", "by", "address", "session", "detail"),
        [
            (
                at(row.at),
                row.kind,
                row.user,
                row.by,
                row.address,
                row.session[:8],
                row.detail,
            )
            for row in rows
        ],
    )


def cells(row: SessionRow) -> tuple[str, ...]:
    """A session as a row of a table."""
    return (
        row.id,
        row.user,
        row.device,
        row.address,
        row.endpoint,
        at(row.began),
        at(row.seen),
        at(row.expires),
    )
