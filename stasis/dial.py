"""Dialling one endpoint or many for a caller: what is sent. What comes back: `dialling.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from stasis.ari.channels import Channel as Snapshot
from stasis.dialling import Attempt, Dialling, DialResult
from stasis.dialstatus import DialStatus
from stasis.errors import ChannelGone, WaitTimeout
from stasis.outgoing import checked_endpoint

if TYPE_CHECKING:
    from stasis.channel import Channel

__all__ = ["DialResult", "DialStatus", "Dialling", "dial", "identity"]

# How long a channel that was created may take to enter Stasis.
ENTER_SECONDS = 5.0


async def dial(
    channel: Channel,
    *endpoints: str,
    timeout: int = 30,
    caller_id: str | None = None,
    variables: Mapping[str, str] | None = None,
    variables_of: Mapping[str, Mapping[str, str]] | None = None,
    args: str | None = None,
    early_media: bool = False,
    ring: bool = True,
    music: str | None = None,
) -> Dialling:
    """Ring endpoints for a caller; the first that answers wins, the others are hung up.

    endpoints: such as `PJSIP/alice`; all ring at once. timeout: seconds to ring. caller_id:
    what they see, `"Name" <number>`; None shows the caller's own, an empty text none.
    variables: channel variables of the dialled channels, such as SIP headers:
    `{"PJSIP_HEADER(add,X-Ticket)": "7"}`. variables_of: further ones of some endpoints, by the
    endpoint. args: of their StasisStart.
    early_media: let the caller hear the one endpoint before it answers, through a bridge; for a
    single endpoint. ring: let the caller hear ringing meanwhile. music: a class of
    musiconhold.conf to hear instead (an empty text takes the default); needs an answered caller.

    Returns once all are being rung; await its `answered()` for the outcome, then `connect()`.
    It belongs to the state: leaving the state while it rings hangs them up. An endpoint that
    cannot be reached counts as `CHANUNAVAIL` and does not stop the others.
    Raises ValueError without endpoints or with several for early media, InvalidRequest for an
    endpoint's spelling, ChannelGone when the caller has left.
    ARI: POST /channels/{channelId} for each; with early media POST /channels/create,
    /bridges/{bridgeId}/addChannel and /channels/{channelId}/dial; POST /channels/{channelId}/ring.
    """
    if not endpoints:
        raise ValueError("dial: name at least one endpoint")
    if early_media and len(endpoints) > 1:
        raise ValueError("dial: early media is of one endpoint; the caller can hear only one")
    if unknown := set(variables_of or {}) - set(endpoints):
        raise ValueError(f"dial: variables of {min(unknown)!r}, which is not dialled")
    if timeout < 1:
        raise ValueError(f"dial: timeout must be at least 1 second, not {timeout}")
    for endpoint in endpoints:
        checked_endpoint(endpoint)
    if caller_id is None:
        caller_id = identity(channel.caller_name, channel.caller_number)
    dialling = Dialling(channel, endpoints, timeout, early_media)
    try:
        if not early_media:
            await dialling.sound(ring, music)
        for attempt in dialling.attempts:
            own = {**(variables or {}), **(variables_of or {}).get(attempt.endpoint, {})} or None
            if early_media:
                work = created(dialling, attempt, channel, timeout, caller_id, own, args)
            else:
                work = originated(dialling, attempt, channel, timeout, caller_id, own, args)
            dialling.begin(attempt, work)
        await dialling.sent()
    except asyncio.CancelledError:
        # Whoever cancels us has no handle: nobody else would end the ringing.
        channel._owner.command(dialling.cancel())
        raise
    except Exception:
        await dialling.cancel()
        raise
    return dialling


def identity(name: str, number: str) -> str:
    """A caller ID made of what a caller sent, without the characters that would break it."""
    shown = "".join(c for c in name if c.isprintable() and c not in '"\\<>').strip()
    called = "".join(c for c in number if c.isprintable() and c not in '"\\<> ')
    return (f'"{shown}" <{called}>' if shown else called) if called else ""


async def originated(
    dialling: Dialling,
    attempt: Attempt,
    caller: Channel,
    timeout: int,
    caller_id: str,
    variables: Mapping[str, str] | None,
    args: str | None,
) -> Channel:
    """Ring one endpoint: its channel enters our application once it has answered."""
    owner = caller._owner

    def send(channel_id: str) -> Coroutine[Any, Any, Snapshot]:
        dialling.watch(attempt, channel_id)
        return owner.ari.channels.originate_with_id(
            channel_id,
            endpoint=attempt.endpoint,
            app=owner.app,
            app_args=args,
            caller_id=caller_id or None,
            timeout=timeout,
            variables=variables,
            originator=caller.id,
        )

    attempt.channel = await caller._make(send)
    return attempt.channel


async def created(
    dialling: Dialling,
    attempt: Attempt,
    caller: Channel,
    timeout: int,
    caller_id: str,
    variables: Mapping[str, str] | None,
    args: str | None,
) -> Channel:
    """Ring one endpoint inside a bridge with the caller, who hears it before it answers."""
    owner = caller._owner
    # A created channel has no callerId parameter: what the other side sees is the connected line.
    shown = {"CONNECTEDLINE(all)": caller_id} if caller_id else {}

    def send(channel_id: str) -> Coroutine[Any, Any, Snapshot]:
        dialling.watch(attempt, channel_id)
        return owner.ari.channels.create(
            endpoint=attempt.endpoint,
            app=owner.app,
            app_args=args,
            channel_id=channel_id,
            originator=caller.id,
            variables={**shown, **(variables or {})} or None,
        )

    attempt.channel = await caller._make(send)
    # Asterisk answers before the channel is in Stasis, and bridges only what is.
    try:
        async with asyncio.timeout(ENTER_SECONDS):
            await attempt.entered.wait()
    except TimeoutError:
        raise WaitTimeout(f"{attempt.endpoint} entering Stasis", ENTER_SECONDS) from None
    if attempt.channel.handed_over:
        return attempt.channel
    if attempt.status is None:
        dialling.bridge = await caller.bridge()
        await dialling.bridge.add(caller, attempt.channel)
    if attempt.status is not None:
        raise ChannelGone(attempt.channel.id, "given up before it was dialled")
    await attempt.channel.ring_out(timeout)
    return attempt.channel
