"""A `Send` that can be shut: from then on nothing of ours reaches Asterisk.

When another process has taken our calls, whatever our flows still do in their last moments, such
as a `finally` that hangs up, must not touch them. And while Asterisk cannot be reached, what was
not sent waits until it can, since the call may well go on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from stasis.ari.resource import Request, Response, Send
from stasis.errors import Unreachable

__all__ = ["Gate"]


class Gate:
    """Passes requests on while it is open. send: where to. again: waits for the end of a gap, and
    tells whether there was one that has ended.
    """

    def __init__(self, send: Send, again: Callable[[], Awaitable[bool]] | None = None) -> None:
        self._send = send
        self._again = again
        self._why: str | None = None

    def shut(self, why: str) -> None:
        """Refuse every request from now on. why: for its error."""
        self._why = why

    def open(self) -> None:
        """Pass requests on again."""
        self._why = None

    async def __call__(self, request: Request) -> Response:
        """Raises Unreachable while it is shut, and what the `Send` raises."""
        if self._why is not None:
            raise Unreachable(request.method, request.path, self._why)
        try:
            return await self._send(request)
        except Unreachable:
            if self._again is None or not await self._again() or self._why is not None:
                raise
        return await self._send(request)
