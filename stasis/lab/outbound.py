"""Outbound WebSockets of a lab: Asterisk dials a program, instead of the program Asterisk.

As texts: the section of websocket_client.conf that says where to, and the section of ari.conf that
says for which applications. Asterisk has them since 20.15, 21.10 and 22.5; a lab of 16 has not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import field, frozen

from stasis.lab.fault import LabError

__all__ = ["MARK", "Outbound", "ari_sections", "client_sections"]

# Where the connections begin in ari.conf.
MARK = "\n; Outbound WebSockets of the lab.\n"


@frozen
class Outbound:
    """One connection that Asterisk opens by itself.

    name: of both sections; unlike any ARI user's. url: where it dials, ws:// or wss://.
    apps: the applications it registers. per_call: a connection for each call that enters one of
    them, named `APP:CHANNELNAME` then; else one for all, kept open for ever.
    username, password: sent by HTTP Basic. user: the ARI user its requests act as.
    attempts: tries a per-call connection makes before the call goes on in the dialplan.
    interval: milliseconds between tries. ca: a file Asterisk can read, with the certificate to
    trust; for wss only. subscribe_all: hear every channel, not only the applications'.

    Raises LabError when a value would break its line of the file.
    """

    name: str
    url: str
    apps: tuple[str, ...]
    username: str
    password: str = field(repr=False)
    per_call: bool = False
    user: str = "stasis"
    attempts: int = 4
    interval: int = 500
    ca: str = ""
    subscribe_all: bool = False

    def __attrs_post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", self.name):
            raise LabError(f"the name must be 1 to 40 letters, digits, - and _, not {self.name!r}")
        if not re.fullmatch(r"wss?://[!-:<-~]+", self.url):
            raise LabError(f"the address must be ws://host:port/path, not {self.url!r}")
        if not self.apps:
            raise LabError("at least one application is needed")
        for value in (*self.apps, self.username, self.password, self.user, self.ca):
            if not re.fullmatch(r"[!-:<-~]*", value):
                raise LabError(
                    "a value has a blank, a semicolon or another character Asterisk cuts"
                )


def client_sections(all_of_them: Iterable[Outbound]) -> str:
    """websocket_client.conf: where to, and how."""
    return "\n".join(client(each) for each in all_of_them)


def client(one: Outbound) -> str:
    """One section of websocket_client.conf."""
    lines = [
        f"[{one.name}]",
        "type = websocket_client",
        f"uri = {one.url}",
        "protocols = ari",
        f"connection_type = {'per_call_config' if one.per_call else 'persistent'}",
        f"username = {one.username}",
        f"password = {one.password}",
        f"reconnect_interval = {one.interval}",
        f"reconnect_attempts = {one.attempts}",
    ]
    if one.url.startswith("wss:"):
        lines.append("tls_enabled = yes")
        # Without a certificate to trust the lab takes any: its server is on this machine.
        checked = "yes" if one.ca else "no"
        lines += [f"verify_server_cert = {checked}", f"verify_server_hostname = {checked}"]
        if one.ca:
            lines.append(f"ca_list_file = {one.ca}")
    return "\n".join(lines) + "\n"


def ari_sections(all_of_them: Iterable[Outbound]) -> str:
    """What ari.conf has more than the example: the applications of each connection."""
    return MARK + "".join(
        f"""
[{one.name}]
type = outbound_websocket
websocket_client_id = {one.name}
apps = {",".join(one.apps)}
local_ari_user = {one.user}
subscribe_all = {"yes" if one.subscribe_all else "no"}
"""
        for one in all_of_them
    )
