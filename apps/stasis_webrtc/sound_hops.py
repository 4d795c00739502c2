"""The hops that sound takes: Asterisk's RTP ports with ICE, the dialplan behind them, and relays.

Asterisk calls the throw-away device, offers where its sound comes from, and that place is asked by
STUN, as a browser does it. The call is refused, so it never gets anywhere.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter

from stasis import StasisError
from stasis_webrtc import stun
from stasis_webrtc.examined import Examined, Hop
from stasis_webrtc.turn import IceServer, hosts, ice_servers

__all__ = ["dialplan", "relays", "sound"]

CANDIDATE = re.compile(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ", re.IGNORECASE)
ATTRIBUTE = re.compile(r"a=(ice-ufrag|ice-pwd|mid):(\S+)")
OPEN = "UDP rtpstart to rtpend of rtp.conf, to Asterisk"
# What the dialplan is asked for; any number would do.
DIALLED = "100"


async def sound(examined: Examined) -> Hop:
    """Whether Asterisk offers a place for sound, and answers there."""
    phone, ari, channel = examined.phone, examined.ari, f"doctor-{secrets.token_hex(6)}"
    assert phone is not None
    context = examined.config.context
    await ari.channels.originate_with_id(
        channel,
        endpoint=f"PJSIP/{examined.device}",
        context=context,
        extension=DIALLED,
        priority=1,
        timeout=10,
    )
    try:
        offer = await phone.request("INVITE")
        asked = f"DIALPLAN_EXISTS({context},{DIALLED},1)"
        found = await ari.channels.get_channel_var(channel, variable=asked)
        examined.in_dialplan = found.value == "1"
        try:
            return await reached(examined, offer.body, lambda sdp: phone.reply(offer, EARLY, sdp))
        finally:
            await phone.reply(offer, "486 Busy Here")
    except TimeoutError:
        fix = "Asterisk's log of this moment says why; pjsip set logger on"
        return Hop("sound", "failed", "Asterisk's call did not come", fix)
    finally:
        with suppress(StasisError):
            await ari.channels.hangup(channel)


EARLY = "183 Session Progress"
Answer = Callable[[str], Awaitable[None]]


async def reached(examined: Examined, sdp: str, answer: Answer) -> Hop:
    """Take Asterisk's offer, and ask at each place in it. answer: sends our side."""
    if "UDP/TLS/RTP/SAVPF" not in sdp or "a=fingerprint:" not in sdp:
        fix = "modules.conf: [modules] load = res_srtp.so; Asterisk's log says more"
        return Hop("sound", "failed", "Asterisk offers no encrypted sound", fix)
    places = CANDIDATE.findall(sdp)
    told = dict(ATTRIBUTE.findall(sdp))
    if not places or "ice-pwd" not in told:
        fix = "rtp.conf: [general] icesupport = yes"
        return Hop("sound", "failed", "Asterisk offers no ICE candidates", fix)
    silent = []
    for host, port in places:
        try:
            plain = await stun.connected(host, int(port))
        except OSError:  # of a kind that this machine has not
            silent.append(host)
            continue
        with plain:
            await answer(ours(plain, told["mid"]))
            begun = perf_counter()
            reply = await stun.asked(
                plain,
                stun.BINDING,
                {
                    stun.USERNAME: f"{told['ice-ufrag']}:doctor".encode(),
                    stun.PRIORITY: bytes(4),
                    stun.CONTROLLED: secrets.token_bytes(8),
                },
                told["ice-pwd"].encode(),
            )
        if reply is not None and reply.success:
            took = (perf_counter() - begun) * 1000
            return Hop("sound", "ok", f"{host}:{port} answers in {took:.1f} ms")
        silent.append(host)
    text = f"Asterisk offers {', '.join(silent)}; none answers from here"
    fix = f"open {OPEN}; behind NAT, rtp.conf: [general] stunaddr = HOST:PORT"
    return Hop("sound", "failed", text, fix)


def ours(plain: socket.socket, mid: str) -> str:
    """Our side of the sound: one place, at the end of a socket."""
    host, port = plain.getsockname()[:2]
    kind = "IP6" if plain.family == socket.AF_INET6 else "IP4"
    lines = (
        *("v=0", f"o=- 1 1 IN {kind} {host}", "s=-", f"c=IN {kind} {host}", "t=0 0"),
        f"a=group:BUNDLE {mid}",
        f"m=audio {port} UDP/TLS/RTP/SAVPF 0",
        *("a=rtpmap:0 PCMU/8000", f"a=mid:{mid}", "a=rtcp-mux", "a=sendrecv"),
        *("a=ice-ufrag:doctor", f"a=ice-pwd:{secrets.token_hex(16)}"),
        *("a=setup:active", f"a=fingerprint:sha-256 {':'.join(['00'] * 32)}"),
        f"a=candidate:1 1 UDP 2130706431 {host} {port} typ host",
    )
    return "\r\n".join(lines) + "\r\n"


async def dialplan(examined: Examined) -> Hop:
    """Whether what a device dials gets anywhere."""
    context = examined.config.context
    if examined.in_dialplan is None:
        return Hop("dialplan", "skipped", "not looked at: needs a call to the device")
    if examined.in_dialplan:
        return Hop("dialplan", "ok", f"[{context}] takes what is dialled")
    fix = (
        f"extensions.conf: [{context}] exten => _[+*#0-9a-zA-Z].,1,"
        f"Stasis({examined.config.app},dial,${{EXTEN}})"
    )
    return Hop("dialplan", "failed", f"nothing can be dialled in [{context}]", fix)


async def relays(examined: Examined) -> Hop:
    """Whether the STUN and TURN servers answer, and TURN takes our credentials."""
    servers = ice_servers(examined.config.turn_rules(), "doctor", datetime.now(UTC))
    if not servers:
        return Hop("turn", "skipped", "none configured: browsers and Asterisk reach each other")
    fine = []
    for server in servers:
        for scheme, host, port, transport in hosts(server.urls):
            place = f"{scheme}:{host}:{port}"
            if transport != "udp":
                continue  # the same server, most often, by another door
            if wrong := await relay(host, port, server):
                return Hop("turn", "failed", f"{place} {wrong[0]}", wrong[1])
            fine.append(place)
    if not fine:
        return Hop("turn", "skipped", "only over TCP and TLS, which is not looked at")
    return Hop("turn", "ok", f"{', '.join(fine)} work from here")


async def relay(host: str, port: int, server: IceServer) -> tuple[str, str] | None:
    """Ask a STUN or TURN server over UDP. Returns what is wrong and what mends it."""
    try:
        plain = await stun.connected(host, port)
    except OSError as error:
        return f"is no place: {error}", "is its name right in [plugin.webrtc] of stasis.toml?"
    with plain:
        if not server.username:
            reply = await stun.asked(plain, stun.BINDING, {})
            return None if reply is not None else SILENT
        wanted = {stun.TRANSPORT: stun.UDP}
        first = await stun.asked(plain, stun.ALLOCATE, wanted)
        if first is None:
            return SILENT
        realm, nonce = first.text(stun.REALM), first.text(stun.NONCE)
        known = {
            stun.USERNAME: server.username.encode(),
            stun.REALM: realm.encode(),
            stun.NONCE: nonce.encode(),
        }
        key = stun.long_term(server.username, realm, server.credential)
        reply = await stun.asked(plain, stun.ALLOCATE, wanted | known, key)
        if reply is not None and reply.success:
            # Give the relay back at once.
            await stun.asked(plain, stun.REFRESH, {stun.LIFETIME: bytes(4)} | known, key)
            return None
        code = f"{reply.code} {reply.reason}".strip() if reply else "no answer"
        return f"refuses our credentials: {code}", (
            "turnserver.conf: use-auth-secret, static-auth-secret = [plugin.webrtc] turn_secret of"
            " stasis.toml; are both clocks right?"
        )


SILENT = ("does not answer", "is it running, and UDP to its port open?")
