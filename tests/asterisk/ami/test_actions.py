"""Every typed action is answered by a real 22 and a real 16, with what its class says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from stasis.ami import (
    Action,
    ActionFailed,
    Ami,
    AmiError,
    ListAction,
    Listing,
    NoSuch,
    UnknownAction,
    actions,
    events,
)
from stasis.ami.typed import reading
from stasis.lab.lab import Lab

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

# 16 lacks them: `UnknownAction`.
FROM_22 = {
    "PJSIPHangup",
    "SendFlash",
    "VoicemailBoxSummary",
    "VoicemailForward",
    "VoicemailMove",
    "VoicemailRemove",
}
MEMBER = "Local/answer@default"
BOX = {"context": "default", "mailbox": "2001"}


class Calls:
    """Channels that an action can be about."""

    def __init__(self, ami: Ami) -> None:
        self.ami = ami
        self.names: dict[str, str] = {}

    async def make(self, id: str, application: str = "Wait", data: str = "60") -> str:
        told = await self.ami.originate(
            actions.Originate(
                channel="Local/answer@default/n",
                application=application,
                data=data,
                channel_id=id,
                timeout=5000,
            )
        )
        assert told.response == "Success"
        self.names[id] = told.channel
        return told.channel

    def __getitem__(self, id: str) -> str:
        return self.names[id]


@pytest.fixture
async def calls(ami: Ami) -> AsyncIterator[Calls]:
    """Four channels that wait."""
    made = Calls(ami)
    for id in ("one", "two", "three", "four"):
        await made.make(id)
    yield made


async def ask(ami: Ami, action: Action[Any]) -> Any:
    if isinstance(action, ListAction):
        return await ami.list(action)
    return await ami.send(action)


# What is asked, in this order, and what comes: nothing means success.
Asked = tuple[Callable[[Calls], Action[Any]], type[AmiError] | None]
ABOUT_CALLS: list[Asked] = [
    (lambda c: actions.Status(), None),
    (lambda c: actions.Status(channel=c["one"], all_variables=True), None),
    (lambda c: actions.CoreShowChannels(), None),
    (lambda c: actions.Setvar(channel=c["one"], variable="X", value="1"), None),
    (lambda c: actions.Getvar(channel=c["one"], variable="X"), None),
    (lambda c: actions.Getvar(channel="nobody", variable="X"), NoSuch),
    (lambda c: actions.AbsoluteTimeout(channel=c["one"], timeout=100), None),
    (lambda c: actions.LocalOptimizeAway(channel=c["four"]), None),
    (lambda c: actions.SendText(channel=c["one"], message="hello"), None),
    (lambda c: actions.PlayDTMF(channel=c["one"], digit="1", duration=100), None),
    (lambda c: actions.SendFlash(channel=c["one"]), None),
    (lambda c: actions.MuteAudio(channel=c["one"], direction="all", state=True), None),
    (lambda c: actions.ControlPlayback(channel=c["one"], control="stop"), None),
    (lambda c: actions.AGI(channel=c["one"], command="NOOP", command_id="1"), ActionFailed),
    (lambda c: actions.MixMonitor(channel=c["one"], file="one.wav", options="i(ID)"), None),
    (lambda c: actions.MixMonitorMute(channel=c["one"], direction="both", state=True), None),
    (lambda c: actions.StopMixMonitor(channel=c["one"]), None),
    (lambda c: actions.Bridge(channel1=c["one"], channel2=c["two"]), None),
    (lambda c: actions.BridgeList(), None),
    (lambda c: actions.Atxfer(channel=c["one"], exten="answer", context="default"), None),
    (lambda c: actions.CancelAtxfer(channel=c["one"]), None),
    (lambda c: actions.BridgeKick(channel=c["two"]), None),
    (lambda c: actions.BlindTransfer(channel=c["three"], exten="echo"), ActionFailed),
    (
        lambda c: actions.Redirect(channel=c["three"], context="default", exten="echo", priority=1),
        None,
    ),
    (lambda c: actions.Park(channel=c["four"], timeout=20_000), None),
    (lambda c: actions.ParkedCalls(), None),
    (lambda c: actions.Parkinglots(), None),
    (lambda c: actions.Hangup(channel=c["one"], cause=16), None),
    (lambda c: actions.Hangup(channel="nobody"), NoSuch),
    (lambda c: actions.PJSIPHangup(channel="nobody", cause=486), ActionFailed),
    (lambda c: actions.HangupMatching(channel="/^Local.*/"), None),
]
OTHERS: list[tuple[Action[Any], type[AmiError] | None]] = [
    (actions.Ping(), None),
    (actions.Events(event_mask="on"), None),
    (actions.Filter(operation="Add", filter="!Event: RTCPSent"), None),
    (actions.ListCommands(), None),
    (actions.CoreStatus(), None),
    (actions.CoreSettings(), None),
    (actions.Originate(channel="Local/answer@default", application="Wait", data="1"), None),
    (actions.MessageSend(to="pjsip:alice", from_="<sip:a@b>", body="hello"), ActionFailed),
    (actions.UserEvent(user_event="Hello", headers={"Name": "Zoë"}), None),
    (actions.BridgeInfo(bridge_uniqueid="none"), NoSuch),
    (actions.BridgeDestroy(bridge_uniqueid="none"), NoSuch),
    (actions.BridgeTechnologyList(), None),
    (actions.QueueAdd(queue="support", interface=MEMBER, member_name="Zoë", penalty=1), None),
    (actions.QueuePause(interface=MEMBER, queue="support", paused=True, reason="lunch"), None),
    (actions.QueuePenalty(interface=MEMBER, penalty=5), None),
    (actions.QueueMemberRingInUse(interface=MEMBER, ring_in_use=False), None),
    (actions.QueueStatus(), None),
    (actions.QueueSummary(), None),
    (actions.QueueLog(queue="support", event="HELLO"), None),
    (actions.QueueReload(queue="support", members=True), None),
    (actions.QueueReset(queue="support"), None),
    (actions.QueueChangePriorityCaller(queue="support", caller="x", priority=1), ActionFailed),
    (actions.QueueWithdrawCaller(queue="support", caller="x"), ActionFailed),
    (actions.QueueRemove(queue="support", interface=MEMBER), None),
    (actions.QueueRemove(queue="support", interface=MEMBER), NoSuch),
    (actions.Agents(), None),
    (actions.AgentLogoff(agent="1001"), None),
    (actions.MailboxCount(mailbox="2001@default"), None),
    (actions.MailboxStatus(mailbox="2001@default"), None),
    (actions.VoicemailUsersList(), None),
    (actions.VoicemailUserStatus(**BOX), None),
    (actions.VoicemailRefresh(), None),
    (actions.VoicemailBoxSummary(**BOX), None),
    (actions.VoicemailMove(**BOX, folder="INBOX", id="x", to_folder="Old"), ActionFailed),
    (actions.VoicemailRemove(**BOX, folder="INBOX", id="x"), ActionFailed),
    (
        actions.VoicemailForward(
            **BOX, folder="INBOX", id="x", to_context="default", to_mailbox="2002", to_folder="Old"
        ),
        ActionFailed,
    ),
    (actions.PJSIPShowEndpoints(), None),
    (actions.PJSIPShowEndpoint(endpoint="alice"), None),
    (actions.PJSIPShowEndpoint(endpoint="nobody"), NoSuch),
    (actions.PJSIPShowAors(), None),
    (actions.PJSIPShowAuths(), None),
    (actions.PJSIPShowContacts(), None),
    (actions.PJSIPShowRegistrationsInbound(), None),
    (actions.PJSIPShowRegistrationInboundContactStatuses(), None),
    (actions.PJSIPShowRegistrationsOutbound(), None),
    (actions.PJSIPShowSubscriptionsInbound(), None),
    (actions.PJSIPShowSubscriptionsOutbound(), None),
    (actions.PJSIPQualify(endpoint="alice"), None),
    # Its module is left out of labs.
    (actions.PJSIPNotify(endpoint="nobody", headers=[("Event", "x")]), NoSuch),
    (actions.PJSIPRegister(registration="none"), NoSuch),
    (actions.PJSIPUnregister(registration="none"), NoSuch),
    (actions.DeviceStateList(), None),
    (actions.ExtensionState(exten="1", context="default"), None),
    (actions.ExtensionStateList(), None),
    (actions.PresenceState(provider="CustomPresence:alice"), None),
    (actions.PresenceStateList(), None),
    (actions.DBPut(family="stasis", key="name", val="Zoë, 1;2|3"), None),
    (actions.DBGet(family="stasis", key="name"), None),
    (actions.DBGetTree(family="stasis"), None),
    (actions.DBGetTree(family="none"), None),
    (actions.DBDel(family="stasis", key="name"), None),
    (actions.DBDelTree(family="none"), NoSuch),
    (actions.DBGet(family="stasis", key="name"), NoSuch),
    (actions.Command(command="core show version"), None),
    (actions.Command(command="no such command"), ActionFailed),
    (actions.Reload(module="res_musiconhold.so"), None),
    (actions.Reload(module="none.so"), NoSuch),
    (actions.ModuleCheck(module="res_pjsip"), None),
    (actions.ModuleCheck(module="none"), NoSuch),
    (actions.ModuleLoad(module="res_musiconhold.so", load_type="reload"), None),
    (actions.LoggerRotate(), None),
    (actions.GetConfig(filename="queues.conf"), None),
    (actions.GetConfig(filename="none.conf"), NoSuch),
    (actions.ListCategories(filename="queues.conf"), None),
    (actions.CreateConfig(filename="ours.conf"), None),
    (
        actions.UpdateConfig(
            src_filename="ours.conf",
            dst_filename="ours.conf",
            changes=[
                actions.Change(action="NewCat", cat="one"),
                actions.Change(action="Append", cat="one", var="key", value="a;b"),
            ],
        ),
        None,
    ),
    (actions.ShowDialPlan(context="default", extension="echo"), None),
    (actions.ShowDialPlan(context="none"), NoSuch),
    (
        actions.DialplanExtensionAdd(
            context="default", extension="ours", priority=1, application="NoOp", replace=True
        ),
        None,
    ),
    (actions.DialplanExtensionRemove(context="default", extension="ours"), None),
]
CONFERENCE: list[Asked] = [
    (lambda c: actions.ConfbridgeListRooms(), None),
    (lambda c: actions.ConfbridgeList(conference="8000"), None),
    (lambda c: actions.ConfbridgeMute(conference="8000", channel=c["guest"]), None),
    (lambda c: actions.ConfbridgeUnmute(conference="8000", channel=c["guest"]), None),
    (lambda c: actions.ConfbridgeLock(conference="8000"), None),
    (lambda c: actions.ConfbridgeUnlock(conference="8000"), None),
    (lambda c: actions.ConfbridgeLock(conference="none"), NoSuch),
    (lambda c: actions.ConfbridgeStartRecord(conference="8000", record_file="c.wav"), None),
    (lambda c: actions.ConfbridgeStopRecord(conference="8000"), None),
    (
        lambda c: actions.ConfbridgeSetSingleVideoSrc(conference="8000", channel=c["guest"]),
        None,
    ),
    (lambda c: actions.ConfbridgeKick(conference="8000", channel=c["guest"]), None),
]


async def check(ami: Ami, version: str, action: Action[Any], error: type[AmiError] | None) -> str:
    """What is wrong with the answer; nothing: as it should be."""
    name = type(action).__name__
    if version == "16" and name in FROM_22:
        error = UnknownAction
    try:
        answer = await ask(ami, action)
    except AmiError as told:
        if error is not None and isinstance(told, error) and type(told) is not AmiError:
            return ""
        return f"{name}: {told!r}, not {error}"
    if error is not None:
        return f"{name}: {answer!r}, not {error.__name__}"
    if isinstance(answer, Listing):
        plain = [each for each in answer if type(each).__name__ == "AmiEvent"]
        if plain:
            return f"{name}: {plain[0]!r} has no class"
        return next((f"{name}: {odd}" for odd in map(unread, answer) if odd), "")
    return "" if isinstance(answer, action.answer()) else f"{name}: {answer!r}"


def unread(event: Any) -> str:
    """A field of the event whose text its type does not take."""
    table = reading(type(event))
    for key, text in event.fields:
        found = table[key]
        if found is not None and text and getattr(event, found[0]) is None:
            return f"{event.type} {key}={text!r}"
    return ""


async def test_what_is_asked_about_calls_is_answered(ami: Ami, pbx: Lab, calls: Calls) -> None:
    wrong = []
    for action, error in ABOUT_CALLS:
        wrong.append(await check(ami, pbx.version, action(calls), error))
        await asyncio.sleep(0.1)  # bridging and parking take their time
    assert not list(filter(None, wrong))


async def test_what_is_asked_about_the_rest_is_answered(ami: Ami, pbx: Lab) -> None:
    wrong = [await check(ami, pbx.version, action, error) for action, error in OTHERS]
    assert not list(filter(None, wrong))


async def test_what_is_asked_about_a_conference_is_answered(
    ami: Ami, pbx: Lab, calls: Calls
) -> None:
    # That there is none is told as an error; it is an empty list.
    assert len(await ami.list(actions.ConfbridgeListRooms())) == 0
    await calls.make("guest", "ConfBridge", "8000")
    async with asyncio.timeout(5):
        while not await ami.list(actions.ConfbridgeList(conference="8000")):
            await asyncio.sleep(0.05)
    (guest,) = await ami.list(actions.ConfbridgeList(conference="8000"))
    assert isinstance(guest, events.ConfbridgeList) and guest.muted is False
    wrong = [await check(ami, pbx.version, action(calls), error) for action, error in CONFERENCE]
    assert not list(filter(None, wrong))


def test_no_action_is_left_out() -> None:
    class Any_(dict[str, str]):
        def __missing__(self, key: str) -> str:
            return key

    names = {type(action).__name__ for action, _ in OTHERS}
    names |= {type(action(Any_())).__name__ for action, _ in ABOUT_CALLS + CONFERENCE}  # type: ignore[arg-type]
    assert set(actions.__all__) - {"Change"} == names
