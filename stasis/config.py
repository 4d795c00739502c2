"""stasis.toml and the environment, as attrs classes. Every key is described beside its default.

A value comes from the environment (`STASIS_<SECTION>_<KEY>`), else from stasis.toml, else from
the default here. All that is wrong is told at once, each with the key and the fix. Passwords
are `Secret`: they show as `***` everywhere but where they are sent.
"""

from __future__ import annotations

import os
import re
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from stasis.access import (
    DEFAULT_PASSWORD,
    AmiConfig,
    AsteriskConfig,
    CdrConfig,
    CliConfig,
    SecurityConfig,
    check_asterisk,
    first_line,
)
from stasis.errors import ConfigError
from stasis.section import Secret, key, section

__all__ = [
    "DEFAULT_PASSWORD",
    "AmiConfig",
    "AsteriskConfig",
    "CdrConfig",
    "CliConfig",
    "Config",
    "EngineConfig",
    "HttpConfig",
    "KeepConfig",
    "ListenConfig",
    "LogConfig",
    "PluginsConfig",
    "SecurityConfig",
    "load",
]

# A server's name is a label of metrics, a field of logs, and a folder.
SERVER = re.compile(r"[A-Za-z0-9_-]{1,40}")


@attrs.frozen
class EngineConfig:
    """How calls are run."""

    inbox: int = key(
        1000, "events one channel may have waiting before its flow is ended", minimum=10
    )
    leave_timeout: float = key(
        5.0, "seconds a state's own cleanup may take when it is left", minimum=0
    )
    close_timeout: float = key(
        10.0, "seconds to close what a call has created when it ends", minimum=0
    )
    wait_timeout: float = key(
        3600.0, "seconds any wait without its own timeout lasts at most", minimum=1
    )
    stall_seconds: float = key(
        0.1,
        "seconds the event loop may stand before it is told whose code does it; 0: never",
        minimum=0,
    )
    on_lost: Literal["restart", "continue", "hangup"] = key(
        "restart", "what becomes of a live call that cannot be resumed after a restart"
    )
    loop: Literal["asyncio", "uvloop"] = key(
        "asyncio", 'the event loop of `stasis run`; "uvloop" costs less, and is installed apart'
    )
    strays_interval: float = key(
        60.0, "seconds between looks for channels and bridges that nobody owns", minimum=1
    )


@attrs.frozen
class KeepConfig:
    """Where a call's state and data are kept, so that a new process can go on with it."""

    store: Literal["variable", "folder", "off"] = key(
        "variable", "on the channel itself, in files (for large data), or not at all"
    )
    folder: str = key("keep", 'the folder for store = "folder"; made when it is not there')


@attrs.frozen
class HttpConfig:
    """The HTTP server: routes of plugins, and /metrics, /healthz, /readyz."""

    host: str = key("127.0.0.1", "address to listen on; loopback unless you put TLS before it")
    port: int = key(8080, "port to listen on; 0 takes a free one", minimum=0, maximum=65_535)
    health: Literal["auto", "on", "off"] = key(
        "auto", "/metrics, /healthz, /readyz: auto goes without when the port is taken; on does not"
    )
    max_body: int = key(2**20, "bytes of a request body at most", minimum=1024)
    connections: int = key(
        500, "connections at once; a page that listens to a feed keeps one", minimum=1
    )
    proxies: list[str] = key(
        [],
        "addresses of proxies before it: what they say of who asks (X-Forwarded-For) is believed",
    )


@attrs.frozen
class ListenConfig:
    """Asterisk's own WebSockets: it dials us (outbound WebSockets, Asterisk 20.15, 21.10, 22.5)."""

    host: str = key("127.0.0.1", "address to listen on; beyond loopback only with TLS")
    port: int = key(8089, "port to listen on; 0 takes a free one", minimum=0, maximum=65_535)
    path: str = key("/ari", "path that Asterisk's uri must have; a query behind it is free")
    username: str = key("asterisk", "the username in Asterisk's websocket_client.conf")
    password: Secret = key(
        Secret(""), "its password there; there is no default: STASIS_LISTEN_PASSWORD is better"
    )
    password_file: str = key("", "a file whose first line is the password, instead of `password`")
    connections: int = key(
        500, "connections at once; each live call has one when they are per call", minimum=1
    )
    handshakes: int = key(200, "handshakes a second at most", minimum=1)
    open_timeout: float = key(
        5.0, "seconds for a handshake, and for the first event after it", minimum=0.1
    )
    return_timeout: float = key(
        10.0, "seconds a per-call connection may be lost before its call counts as gone", minimum=0
    )
    ping_interval: float = key(10.0, "seconds between WebSocket pings", minimum=0.1)
    ping_timeout: float = key(
        7.0, "seconds to wait for a pong: then the socket is dead", minimum=0.1
    )
    max_frame: int = key(16 * 2**20, "bytes of one frame at most", minimum=65_536)
    tls_certificate: str = key("", "a PEM file with the certificate chain; then the uri is wss://")
    tls_key: str = key("", "a PEM file with its private key")


@attrs.frozen
class LogConfig:
    """Logs, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = key("info", "least level that is written")
    format: Literal["console", "json"] = key("console", "console for people, json for machines")


@attrs.frozen
class PluginsConfig:
    """Which plugins run."""

    enabled: list[str] = key([], "names of the plugins to run; empty: all that are installed")
    required: list[str] = key([], "plugins without which stasis must not start")


@attrs.frozen
class Config:
    """The whole configuration; each section of stasis.toml is one attribute."""

    asterisk: AsteriskConfig = attrs.field(factory=AsteriskConfig)
    engine: EngineConfig = attrs.field(factory=EngineConfig)
    keep: KeepConfig = attrs.field(factory=KeepConfig)
    http: HttpConfig = attrs.field(factory=HttpConfig)
    listen: ListenConfig = attrs.field(factory=ListenConfig)
    log: LogConfig = attrs.field(factory=LogConfig)
    plugins: PluginsConfig = attrs.field(factory=PluginsConfig)
    servers: dict[str, AsteriskConfig] = key(
        {}, "several Asterisks: [servers.east], with the keys of [asterisk], which are its defaults"
    )
    plugin: dict[str, dict[str, Any]] = key({}, "one table for each plugin: [plugin.ivr]")

    def asterisks(self) -> dict[str, Config]:
        """One configuration for each Asterisk, by its name; a single one is called `asterisk`."""
        if not self.servers:
            return {"asterisk": self}
        return {
            name: attrs.evolve(self, asterisk=asterisk, servers={})
            for name, asterisk in self.servers.items()
        }


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read stasis.toml (or `path`) and the environment.

    path: the file; None takes ./stasis.toml if it is there, else defaults only.

    Raises ConfigError listing all that is wrong.
    """
    environ = os.environ if environ is None else environ
    data = read_toml(path)
    problems: list[str] = []
    for name, section_type in typing.get_type_hints(Config).items():
        if attrs.has(section_type):
            table = data.setdefault(name, {})
            if isinstance(table, dict):
                overlay(name, section_type, table, environ, problems)
    spread(data, environ, problems)
    config: Config | None = None
    try:
        config = section(Config, data, str(path or "stasis.toml"))
    except ConfigError as error:
        problems.extend(error.problems)
    if problems or config is None:
        raise ConfigError(*problems)
    return check(config)


def spread(data: dict[str, Any], environ: Mapping[str, str], problems: list[str]) -> None:
    """Give each table of [servers] what it does not say itself: the keys of [asterisk]."""
    tables = data.get("servers")
    if not isinstance(tables, dict):
        return
    for name, table in tables.items():
        if not SERVER.fullmatch(name):
            problems.append(f"servers.{name}: use letters, digits, '_' and '-', 40 at most")
        if isinstance(table, dict) and isinstance(data.get("asterisk"), dict):
            tables[name] = table = over(data["asterisk"], table)
            overlay(f"servers_{name.replace('-', '_')}", AsteriskConfig, table, environ, problems)


def over(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """A table on top of another, and so each table within it. Neither is changed, then or later."""
    merged = {**base, **table}
    for name, value in merged.items():
        if isinstance(value, dict):
            below = base.get(name)
            merged[name] = over(below if isinstance(below, dict) else {}, value)
    return merged


def read_toml(path: Path | None) -> dict[str, Any]:
    """The file's tables. Raises ConfigError naming the line when it is not TOML."""
    if path is None:
        path = Path("stasis.toml")
        if not path.exists():
            return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def overlay(
    name: str, kind: type, table: dict[str, Any], environ: Mapping[str, str], problems: list[str]
) -> None:
    """Put STASIS_<SECTION>_<KEY> of the environment over a section's table."""
    hints = typing.get_type_hints(kind)
    for each in attrs.fields(kind):
        variable = f"STASIS_{name}_{each.name}".upper()
        wanted = hints[each.name]
        if attrs.has(wanted):
            inner = table.setdefault(each.name, {})
            if isinstance(inner, dict):
                overlay(f"{name}_{each.name}", wanted, inner, environ, problems)
            continue
        text = environ.get(variable)
        if text is None:
            continue
        try:
            if wanted is int or wanted is float:
                table[each.name] = wanted(text)
            elif wanted is bool:
                table[each.name] = {"true": True, "false": False}[text.strip().lower()]
            elif typing.get_origin(wanted) is list:
                table[each.name] = [part.strip() for part in text.split(",") if part.strip()]
            else:
                table[each.name] = text
        except ValueError:
            problems.append(f"{variable}: a number is needed, not {text!r}")
        except KeyError:
            problems.append(f"{variable}: must be true or false, not {text!r}")


def check(config: Config) -> Config:
    """What no single key shows: the form of addresses, and the content of password files."""
    return attrs.evolve(
        config,
        asterisk=check_asterisk(config.asterisk, "asterisk"),
        servers={
            name: check_asterisk(asterisk, f"servers.{name}")
            for name, asterisk in config.servers.items()
        },
        listen=check_listen(config.listen),
    )


def check_listen(listen: ListenConfig) -> ListenConfig:
    """The [listen] section: what HTTP can carry, TLS whole or not at all, the password's file."""
    if ":" in listen.username or not listen.username:
        raise ConfigError("listen.username: must not be empty or hold a colon (RFC 7617)")
    if not listen.path.startswith("/") or set("?#") & set(listen.path):
        raise ConfigError("listen.path: must begin with / and have no query or fragment")
    if bool(listen.tls_certificate) != bool(listen.tls_key):
        raise ConfigError("listen.tls_certificate, listen.tls_key: give both, or none of them")
    if listen.password_file:
        password = first_line(listen.password_file, "listen.password_file")
        return attrs.evolve(listen, password=password)
    return listen
