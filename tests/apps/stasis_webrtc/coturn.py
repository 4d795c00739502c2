"""A TURN server on loopback: coturn, with the shared secret `north`."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from stasis.lab.sipp import free_port

__all__ = ["SECRET", "coturn"]

SECRET = "north"


@asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[int]:
    """The server, for as long as the `async with` lasts (Debian's package coturn). Yields its port.

    folder: an empty one, for its database.
    """
    port = free_port(socket.SOCK_STREAM)
    program = shutil.which("turnserver", path="/usr/bin:/usr/sbin")
    assert program is not None, "apt-get install coturn"
    options = (
        *("-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=lab"),
        *("--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"),
        *("--no-cli", "--no-tls", "--no-dtls", "--allow-loopback-peers", "--log-file=stdout"),
        *(f"--userdb={folder / 'turndb'}", f"--pidfile={folder / 'pid'}"),
    )
    process = await asyncio.create_subprocess_exec(
        program, *options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await listens(port)
        yield port
    finally:
        process.kill()
        await process.wait()


async def listens(port: int) -> None:
    """Wait until the port takes connections."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
