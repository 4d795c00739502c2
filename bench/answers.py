"""What the fake server answers to requests: as Asterisk does, of things that are always there.

Nothing is kept: every channel that is asked for is up, no list has one, no variable has a value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

__all__ = ["Answer", "Answers"]

Answer: TypeAlias = tuple[int, bytes]

REASONS = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found"}
AT = "2026-11-25T15:09:49.538+0000"
INFO = {
    "build": {"os": "Linux", "kernel": "6", "options": "", "machine": "x", "date": "", "user": ""},
    "system": {"version": "22.10.1", "entity_id": "02:fc:00:00:00:01"},
    "config": {"name": "", "default_language": "en"},
    "status": {"startup_time": AT, "last_reload_time": AT},
}
CHANNEL = json.dumps(
    {
        "id": "@ID@",
        "name": "PJSIP/phone-@ID@",
        "state": "Up",
        "protocol_id": "",
        "caller": {"name": "Ann", "number": "100"},
        "connected": {"name": "", "number": ""},
        "accountcode": "",
        "dialplan": {
            "context": "default",
            "exten": "100",
            "priority": 1,
            "app_name": "Stasis",
            "app_data": "bench",
        },
        "creationtime": AT,
        "language": "en",
    },
    separators=(",", ":"),
).encode()


def encoded(thing: object) -> bytes:
    """JSON as Asterisk writes it."""
    return json.dumps(thing, separators=(",", ":")).encode()


INFORMATION, NOTHING = encoded(INFO), encoded([])
VALUE = encoded({"value": ""})
UNKNOWN = (404, encoded({"message": "Resource not found"}))


def channel(id: str) -> Answer:
    """A channel that is up."""
    return 200, CHANNEL.replace(b"@ID@", id.encode())


def application(name: str) -> Answer:
    """An application that is subscribed to nothing."""
    lists = ("channel_ids", "bridge_ids", "endpoint_ids", "device_names")
    filters: dict[str, list[str]] = {"events_allowed": [], "events_disallowed": []}
    return 200, encoded({"name": name, **{each: [] for each in lists}, **filters})


def bridge(id: str) -> Answer:
    """An empty bridge."""
    return 200, encoded(
        {
            "id": id,
            "technology": "simple_bridge",
            "bridge_type": "mixing",
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": "",
            "channels": [],
            "creationtime": AT,
        }
    )


# By method and the shape of the path: `*` is a name. What is not here: GET is 404, the rest 204.
MADE: dict[tuple[str, str], Callable[[list[str]], Answer]] = {
    ("GET", "asterisk/info"): lambda path: (200, INFORMATION),
    ("GET", "asterisk/variable"): lambda path: (200, VALUE),
    ("GET", "asterisk/ping"): lambda path: (
        200,
        encoded({"asterisk_id": "02:fc:00:00:00:01", "ping": "pong", "timestamp": AT}),
    ),
    ("GET", "channels"): lambda path: (200, NOTHING),
    ("GET", "bridges"): lambda path: (200, NOTHING),
    ("GET", "endpoints"): lambda path: (200, NOTHING),
    ("GET", "applications"): lambda path: (200, NOTHING),
    ("GET", "channels/*"): lambda path: channel(path[1]),
    ("POST", "channels"): lambda path: channel("made"),
    ("POST", "channels/*"): lambda path: channel(path[1]),
    ("GET", "channels/*/variable"): lambda path: (200, VALUE),
    ("GET", "applications/*"): lambda path: application(path[1]),
    ("PUT", "applications/*/eventFilter"): lambda path: application(path[1]),
    ("POST", "applications/*/subscription"): lambda path: application(path[1]),
    ("DELETE", "applications/*/subscription"): lambda path: application(path[1]),
    ("POST", "bridges"): lambda path: bridge("made"),
    ("POST", "bridges/*"): lambda path: bridge(path[1]),
    ("GET", "bridges/*"): lambda path: bridge(path[1]),
}
# A second word that is no name of a thing.
FIXED = {"info", "variable", "ping", "create", "user"}


class Answers:
    """docs: a folder with the API description of a real Asterisk, for clients that ask for it."""

    def __init__(self, docs: Path | None = None) -> None:
        self._docs = docs

    def find(self, method: str, path: str, host: str) -> Answer:
        """Status and body. path: behind `/ari/`, without the query. host: as clients call us."""
        if path.startswith("api-docs/"):
            return self._described(path.removeprefix("api-docs/"), host)
        parts = path.split("/")
        shape = "/".join(
            "*" if at == 1 and part not in FIXED else part for at, part in enumerate(parts)
        )
        make = MADE.get((method, shape))
        if make is None:
            return UNKNOWN if method == "GET" else (204, b"")
        return make([unquote(part) for part in parts])

    def _described(self, name: str, host: str) -> Answer:
        """One file of the API description, which says where the API is."""
        file = None if self._docs is None or "/" in name else self._docs / name
        if file is None or not file.is_file():
            return UNKNOWN
        described = json.loads(file.read_text("utf-8"))
        described["basePath"] = f"http://{host}/ari"
        return 200, encoded(described)
