"""The hops from here to a call, in order: each looks at one thing and says how to mend it.

A hop that the next ones stand on stops the rest, which are then skipped. Nothing here changes
the server but one test channel, which is hung up again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import TypeAlias

from stasis.ari import Version
from stasis.ari.events import ChannelUserevent, StasisEnd, StasisStart
from stasis.cli.hop import Hop
from stasis.cli.patient import Patient
from stasis.cli.reach import SECONDS, ari, credentials, http, since, tcp, writing
from stasis.cli.reach_ami import ami, ami_classes, ami_login
from stasis.errors import AriError, NotFound, StasisError
from stasis.owner import new_id

__all__ = ["AMI_HOPS", "HOPS", "examine"]

Look: TypeAlias = Callable[[Patient], Awaitable[Hop]]

OLDEST, NEWEST = 16, 23
# Versions that lock up under load from ARI alone, and what to take instead.
LOCKING = (
    (Version(20, 17), Version(20, 20), "20.20.1"),
    (Version(22, 9), Version(22, 10), "22.10.1"),
)
# No call without these.
NEEDED = (
    "app_stasis.so",
    "bridge_simple.so",
    "bridge_softmix.so",
    "res_ari.so",
    "res_ari_applications.so",
    "res_ari_asterisk.so",
    "res_ari_bridges.so",
    "res_ari_channels.so",
    "res_ari_events.so",
    "res_ari_playbacks.so",
    "res_ari_recordings.so",
    "res_http_websocket.so",
    "res_stasis.so",
    "res_stasis_answer.so",
    "res_stasis_playback.so",
    "res_stasis_recording.so",
    "res_stasis_snoop.so",
)
# Something that most want is missing without these: what.
USEFUL = {
    "bridge_holding.so": "waiting rooms",
    "chan_pjsip.so": "SIP phones",
    "chan_rtp.so": "external media",
    "pbx_config.so": "extensions.conf",
    "res_ari_device_states.so": "device states",
    "res_ari_endpoints.so": "endpoints",
    "res_ari_sounds.so": "sounds for `stasis check`",
    "res_pjsip.so": "SIP phones",
    "res_pjsip_session.so": "SIP phones",
}


async def examine(patient: Patient) -> AsyncIterator[Hop]:
    """Each hop as it is looked at. Those of AMI stand on no other, and are left out without it."""
    for way in (HOPS, AMI_HOPS if patient.config.ami.username else ()):
        broken = ""
        for name, look, stops in way:
            if broken:
                yield Hop(name, "skipped", f"needs {broken}")
                continue
            try:
                hop = await look(patient)
            except StasisError as error:
                hop = Hop(name, "failed", str(error), "Asterisk's log of this moment says more")
            yield hop
            if hop.state == "failed" and stops:
                broken = name


async def version(patient: Patient) -> Hop:
    """Whether the version is one that stasis knows, without known faults."""
    info = await patient.ari.asterisk.get_info(only=["system"])
    told = info.system.version if info.system else ""
    patient.ari.version = Version.parse(told)
    return judged(told)


def judged(told: str) -> Hop:
    """What a version means. told: in Asterisk's words."""
    found = Version.parse(told)
    if found is None:
        return Hop("version", "warning", f"{told!r} has no number; nothing is known of it")
    fix = f"take Asterisk {OLDEST} to {NEWEST}; 22 is tested best"
    if found.major < OLDEST:
        return Hop("version", "failed", f"Asterisk {found} is too old", fix)
    if found.major > NEWEST:
        return Hop("version", "warning", f"Asterisk {found} is newer than what was tested", fix)
    for first, mended, better in LOCKING:
        if first <= found < mended:
            text = f"Asterisk {found} can lock up under load"
            return Hop("version", "warning", text, f"update to {better}")
    if found < Version(18, 12, 1):
        text = f"Asterisk {found} works, and gets no more fixes"
        return Hop("version", "warning", text, "plan an update; 22 has long-term support")
    return Hop("version", "ok", f"Asterisk {found}")


async def modules(patient: Patient) -> Hop:
    """Whether the modules run that calls need."""
    listed = await patient.ari.asterisk.list_modules()
    return compared({each.name for each in listed if each.status == "Running"})


def compared(running: set[str]) -> Hop:
    """What is missing. running: file names of modules."""
    missing = [name for name in NEEDED if name not in running]
    useful = [name for name in USEFUL if name not in running]
    fix = "modules.conf: [modules] " + ", ".join(f"load = {name}" for name in missing or useful)
    if missing:
        return Hop("modules", "failed", f"not running: {', '.join(missing)}", fix)
    if useful:
        told = ", ".join(f"{name} ({USEFUL[name]})" for name in useful)
        return Hop("modules", "warning", f"not running: {told}", fix)
    return Hop("modules", "ok", f"all {len(NEEDED) + len(USEFUL)} that calls need are running")


async def websocket(patient: Patient) -> Hop:
    """Whether the event WebSocket opens."""
    begun = perf_counter()
    try:
        await patient.open()
    except AriError as error:
        fix = "modules.conf: [modules] load = res_http_websocket.so, load = res_ari_events.so"
        return Hop("websocket", "failed", error.reason, fix)
    return Hop("websocket", "ok", f"opens in {since(begun)}")


async def application(patient: Patient) -> Hop:
    """Whether Asterisk knows the application that the WebSocket has registered."""
    try:
        await patient.ari.applications.get(patient.app)
    except NotFound:
        fix = "modules.conf: [modules] load = res_stasis.so; does a proxy end the WebSocket?"
        return Hop("application", "failed", f"{patient.app} is not registered", fix)
    return Hop("application", "ok", f"{patient.app} is registered")


async def events(patient: Patient) -> Hop:
    """Whether an event of our own comes back through the socket."""
    begun = perf_counter()
    await patient.ari.events.user_event("stasis-doctor", application=patient.app)
    if await patient.heard(ChannelUserevent, SECONDS) is None:
        fix = "does a proxy hold back WebSocket frames? Asterisk's log says more"
        return Hop("events", "failed", f"a user event did not come within {SECONDS:g} s", fix)
    return Hop("events", "ok", f"a user event comes back in {since(begun)}")


async def call(patient: Patient) -> Hop:
    """Whether a channel enters the application and leaves it. It needs no dialplan."""
    channel_id = new_id("doctor")
    begun = perf_counter()
    try:
        await patient.ari.channels.create(
            endpoint="Local/s@stasis-doctor/n", app=patient.app, channel_id=channel_id
        )
        if await patient.heard(StasisStart, SECONDS) is None:
            fix = "modules.conf: [modules] load = app_stasis.so, load = res_stasis.so"
            return Hop("call", "failed", f"no StasisStart within {SECONDS:g} s", fix)
        entered = since(begun)
        if patient.extension:
            extension, _, context = patient.extension.partition("@")
            asked = f"DIALPLAN_EXISTS({context or 'default'},{extension},1)"
            answer = await patient.ari.channels.get_channel_var(channel_id, variable=asked)
            patient.in_dialplan = answer.value == "1"
    finally:
        begun = perf_counter()
        try:
            await patient.ari.channels.hangup(channel_id)
        except NotFound:
            pass
    if await patient.heard(StasisEnd, SECONDS) is None:
        return Hop("call", "failed", f"no StasisEnd within {SECONDS:g} s of the hangup")
    return Hop("call", "ok", f"a test channel enters in {entered} and leaves in {since(begun)}")


async def dialplan(patient: Patient) -> Hop:
    """Whether the dialplan has the extension by which calls are to come in."""
    extension, _, context = patient.extension.partition("@")
    if not extension:
        text = "not looked at; name an extension: --extension 8000@default"
        return Hop("dialplan", "skipped", text, "extensions.conf: exten => 8000,1,Stasis(APP)")
    if patient.in_dialplan:
        return Hop("dialplan", "ok", f"{extension} is in the context {context or 'default'}")
    fix = f"extensions.conf: [{context or 'default'}] exten => {extension},1,Stasis(APP)"
    return Hop("dialplan", "failed", f"{patient.extension} is not in the dialplan", fix)


# Name, what to look at, and whether the rest makes no sense when it has failed.
HOPS: tuple[tuple[str, Look, bool], ...] = (
    ("tcp", tcp, True),
    ("http", http, True),
    ("ari", ari, True),
    ("credentials", credentials, True),
    ("writing", writing, True),
    ("version", version, False),
    ("modules", modules, False),
    ("websocket", websocket, True),
    ("application", application, True),
    ("events", events, False),
    ("call", call, True),
    ("dialplan", dialplan, False),
)
# The same of the manager interface, where a user of it is configured.
AMI_HOPS: tuple[tuple[str, Look, bool], ...] = (
    ("ami", ami, True),
    ("ami-login", ami_login, True),
    ("ami-classes", ami_classes, False),
)
