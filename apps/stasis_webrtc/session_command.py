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

    async def end(accounts: Accounts) -> int:
        ended = 0
        if user is not None:
            ended += await accounts.sessions.end_all(
                (await accounts.user(user)).name, "revoked", by=BY
            )
        for begin in session or ():
            for row in await accounts.store.sessions():
                if row.id.startswith(begin) and len(begin) >= 8:
                    ended += await accounts.sessions.end(row.id, "revoked", by=BY)
        return ended

    count = done(context, end)
    typer.echo(f"{count} ended")
    if not count:
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
