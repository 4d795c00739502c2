"""`stasis lab`: a private Asterisk for development and tests.

Progress goes to standard error, facts to standard output. A lab is named after its version unless
`--name` says otherwise, so that one of each is what most people ever have.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from stasis.cli.screen import as_json, say, table, tell
from stasis.lab.engine import prepare as prepare_engine
from stasis.lab.fault import LabError
from stasis.lab.lab import Lab
from stasis.lab.packages import ensure
from stasis.lab.place import folders

__all__ = ["lab_app"]

lab_app = typer.Typer(
    no_args_is_help=True, help="A private Asterisk on loopback, for development and tests."
)


class Asterisk(StrEnum):
    """The versions a lab can run."""

    newest = "22"
    oldest = "16"


Version = Annotated[Asterisk, typer.Option("--asterisk", help="which version")]
Chosen = Annotated[Asterisk | None, typer.Option("--asterisk", help="the lab of this version")]
Name = Annotated[str | None, typer.Option("--name", help="the lab's name; else the version")]
Named = Annotated[str | None, typer.Argument(metavar="NAME", help="the lab's name, as --name")]
Json = Annotated[bool, typer.Option("--json", help="for machines")]


@lab_app.command()
def prepare() -> None:
    """Install what is missing and make what is cached, so that later commands are quick."""
    ensure(report=say)
    for version in Asterisk:
        prepare_engine(version.value, say)
    tell("the lab is ready: stasis lab up")


@lab_app.command()
def up(asterisk: Version = Asterisk.newest, name: Name = None, json: Json = False) -> None:
    """Start a lab, or find it running, and say how to reach it."""
    lab = Lab.up(asterisk.value, name, report=say)
    if json:
        as_json(facts(lab))
    else:
        show(lab)


@lab_app.command()
def down(
    lab_name: Named = None,
    asterisk: Version = Asterisk.newest,
    name: Name = None,
    everything: Annotated[bool, typer.Option("--all", help="every lab of this user")] = False,
) -> None:
    """Stop a lab and delete everything of it. A lab that is not up is no error."""
    # Never «the one that happens to be up»: it may be another program's.
    wanted = lab_name or name or asterisk.value
    names = [each.name for each in folders()] if everything else [wanted]
    # Also one that was killed: its folder is still there.
    found = [each for each in map(Lab.read, names) if each is not None]
    for lab in found:
        lab.down()
        say(f"the lab {lab.name} is down")
    if not found:
        say("no lab is up" if everything else f"the lab {wanted} is not up")


@lab_app.command()
def status(json: Json = False) -> None:
    """Say which labs are up, and where."""
    labs = Lab.all()
    if json:
        as_json([facts(lab) for lab in labs])
    elif labs:
        head = ("name", "Asterisk", "ARI", "SIP", "pid")
        table(head, [row(lab) for lab in labs])
    else:
        tell("no lab is up; `stasis lab up` starts one")


@lab_app.command()
def cli(
    words: Annotated[list[str], typer.Argument(help="like core show channels")],
    asterisk: Chosen = None,
    name: Name = None,
) -> None:
    """Run a command on the Asterisk command line of a lab."""
    tell(pick(asterisk, name).cli(" ".join(words)).rstrip("\n"))


@lab_app.command()
def logs(
    lab_name: Named = None,
    asterisk: Chosen = None,
    name: Name = None,
    lines: Annotated[int, typer.Option("--lines", min=1, help="how many")] = 100,
) -> None:
    """Show the end of a lab's log."""
    tell(pick(asterisk, lab_name or name).logs(lines))


def pick(asterisk: Asterisk | None, name: str | None) -> Lab:
    """The lab that is meant. Raises LabError when it is not up, or when it is not clear which."""
    if name is None and asterisk is None:
        return only()
    wanted = name or (asterisk or Asterisk.newest).value
    lab = Lab.find(wanted)
    if lab is None:
        option = f"--name {name}" if name else f"--asterisk {wanted}"
        raise LabError(f"the lab {wanted} is not up; start it with: stasis lab up {option}")
    return lab


def only() -> Lab:
    """The one lab that is up; of several the one that `up` starts without a name.

    Raises LabError when there is none, or when none of several has that name.
    """
    labs = Lab.all()
    if not labs:
        raise LabError("no lab is up; start one with: stasis lab up")
    default = [each for each in labs if each.name == Asterisk.newest.value]
    if len(labs) > 1 and not default:
        names = ", ".join(each.name for each in labs)
        raise LabError(f"several labs are up ({names}); choose one with --name")
    return (default or labs)[0]


def facts(lab: Lab) -> dict[str, object]:
    """What a program needs to know of a lab."""
    return {
        "name": lab.name,
        "version": lab.version,
        "url": lab.url,
        "username": lab.username,
        "password": lab.password,
        "sip": f"127.0.0.1:{lab.sip_port}",
        "ami": f"127.0.0.1:{lab.ami_port}",
        "phones": lab.phones,
        "desks": {f"desk{n}": port for n, port in enumerate(lab.desk_ports, 1)},
        "folder": str(lab.folder),
        "recordings": str(lab.recordings),
        "pid": lab.pid,
    }


def row(lab: Lab) -> tuple[str, ...]:
    """A lab as a line of the table."""
    sip = f"127.0.0.1:{lab.sip_port}"
    return lab.name, lab.version, lab.url, sip, str(lab.pid or "-")


def show(lab: Lab) -> None:
    """How to reach a lab, for people."""
    tell(f"Asterisk {lab.version} is up, as the lab {lab.name}")
    rows = [
        ("ARI", f"{lab.url}  user {lab.username}, password {lab.password}"),
        ("AMI", f"127.0.0.1:{lab.ami_port}  the same user and password"),
        ("SIP", f"127.0.0.1:{lab.sip_port}  UDP and TCP"),
        *(("phone", f"{name}, password {word}") for name, word in lab.phones.items()),
        ("call", f"sip:8000@127.0.0.1:{lab.sip_port} (hello), 8001 (ivr), echo, tone, music"),
        ("folder", str(lab.folder)),
    ]
    table(("what", "where"), rows)
