"""`stasis webrtc user|session|audit`: users and sessions, in the database itself.

It works while the server runs, which notices within seconds, and when it does not. Passwords are
asked for, or read from standard input; they are never on the command line, where others see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from stasis_webrtc.account import Accounts
from stasis_webrtc.command_line import BY, at, done, entered, table, yes
from stasis_webrtc.grant import Grants
from stasis_webrtc.rows import SessionRow, UserRow
from stasis_webrtc.session_command import SESSION, audit, cells, session_app

__all__ = ["add_to"]

user_app = typer.Typer(help="Who may log in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="the user's name")]
Title = Annotated[str | None, typer.Option(help="the name for people")]
Extension = Annotated[str | None, typer.Option(help="its number here, 2 to 10 digits")]
Outside = Annotated[str | None, typer.Option(help="the number that outside phones see")]
Calls = Annotated[
    list[str] | None,
    typer.Option("--call", help="internal, rooms, +49*, *, !+49900*; may be given several times"),
]
Receive = Annotated[bool | None, typer.Option(help="whether others may call it")]
Record = Annotated[bool | None, typer.Option(help="whether it may record its calls")]
Admin = Annotated[bool | None, typer.Option(help="whether it may change users")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of users, sessions and the audit log."""
    app.add_typer(user_app, name="user")
    app.add_typer(session_app, name="session")
    app.command("audit")(audit)


@user_app.command("add")
def add(
    context: typer.Context,
    name: Name,
    title: Title = None,
    extension: Extension = None,
    outside: Outside = None,
    calls: Calls = None,
    receive: Receive = None,
    record: Record = None,
    admin: Admin = None,
) -> None:
    """Add a user. Its password is asked for, or is the first line of standard input."""
    password = entered()
    grants = granted(Grants(), calls, receive, record, admin)
    row = done(
        context,
        lambda accounts: accounts.add(
            name,
            password,
            title=title or "",
            extension=extension or "",
            outside=outside or "",
            grants=grants,
            by=BY,
        ),
    )
    typer.echo(f"{row.name} is added")


@user_app.command("list")
def list_users(context: typer.Context) -> None:
    """List all users."""
    rows = done(context, lambda accounts: accounts.store.users())
    table(
        ("name", "title", "extension", "may call", "receive", "record", "admin", "state"),
        [
            (
                row.name,
                row.title,
                row.extension,
                " ".join(row.grants.patterns),
                yes(row.grants.may_receive),
                yes(row.grants.may_record),
                yes(row.grants.admin),
                "disabled" if row.disabled else "",
            )
            for row in rows
        ],
    )


@user_app.command("show")
def show(context: typer.Context, name: Name) -> None:
    """Show a user, and where it is logged in."""

    async def look(accounts: Accounts) -> tuple[UserRow, list[SessionRow]]:
        user = await accounts.user(name)
        return user, await accounts.store.sessions_of(user.name)

    user, sessions = done(context, look)
    grants = user.grants
    table(
        ("", ""),
        [
            ("name", user.name),
            ("title", user.title),
            ("extension", user.extension),
            ("outside", user.outside),
            ("may call", " ".join(grants.patterns)),
            ("may receive", yes(grants.may_receive)),
            ("may record", yes(grants.may_record)),
            ("admin", yes(grants.admin)),
            ("disabled", yes(user.disabled)),
            ("do not disturb", yes(user.dnd)),
            ("forward always", user.forward_always),
            ("forward when busy", user.forward_busy),
            ("forward when nobody answers", user.forward_no_answer),
            ("created", at(user.created)),
            ("changed", at(user.changed)),
        ],
    )
    if sessions:
        typer.echo()
        table(SESSION, [cells(each) for each in sessions])


@user_app.command("password")
def password(context: typer.Context, name: Name) -> None:
    """Give a user another password, and end its sessions."""
    text = entered()
    done(context, lambda accounts: accounts.set_password(name, text, by=BY))
    typer.echo(f"{name} has another password")


@user_app.command("grant")
def grant(
    context: typer.Context,
    name: Name,
    calls: Calls = None,
    receive: Receive = None,
    record: Record = None,
    admin: Admin = None,
) -> None:
    """Change what a user may do; what is not given stays. `--call` takes the place of all before.

    It counts at once.
    """

    async def change(accounts: Accounts) -> UserRow:
        user = await accounts.user(name)
        grants = granted(user.grants, calls, receive, record, admin)
        return await accounts.change(name, grants=grants, by=BY)

    grants = done(context, change).grants
    typer.echo(f"{name} may call: {' '.join(grants.patterns) or 'nobody'}")


@user_app.command("disable")
def disable(context: typer.Context, name: Name) -> None:
    """Let a user do nothing any more, and end its sessions."""
    done(context, lambda accounts: accounts.disable(name, by=BY))
    typer.echo(f"{name} is disabled")


@user_app.command("enable")
def enable(context: typer.Context, name: Name) -> None:
    """Let a user log in again."""
    done(context, lambda accounts: accounts.enable(name, by=BY))
    typer.echo(f"{name} may log in")


@user_app.command("remove")
def remove(
    context: typer.Context,
    name: Name,
    sure: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Forget a user with its history, messages and recordings."""
    if not sure:
        typer.confirm(f"forget {name} and all that is its own?", abort=True, err=True)
    done(context, lambda accounts: accounts.remove(name, by=BY))
    typer.echo(f"{name} is removed")


def granted(
    grants: Grants,
    calls: Sequence[str] | None,
    receive: bool | None,
    record: bool | None,
    admin: bool | None,
) -> Grants:
    """Grants with what was given."""
    return Grants(
        grants.patterns if calls is None else tuple(calls),
        grants.may_receive if receive is None else receive,
        grants.may_record if record is None else record,
        grants.admin if admin is None else admin,
    )
