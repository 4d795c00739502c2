"""The command line: `stasis …`, or `python -m stasis …`. One module for each command."""

from stasis.cli.main import main

__all__ = ["main"]
