"""The hops from here to a call, in order: each looks at one thing and says how to mend it.

A hop that the next ones stand on stops the rest, which are then skipped. Nothing here changes
the server but one test channel, which is hung up again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

from stasis.ari import Ari, Version
from stasis.ari.events import ChannelUserevent, Event, StasisEnd, StasisStart
from stasis.ari.resource import Request, Response
from stasis.cli.ear import Ear
from stasis.cli.hop import Hop, State
from stasis.cli.modules import NEEDED, USEFUL
from stasis.config import DEFAULT_PASSWORD, AsteriskConfig
from stasis.errors import AriError, Forbidden, NotFound, StasisError
from stasis.owner import new_id
from stasis.section import Secret
from stasis.transport.http import Http

__all__ = ["HOPS", "Patient", "examine"]

E = TypeVar("E", bound=Event)

SECONDS = 5.0

SUPPORTED = range(16, 24)
# Versions that lock up under load from ARI alone, and what to take instead.
DEADLOCKS = (
    (Version(20, 17), Version(20, 19, 99), "20.20.1"),
    (Version(22, 9), Version(22, 9, 99), "22.10.1"),
)


class Patient:
    """What one examination knows so far.

    config: which Asterisk. extension: `EXTEN@CONTEXT` of the dialplan to look for, or empty.
    """

    def __init__(self, config: AsteriskConfig, extension: str = "") -> None:
        self.config = config
        self.extension = extension
        self.app = f"stasis-doctor-{os.getpid()}"
        self.http = Http(config)
        self.ari = Ari(self.http)
        self.ear = Ear(config, self.app)
        self.answer = Response(0)


Look: TypeAlias = Callable[[Patient], Awaitable[Hop]]


async def examine(patient: Patient) -> AsyncIterator[Hop]:
    """Each hop as it is looked at; after one that the rest stands on has failed, skipped ones."""
    broken = ""
    try:
        for name, look, stops in HOPS:
            if broken:
                yield Hop(name, "skipped", f"because of: {broken}")
                continue
            try:
                hop = await look(patient)
            except StasisError as error:
                hop = Hop(name, "failed", str(error), "see Asterisk's log of this moment")
            yield hop
            if hop.state == "failed" and stops:
                broken = name
    finally:
        await patient.ear.close()
        await patient.http.close()


async def tcp(patient: Patient) -> Hop:
    """Whether the port takes connections."""
    parts = urlsplit(patient.config.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    begun = perf_counter()
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        why = getattr(error, "strerror", "") or str(error) or f"no answer in {SECONDS:g} s"
        return Hop(
            "tcp",
            "failed",
            f"{parts.hostname}:{port}: {why}",
            f"start Asterisk; in http.conf: [general] enabled = yes, bindaddr = {parts.hostname},"
            f" bindport = {port}; or correct asterisk.url in stasis.toml",
        )
    took = since(begun)
    writer.close()
    return Hop("tcp", "ok", f"{parts.hostname}:{port} connects in {took}")


async def http(patient: Patient) -> Hop:
    """Whether an HTTP server answers there."""
    begun = perf_counter()
    try:
        request = Request("GET", "/asterisk/info", (("only", "system"),), seconds=SECONDS)
        patient.answer = await patient.http(request)
    except AriError as error:
        fix = "http.conf: [general] sessionlimit = 100 or more; is the port Asterisk's HTTP port?"
        return Hop("http", "failed", error.reason, fix)
    return Hop("http", "ok", f"answers {patient.answer.status} in {since(begun)}")


async def ari(patient: Patient) -> Hop:
    """Whether what answers is ARI."""
    status, kind = patient.answer.status, patient.answer.content_type
    prefix = urlsplit(patient.config.url).path or "/"
    if status == 503:
        return Hop("ari", "failed", "503: Asterisk is still starting", "try again in a moment")
    if status in (401, 403) or kind == "application/json":
        return Hop("ari", "ok", f"speaks ARI at {prefix}")
    fix = (
        "ari.conf: [general] enabled = yes; modules.conf: load = res_ari.so; asterisk.url in"
        " stasis.toml must end in /ari (with a `prefix` in http.conf before it)"
    )
    return Hop("ari", "failed", f"{status} {kind} at {prefix}: no ARI there", fix)


async def credentials(patient: Patient) -> Hop:
    """Whether user and password are right, and not the example's."""
    user = patient.config.username
    if patient.answer.status == 401:
        fix = (
            f"ari.conf: [{user}] type = user, password = …; the same in asterisk.username and"
            " STASIS_ASTERISK_PASSWORD (or asterisk.password in stasis.toml)"
        )
        return Hop("credentials", "failed", f"401: user {user!r} or its password is wrong", fix)
    if patient.answer.status == 403:
        fix = f"ari.conf: [{user}] permit = the address of this machine"
        return Hop("credentials", "failed", "403: an ACL refuses this address", fix)
    if patient.config.password == Secret(DEFAULT_PASSWORD):
        fix = f"ari.conf: [{user}] password = a long random one; STASIS_ASTERISK_PASSWORD the same"
        return Hop("credentials", "warning", f"user {user!r} has the example's password", fix)
    return Hop("credentials", "ok", f"user {user!r} is let in")


async def writing(patient: Patient) -> Hop:
    """Whether the user may do more than read. The request is for an application nobody has."""
    try:
        await patient.ari.events.user_event("stasis-doctor", application=f"{patient.app}-none")
    except Forbidden:
        user = patient.config.username
        return Hop("writing", "failed", "403: the user may only read", f"ari.conf: [{user}] read_only = no")
    except NotFound:
        pass
    return Hop("writing", "ok", "the user may write")


async def version(patient: Patient) -> Hop:
    """Whether the version is one that stasis knows, and not one with known faults."""
    info = await patient.ari.asterisk.get_info(only=["system"])
    told = info.system.version if info.system else ""
    found = Version.parse(told)
    patient.ari.version = found
    if found is None:
        return Hop("version", "warning", f"{told!r}: a version without a number; not checked")
    if found.major not in SUPPORTED:
        fix = f"use Asterisk {SUPPORTED[0]} to {SUPPORTED[-1]}; 22 is best tested"
        state: State = "failed" if found.major < SUPPORTED[0] else "warning"
        return Hop("version", state, f"Asterisk {found}: not supported", fix)
    for first, last, better in DEADLOCKS:
        if first <= found <= last:
            return Hop("version", "warning", f"Asterisk {found} can lock up under load", f"take {better}")
    if found < Version(18, 12, 1):
        text = f"Asterisk {found}: works, and gets no more fixes"
        return Hop("version", "warning", text, "plan an update; 22 is the long-term release")
    return Hop("version", "ok", f"Asterisk {found}")


async def modules(patient: Patient) -> Hop:
    """Whether the modules run that calls need."""
    listed = await patient.ari.asterisk.list_modules()
    running = {each.name for each in listed if each.status == "Running"}
    missing = [name for name in NEEDED if name not in running]
    useful = [name for name in USEFUL if name not in running]
    fix = "modules.conf: [modules] " + ", ".join(f"load = {name}" for name in missing or useful)
    if missing:
        return Hop("modules", "failed", f"not running: {', '.join(missing)}", fix)
    if useful:
        told = ", ".join(f"{name} ({USEFUL[name]})" for name in useful)
        return Hop("modules", "warning", f"not running: {told}", fix)
    return Hop("modules", "ok", f"{len(NEEDED) + len(USEFUL)} needed ones of {len(running)} run")


async def websocket(patient: Patient) -> Hop:
    """Whether the event WebSocket opens."""
    begun = perf_counter()
    try:
        await patient.ear.open()
    except AriError as error:
        fix = "modules.conf: load = res_http_websocket.so, load = res_ari_events.so"
        return Hop("websocket", "failed", error.reason, fix)
    return Hop("websocket", "ok", f"opens in {since(begun)}")


async def application(patient: Patient) -> Hop:
    """Whether Asterisk knows the application that the WebSocket has registered."""
    try:
        await patient.ari.applications.get(patient.app)
    except NotFound:
        fix = "modules.conf: load = res_stasis.so; does something end WebSockets on the way?"
        return Hop("application", "failed", f"{patient.app} is not registered", fix)
    return Hop("application", "ok", f"{patient.app} is registered")


async def events(patient: Patient) -> Hop:
    """Whether an event of our own comes back through the socket."""
    begun = perf_counter()
    await patient.ari.events.user_event("stasis-doctor", application=patient.app)
    if await patient.ear.heard(ChannelUserevent, SECONDS) is None:
        fix = "does something hold back WebSocket frames on the way? A proxy must not buffer"
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
        if await patient.ear.heard(StasisStart, SECONDS) is None:
            fix = "modules.conf: load = app_stasis.so, load = res_stasis.so"
            return Hop("call", "failed", f"no StasisStart within {SECONDS:g} s", fix)
        entered = since(begun)
        found = await dialplan_has(patient, channel_id)
        begun = perf_counter()
    finally:
        await hang_up(patient, channel_id)
    if await patient.ear.heard(StasisEnd, SECONDS) is None:
        return Hop("call", "failed", f"no StasisEnd within {SECONDS:g} s", "see Asterisk's log")
    patient.found = found
    return Hop("call", "ok", f"a test channel enters in {entered}, leaves in {since(begun)}")


async def dialplan(patient: Patient) -> Hop:
    """Whether the dialplan has the extension that calls are to come in by."""
    ...
