"""Where the manager interface is, who we are there, and how long and how much we wait."""

from __future__ import annotations

import ssl

from attrs import frozen

from stasis.errors import ConfigError
from stasis.section import Secret, key

__all__ = ["AmiConfig", "tls_of"]


@frozen
class AmiConfig:
    """A table of stasis.toml, such as `[plugin.pbx.ami]`, or made by hand."""

    host: str = key("127.0.0.1", "where Asterisk listens (bindaddr in manager.conf)")
    port: int = key(5038, "its port; with TLS mostly 5039", minimum=1, maximum=65535)
    username: str = key("", "a section of manager.conf")
    secret: Secret = key(Secret(""), "its secret")
    challenge: bool = key(True, "log in by MD5 challenge, so that the secret is not sent")
    mask: str = key("on", "classes of events: on, off, or like call,agent,user")
    tls: bool = key(False, "speak TLS, and check the certificate")
    tls_ca: str = key("", "a PEM file with who has signed it; empty: who the system trusts")
    tls_name: str = key("", "the name in the certificate, when it is not the host")
    connect_timeout: float = key(10.0, "seconds for connection and log-in", minimum=0.1)
    boot_timeout: float = key(
        30.0, "seconds to wait after a log-in until Asterisk has loaded its modules", minimum=0
    )
    action_timeout: float = key(
        10.0, "seconds for an answer; lists: between two items", minimum=0.1
    )
    ping_interval: float = key(20.0, "seconds of silence before a ping", minimum=0.1)
    ping_timeout: float = key(10.0, "seconds it may take; then the connection is lost", minimum=0.1)
    backoff_min: float = key(0.5, "seconds before the first reconnect", minimum=0.01)
    backoff_max: float = key(30.0, "seconds between reconnects at most", minimum=0.01)
    in_flight: int = key(1000, "actions that may wait for their answers", minimum=1)
    queue: int = key(10_000, "events that may wait for one reader; more are dropped", minimum=1)
    max_message: int = key(16 * 2**20, "bytes of one message at most", minimum=1024)
    max_line: int = key(2**20, "bytes of one line at most", minimum=1024)
    max_list: int = key(100_000, "items of one list at most", minimum=1)

    def __attrs_post_init__(self) -> None:
        if any(mark in self.mask for mark in "\r\n\0"):
            raise ConfigError("mask: a line break or a NUL cannot be sent")


def tls_of(config: AmiConfig) -> ssl.SSLContext | None:
    """What checks the server's certificate; None without TLS. Raises ConfigError."""
    if not config.tls:
        return None
    try:
        return ssl.create_default_context(cafile=config.tls_ca or None)
    except OSError as error:
        raise ConfigError(f"tls_ca: not a certificate: {error}") from None
