"""An Asterisk that dials us, as outbound WebSockets do: what it sends, in its words."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from stasis.config import ListenConfig
from stasis.section import Secret
from tests.transport.servers import PASSWORD

# The test's own client logs its password; what is looked at is ours.
SILENT = logging.getLogger("tests.dialling")
SILENT.setLevel(logging.CRITICAL + 1)


def config(**values: Any) -> ListenConfig:
    """A configuration on a free port."""
    settings: dict[str, Any] = {
        "port": 0,
        "username": "stasis",
        "password": Secret(PASSWORD),
        "open_timeout": 10.0,
        "return_timeout": 1.0,
        **values,
    }
    return ListenConfig(**settings)


async def dial(
    port: int,
    *,
    path: str = "/ari",
    username: str = "stasis",
    password: str | None = PASSWORD,
    protocol: str | None = "ari",
    **values: Any,
) -> ClientConnection:
    """Open a socket as Asterisk does."""
    token = b64encode(f"{username}:{password}".encode()).decode()
    headers = {} if password is None else {"Authorization": f"Basic {token}"}
    scheme = "wss" if "ssl" in values else "ws"
    return await connect(
        f"{scheme}://127.0.0.1:{port}{path}",
        subprotocols=None if protocol is None else [protocol],  # type: ignore[list-item]
        additional_headers=values.pop("headers", headers),
        compression=None,
        logger=SILENT,
        proxy=None,
        close_timeout=0.5,
        **values,
    )


def event(kind: str, app: str = "ivr", server: str = "02:fc:00:00:00:01", **facts: Any) -> str:
    """A frame of Asterisk."""
    return json.dumps({"type": kind, "application": app, "asterisk_id": server, **facts})


def user(number: int, app: str = "ivr", **facts: Any) -> str:
    """A numbered event."""
    return event("ChannelUserevent", app, eventname=str(number), **facts)


REGISTERED = event("ApplicationRegistered")
