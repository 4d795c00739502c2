"""The hops to ARI: the port, HTTP, the prefix, the user, and what the user may."""

from __future__ import annotations

import asyncio
import os
from time import perf_counter
from urllib.parse import urlsplit

from stasis.ari import Request
from stasis.cli.hop import Hop
from stasis.cli.patient import Patient
from stasis.config import DEFAULT_PASSWORD
from stasis.errors import AriError, Forbidden, NotFound
from stasis.section import Secret

__all__ = ["ari", "credentials", "http", "since", "tcp", "writing"]

SECONDS = 5.0


def since(begun: float) -> str:
    """The time since a `perf_counter`, for reading."""
    return f"{(perf_counter() - begun) * 1000:.1f} ms"


async def tcp(patient: Patient) -> Hop:
    """Whether the port takes connections."""
    parts = urlsplit(patient.config.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    begun = perf_counter()
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except TimeoutError:
        why = f"no answer within {SECONDS:g} s; a firewall?"
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
    else:
        took = since(begun)
        writer.close()
        return Hop("tcp", "ok", f"{parts.hostname}:{port} connects in {took}")
    return Hop(
        "tcp",
        "failed",
        f"{parts.hostname}:{port}: {why}",
        "is asterisk.url in stasis.toml right? then start Asterisk; http.conf: [general]"
        f" enabled = yes, bindaddr = {parts.hostname}, bindport = {port}",
    )


async def http(patient: Patient) -> Hop:
    """Whether an HTTP server answers there."""
    request = Request("GET", "/asterisk/info", (("only", "system"),), seconds=SECONDS)
    begun = perf_counter()
    try:
        patient.answer = await patient.http(request)
    except AriError as error:
        fix = "http.conf: [general] sessionlimit = 100; is this Asterisk's HTTP port?"
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
    return Hop(
        "ari",
        "failed",
        f"no ARI at {prefix}: {status} {kind}",
        "ari.conf: [general] enabled = yes; modules.conf: load = res_ari.so; stasis.toml:"
        " asterisk.url ends in /ari, after the `prefix` of http.conf if it has one",
    )


async def credentials(patient: Patient) -> Hop:
    """Whether user and password are right, and not the example's."""
    user = patient.config.username
    if patient.answer.status == 401:
        fix = (
            f"ari.conf: [{user}] type = user, password = …; the same as asterisk.username and"
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
    """Whether the user may do more than read. Asked for an application that nobody has."""
    try:
        await patient.ari.events.user_event("stasis-doctor", application=f"{patient.app}-none")
    except Forbidden:
        fix = f"ari.conf: [{patient.config.username}] read_only = no"
        return Hop("writing", "failed", "403: the user may only read", fix)
    except NotFound:
        pass
    return Hop("writing", "ok", "the user may write")
