"""A program on `tests.server`, whose session is written; in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stasis.config import AsteriskConfig, Config
from stasis.link import Link
from stasis.program import Program, Runnable
from stasis.section import Secret
from stasis.testing.session.file import LIMIT
from stasis.testing.session.tap import Masking, SessionTap
from tests.server import APP, Process, Server

__all__ = ["PASSWORD", "Recorded"]

PASSWORD = "a-configured-password"


class Recorded(Process):
    """One program, as `Process`. tap: writes its session; closed at its end."""

    def __init__(
        self,
        server: Server,
        runs: Runnable | Mapping[str, Runnable],
        path: Path,
        masking: Masking | None = None,
        limit: int = LIMIT,
    ) -> None:
        config = Config(asterisk=AsteriskConfig(password=Secret(PASSWORD)))
        super().__init__(server, runs, config)
        self.tap = SessionTap(path, masking, limit)
        flows = runs if isinstance(runs, Mapping) else {APP: runs}
        self.link = Link(
            config,
            {app: Program.of(flow) for app, flow in flows.items()},
            frames=self.frames(),
            send=self.send,
            tap=self.tap,
        )

    async def kill(self) -> None:
        """Its end; the file has its last line."""
        await super().kill()
        self.tap.close()
