"""REST over a WebSocket, as frames: requests as Asterisk reads them, and who waits for an answer.

No I/O. What a socket takes is the same whoever has dialled it, and whatever else it carries.
"""

from __future__ import annotations

import asyncio

import msgspec

from stasis.ari.events import RESTResponse
from stasis.ari.resource import Request, Response

__all__ = ["MESSAGE_LIMIT", "Answer", "Asked", "encode"]

# Asterisk closes the socket with 1009 at a longer message.
MESSAGE_LIMIT = 65_535


class Answer(msgspec.Struct, tag="RESTResponse", tag_field="type", gc=False):
    """What is needed of an answer; everything else is skipped unread."""

    request_id: str = ""
    status_code: int = 0
    reason_phrase: str = ""
    content_type: str = ""
    message_body: str = ""


class Asked:
    """The requests of one socket that have no answer yet."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Response]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request_id: str) -> asyncio.Future[Response]:
        """The answer to a request that is about to be written."""
        answer = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        return answer

    def forget(self, request_id: str, answer: asyncio.Future[Response]) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(request_id, None)
        if answer.done() and not answer.cancelled():
            # Writing may have failed first, and then nobody has looked at the error in here.
            answer.exception()

    def answered(self, answer: Answer | RESTResponse) -> None:
        """An answer came. One that nobody waits for (any more) is dropped."""
        future = self._waiting.pop(answer.request_id, None)
        if future is not None and not future.done():
            future.set_result(
                Response(
                    answer.status_code,
                    answer.reason_phrase,
                    (answer.message_body or "").encode(),
                    answer.content_type or "",
                )
            )

    def lost(self, reason: str) -> None:
        """The socket is gone: they end with ConnectionResetError, their outcome is unknown."""
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError(reason))


def encode(request: Request, request_id: str) -> bytes:
    """The RESTRequest frame; Asterisk takes `MESSAGE_LIMIT` bytes of it."""
    message: dict[str, object] = {
        "type": "RESTRequest",
        "request_id": request_id,
        "method": request.method,
        "uri": request.path.lstrip("/"),
        "query_strings": [{"name": n, "value": v} for n, v in request.query],
    }
    if request.body is not None:
        message["content_type"] = "application/json"
        message["message_body"] = request.body.decode()
    return msgspec.json.encode(message)
