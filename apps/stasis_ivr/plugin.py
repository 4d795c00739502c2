"""The plugin: the Stasis application `ivr`, and the file that says what its calls do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from attrs import frozen

from stasis import Finding, Flow, Plugin, key
from stasis_ivr.findings import findings
from stasis_ivr.flow import Ivr
from stasis_ivr.ivr_file import load

__all__ = ["IvrConfig", "IvrPlugin"]


@frozen
class IvrConfig:
    """The table `[plugin.ivr]`."""

    file: str = key("", "the IVR's TOML file; empty runs the example that comes with stasis")
    app: str = key("ivr", "the Stasis application: Stasis(ivr) in the dialplan")


class IvrPlugin(Plugin):
    """Leads callers of the dialplan's `Stasis(ivr)` through a file.

    file: the file, read and checked. counting: held while a mailbox's messages are counted.
    Raises ConfigError when the file is wrong.
    """

    name = "ivr"
    config_class = IvrConfig
    config: IvrConfig

    def __init__(self, config: IvrConfig) -> None:
        super().__init__(config)
        self.file = load(config.file)
        self.counting = asyncio.Lock()

    def flows(self) -> Mapping[str, type[Flow]]:
        """The one application."""
        return {self.config.app: Ivr}

    def check(self) -> Sequence[Finding]:
        """What looks like a mistake in the file."""
        return tuple(findings(self.file))

    def sounds(self) -> list[tuple[str, str]]:
        """Every medium of the file with where it stands, so that missing ones can be found."""
        return self.file.sounds()

    def now(self) -> datetime:
        """The moment that opening hours and names of messages go by."""
        return datetime.now(UTC)
