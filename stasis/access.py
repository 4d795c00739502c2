"""Access to one Asterisk: where its interfaces are, and who we are there.

Passwords are `Secret`: they show as `***` everywhere but where they are sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from stasis.errors import ConfigError
from stasis.section import Secret, key

__all__ = [
    "DEFAULT_PASSWORD",
    "AmiConfig",
    "AsteriskConfig",
    "CdrConfig",
    "CliConfig",
    "SecurityConfig",
    "check_asterisk",
    "first_line",
]

DEFAULT_PASSWORD = "stasis-change-me"  # noqa: S105  the example's placeholder; doctor warns of it


@frozen
class AmiConfig:
    """The manager interface, AMI: `[asterisk.ami]` in stasis.toml, or made by hand."""

    host: str = key(
        "", "where Asterisk listens (bindaddr in manager.conf); the host of asterisk.url if empty"
    )
    port: int = key(5038, "its port; with TLS mostly 5039", minimum=1, maximum=65535)
    username: str = key("", "a section of manager.conf")
    secret: Secret = key(Secret(""), "its secret; STASIS_ASTERISK_AMI_SECRET is better")
    secret_file: str = key("", "a file whose first line is the secret, instead of `secret`")
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


@frozen
class CliConfig:
    """Asterisk's own command line: `[asterisk.cli]`."""

    way: Literal["ami", "local"] = key(
        "ami", "by AMI's Command (class command), or local: asterisk -rx on this machine"
    )
    program: str = key("asterisk", "the program for `local`")
    allow: list[str] = key(
        [], 'beginnings of commands that may be given, such as "pjsip show"; empty: what only shows'
    )
    deny: list[str] = key([], "beginnings of commands that may not, whatever `allow` says")


@frozen
class CdrConfig:
    """Where call records are kept: `[asterisk.cdr]`."""

    database: Secret = key(
        Secret(""),
        "sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/DATABASE; empty: nowhere",
    )
    write: bool = key(
        True, "whether stasis writes what AMI tells; false where Asterisk's cdr_pgsql writes there"
    )
    queue: int = key(
        10_000, "records that may wait while the database is down; more are lost", minimum=1
    )


@frozen
class SecurityConfig:
    """Failed log-ins: `[asterisk.security]`."""

    log: str = key(
        "/var/log/stasis/security.log", "the file that `stasis security watch` writes for fail2ban"
    )
    log_size: int = key(10 * 2**20, "bytes of it at most; then it is moved to NAME.1", minimum=4096)


@frozen
class AsteriskConfig:
    """Which Asterisk, and how to talk to it."""

    url: str = key("http://127.0.0.1:8088/ari", "ARI's address: scheme, host, port and prefix")
    username: str = key("stasis", "the ARI user, a section in ari.conf")
    password: Secret = key(
        Secret(DEFAULT_PASSWORD), "its password; STASIS_ASTERISK_PASSWORD is better"
    )
    password_file: str = key("", "a file whose first line is the password, instead of `password`")
    transport: Literal["http", "socket"] = key(
        "http", "how requests travel: http, or socket (REST over WebSockets of its own, 22.4+)"
    )
    connections: int = key(
        20, "HTTP connections at once; Asterisk's sessionlimit is 100", minimum=1, maximum=1000
    )
    start_timeout: float = key(
        0.0, "seconds to keep trying when Asterisk is not there at start", minimum=0
    )
    open_timeout: float = key(10.0, "seconds for the WebSocket to open", minimum=0.1)
    ping_interval: float = key(10.0, "seconds between WebSocket pings", minimum=0.1)
    ping_timeout: float = key(
        9.0, "seconds to wait for a pong: then the socket is dead", minimum=0.1
    )
    backoff_min: float = key(0.5, "seconds before the first reconnect, with jitter", minimum=0.01)
    backoff_max: float = key(30.0, "seconds between reconnects at most", minimum=0.01)
    max_frame: int = key(16 * 2**20, "bytes of one frame at most", minimum=65_536)
    probe_interval: float = key(
        30.0, "seconds between looks whether events still reach us, and how late", minimum=1
    )
    instance: str = key(
        "",
        "put behind each application's name (ivr becomes ivr-a), so that several processes can"
        " share calls by StasisBroadcast",
    )
    when_taken: Literal["stop", "standby"] = key(
        "stop", "when another program has our application: stop, or wait until it is gone"
    )
    lease: float = key(
        2.0, "seconds between our signs of life on the server; another program waits 3", minimum=0.1
    )
    ami: AmiConfig = field(factory=AmiConfig)
    cli: CliConfig = field(factory=CliConfig)
    cdr: CdrConfig = field(factory=CdrConfig)
    security: SecurityConfig = field(factory=SecurityConfig)

    def manager(self) -> AmiConfig:
        """Its manager interface; on the host of `url` unless it says otherwise."""
        return evolve(self.ami, host=self.ami.host or urlsplit(self.url).hostname or "")


def check_asterisk(asterisk: AsteriskConfig, where: str) -> AsteriskConfig:
    """A section that names an Asterisk. where: its name. Raises ConfigError."""
    try:
        parts = urlsplit(asterisk.url)
        port = parts.port
    except ValueError:
        raise ConfigError(f"{where}.url: not an address; write http://host:8088/ari") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ConfigError(f"{where}.url: write http://host:8088/ari (or https://…)")
    try:
        parts.hostname.encode("idna")
        possible = parts.hostname.isprintable() and " " not in parts.hostname
    except UnicodeError:
        possible = False
    if not possible:
        raise ConfigError(f"{where}.url: {parts.hostname!r} is no host name")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            f"{where}.url: must not hold credentials, a query or a fragment; use"
            f" {where}.username and STASIS_{where.upper().replace('.', '_')}_PASSWORD"
        )
    if ":" in asterisk.username or not asterisk.username:
        raise ConfigError(f"{where}.username: must not be empty or hold a colon (RFC 7617)")
    if asterisk.password_file:
        password = first_line(asterisk.password_file, f"{where}.password_file")
        asterisk = evolve(asterisk, password=password)
    ami = asterisk.ami
    if ami.secret_file:
        ami = evolve(ami, secret=first_line(ami.secret_file, f"{where}.ami.secret_file"))
    return evolve(asterisk, url=asterisk.url.rstrip("/"), ami=ami)


def first_line(file: str, key: str) -> Secret:
    """The password in a file. Raises ConfigError naming the key, never with the content."""
    try:
        text = Path(file).read_text("utf-8")
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a NUL in the path
        raise ConfigError(f"{key}: cannot be read: {error}") from None
    lines = text.splitlines()
    if not lines or not lines[0]:
        raise ConfigError(f"{key}: the first line is empty")
    return Secret(lines[0])
