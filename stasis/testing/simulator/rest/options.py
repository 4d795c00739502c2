"""What a path allows: OPTIONS requests, and the methods that a read-only user may use."""

from __future__ import annotations

import json
from http import HTTPStatus

from stasis.ari.resource import Response
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.call import Refusal, route

__all__ = ["METHODS", "allowed", "may_read", "options", "refusal"]

METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH")


def may_read(method: str) -> bool:
    """Whether a user who may only read may use this method."""
    return method in ("GET", "OPTIONS")


def refusal(status: int, message: str) -> Response:
    """The answer to a request that is not even looked at."""
    return Response(status, HTTPStatus(status).phrase, json.dumps({"message": message}).encode())


def allowed(machine: Machine, path: str) -> list[str]:
    """The methods that a path has, OPTIONS first. Raises Refusal (404)."""
    found = ["OPTIONS"]
    for method in METHODS:
        try:
            route(machine, method, path)
        except Refusal as error:
            if error.status == 404:
                raise
        else:
            found.append(method)
    return found


def options(machine: Machine, path: str) -> tuple[Response, list[str]]:
    """The answer to an OPTIONS request, and the methods that the path has."""
    try:
        methods = allowed(machine, path)
    except Refusal as error:
        return refusal(error.status, error.body["message"]), []
    return Response(204, "No Content"), methods
