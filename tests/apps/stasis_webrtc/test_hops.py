"""What the doctor finds on real servers: nothing where nothing is wrong, else the line to change."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stasis_webrtc.authority import Authority
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.examined import Examined, Hop
from stasis_webrtc.hops import HOPS, examine

from stasis.lab.lab import Lab
from tests.apps.stasis_webrtc.real import ari_of, websocket_of

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

NAMES = [name for name, _, _ in HOPS]


async def found(lab: Lab, config: WebrtcConfig, authority: Path | None = None) -> dict[str, Hop]:
    """What the doctor finds, by the hop's name; and nothing is left of its device."""
    async with ari_of(lab) as ari:
        examined = Examined(ari, config, authority)
        hops = {hop.name: hop async for hop in examine(examined)}
    assert list(hops) == NAMES
    assert examined.device not in await asyncio.to_thread(lab.cli, "pjsip show endpoints")
    assert examined.device not in await asyncio.to_thread(lab.cli, "pjsip show auths")
    return hops


def failed(hops: dict[str, Hop]) -> dict[str, str]:
    """What mends each hop that failed."""
    return {hop.name: hop.fix for hop in hops.values() if hop.state == "failed"}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A development authority of its own."""
    return Authority.open(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def own() -> Iterator[Lab]:
    """A lab of our own, to break."""
    lab = Lab.up("22", f"webrtc-doctor-{os.getpid()}")
    try:
        yield lab
    finally:
        lab.down()


@pytest.mark.parametrize("version", ["22", "16"])
class TestHealthy:
    async def test_over_ws(self, labs: dict[str, Lab], version: str):
        lab = labs[version]
        hops = await found(lab, WebrtcConfig(websocket=websocket_of(lab)))
        assert failed(hops) == {}
        skipped = {hop.name for hop in hops.values() if hop.state == "skipped"}
        assert skipped == {"certificate", "turn"}
        assert (hops["modules"].state == "warning") == (version == "16"), "it has no codec_opus"

    async def test_over_wss(self, labs: dict[str, Lab], version: str, authority: Authority):
        lab = labs[version]
        config = await secured(lab, authority)
        hops = await found(lab, config, authority.folder / "ca.pem")
        assert failed(hops) == {}
        assert hops["certificate"].state == "ok" and "89 days" in hops["certificate"].text


async def secured(lab: Lab, authority: Authority, *hosts: str) -> WebrtcConfig:
    """Have a lab show a certificate. Returns a configuration of its wss."""
    chain, key = authority.signed(hosts or ["127.0.0.1"])
    await asyncio.to_thread(lab.secure, chain.decode(), key.decode())
    return WebrtcConfig(websocket=f"wss://127.0.0.1:{lab.https_port}/ws")


class TestTheWayThere:
    async def test_nobody_listens(self, labs: dict[str, Lab]):
        hops = await found(labs["22"], WebrtcConfig(websocket="ws://127.0.0.1:9/ws"))
        assert failed(hops) == {"http": hops["http"].fix}
        assert "http.conf: [general] enabled = yes, bindaddr = 127.0.0.1, bindport = 9" in (
            hops["http"].fix
        )
        assert all(hop.text == "needs http" for hop in list(hops.values())[1:])

    async def test_nobody_listens_for_tls(self, labs: dict[str, Lab]):
        hops = await found(labs["22"], WebrtcConfig(websocket="wss://127.0.0.1:9/ws"))
        assert "tlsenable = yes, tlsbindaddr = 0.0.0.0:9, tlscertfile" in hops["http"].fix

    async def test_the_port_speaks_no_tls(self, labs: dict[str, Lab]):
        config = WebrtcConfig(websocket=f"wss://127.0.0.1:{labs['22'].http_port}/ws")
        hops = await found(labs["22"], config)
        assert "tlsbindaddr" in failed(hops)["certificate"]

    async def test_an_authority_that_is_not_trusted(
        self, labs: dict[str, Lab], authority: Authority
    ):
        hops = await found(labs["22"], await secured(labs["22"], authority))
        assert "--authority ca.pem" in failed(hops)["certificate"]

    async def test_a_certificate_for_another_host(self, labs: dict[str, Lab], authority: Authority):
        config = await secured(labs["22"], authority, "other.example.org")
        hops = await found(labs["22"], config, authority.folder / "ca.pem")
        assert "stasis webrtc setup --host 127.0.0.1" in failed(hops)["certificate"]

    async def test_another_path(self, labs: dict[str, Lab]):
        config = WebrtcConfig(websocket=websocket_of(labs["22"]) + "s")
        hops = await found(labs["22"], config)
        assert "the path is /ws" in failed(hops)["websocket"]

    async def test_a_context_that_is_not_there(self, labs: dict[str, Lab]):
        config = WebrtcConfig(websocket=websocket_of(labs["22"]), context="nowhere")
        hops = await found(labs["22"], config)
        assert list(failed(hops)) == ["dialplan"]
        assert "extensions.conf: [nowhere] exten =>" in hops["dialplan"].fix

    async def test_a_codec_that_asterisk_has_not(self, labs: dict[str, Lab]):
        config = WebrtcConfig(websocket=websocket_of(labs["22"]), codecs=["klingon"])
        hops = await found(labs["22"], config)
        assert "[plugin.webrtc] codecs" in failed(hops)["device"]
        assert hops["sound"].text == "needs device"


class TestBrokenServer:
    """Each fault by itself."""

    @pytest.mark.parametrize(
        ("file", "change", "hop", "told"),
        [
            (
                "sorcery.conf",
                lambda text: "",
                "device",
                "sorcery.conf: [res_pjsip] auth = memory, after the line auth = config,",
            ),
            (
                "sorcery.conf",
                lambda text: text.replace("endpoint = memory", ""),
                "device",
                "sorcery.conf: [res_pjsip] endpoint = memory",
            ),
            (
                "rtp.conf",
                lambda text: text.replace("icesupport = yes", "icesupport = no"),
                "sound",
                "rtp.conf: [general] icesupport = yes",
            ),
            (
                "modules.conf",
                lambda text: text + "noload = res_pjsip_transport_websocket.so\n",
                "websocket",
                "load = res_pjsip_transport_websocket.so",
            ),
            (
                "modules.conf",
                lambda text: text + "noload = res_pjsip_authenticator_digest.so\n",
                "register",
                "load = res_pjsip_authenticator_digest.so",
            ),
            (
                "modules.conf",
                lambda text: text + "noload = res_pjsip_registrar.so\n",
                "register",
                "load = res_pjsip_registrar.so",
            ),
            (
                "modules.conf",
                lambda text: text + "noload = res_srtp.so\n",
                "modules",
                "modules.conf: [modules] load = res_srtp.so",
            ),
            (
                "pjsip.conf",
                lambda text: text.replace(
                    "endpoint_identifier_order = username,auth_username,ip", ""
                ),
                "register",
                "endpoint_identifier_order = username,auth_username,ip,anonymous",
            ),
        ],
    )
    async def test_the_line_that_mends_it_is_named(
        self, own: Lab, file: str, change: Callable[[str], str], hop: str, told: str
    ):
        before = (own.etc / file).read_text("utf-8")
        own.write(file, change(before))
        await asyncio.to_thread(own.restart)
        own.write(file, before)  # counts from the next restart on
        hops = await found(own, WebrtcConfig(websocket=websocket_of(own)))
        assert told in failed(hops)[hop]

    async def test_and_with_it_nothing_is_wrong(self, own: Lab):
        await asyncio.to_thread(own.restart)
        assert failed(await found(own, WebrtcConfig(websocket=websocket_of(own)))) == {}
