"""Transfers by telephones, and who takes whose place: `replace_channel`."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import frozen

from tests.conformance.events import Events
from tests.conformance.party import bridge
from tests.conformance.phones import Phone, Talk
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

PHONES = frozenset({"phones"})
# Set by the server where and when it likes.
NOISE = ("ChannelVarset", "ChannelConnectedLine", "ChannelCallerId", "BridgeBlindTransfer")


@frozen
class Two:
    """Ann and Ben, who talk in a bridge of an application. Their channels' ids end with _id."""

    ann: Talk
    ben: Talk
    ann_id: str
    ben_id: str
    bridge: str
    phone: Phone


async def comes(a: Place, events: Events, phone: Phone) -> tuple[Talk, str]:
    """A phone calls the application, and is answered. Returns the call, and its channel's id."""
    talk = await phone.calls(f"phone-{events.app}")
    start = await events.next("StasisStart")
    channel: str = start["channel"]["id"]
    assert (await a.post(f"channels/{channel}/answer")).status == 204
    await talk.talks()
    return talk, channel


async def two(a: Place, events: Events) -> Two:
    """Ann and Ben call the application and talk; Ben will transfer."""
    phone = await a.phone("Ben")
    ann, ann_id = await comes(a, events, await a.phone("Ann"))
    ben, ben_id = await comes(a, events, phone)
    return Two(ann, ben, ann_id, ben_id, await bridge(a, events, "b", ann_id, ben_id), phone)


def replaces(start: dict[str, Any], channel: str, app: str) -> str:
    """Whether somebody has taken a channel's place in an application. Returns the new one's id."""
    assert start["replace_channel"]["id"] == channel
    assert (start["args"], start["channel"]["dialplan"]["app_data"]) == ([], app)
    new: str = start["channel"]["id"]
    return new


async def replaced(events: Events, channel: str) -> str:
    """Wait until somebody takes a channel's place. Returns the new channel's id."""
    start = await events.next("StasisStart", where={"replace_channel.id": channel})
    return replaces(start, channel, events.app)


def types(events: Events, channel: str) -> list[str]:
    """What came about a channel, but for what comes now and then."""
    return [each for each in events.types(channel=channel) if each not in NOISE]


async def blind(a: Place, events: Events, of: Two, exten: str) -> dict[str, Any]:
    """Ben transfers Ann. Returns BridgeBlindTransfer, of which the common part is looked at."""
    status = await of.ben.transfers(exten)
    assert status == 200, status
    told = await events.next("BridgeBlindTransfer")
    assert (told["exten"], told["context"]) == (exten, a.context)
    assert (told["result"], told["is_external"]) == ("Success", True)
    assert (told["channel"]["id"], told["transferee"]["id"]) == (of.ben_id, of.ann_id)
    assert sorted(told["bridge"]["channels"]) == sorted([of.ann_id, of.ben_id])
    return told


async def goes(a: Place, events: Events, of: Two) -> None:
    """Who has transferred is in the application still, in silence, until the phone hangs up."""
    assert (await a.get(f"channels/{of.ben_id}")).json["state"] == "Up"
    assert (await a.post(f"channels/{of.ben_id}/silence")).status == 204
    assert of.ben_id not in (await a.get(f"applications/{events.app}")).json["channel_ids"]
    await of.ben.hangs_up()
    await events.next("StasisEnd", channel=of.ben_id)
    await events.settled()
    start = types(events, of.ben_id)
    assert start[-2:] == ["ChannelLeftBridge", "StasisEnd"], start


@scenario(78, needs=PHONES)
async def blind_transfer_to_an_extension(a: Place) -> None:
    """A Local channel takes the place of who transfers; its other half is at the extension."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        told = await blind(a, events, both, "phone")
        new = await replaced(events, both.ben_id)
        assert told["replace_channel"]["id"] == new
        await events.next("ChannelEnteredBridge", channel=new, bridge=both.bridge)
        await events.next("Dial", channel=new, where={"dialstatus": "ANSWER"})
        assert types(events, new) == [
            "StasisStart",
            "ChannelEnteredBridge",
            "ChannelStateChange",
            "Dial",
        ]
        members = (await a.get(f"bridges/{both.bridge}")).json["channels"]
        assert sorted(members) == sorted([both.ann_id, new])
        await goes(a, events, both)
        assert (await a.delete(f"channels/{new}")).status == 204
        await events.next("StasisEnd", channel=new)
        await events.settled()
        assert types(events, new)[-3:] == ["ChannelHangupRequest", "ChannelLeftBridge", "StasisEnd"]
        assert (await a.get(f"bridges/{both.bridge}")).json["channels"] == [both.ann_id]


@scenario(78, needs=PHONES)
async def blind_transfer_to_another_application(a: Place) -> None:
    """The other application has a new call; the first keeps who is left, and the Local channel."""
    async with a.listen(a.name("app")) as events, a.listen(a.name("other")) as other:
        both = await two(a, events)
        await blind(a, events, both, f"phone-{other.app}")
        new = await replaced(events, both.ben_id)
        start = await other.next("StasisStart")
        assert "replace_channel" not in start and start["args"] == ["called"]
        there = start["channel"]
        assert there["state"] == "Ring"
        if a.version != "16":  # there it may be told who calls before, or after
            assert there["caller"] == {"name": "", "number": ""}
        await a.post(f"channels/{there['id']}/answer")
        await events.next("ChannelStateChange", channel=new, where={"channel.state": "Up"})
        await goes(a, events, both)
        await both.ann.hangs_up()
        await events.next("StasisEnd", channel=both.ann_id)
        assert (await a.delete(f"channels/{new}")).status == 204
        await other.next("StasisEnd", channel=there["id"])


@scenario(78, needs=PHONES)
async def blind_transfer_to_the_same_application(a: Place) -> None:
    """The application has both halves: one in the other's place, one as a new call."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        await blind(a, events, both, f"phone-{events.app}")
        new = await replaced(events, both.ben_id)
        start = await events.next("StasisStart")
        assert "replace_channel" not in start and start["args"] == ["called"]
        assert start["channel"]["name"].rstrip("12") == (
            (await a.get(f"channels/{new}")).json["name"].rstrip("12")
        )
        await goes(a, events, both)
        assert (await a.delete(f"channels/{start['channel']['id']}")).status == 204
        await events.next("StasisEnd", channel=new)


@scenario(78, needs=PHONES)
async def blind_transfer_to_nowhere(a: Place) -> None:
    """The phone is told 404; the application hears nothing, and the two go on talking."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        await events.settled()
        before = types(events, both.ben_id)
        assert await both.ben.transfers("nowhere") == 404
        await events.settled()
        assert types(events, both.ben_id) == before and not events.all("BridgeBlindTransfer")
        members = (await a.get(f"bridges/{both.bridge}")).json["channels"]
        assert sorted(members) == sorted([both.ann_id, both.ben_id])


@scenario(78, needs=PHONES)
async def blind_transfer_of_nobody(a: Place) -> None:
    """Who is in no bridge cannot transfer: 400, and an event that says so."""
    async with a.listen(a.name("app")) as events:
        ben, ben_id = await comes(a, events, await a.phone("Ben"))
        assert await ben.transfers("phone") == 400
        told = await events.next("BridgeBlindTransfer")
        assert (told["result"], told["channel"]["id"]) == ("Invalid", ben_id)
        assert not {"bridge", "transferee", "replace_channel"} & told.keys()
        await events.none("StasisEnd", channel=ben_id)


@scenario(78, needs=PHONES)
async def blind_transfer_to_who_declines(a: Place) -> None:
    """The transfer is a success all the same: the Local channel comes, and goes."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        await blind(a, events, both, "phone-declined")
        new = await replaced(events, both.ben_id)
        await events.next("StasisEnd", channel=new)
        assert types(events, new) == [
            "StasisStart",
            "ChannelEnteredBridge",
            "ChannelHangupRequest",
            "ChannelLeftBridge",
            "StasisEnd",
        ]
        assert events.all("ChannelHangupRequest", channel=new)[0]["cause"] == 21
        assert (await a.get(f"bridges/{both.bridge}")).json["channels"] == [both.ann_id]


@scenario(78, needs=PHONES)
async def blind_transfer_by_who_was_called(a: Place) -> None:
    """An application that has made the channel hears of its hang-up as well, but not of its end."""
    async with a.listen(a.name("app")) as events:
        phone = await a.phone("Ben")
        _, ann_id = await comes(a, events, await a.phone("Ann"))
        ben_id = a.name("ben")
        reply = await a.post(f"channels/{ben_id}", endpoint=phone.endpoint, app=events.app)
        assert reply.status == 200, reply
        ben = await phone.rings()
        await ben.answers()
        await events.next("StasisStart", channel=ben_id)
        made = await bridge(a, events, "b", ann_id, ben_id)
        assert await ben.transfers("phone") == 200
        new = await replaced(events, ben_id)
        await events.next("ChannelEnteredBridge", channel=new, bridge=made)
        await ben.hangs_up()
        await events.next("StasisEnd", channel=ben_id)
        await a.gone(f"channels/{ben_id}")
        await events.settled()
        assert types(events, ben_id)[-3:] == [
            "ChannelLeftBridge",
            "ChannelHangupRequest",
            "StasisEnd",
        ]


@scenario(78, needs=PHONES)
async def attended_transfer_of_two_bridges(a: Place) -> None:
    """Two bridges are linked by the halves of a Local channel, each in the place of one call."""
    async with a.listen(a.name("app")) as events, a.listen(a.name("other")) as other:
        both = await two(a, events)
        second, second_id = await comes(a, other, both.phone)
        cat, cat_id = await comes(a, other, await a.phone("Cat"))
        there = await bridge(a, other, "there", second_id, cat_id)
        assert await both.ben.transfers_to(second) == 200
        near = await replaced(events, both.ben_id)
        far = await replaced(other, second_id)
        for each in (events, other):
            told = await each.next("BridgeAttendedTransfer")
            assert (told["result"], told["is_external"]) == ("Success", False)
            assert told["destination_type"] == "link" and "replace_channel" not in told
            assert told["transferer_first_leg"]["id"] == both.ben_id
            assert told["transferer_second_leg"]["id"] == second_id
            assert told["transferer_first_leg_bridge"]["id"] == both.bridge
            assert told["transferer_second_leg_bridge"]["id"] == there
            assert told["transferee"]["id"] == both.ann_id
            assert told["transfer_target"]["id"] == cat_id
            assert told["destination_link_first_leg"]["id"] == near
            assert told["destination_link_second_leg"]["id"] == far
        await other.next("StasisEnd", channel=second_id)
        await events.next("Dial", channel=near, where={"dialstatus": "ANSWER"})
        assert types(events, near) == [
            "StasisStart",
            "ChannelEnteredBridge",
            "ChannelStateChange",
            "Dial",
        ]
        assert types(other, far) == ["StasisStart", "ChannelEnteredBridge"]
        assert types(other, second_id)[-2:] == ["ChannelLeftBridge", "StasisEnd"]
        await goes(a, events, both)
        await cat.hangs_up()
        await other.next("StasisEnd", channel=cat_id)
        assert (await a.delete(f"channels/{far}")).status == 204
        await events.next("StasisEnd", channel=near)


@scenario(78, needs=PHONES)
async def attended_transfer_to_an_application(a: Place) -> None:
    """One half takes the first call's place in its bridge, the other the second call's."""
    async with a.listen(a.name("app")) as events, a.listen(a.name("other")) as other:
        both = await two(a, events)
        second, second_id = await comes(a, other, both.phone)
        assert await both.ben.transfers_to(second) == 200
        near = await replaced(events, both.ben_id)
        start = await other.next("StasisStart", where={"replace_channel.id": second_id})
        assert start["args"] == [] and start["channel"]["dialplan"]["exten"] == "_attended"
        far = start["channel"]["id"]
        told = await events.next("BridgeAttendedTransfer")
        assert (told["destination_type"], told["destination_application"]) == (
            "application",
            "Stasis",
        )
        assert told["replace_channel"]["id"] == near
        assert "transfer_target" not in told and "transferer_second_leg_bridge" not in told
        await other.next("StasisEnd", channel=second_id)
        await events.next("ChannelEnteredBridge", channel=near, bridge=both.bridge)
        place = (await a.get(f"channels/{far}")).json["dialplan"]
        assert (place["exten"], place["app_name"]) == (f"phone-{other.app}", "Stasis")
        await goes(a, events, both)
        assert (await a.post(f"channels/{far}/continue")).status == 204
        await other.next("StasisEnd", channel=far)


@scenario(78, needs=PHONES)
async def attended_transfer_to_an_extension(a: Place) -> None:
    """The other half goes on in the dialplan in the second call's stead."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        second = await both.phone.calls("phone")
        await second.talks()
        await a.pause(0.7)
        assert await both.ben.transfers_to(second) == 200
        near = await replaced(events, both.ben_id)
        told = await events.next("BridgeAttendedTransfer")
        assert (told["destination_type"], told["destination_application"]) == (
            "application",
            "Wait",
        )
        assert told["replace_channel"]["id"] == near
        name = (await a.get(f"channels/{near}")).json["name"].removesuffix("1")
        (far,) = [each for each in (await a.get("channels")).json if each["name"] == f"{name}2"]
        assert (far["dialplan"]["exten"], far["dialplan"]["app_name"]) == ("phone", "Wait")
        await goes(a, events, both)
        assert (await a.delete(f"channels/{near}")).status == 204
        await a.gone(f"channels/{far['id']}")


@scenario(78, needs=PHONES)
async def attended_transfer_of_nobody(a: Place) -> None:
    """Two calls that are both in no bridge cannot be connected: 400, and both go on."""
    async with a.listen(a.name("app")) as events:
        phone = await a.phone("Ben")
        first, first_id = await comes(a, events, phone)
        second, second_id = await comes(a, events, phone)
        assert await first.transfers_to(second) == 400
        told = await events.next("BridgeAttendedTransfer")
        assert (told["result"], told["destination_type"]) == ("Invalid", "fail")
        assert told["transferer_first_leg"]["id"] == first_id
        assert told["transferer_second_leg"]["id"] == second_id
        await events.none("StasisEnd")


@scenario(78, needs=PHONES, versions=("22",))
async def transfer_by_the_application_alone(a: Place) -> None:
    """ARI-only: the application hears what is wanted, and its word is what the phone is told."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        wanted = {"variable": "PJSIP_TRANSFER_HANDLING()", "value": "ari-only"}
        assert (await a.post(f"channels/{both.ben_id}/variable", **wanted)).status == 204
        where = f"channels/{both.ben_id}/transfer_progress"
        for said, heard, status in (
            ("channel_answered", "channel_answered", 200),
            ("channel_declined", "channel_declined", 603),
            ("channel_unavailable", "channel_declined", 503),
        ):
            events.forget()
            outcome = asyncio.create_task(both.ben.transfers("nowhere"))
            told = await events.next("ChannelTransfer")
            assert "state" not in told
            assert told["refer_to"] == {"requested_destination": {"destination": "nowhere"}}
            assert told["referred_by"]["source_channel"]["id"] == both.ben_id
            assert told["referred_by"]["connected_channel"]["id"] == both.ann_id
            assert told["referred_by"]["bridge"]["id"] == both.bridge
            assert (await a.post(where, states="channel_progress")).status == 204
            await events.next("ChannelTransfer", where={"state": "channel_progress"})
            assert not outcome.done()
            assert (await a.post(where, states=said)).status == 204
            await events.next("ChannelTransfer", where={"state": heard})
            assert await outcome == status
        await events.none("StasisStart", where={"replace_channel.id": both.ben_id})


@scenario(78, needs=PHONES, versions=("22",))
async def attended_transfer_by_the_application_alone(a: Place) -> None:
    """ARI-only: the event names the other call, whom it talks with, and where."""
    async with a.listen(a.name("app")) as events:
        both = await two(a, events)
        second, second_id = await comes(a, events, both.phone)
        _, cat_id = await comes(a, events, await a.phone("Cat"))
        there = await bridge(a, events, "there", second_id, cat_id)
        wanted = {"variable": "PJSIP_TRANSFER_HANDLING()", "value": "ari-only"}
        assert (await a.post(f"channels/{both.ben_id}/variable", **wanted)).status == 204
        outcome = asyncio.create_task(both.ben.transfers_to(second))
        told = (await events.next("ChannelTransfer"))["refer_to"]
        assert told["requested_destination"]["destination"] == ""
        assert told["destination_channel"]["id"] == second_id
        assert told["connected_channel"]["id"] == cat_id
        assert told["bridge"]["id"] == there
        progress = {"states": "channel_answered"}
        assert (await a.post(f"channels/{both.ben_id}/transfer_progress", **progress)).status == 204
        assert await outcome == 200
        members = (await a.get(f"bridges/{there}")).json["channels"]
        assert sorted(members) == sorted([second_id, cat_id])


@scenario(78, needs=PHONES, versions=("22",))
async def transfer_progress_refused(a: Place) -> None:
    """An unknown state is refused; a phone's channel that has asked for nothing is no error."""
    async with a.listen(a.name("app")) as events:
        _, ben_id = await comes(a, events, await a.phone("Ben"))
        where = f"channels/{ben_id}/transfer_progress"
        assert (await a.post(where, states="channel_answered")).status == 204
        assert (await a.post(where, states="nonsense")).status == 400
        assert (await a.post(where)).status == 400
        await events.none("ChannelTransfer")
