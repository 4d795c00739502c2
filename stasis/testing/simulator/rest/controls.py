"""ARI's channels: what is done to one while it is in an application."""

from __future__ import annotations

from typing import Any

from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.control import Control
from stasis.testing.simulator.referral import STATES
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.rest.channels import channel_of, control_of

__all__: list[str] = []


@operation("POST", "channels/{channel}/answer")
async def answer(call: Call) -> None:
    """Answer it."""
    control = control_of(call)
    await done(control, control.channel.answer)


async def done(control: Control, work: Any) -> None:
    """Wait until a command was carried out. Raises Refusal when the channel ends first."""

    async def run() -> None:
        work()

    try:
        await control.queue(run)
    except HungUp:
        raise Refusal(500, "Channel hung up") from None


@operation("POST", "channels/{channel}/ring")
def ring(call: Call) -> None:
    """Tell the far end that it rings."""
    queued(control_of(call), lambda channel: channel.indicate("RINGING"))


@operation("DELETE", "channels/{channel}/ring")
def ring_stop(call: Call) -> None:
    """Ring no more."""
    queued(control_of(call), lambda channel: None)


@operation("POST", "channels/{channel}/progress", "20.16", "21.11", "22.6")
def progress(call: Call) -> None:
    """Tell the far end that there is early media."""
    queued(control_of(call), lambda channel: channel.indicate("PROGRESS"))


def queued(control: Control, work: Any) -> None:
    """Do something to the channel in its turn."""

    async def run() -> None:
        work(control.channel)

    control.queue(run)


@operation("POST", "channels/{channel}/dtmf")
def send_dtmf(call: Call) -> None:
    """Send digits to the far end. They take their time, and keep what follows waiting."""
    control = control_of(call)
    digits = call.text("dtmf")
    if not digits:
        raise Refusal(400, "DTMF is required")
    before, after = call.integer("before") / 1000, call.integer("after") / 1000
    between = call.integer("between", 100) / 1000
    milliseconds = call.integer("duration", 100)

    async def work() -> None:
        channel = control.channel
        await channel.wait(before)
        for at, digit in enumerate(digits):
            if at:
                await channel.wait(between)
            if digit not in DIGITS:
                continue
            await channel.wait(max(milliseconds, 80) / 1000)
            if channel.far is not None:
                # One that is too short is made again, longer, by whoever hears it.
                heard = milliseconds if milliseconds >= 80 else 100
                channel.far.digit(digit.upper(), heard)
        await channel.wait(after)

    control.queue(work)


DIGITS = "0123456789*#ABCDabcd"
DIRECTIONS = {"in": {"in"}, "out": {"out"}, "both": {"in", "out"}}


@operation("POST", "channels/{channel}/mute")
def mute(call: Call) -> None:
    """Mute it."""
    control, which = control_of(call), direction(call)
    queued(control, lambda channel: channel.muted.update(which))


@operation("DELETE", "channels/{channel}/mute")
def unmute(call: Call) -> None:
    """Mute it no more."""
    control, which = control_of(call), direction(call)
    queued(control, lambda channel: channel.muted.difference_update(which))


def direction(call: Call) -> set[str]:
    """Which way. Raises Refusal (400)."""
    text = call.text("direction")
    if not text:
        raise Refusal(400, "Direction is required")
    if text not in DIRECTIONS:
        raise Refusal(400, "Invalid direction specified")
    return DIRECTIONS[text]


@operation("POST", "channels/{channel}/hold")
def hold(call: Call) -> None:
    """Put the far end on hold."""
    queued(control_of(call), lambda channel: held(channel, True))


@operation("DELETE", "channels/{channel}/hold")
def unhold(call: Call) -> None:
    """Take the far end off hold."""
    queued(control_of(call), lambda channel: held(channel, False))


def held(channel: Channel, on: bool) -> None:
    """Tell the far end, or, where HOLD_INTERCEPT keeps it from that, the application."""
    if not channel.intercepts_hold:
        channel.indicate("HOLD" if on else "UNHOLD")
    elif on:
        channel.tell("ChannelHold", musicclass="N/A")
    else:
        channel.tell("ChannelUnhold")


@operation("POST", "channels/{channel}/moh")
def start_moh(call: Call) -> None:
    """Play music to it."""
    name = call.text("mohClass") or "default"

    def work(channel: Channel) -> None:
        channel.music = name
        channel.hear(f"music:{name}")

    queued(control_of(call), work)


@operation("DELETE", "channels/{channel}/moh")
def stop_moh(call: Call) -> None:
    """Play no more music."""
    queued(control_of(call), lambda channel: setattr(channel, "music", ""))


@operation("POST", "channels/{channel}/silence")
def start_silence(call: Call) -> None:
    """Play silence to it."""
    queued(control_of(call), lambda channel: None)


@operation("DELETE", "channels/{channel}/silence")
def stop_silence(call: Call) -> None:
    """Play no more silence."""
    queued(control_of(call), lambda channel: None)


@operation("GET", "channels/{channel}/rtp_statistics", "16.4")
def rtp_statistics(call: Call) -> Answer:
    """What its RTP counts. A simulated channel has none."""
    channel = channel_of(call)
    if channel.name.startswith("Local/"):
        raise Refusal(403, "Unsupported channel type")
    raise Refusal(404, "RTP session not found")


@operation("POST", "channels/{channel}/transfer_progress", "20.13", "22.3")
def transfer_progress(call: Call) -> None:
    """Tell who has asked for a transfer how it goes."""
    channel, state = channel_of(call), call.needed("states")
    if state not in STATES:
        raise Refusal(400, "Invalid transfer progress state")
    if not channel.name.startswith("PJSIP/"):
        raise Refusal(409, "Channel not in a transfer")
    if channel.referral is not None:
        channel.referral.say(state)
