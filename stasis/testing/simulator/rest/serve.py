"""A request in, its response out: the seam `Send` of the simulated server."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from http import HTTPStatus

import structlog

from stasis.ari.resource import Response
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest import (
    applications,
    asterisk,
    bridges,
    channels,
    config,
    controls,
    device_states,
    endpoints,
    events,
    leaving,
    log_channels,
    mailboxes,
    making,
    media,
    modules,
    outside,
    playbacks,
    recordings,
    sounds,
    variables,
)
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, read_body, route

__all__ = ["RESOURCES", "serve", "written"]

log = structlog.get_logger("stasis.testing")

# Each registers its operations when it is imported.
RESOURCES = (
    *(applications, asterisk, bridges, channels, config, controls, device_states, endpoints),
    *(events, leaving, log_channels, mailboxes, making, media, modules, outside, playbacks),
    *(recordings, sounds, variables),
)
BODY_LIMIT = 40_960


async def serve(
    machine: Machine,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]] = (),
    body: bytes | None = None,
    content_type: str = "application/json",
) -> tuple[Response, str]:
    """Carry out one request. path: below `/ari`, percent-encoded. Returns the response, and the
    location of what was made, or an empty text.
    """
    try:
        operation, parts = route(machine, method, path)
        if body is not None and len(body) > BODY_LIMIT:
            raise Refusal(413, "Request body too large")
        more, value = read_body(body, content_type)
        answer = operation.run(Call(machine, parts, [*query, *more], value))
        if inspect.isawaitable(answer):
            answer = await answer
    except Refusal as refusal:
        return response(refusal.status, written(refusal.body)), ""
    except Exception as error:
        machine.failed(error)
        log.exception("the simulator failed", method=method, path=path)
        return response(500, b'{"message": "the simulator failed; see its log"}'), ""
    answer = answer or Answer()
    if answer.file is not None:
        return Response(answer.status, "OK", answer.file, answer.content_type), ""
    text = b"" if answer.value is None else written(answer.value)
    return response(answer.status, text), answer.location


def written(value: object) -> bytes:
    """JSON as Asterisk writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def response(status: int, body: bytes) -> Response:
    """A response in JSON."""
    return Response(status, HTTPStatus(status).phrase, body)
