"""`stasis webrtc …`: set Asterisk up, prove it, and look after users and sessions."""

from __future__ import annotations

import typer

from stasis_webrtc.account_command import add_to
from stasis_webrtc.doctor import doctor
from stasis_webrtc.setup_command import setup

__all__ = ["commands"]

commands = typer.Typer(help="Phones in the browser.", no_args_is_help=True)
commands.command()(setup)
commands.command()(doctor)
add_to(commands)
