"""The handshake that opens the event WebSocket: one try, and what each failure means.

The password goes into a header, to the one address of the configuration: no redirect is followed,
no proxy is asked, nothing is sent twice. aiohttp is loaded with the first handshake.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from stasis.config import AsteriskConfig
from stasis.errors import (
    AriError,
    Forbidden,
    NotAri,
    NotBooted,
    ServerError,
    Unauthorized,
    Unreachable,
)
from stasis.transport.buffered import buffer
from stasis.transport.http import authorization, plainly

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientWebSocketResponse

    from stasis.transport.connection import Connection

__all__ = ["handshake"]

AT = ("GET", "/events")


async def handshake(config: AsteriskConfig, address: str) -> Connection:
    """Open a WebSocket once.

    config: credentials, `open_timeout` in seconds for all of it, `max_frame` in bytes.
    address: ws:// or wss://, without credentials.

    Returns the connection; who has it closes it. Raises AriError that says what to check.
    ARI: GET /events.
    """
    import aiohttp
    from yarl import URL

    from stasis.transport.connection import CLOSE_SECONDS, Connection

    transports: list[asyncio.Transport] = []

    async def once(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        # Behind this, aiohttp would follow a redirect, and try again when nothing was answered.
        try:
            answer = await send(request)
        except (aiohttp.ClientError, OSError) as error:
            raise failed(config, error) from None
        if answer.status != 101:
            answer.close()
            raise refused(answer.status, answer.reason or "")
        if answer.connection is not None and answer.connection.transport is not None:
            transports.append(answer.connection.transport)
            buffer(answer.connection.transport)
        return answer

    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                middlewares=[once],
                timeout=aiohttp.ClientTimeout(),
                cookie_jar=aiohttp.DummyCookieJar(),
                ws_response_class=partial(made, config.max_frame + 1),  # type: ignore[arg-type]
            )
        )
        try:
            async with asyncio.timeout(config.open_timeout):
                socket = await session.ws_connect(
                    URL(address, encoded=True),
                    headers={"Authorization": authorization(config)},
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                    autoclose=False,
                    autoping=False,
                    max_msg_size=config.max_frame + 1,  # the first size that is too much
                    decode_text=False,  # Asterisk cuts UTF-8 in the middle of a character
                )
        except aiohttp.WSServerHandshakeError as error:
            raise foreign(config, error.message) from None
        except TimeoutError:
            raise Unreachable(
                *AT,
                f"{config.url} took the connection but did not answer within"
                f" {config.open_timeout:g} s",
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise failed(config, error) from None
        connection = Connection(session, socket, transports[0], config)
        stack.pop_all()
        return connection


def made(max_msg_size: int, *args: Any, **kwargs: Any) -> ClientWebSocketResponse[Literal[False]]:
    """The WebSocket, out of what aiohttp has for it: one that gives away its frames if it can."""
    import aiohttp

    try:
        from stasis.transport.pushed import PushedSocket

        return PushedSocket(max_msg_size, *args, **kwargs)
    except (ImportError, AttributeError, TypeError):
        # Another aiohttp than those we know: its frames come one turn of the loop later.
        return aiohttp.ClientWebSocketResponse(*args, **kwargs)


def failed(config: AsteriskConfig, error: Exception) -> AriError:
    """The error for a handshake without an answer that HTTP knows."""
    import aiohttp

    cause: Exception = error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    elif isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
    elif isinstance(error, aiohttp.ClientResponseError):
        # Its message quotes what came, and that may be our own header.
        return foreign(config, "its answer is not HTTP")
    elif isinstance(error, (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        # As Asterisk does with a connection beyond its sessionlimit.
        return Unreachable(
            *AT,
            f"{config.url} closed the connection without an answer; if this repeats, raise"
            " sessionlimit in http.conf",
        )
    words = plainly(cause) if isinstance(cause, OSError) else str(cause)
    return Unreachable(
        *AT,
        f"no connection to {config.url}: {words}; is Asterisk running, and do host"
        " and port match bindaddr and bindport in http.conf?",
    )


def foreign(config: AsteriskConfig, words: str) -> NotAri:
    """The error for a server of another kind."""
    return NotAri(*AT, 0, f"{config.url} does not speak WebSocket: {words}")


def refused(status: int, phrase: str) -> AriError:
    """The error that a handshake's status means."""
    at = (*AT, status, phrase or "refused")
    if status == 401:
        return Unauthorized(*at, "check asterisk.username and asterisk.password against ari.conf")
    if status == 403:
        return Forbidden(*at, "an ACL in ari.conf refuses this address")
    if status == 503:
        return NotBooted(*at, "Asterisk is still starting")
    if status >= 500:
        return ServerError(*at)
    return NotAri(*at, "is ARI enabled (ari.conf: enabled = yes), and asterisk.url its address?")
