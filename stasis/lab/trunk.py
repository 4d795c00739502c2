"""A trunk between two labs: one registers with the other, and both call through it.

Both are on 127.0.0.1, so neither can be told by its address: it is known by its user name. The
sections stand in pjsip.conf between two marks, and `disconnect` removes them.
"""

from __future__ import annotations

import re
import secrets
import time

from stasis.lab.fault import LabError
from stasis.lab.lab import Lab

__all__ = ["connect", "disconnect"]

MARK = "\n; The trunk {name} {what} here.\n"
MODULES = (
    "res_pjsip.so",
    "res_pjsip_endpoint_identifier_ip.so",
    "res_pjsip_outbound_registration.so",
)
REGISTERED_SECONDS = 10.0
QUALIFY_SECONDS = 5

ENDPOINT = """
[{name}]
type = endpoint
context = default
disallow = all
allow = ulaw,alaw
direct_media = no
dtmf_mode = rfc4733
aors = {name}
from_user = {name}
{auth} = {name}

[{name}]
type = auth
auth_type = userpass
username = {name}
password = {password}
"""

OURS = """
[{name}]
type = aor
contact = sip:{name}@127.0.0.1:{port}
qualify_frequency = {qualify}

[{name}]
type = registration
outbound_auth = {name}
server_uri = sip:127.0.0.1:{port}
client_uri = sip:{name}@127.0.0.1:{port}
contact_user = {name}
endpoint = {name}
line = yes
expiration = 120
retry_interval = 2
max_random_initial_delay = 0
fatal_retry_interval = 2
forbidden_retry_interval = 2
auth_rejection_permanent = no
"""

THEIRS = """
[{name}]
type = aor
max_contacts = 1
remove_existing = yes
qualify_frequency = {qualify}

[{name}]
type = identify
endpoint = {name}
match = {address}
"""

# Nobody comes from there: an identify by 127.0.0.1 would take the calls of all other phones.
ELSEWHERE = "127.0.0.2"


def connect(name: str, ours: Lab, theirs: Lab, *, password: str = "") -> None:
    """Have one lab register with another, and wait until it is registered.

    name: of the registration and of the endpoint on both sides, letters and digits. Extension
    `trunk-NAME-EXTEN` of either lab calls EXTEN of the other. password: random if empty.

    Raises LabError when it is not registered after 10 s; then nothing of it is left.
    """
    if not re.fullmatch(r"[A-Za-z0-9]{1,40}", name):
        raise LabError(f"a trunk's name is 1 to 40 letters and digits, not {name!r}")
    known = {
        "name": name,
        "password": password or secrets.token_urlsafe(12),
        "port": theirs.sip_port,
        "qualify": QUALIFY_SECONDS,
        "address": ELSEWHERE,
    }
    put(theirs, name, ENDPOINT.format(auth="auth", **known) + THEIRS.format(**known))
    put(ours, name, ENDPOINT.format(auth="outbound_auth", **known) + OURS.format(**known))
    until = time.monotonic() + REGISTERED_SECONDS
    while not registered(name, ours):
        if time.monotonic() > until:
            log = ours.logs(10)
            disconnect(name, ours, theirs)
            raise LabError(f"{ours.name} is not registered with {theirs.name}; its log:\n{log}")
        time.sleep(0.05)


def disconnect(name: str, *labs: Lab) -> None:
    """Take the trunk off these labs. One that is not there is no error."""
    for lab in labs:
        put(lab, name, "")


def put(lab: Lab, name: str, sections: str) -> None:
    """Write the trunk's sections, in place of those that were there, and have them read."""
    begin, end = MARK.format(what="begins", name=name), MARK.format(what="ends", name=name)
    text = (lab.etc / "pjsip.conf").read_text("utf-8")
    before, found, rest = text.partition(begin)
    after = rest.partition(end)[2] if found else ""
    lab.write("pjsip.conf", before + after + (begin + sections + end if sections else ""))
    for module in MODULES:
        lab.cli(f"module reload {module}")


def registered(name: str, lab: Lab) -> bool:
    """Whether the lab's registration of that name is there and accepted."""
    lines = lab.cli("pjsip show registrations").splitlines()
    return any(f"{name}/" in line and "Registered" in line.split() for line in lines)
