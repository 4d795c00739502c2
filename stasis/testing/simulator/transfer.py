"""Transfers that a phone asks for with REFER: blind, to an extension, or attended, to another call.

Rules: a Local channel takes the place of who transfers. One half of it enters the bridge, and its
application hears of it by StasisStart with `replace_channel`; the other half is where the others
go. Who has transferred stays in the application, in no bridge, and its events are heard no more,
until the phone hangs up. Of an attended transfer the server ends the second call itself.
"""

from __future__ import annotations

import asyncio
from typing import Any

from stasis.testing.simulator.applications import run_dialplan
from stasis.testing.simulator.bridge import Bridge
from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.control import stasis
from stasis.testing.simulator.dialling import Dialling
from stasis.testing.simulator.pair import pair

__all__ = ["attended", "blind"]

# What the phone is told of its transfer, as SIP statuses.
DONE, INVALID, UNKNOWN, FAILED = 200, 400, 404, 500
# The second half of an attended transfer answers, and waits so long for sound that never comes.
ANSWER_SECONDS = 0.5
# The flag of a hang-up that says why the second call ends.
REPLACED = 1
HOST = "127.0.0.1"


async def blind(channel: Channel, exten: str, context: str) -> int:
    """Send those in the channel's bridge to an extension. Returns the SIP status of the outcome."""
    machine, bridge = channel.machine, channel.bridge
    if not machine.plan.exists(context, exten, 1):
        return UNKNOWN
    fields: dict[str, Any] = {"channel": channel.json(), "exten": exten, "context": context}
    fields |= {"result": "Invalid", "is_external": True}
    if bridge is None or channel.control is None:
        machine.bus.publish("BridgeBlindTransfer", fields, channel.topic)
        return INVALID
    peers = others(channel)
    channel.tell("ChannelUnhold")
    channel.set_variable("BLINDTRANSFER", ",".join(peer.name for peer in peers))
    for peer in peers:
        peer.set_variable("BLINDTRANSFER", channel.name)
    fields |= {"result": "Success", "channel": channel.json(), "bridge": bridge.json()}
    if len(peers) == 1:
        fields["transferee"] = peers[0].json()
    one, two = pair(machine, f"{exten}@{context}", machine.new_id(), machine.new_id())
    for half in (one, two):
        for name, value in carried(channel, exten, context).items():
            half.variables[name.lstrip("_")] = value
            half.tell("ChannelVarset", variable=name, value=value)
    one.dialling = Dialling(one, "", repeats=False)
    fields["replace_channel"] = one.json()
    one.start(standing_in(one, channel, bridge))
    two.start(run_dialplan(two))
    await asyncio.sleep(0)
    topics = [bridge.topic, channel.topic, *(peer.topic for peer in peers)]
    machine.bus.publish("BridgeBlindTransfer", fields, *topics)
    return DONE


def carried(channel: Channel, exten: str, context: str) -> dict[str, str]:
    """What both halves are told of the transfer, as variables."""
    who = channel.name.partition("/")[2].rpartition("-")[0]
    return {
        "BLINDTRANSFER": channel.name,
        "SIPTRANSFER": "yes",
        "SIPREFERRINGCONTEXT": context,
        "__SIPREFERREDBYHDR": f"<sip:{who}@{HOST}>",
        "SIPREFERTOHDR": f"sip:{exten}@{HOST}",
    }


async def attended(first: Channel, second: Channel) -> int:
    """Connect whom the first call talks with to where the second call is: a bridge, an application
    or an extension. Returns the SIP status of the outcome.
    """
    machine = first.machine
    bridged = [each for each in (first, second) if each.bridge is not None]
    bridges = [each.bridge for each in bridged if each.bridge is not None]
    fields = legs(first, second)
    topics = [first.topic, second.topic, *(bridge.topic for bridge in bridges)]
    if not bridged or first.gone or second.gone:
        fields |= {"result": "Invalid", "destination_type": "fail"}
        machine.bus.publish("BridgeAttendedTransfer", fields, *topics)
        return INVALID
    # The half that is called later stands in for the near one, the other is at the far one.
    near, far = bridged[0], second if bridged[0] is first else first
    peers, there = others(near), others(far)
    for each in bridged:
        each.tell("ChannelUnhold")
    names = ",".join(peer.name for peer in peers)
    near.set_variable("ATTENDEDTRANSFER", names if near is first else first.name)
    for peer in peers:
        peer.set_variable("ATTENDEDTRANSFER", first.name)
    one, two = pair(machine, "_attended@transfer", machine.new_id(), machine.new_id())
    for half in (one, two):
        half.set_variable("ATTENDEDTRANSFER", first.name)
    two.become("Up")
    await asyncio.sleep(ANSWER_SECONDS)
    if near.bridge is None or near.control is None or far.gone or two.gone:
        two.soft_hangup(0)
        return FAILED
    application = far.app_name
    if far.bridge is not None:
        two.start(standing_in(two, far, far.bridge))
    else:
        two.start(taking_over(two, far))
    await asyncio.sleep(0)
    if len(there) == 1:
        one.set_caller(*there[0].caller)
    one.dialling = Dialling(one, "", repeats=False)
    one.start(standing_in(one, near, near.bridge))
    await asyncio.sleep(0)
    one.news("ANSWER")
    if second.bridge is None and not second.taken_over:
        second.soft_hangup(16, REPLACED)
    fields["result"] = "Success"
    if far in bridged:
        fields |= {
            "destination_type": "link",
            "destination_link_first_leg": one.json(),
            "destination_link_second_leg": two.json(),
        }
    else:
        fields |= {
            "destination_type": "application",
            "destination_application": application,
            "replace_channel": one.json(),
        }
    machine.bus.publish("BridgeAttendedTransfer", fields, *topics)
    if len(there) == len(peers) == 1:
        there[0].set_connected(*peers[0].caller)
    return DONE


def legs(first: Channel, second: Channel) -> dict[str, Any]:
    """What BridgeAttendedTransfer says of the two calls, as they were before."""
    fields: dict[str, Any] = {
        "transferer_first_leg": first.json(),
        "transferer_second_leg": second.json(),
        "is_external": False,
    }
    for leg, who, channel in (
        ("first", "transferee", first),
        ("second", "transfer_target", second),
    ):
        if channel.bridge is not None:
            fields[f"transferer_{leg}_leg_bridge"] = channel.bridge.json()
            if len(peers := others(channel)) == 1:
                fields[who] = peers[0].json()
    return fields


def others(channel: Channel) -> list[Channel]:
    """Those who are in its bridge with it."""
    members = channel.bridge.members if channel.bridge is not None else []
    return [each for each in members if each is not channel]


async def standing_in(channel: Channel, replaced: Channel, bridge: Bridge) -> None:
    """The thread of a half that takes a channel's place in a bridge, and in its application."""
    assert replaced.control is not None
    app = replaced.control.app

    def swap() -> None:
        bridge.remove(replaced)
        bridge.add(channel)

    channel.runs("Stasis", app.name)
    try:
        if not await stasis(channel, app.name, [], replaces=replaced, begins=swap):
            channel.priority += 1
        await run_dialplan(channel, inner=True)
    except HungUp:
        pass


async def taking_over(channel: Channel, replaced: Channel) -> None:
    """The thread of a half that goes on in a channel's stead, where that is in no bridge.

    In the dialplan it begins the step again in which the other was.
    """
    name, data = replaced.app_name, replaced.app_data
    place = (replaced.context, replaced.exten, replaced.priority)

    def end() -> None:
        channel.context, channel.exten, channel.priority = place
        replaced.taken_over = True
        replaced.end()
        replaced.context, replaced.exten, replaced.priority = "transfer", "_attended", 1

    if replaced.control is None:
        end()
        await run_dialplan(channel)
        return

    def begin() -> None:
        end()
        channel.runs(name, data)

    app = replaced.control.app.name
    try:
        if not await stasis(channel, app, [], clears=False, replaces=replaced, begins=begin):
            channel.priority += 1
    except HungUp:
        channel.tell("ChannelHangupRequest", cause=16, soft=True)
        return
    await run_dialplan(channel)
