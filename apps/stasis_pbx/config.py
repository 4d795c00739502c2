"""The table `[plugin.pbx]` of stasis.toml."""

from __future__ import annotations

from attrs import frozen

from stasis import Secret, key
from stasis_pbx.hook import WebhookConfig

__all__ = ["PbxConfig"]


@frozen
class PbxConfig:
    """The table `[plugin.pbx]`."""

    database: Secret = key(
        Secret("sqlite:///pbx.db"),
        "where tokens, the audit and what webhooks are still to get are kept: sqlite:///FILE, or"
        " postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    audit_days: float = key(365.0, "days that the audit is kept; 0: for ever", minimum=0)
    restarts: int = key(
        3,
        "restarts and the like that may be asked for of one Asterisk within the window",
        minimum=1,
    )
    restart_window: float = key(600.0, "seconds of that window", minimum=1, maximum=86_400)
    security_log: bool = key(
        False,
        "whether failed log-ins are counted in /metrics and written to the log of"
        " [asterisk.security], by one process of a machine",
    )
    webhook: list[WebhookConfig] = key([], "who is told over HTTP what happens in Asterisk")
