"""The hops from a browser to its first call, in order: each looks at one thing and says what
mends it.

A hop that the next ones stand on stops the rest, which are then skipped. Nothing here changes the
server but one throw-away device, which is removed again.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import TypeAlias

from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from stasis import StasisError
from stasis_webrtc.examined import Examined, Hop
from stasis_webrtc.provision import ProvisionError
from stasis_webrtc.sound_hops import dialplan, relays, sound

__all__ = ["HOPS", "examine"]

Look: TypeAlias = Callable[[Examined], Awaitable[Hop]]

SECONDS = 5.0
SOON_DAYS = 14
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What browsers need, beside what stasis itself does.
NEEDED = (
    "res_http_websocket.so",
    "res_pjsip.so",
    "res_pjsip_authenticator_digest.so",
    "res_pjsip_endpoint_identifier_user.so",
    "res_pjsip_registrar.so",
    "res_pjsip_sdp_rtp.so",
    "res_pjsip_session.so",
    "res_pjsip_transport_websocket.so",
    "res_rtp_asterisk.so",
    "res_sorcery_config.so",
    "res_sorcery_memory.so",
    "res_srtp.so",
)


async def examine(examined: Examined) -> AsyncIterator[Hop]:
    """Each hop as it is looked at; the throw-away device is gone afterwards."""
    broken = ""
    try:
        for name, look, stops in HOPS:
            if broken:
                yield Hop(name, "skipped", f"needs {broken}")
                continue
            try:
                hop = await look(examined)
            except (StasisError, OSError, WebSocketException) as error:
                why = str(error) or type(error).__name__
                hop = Hop(name, "failed", why, "Asterisk's log of this moment says more")
            yield hop
            if hop.state == "failed" and stops:
                broken = name
    finally:
        if examined.phone is not None:
            await examined.phone.__aexit__(None, None, None)
        try:
            await examined.devices.remove(examined.device)
        except StasisError:
            pass  # it was never there, or Asterisk is not


async def http(examined: Examined) -> Hop:
    """Whether the port of the WebSocket takes connections."""
    place = f"{examined.host}:{examined.port}"
    begun = perf_counter()
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(examined.host, examined.port)
    except TimeoutError:
        why = f"no answer within {SECONDS:g} s; a firewall?"
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    else:
        took = since(begun)
        writer.close()
        return Hop("http", "ok", f"{place} connects in {took}")
    lines = ", ".join(f"{name} = {value}" for name, value in examined.listening().items())
    fix = f"http.conf: [general] {lines}; or is [plugin.webrtc] websocket wrong in stasis.toml?"
    return Hop("http", "failed", f"{place}: {why}", fix)


async def certificate(examined: Examined) -> Hop:
    """Whether a browser would trust the certificate, under this name."""
    if not examined.secure:
        if examined.host in LOOPBACK:
            return Hop("certificate", "skipped", "plain ws, which browsers take on loopback")
        return Hop(
            "certificate",
            "warning",
            f"plain ws to {examined.host}: everybody on the way reads it, and a page that came"
            " over https may not open it",
            'stasis.toml: [plugin.webrtc] websocket = "wss://…"; `stasis webrtc setup` makes the'
            " certificate",
        )
    begun = perf_counter()
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(
                examined.host, examined.port, ssl=examined.trust(), server_hostname=examined.host
            )
    except ssl.SSLCertVerificationError as error:
        return Hop("certificate", "failed", error.verify_message, distrust(error, examined))
    except (ssl.SSLError, ConnectionError) as error:
        fix = "http.conf: [general] tlsenable = yes; is this the port of tlsbindaddr?"
        return Hop("certificate", "failed", f"no TLS: {error}", fix)
    took = since(begun)
    shown = writer.get_extra_info("peercert")
    writer.close()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    days = (ends - datetime.now(UTC)).days
    if days < SOON_DAYS:
        fix = "renew tlscertfile and tlsprivatekey of http.conf, then: module reload http"
        return Hop("certificate", "warning", f"ends in {days} days", fix)
    text = f"trusted for {examined.host}, {days} days to go, TLS in {took}"
    return Hop("certificate", "ok", text)


def distrust(error: ssl.SSLCertVerificationError, examined: Examined) -> str:
    """What mends a certificate that is not trusted, by OpenSSL's code of the error."""
    if error.verify_code in (62, 64):  # another host name, another address
        return (
            f"http.conf: [general] tlscertfile: a certificate for {examined.host};"
            f" stasis webrtc setup --host {examined.host}"
        )
    if error.verify_code == 10:
        return "it has run out: renew tlscertfile and tlsprivatekey of http.conf"
    return (
        "http.conf: [general] tlscertfile: with all certificates up to the authority;"
        " a development authority is named by --authority ca.pem, and installed in browsers"
    )


async def websocket(examined: Examined) -> Hop:
    """Whether a WebSocket opens that speaks SIP."""
    phone = examined.socket(examined.secret)
    begun = perf_counter()
    try:
        await phone.__aenter__()
    except InvalidStatus as error:
        status = error.response.status_code
        return Hop("websocket", "failed", f"HTTP {status} instead of a WebSocket", refused(status))
    except (InvalidHandshake, TimeoutError) as error:
        fix = "does a proxy on the way let WebSockets through, and the subprotocol sip?"
        return Hop("websocket", "failed", str(error) or "no answer", fix)
    examined.phone = phone
    return Hop("websocket", "ok", f"{examined.config.websocket} opens in {since(begun)}, as sip")


def refused(status: int) -> str:
    """What mends a refused upgrade."""
    if status == 404:
        return (
            "modules.conf: [modules] load = res_http_websocket.so; the path is /ws, behind"
            " the prefix of http.conf"
        )
    if status == 400:
        return "modules.conf: [modules] load = res_pjsip_transport_websocket.so"
    return "is this Asterisk's HTTP server, or a proxy in front of it?"


async def ari(examined: Examined) -> Hop:
    """Whether ARI answers, which makes the devices."""
    info = await examined.ari.asterisk.get_info(only="system")
    return Hop("ari", "ok", f"Asterisk {info.system.version if info.system else '?'}")


async def modules(examined: Examined) -> Hop:
    """Whether the modules run that browsers need."""
    listed = await examined.ari.asterisk.list_modules()
    examined.modules = frozenset(each.name for each in listed if each.status == "Running")
    missing = [name for name in NEEDED if name not in examined.modules]
    if missing:
        fix = "modules.conf: [modules] " + ", ".join(f"load = {name}" for name in missing)
        return Hop("modules", "failed", f"not running: {', '.join(missing)}", fix)
    opus = any(name.startswith("codec_opus") for name in examined.modules)
    if "opus" in examined.config.codecs and not opus:
        text = "Asterisk cannot turn opus into anything: devices do without it"
        fix = "install the module codec_opus, for better sound; or let it be"
        return Hop("modules", "warning", text, fix)
    return Hop("modules", "ok", f"all {len(NEEDED)} that browsers need are running")


async def device(examined: Examined) -> Hop:
    """Whether a device can be made while Asterisk runs."""
    begun = perf_counter()
    try:
        await examined.devices.provision(
            examined.device, examined.secret, caller='"stasis doctor" <doctor>'
        )
    except ProvisionError as error:
        why, _, fix = str(error).partition("): ")
        return Hop("device", "failed", f"{why})", fix)
    took = since(begun)
    listed = await examined.ari.endpoints.list_by_tech("PJSIP")
    if examined.device not in {each.resource for each in listed}:
        fix = "sorcery.conf: [res_pjsip] endpoint = memory, once, and restart Asterisk"
        return Hop("device", "failed", "made, but Asterisk does not list it", fix)
    return Hop("device", "ok", f"{examined.device} is made in {took}")


async def register(examined: Examined) -> Hop:
    """Whether it registers with its secret, and with no other."""
    assert examined.phone is not None
    async with examined.socket("wrong") as stranger:
        if await stranger.register() == 200:
            fix = "modules.conf: [modules] load = res_pjsip_authenticator_digest.so"
            return Hop("register", "failed", "a wrong secret is taken", fix)
    begun = perf_counter()
    try:
        status = await examined.phone.register()
    except TimeoutError:
        return Hop("register", "failed", f"no answer within {SECONDS:g} s", "pjsip set logger on")
    if status == 200:
        return Hop("register", "ok", f"the secret is taken in {since(begun)}, another is refused")
    fixes = {
        401: "does something on the way change SIP, or is the server's clock jumping?",
        403: "pjsip.conf: [global] endpoint_identifier_order = username,auth_username,ip,anonymous",
        404: "pjsip.conf: [global] endpoint_identifier_order = username,auth_username,ip,anonymous",
        501: "modules.conf: [modules] load = res_pjsip_registrar.so",
    }
    fix = fixes.get(status, "Asterisk's log of this moment says more")
    return Hop("register", "failed", f"REGISTER is answered {status}", fix)


async def removal(examined: Examined) -> Hop:
    """Whether a removed device is gone at once, also on the socket that it has."""
    assert examined.phone is not None
    await examined.devices.remove(examined.device)
    if await examined.phone.register() == 200:
        fix = "report it with Asterisk's version: its sessions would not end"
        return Hop("removal", "failed", "a removed device still registers", fix)
    return Hop("removal", "ok", "the device is gone, also on its open socket")


def since(begun: float) -> str:
    """The time since a `perf_counter`, for reading."""
    return f"{(perf_counter() - begun) * 1000:.1f} ms"


# Name, what to look at, and whether the rest makes no sense when it has failed.
HOPS: tuple[tuple[str, Look, bool], ...] = (
    ("http", http, True),
    ("certificate", certificate, True),
    ("websocket", websocket, True),
    ("ari", ari, True),
    ("modules", modules, False),
    ("device", device, True),
    ("register", register, True),
    ("sound", sound, False),
    ("dialplan", dialplan, False),
    ("removal", removal, False),
    ("turn", relays, False),
)
