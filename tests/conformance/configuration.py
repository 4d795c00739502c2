"""What a lab needs beside its own files: the suite's dialplan, users, channel variables, origins."""

from __future__ import annotations

from pathlib import Path

from stasis.lab.lab import Lab
from tests.conformance.phones import HANDSET
from tests.conformance.place import CONTEXT
from tests.conformance.server import Users

__all__ = ["CHANNELVARS", "ENDPOINTS", "ORIGINS", "dialplan", "prepare"]

EXTENSIONS = Path(__file__).parent / "extensions"
# Variables that every channel in an event carries.
CHANNELVARS = ("FLAVOUR", "SIZE")
# Pages that may call ARI.
ORIGINS = ("http://good.example", "https://also.example:8443")
# The endpoints that a lab has; nobody is registered there.
NAMES = f"alice bob desk1 desk2 desk3 desk4 sipp {HANDSET}".split()
ENDPOINTS = tuple(f"PJSIP/{name}" for name in NAMES)
# Connections at once.
SESSIONS = 100
FILE = "conformance.conf"
MARK = "\n; The conformance suite's.\n"
# Of "kept-as-a-hash", as `openssl passwd -6 -salt conformance` makes it.
HASH = (
    "$6$conformance$"
    "1.V1Sz1fFqcW6HlABwE2iF0mhOlCWMxCICRArW.wpuXiGn6AiMBga5w7zkYyg0jlrDZoIVlAwNNf2vhdIsegF0"
)
# Where ARI may write: addresses of record, and nothing else. It counts after a restart.
SORCERY = """[res_pjsip]
aor = config,pjsip.conf,criteria=type=aor
aor = memory
"""
# The endpoint of all phones that speak SIP: known by the user in From, and not reachable by itself.
HANDSETS = f"""[{HANDSET}]
type = endpoint
context = {CONTEXT}
disallow = all
allow = ulaw
direct_media = no
"""
RELOADS = (
    "dialplan reload",
    "module reload res_ari.so",
    "module reload http",
    "module reload res_pjsip.so",
)


def dialplan() -> str:
    """The dialplan of all scenarios, as extensions.conf says it."""
    texts = [file.read_text("utf-8") for file in sorted(EXTENSIONS.glob("*.conf"))]
    return "\n".join([f"[{CONTEXT}]", *texts])


def prepare(lab: Lab) -> None:
    """Give a running lab what the scenarios need, and restart it where that is needed."""
    users = Users()
    lab.write(FILE, dialplan())
    for name, text in {
        "extensions.conf": f'#include "{FILE}"\n',
        "ari.conf": ari(users, lab.version),
        "pjsip.conf": HANDSETS,
    }.items():
        plain = (lab.etc / name).read_text("utf-8").partition(MARK)[0]
        lab.write(name, plain + MARK + text)
    web = (lab.etc / "http.conf").read_text("utf-8")
    lab.write("http.conf", web.replace("sessionlimit = 1000", f"sessionlimit = {SESSIONS}"))
    if not (lab.etc / "sorcery.conf").exists():
        lab.write("sorcery.conf", SORCERY)
        lab.restart()
    for line in RELOADS:
        lab.cli(line)


def ari(users: Users, version: str) -> str:
    """More of ari.conf: what events carry, who may call, and users of every kind."""
    lines = [
        "[general](+)",
        f"channelvars = {','.join(CHANNELVARS)}",
        f"allowed_origins = {','.join(ORIGINS)}",
        # Asterisk's own default is 100: a busy machine makes longer pauses.
        "websocket_write_timeout = 500",
        *user(*users.reader, "read_only = yes"),
        *user(users.crypt[0], HASH, "password_format = crypt"),
    ]
    if version != "16":
        lines += user(
            *users.allowed, "deny = 0.0.0.0/0.0.0.0", "permit = 127.0.0.1/255.255.255.255"
        )
        lines += user(*users.denied, "deny = 0.0.0.0/0.0.0.0", "permit = 192.0.2.0/255.255.255.0")
        lines += user(*users.shut, "deny = 0.0.0.0/0.0.0.0")
    return "\n".join(lines) + "\n"


def user(name: str, password: str, *more: str) -> list[str]:
    """One user's section."""
    return ["", f"[{name}]", "type = user", f"password = {password}", *more]
