"""`stasis webrtc setup`: what Asterisk's files need, printed or written, and the certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stasis import StasisError
from stasis_webrtc.authority import Authority
from stasis_webrtc.doctor import configured
from stasis_webrtc.setup import KEYS, Setup, texts, written

__all__ = ["setup"]

Write = Annotated[
    Path | None, typer.Option(help="write into this folder, such as /etc/asterisk; else print")
]
Host = Annotated[
    list[str] | None,
    typer.Option(help="a name or address that browsers reach Asterisk by; may be repeated"),
]
Keys = Annotated[
    Path | None, typer.Option(help="where the authority and the certificate are made; WRITE/keys")
]


def setup(
    context: typer.Context,
    write: Write = None,
    host: Host = None,
    keys: Keys = None,
    bind: Annotated[str, typer.Option(help="the address of Asterisk's TLS port")] = "0.0.0.0",  # noqa: S104
    https: Annotated[int, typer.Option(min=1, max=65_535, help="its port")] = 8089,
    http: Annotated[int, typer.Option(min=1, max=65_535, help="the port without TLS")] = 8088,
    rtp: Annotated[str, typer.Option(help="the UDP ports of sound: FIRST-LAST")] = "10000-20000",
    stun: Annotated[str, typer.Option(help="HOST:PORT of a STUN server, behind NAT")] = "",
) -> None:
    """Say what Asterisk's configuration files need so that browsers can be phones.

    With --write the parts are written; a file that is there is not touched, and its part is put
    beside it as NAME.webrtc. A development authority and a certificate are made where there are
    none.
    """
    config = configured(context.obj.load())
    first, _, last = rtp.partition("-")
    if not (first.isdigit() and last.isdigit() and int(first) < int(last) < 65_536):
        raise typer.BadParameter(f"{rtp!r}: write it as 10000-20000")
    names = host or ["localhost", "127.0.0.1"]
    folder = keys or (write / "keys" if write else None)
    plan = Setup(
        app=config.app,
        context=config.context,
        http=http,
        https=https,
        bind=bind,
        keys=str(folder.absolute()) if folder else KEYS,
        rtp=(int(first), int(last)),
        stun=stun,
    )
    if write is None:
        for name, text in texts(plan).items():
            typer.echo(f";;; {name}\n{text}")
    else:
        try:
            places = written(write, plan)
        except OSError as error:
            raise StasisError(f"{error.filename} cannot be written: {error.strerror}") from None
        for name, place in places.items():
            merge = "" if place.name == name else f": merge it into {name}, which was there"
            typer.echo(f"{place}{merge}")
    if folder is not None:
        authority = Authority.open(folder)
        certificate, key = authority.issue(names)
        typer.echo(f"{certificate} for {', '.join(names)}")
        typer.echo(f"{folder / 'ca.pem'}: install it in the browsers, as a trusted authority")
        typer.echo("then, on Asterisk's machine:")
        typer.echo(f"  chown asterisk {certificate} {key} && asterisk -rx 'core restart now'")
    typer.echo(
        f'and in stasis.toml: [plugin.webrtc] websocket = "wss://{names[0]}:{https}/ws"',
        err=True,
    )
    typer.echo("prove it: stasis webrtc doctor", err=True)
