"""The generated client has all that real servers describe and send, on 22 and on 16."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
import pytest

from stasis.ari import Ari, Request, Response, Version
from stasis.ari.generate import differences
from stasis.ari.generator.describe import read_url
from stasis.config import AsteriskConfig
from stasis.errors import AllocationFailed, InvalidParameter, NotFound
from stasis.lab.lab import Lab
from stasis.section import Secret
from stasis.transport.http import Http

pytestmark = pytest.mark.asterisk


class Witness:
    """A `Send` over HTTP that keeps the last answer as it came."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.sent = b""

    async def __call__(self, request: Request) -> Response:
        response = await self.http(request)
        self.sent = response.body
        return response


@pytest.fixture
async def witness(lab: Lab) -> AsyncIterator[Witness]:
    """The lab's ARI, and what it really sends."""
    config = AsteriskConfig(url=lab.url, username=lab.username, password=Secret(lab.password))
    async with Http(config) as http:
        yield Witness(http)


@pytest.fixture
def ari(witness: Witness) -> Ari:
    """All operations on the lab."""
    return Ari(witness)


def lost(sent: Any, kept: Any, path: str = "") -> list[str]:
    """The paths of what the server sent and the client does not have."""
    if isinstance(kept, msgspec.Struct):
        names = {each.encode_name: each.name for each in msgspec.structs.fields(type(kept))}
        return [
            each
            for key, value in sent.items()
            for each in (
                lost(value, getattr(kept, names[key]), f"{path}.{key}")
                if key in names
                else [f"{path}.{key}"]
            )
        ]
    if isinstance(kept, tuple):
        pairs = zip(sent, kept, strict=True)
        return [each for n, (a, b) in enumerate(pairs) for each in lost(a, b, f"{path}[{n}]")]
    if isinstance(kept, datetime):
        sent = datetime.fromisoformat(sent)
    return [] if sent == kept else [path]


def test_every_operation_parameter_model_field_and_event_of_the_server_is_there(lab: Lab) -> None:
    description = read_url(lab.url, lab.username, lab.password)
    operations = sum(len(section.operations) for section in description.sections)
    assert operations >= 98
    assert differences([description]) == []


def test_the_modules_are_what_the_generator_writes_from_both(labs: dict[str, Lab]) -> None:
    descriptions = [read_url(lab.url, lab.username, lab.password) for lab in labs.values()]
    assert len(descriptions) == 2
    assert differences(descriptions) == []


def test_a_client_without_something_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from stasis.ari import channels, events

    description = read_url(lab.url, lab.username, lab.password)
    monkeypatch.delattr(channels.Channels, "answer")
    monkeypatch.delattr(channels, "Dialed")
    monkeypatch.delitem(events.EVENTS, "StasisEnd")
    told = differences([description])
    for what in ("channels.answer: no operation", "Dialed: no class", "StasisEnd: no kind"):
        assert any(what in line for line in told), told


async def test_what_the_server_sends_arrives_without_a_loss(ari: Ari, witness: Witness) -> None:
    """Real objects of every kind that an idle server has, and a channel and a bridge."""
    channel = await ari.channels.originate_with_id(
        "generated-channel",
        endpoint="Local/answer@default/n",
        extension="answer",
        context="default",
        priority=1,
        variables={"A": "1"},
    )
    assert channel.id == "generated-channel" and lost(json.loads(witness.sent), channel) == []
    await ari.bridges.create_with_id("generated-bridge", type="mixing", name="é")
    await ari.device_states.update("Stasis:generated", device_state="BUSY")
    try:
        for operation in (
            ari.applications.list,
            ari.asterisk.get_info,
            ari.asterisk.list_log_channels,
            ari.asterisk.list_modules,
            ari.asterisk.ping,
            ari.bridges.list,
            ari.channels.list,
            ari.device_states.list,
            ari.endpoints.list,
            ari.recordings.list_stored,
            ari.sounds.list,
        ):
            kept = await operation()
            assert lost(json.loads(witness.sent), kept) == [], operation
        assert "generated-channel" in {each.id for each in await ari.channels.list()}
        assert (await ari.device_states.get("Stasis:generated")).state == "BUSY"
        assert (await ari.bridges.get("generated-bridge")).name == "é"
    finally:
        await ari.channels.hangup("generated-channel")
        await ari.bridges.destroy("generated-bridge")
        await ari.device_states.delete("Stasis:generated")


async def test_the_servers_version_is_read_and_gates(ari: Ari, lab: Lab) -> None:
    info = await ari.asterisk.get_info(only="system")
    assert info.system is not None
    version = Version.parse(info.system.version)
    assert version is not None and str(version.major) == lab.version.partition(".")[0]


async def test_a_parameter_may_travel_in_the_body_whatever_the_method(ari: Ari) -> None:
    """A long query moves into the body, also that of a DELETE: the server reads it there."""
    words = "x" * 2_500
    with pytest.raises(NotFound):
        await ari.bridges.play("nowhere", media=["sound:a,b", "sound:c"])
    with pytest.raises(NotFound):
        await ari.applications.unsubscribe("nowhere", event_source=[f"channel:{words}"])
    await ari.asterisk.set_global_var(variable="GENERATED", value=words)
    assert (await ari.asterisk.get_global_var(variable="GENERATED")).value == words


async def test_errors_of_the_real_server_are_what_their_status_means(ari: Ari) -> None:
    with pytest.raises(NotFound, match="Channel not found"):
        await ari.channels.get("nobody")
    with pytest.raises(InvalidParameter):
        await ari.channels.create(endpoint="", app="x")
    with pytest.raises(AllocationFailed, match="cannot be reached"):
        await ari.channels.originate(endpoint="Nothing/nobody", app="x")
