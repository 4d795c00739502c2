"""Commands of Asterisk's own command line, as far as the lists of `[asterisk.cli]` let them."""

from __future__ import annotations

from collections.abc import Sequence

from stasis.pbx.command_line import CommandLine
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import CliLine

__all__ = ["Commands"]


class Commands(Group):
    """Asterisk's own command line."""

    name = "command"

    @thing("POST /command", scope="admin")
    async def run(self, line: CliLine) -> Sequence[str]:
        """Give a command, such as `core show channels`.

        Returns the lines it prints. Raises Denied when the lists do not let it, Refused when
        Asterisk knows no such command; PbxError. AMI: Command, or the CLI: `asterisk -rx`.
        """
        return await CommandLine(self.ways.config.cli, self.ways.ami).run(line)
