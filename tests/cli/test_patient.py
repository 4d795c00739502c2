"""The doctor's own ear: it opens a socket, hears what comes, and leaves nothing behind."""

from __future__ import annotations

import json
import os
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from stasis.ari.events import ChannelUserevent, StasisStart
from stasis.cli.patient import Patient
from stasis.config import AsteriskConfig
from stasis.errors import Unauthorized, Unreachable


def event(kind: str, **fields: object) -> str:
    return json.dumps({"type": kind, "application": "x", **fields})


async def talks(socket: ServerConnection) -> None:
    """An Asterisk that tells three things, and then nothing."""
    await socket.send(event("SomethingNew"))
    await socket.send(event("StasisStart", args=[], channel={"id": "c1"}))
    await socket.send(event("ChannelUserevent", eventname="probe", userevent={}))
    await socket.wait_closed()


def config_of(port: int) -> AsteriskConfig:
    return AsteriskConfig(url=f"http://127.0.0.1:{port}/ari")


async def test_events_are_heard_by_their_kind() -> None:
    """What comes before the wanted kind is dropped, and nothing more is nothing."""
    async with serve(talks, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with Patient(config_of(port)) as patient:
            await patient.open()
            heard = await patient.heard(ChannelUserevent, 5)
            assert heard is not None and heard.eventname == "probe"
            assert await patient.heard(StasisStart, 0.05) is None


async def test_a_refused_socket_says_why() -> None:
    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(HTTPStatus.UNAUTHORIZED, "no")

    async with serve(talks, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with Patient(config_of(port)) as patient:
            with pytest.raises(Unauthorized):
                await patient.open()


async def test_no_server_at_all_is_unreachable(unused_tcp_port: int) -> None:
    async with Patient(config_of(unused_tcp_port)) as patient:
        with pytest.raises(Unreachable):
            await patient.open()


def test_two_doctors_do_not_take_each_others_application() -> None:
    """A second socket for one application would silence the first."""
    assert Patient(AsteriskConfig()).app == f"stasis-doctor-{os.getpid()}"
