"""`Send` over HTTP: kept-alive connections to Asterisk's HTTP server, through aiohttp.

Its foreign errors become ours here and nowhere else.
Three facts of Asterisk's server shape it: a connection beyond `sessionlimit` is closed without
a byte, an idle one after 15 s, and nothing tells how long a request may wait behind media.

aiohttp is loaded with the first request: to load it takes as long as all of stasis.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from base64 import b64encode
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import quote

from yarl import URL

from stasis.ari.resource import Request, Response
from stasis.config import AsteriskConfig
from stasis.errors import NotAri, OutcomeUnknown, Unreachable

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Http", "authorization", "encoded_query", "plainly"]

# Asterisk closes an idle connection after 15 s, which is aiohttp's own default: ours must be less.
KEEPALIVE_SECONDS = 10.0
CONNECT_SECONDS = 10.0
# How often a repeatable request is tried in all. A fresh connection is used for each.
TRIES = 5
RETRY_SECONDS = 0.1


class Http:
    """The default way to send: one HTTP request for each operation.

    config: where Asterisk is, credentials, and connections at once.
    """

    def __init__(self, config: AsteriskConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def __aenter__(self) -> Http:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections, for good."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __call__(self, request: Request) -> Response:
        """Carry one request; a repeatable one is tried again when its connection was lost.

        Raises Unreachable when nothing was sent, OutcomeUnknown when no answer came.
        """
        tries = TRIES if request.repeatable else 1
        loop = asyncio.get_running_loop()
        until = loop.time() + request.seconds
        for attempt in range(1, tries + 1):
            try:
                return await self._try(request)
            except (OutcomeUnknown, Unreachable):
                # A server that did not answer in all that time is not helped by asking again.
                if attempt == tries or loop.time() >= until:
                    raise
                await asyncio.sleep(RETRY_SECONDS * attempt)
        raise AssertionError("a loop of at least one try returns or raises")

    async def _try(self, request: Request) -> Response:
        import aiohttp

        session = self._open(request)
        address = URL(
            f"{self._config.url}{request.path}{encoded_query(request.query)}", encoded=True
        )
        headers = {} if request.body is None else {"Content-Type": "application/json"}
        timeout = aiohttp.ClientTimeout(total=request.seconds, sock_connect=CONNECT_SECONDS)
        try:
            async with session.request(
                request.method,
                address,
                data=request.body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as reply:
                return Response(
                    reply.status, reply.reason or "", await reply.read(), reply.content_type
                )
        except aiohttp.ConnectionTimeoutError:
            raise self._unreachable(request, "does not answer") from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._unreachable(request, f"its certificate is not valid: {error}") from None
        except aiohttp.ClientConnectorDNSError:
            raise self._unreachable(request, "unknown host; check asterisk.url") from None
        except aiohttp.ClientConnectorError as error:
            raise self._unreachable(
                request,
                f"no connection: {plainly(error.os_error)}; is Asterisk running,"
                " and do host and port of asterisk.url match bindaddr and bindport in http.conf?",
            ) from None
        except TimeoutError:
            raise OutcomeUnknown(
                request.method,
                request.path,
                f"no answer within {request.seconds:g} s; Asterisk is overloaded, or the operation"
                " waits behind media on its channel",
            ) from None
        except aiohttp.ServerDisconnectedError:
            raise OutcomeUnknown(
                request.method,
                request.path,
                "the connection was closed without an answer; if this repeats, raise sessionlimit"
                " in http.conf",
            ) from None
        except aiohttp.ClientResponseError as error:
            raise NotAri(
                request.method, request.path, error.status, "the reply is not HTTP as ARI speaks it"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise OutcomeUnknown(
                request.method, request.path, f"the connection failed: {error}"
            ) from None

    def _open(self, request: Request) -> aiohttp.ClientSession:
        if self._closed:
            raise Unreachable(request.method, request.path, "the connection to Asterisk is closed")
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._config.connections, keepalive_timeout=KEEPALIVE_SECONDS
                ),
                headers={
                    "Authorization": authorization(self._config),
                    "Accept": "application/json",
                },
            )
        return self._session

    def _unreachable(self, request: Request, why: str) -> Unreachable:
        return Unreachable(request.method, request.path, f"{self._config.url} {why}")


def authorization(config: AsteriskConfig) -> str:
    """The `Authorization` header (RFC 7617). The password leaves its `Secret` only here."""
    pair = f"{config.username}:{config.password.reveal()}"
    return "Basic " + b64encode(pair.encode()).decode()


def plainly(error: OSError) -> str:
    """The system's words for an error; asyncio's own name the call and no reason."""
    if error.errno and not isinstance(error, (ssl.SSLError, socket.gaierror)):
        return os.strerror(error.errno)
    return error.strerror or str(error)


def encoded_query(pairs: tuple[tuple[str, str], ...]) -> str:
    """`?name=value&…`, or nothing. Asterisk decodes `+` as space, so all goes out as %XX."""
    if not pairs:
        return ""
    return "?" + "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs
    )
