"""The group `transports`: what it asks, where it looks for a certificate, and what is refused."""

from __future__ import annotations

from typing import Any, cast

import pytest

from stasis.ami import Ami, NoSuch, actions, events
from stasis.ami.answers import CommandOutput
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, Pbx, transports
from stasis.pbx.certificate import Certificate
from tests.pbx.fake_ami import FakeAmi
from tests.pbx.test_transport import SHOWN, STATUS_16, STATUS_22

TLS = ["Transport:  tls                       tls      0      0  0.0.0.0:5061"]


class Prints(FakeAmi):
    """Answers commands with these lines, and shows no endpoint."""

    def __init__(self, status: list[str], transports: list[str]) -> None:
        super().__init__({
            actions.PJSIPShowEndpoints: [events.EndpointList(object_name="alice")],
            actions.PJSIPShowEndpoint: [events.EndpointDetail(object_name="alice")],
        })  # fmt: skip
        self.prints = {"http show status": status, "pjsip show transports": transports}

    async def send(self, action: Any) -> Any:
        if isinstance(action, actions.Command):
            self.asked.append(action)
            return CommandOutput(output=tuple(self.prints[action.command]))
        return await super().send(action)


def group(ami: FakeAmi, host: str = "pbx.example.org") -> Any:
    """The group on it."""
    config = AsteriskConfig(url=f"https://{host}:8089/ari")
    return Pbx(config, ami=cast(Ami, ami)).transports


async def test_both_commands_make_the_list():
    found = await group(Prints(STATUS_22, SHOWN)).list()
    assert [each.name for each in found][1:] == ["udp", "ws", "wss"]
    assert (await group(Prints(STATUS_22, SHOWN)).http()).secure == "[::]:28003"


async def test_certificates_are_looked_for_where_tls_is(monkeypatch: pytest.MonkeyPatch):
    asked = []

    async def look(host: str, port: int, server: str, name: str = "") -> Certificate:
        asked.append((host, port, server, name))
        return Certificate(where="", server=server, problem="")

    monkeypatch.setattr(transports, "served", look)
    both = group(Prints(STATUS_22, [*SHOWN, *TLS]))
    # What listens everywhere is asked on the host where ARI is.
    await both.certificates()
    await both.certificates(name="sip.example.org")
    assert asked == [
        ("pbx.example.org", 28003, "http.conf", ""),
        ("pbx.example.org", 5061, "transport tls", ""),
        ("pbx.example.org", 28003, "http.conf", "sip.example.org"),
        ("pbx.example.org", 5061, "transport tls", "sip.example.org"),
    ]


async def test_without_tls_there_is_none():
    assert await group(Prints(STATUS_16, SHOWN)).certificates() == []


async def test_phones_are_shown_only_when_they_are_asked_for():
    one = group(Prints(STATUS_22, SHOWN))
    assert await one.webrtc() == []
    assert [each.name for each in await one.webrtc(every=True)] == ["alice"]
    assert [each.name for each in await one.webrtc(endpoint="alice")] == ["alice"]


async def test_one_that_is_not_there():
    ami = Prints(STATUS_22, SHOWN)
    ami.says[actions.PJSIPShowEndpoint] = NoSuch("PJSIPShowEndpoint", "Unable to retrieve")
    with pytest.raises(Missing):
        await group(ami).webrtc(endpoint="nobody")


@pytest.mark.parametrize("name", ["a b", "a\n", "-x", "x-", "$(id)", "a;b", "a/b", "a" * 300])
async def test_a_host_that_is_none(name: str):
    ami = Prints(STATUS_22, SHOWN)
    with pytest.raises(BadValue, match="name"):
        await group(ami).certificates(name=name)
    with pytest.raises(BadValue, match="endpoint"):
        await group(ami).webrtc(endpoint=f"{name} ")
    assert ami.asked == []
