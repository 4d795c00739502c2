"""The manager interface's events, as classes: those of Asterisk 16 and 22 that a program acts on.

Named as Asterisk names them; a field is its key in small letters. A field that was not sent, or
whose text is no number, is None. `app` is the dialplan application. What else was sent is in
`fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stasis.ami.event import AmiEvent
from stasis.section import Secret

__all__ = [
    "EVENTS",
    "AGIExecEnd",
    "AGIExecStart",
    "AgentCalled",
    "AgentComplete",
    "AgentConnect",
    "AgentDump",
    "AgentLogin",
    "AgentLogoff",
    "AgentRingNoAnswer",
    "Agents",
    "AorDetail",
    "AorList",
    "AsyncAGIEnd",
    "AsyncAGIExec",
    "AsyncAGIStart",
    "AttendedTransfer",
    "AuthDetail",
    "AuthList",
    "AuthMethodNotAllowed",
    "BlindTransfer",
    "BridgeCreate",
    "BridgeDestroy",
    "BridgeEnter",
    "BridgeInfoChannel",
    "BridgeLeave",
    "BridgeListItem",
    "BridgeMerge",
    "BridgeTechnologyListItem",
    "BridgeVideoSourceUpdate",
    "CEL",
    "Cdr",
    "ChallengeResponseFailed",
    "ChallengeSent",
    "ChannelHungup",
    "ChannelTalkingStart",
    "ChannelTalkingStop",
    "ConfbridgeEnd",
    "ConfbridgeJoin",
    "ConfbridgeLeave",
    "ConfbridgeList",
    "ConfbridgeListRooms",
    "ConfbridgeMute",
    "ConfbridgeRecord",
    "ConfbridgeStart",
    "ConfbridgeStopRecord",
    "ConfbridgeTalking",
    "ConfbridgeUnmute",
    "ContactList",
    "ContactStatus",
    "ContactStatusDetail",
    "CoreShowChannel",
    "DBGetResponse",
    "DBGetTreeResponse",
    "DTMFBegin",
    "DTMFEnd",
    "DeviceStateChange",
    "DialBegin",
    "DialEnd",
    "DialState",
    "EndpointDetail",
    "EndpointList",
    "ExtensionStatus",
    "FailedACL",
    "Flash",
    "FullyBooted",
    "Hangup",
    "HangupRequest",
    "Hold",
    "IdentifyDetail",
    "InboundRegistrationDetail",
    "InboundSubscriptionDetail",
    "InvalidAccountID",
    "InvalidPassword",
    "InvalidTransport",
    "ListDialplan",
    "Load",
    "LoadAverageLimit",
    "LocalBridge",
    "LogChannel",
    "MessageWaiting",
    "MixMonitorMute",
    "MixMonitorStart",
    "MixMonitorStop",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
    "NewAccountCode",
    "NewCallerid",
    "NewConnectedLine",
    "Newexten",
    "Newchannel",
    "Newstate",
    "OfBridge",
    "OfBridgedChannel",
    "OfChannel",
    "OfMember",
    "OfQueuedCaller",
    "OfSecurity",
    "OriginateResponse",
    "OutboundRegistrationDetail",
    "OutboundSubscriptionDetail",
    "ParkedCall",
    "ParkedCallGiveUp",
    "ParkedCallSwap",
    "ParkedCallTimeOut",
    "Parkinglot",
    "PeerStatus",
    "Pickup",
    "PresenceStateChange",
    "PresenceStatus",
    "QueueCallerAbandon",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueEntry",
    "QueueMember",
    "QueueMemberAdded",
    "QueueMemberPause",
    "QueueMemberPenalty",
    "QueueMemberRemoved",
    "QueueMemberRinginuse",
    "QueueMemberStatus",
    "QueueParams",
    "QueueSummary",
    "Registry",
    "Reload",
    "Rename",
    "RequestBadFormat",
    "RequestNotAllowed",
    "RequestNotSupported",
    "SessionLimit",
    "Shutdown",
    "SoftHangupRequest",
    "Status",
    "SuccessfulAuth",
    "TransportDetail",
    "UnParkedCall",
    "UnexpectedAddress",
    "Unhold",
    "Unload",
    "UserEvent",
    "VarSet",
    "VoicemailBoxDetail",
    "VoicemailPasswordChange",
    "VoicemailUserDetail",
    "VoicemailUserEntry",
]

NO_SECRET: Final = Secret("")


class OfChannel(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An event about a channel; uniqueid is its id, the same as ARI's."""

    channel: str = ""
    channel_state: int | None = None
    channel_state_desc: str = ""
    caller_id_num: str = ""
    caller_id_name: str = ""
    connected_line_num: str = ""
    connected_line_name: str = ""
    language: str = ""
    account_code: str = ""
    context: str = ""
    exten: str = ""
    priority: int | None = None
    uniqueid: str = ""
    linkedid: str = ""


class OfBridge(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An event about a bridge; bridge_uniqueid is its id, the same as ARI's."""

    bridge_uniqueid: str = ""
    bridge_type: str = ""
    bridge_technology: str = ""
    bridge_creator: str = ""
    bridge_name: str = ""
    bridge_num_channels: int | None = None
    bridge_video_source_mode: str = ""
    bridge_video_source: str = ""


class OfBridgedChannel(OfChannel, frozen=True, kw_only=True, tag=True):
    """An event about a channel and a bridge."""

    bridge_uniqueid: str = ""
    bridge_type: str = ""
    bridge_technology: str = ""
    bridge_creator: str = ""
    bridge_name: str = ""
    bridge_num_channels: int | None = None
    bridge_video_source_mode: str = ""
    bridge_video_source: str = ""


class OfMember(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An event about a queue's member. status: of its device, as a number."""

    queue: str = ""
    member_name: str = ""
    interface: str = ""
    state_interface: str = ""
    membership: str = ""
    penalty: int | None = None
    calls_taken: int | None = None
    last_call: int | None = None
    last_pause: int | None = None
    login_time: int | None = None
    in_call: bool | None = None
    status: int | None = None
    paused: bool | None = None
    paused_reason: str = ""
    ringinuse: bool | None = None
    wrapuptime: int | None = None


class OfQueuedCaller(OfChannel, frozen=True, kw_only=True, tag=True):
    """An event about a caller in a queue. position: the first is 1."""

    queue: str = ""
    position: int | None = None


class OfSecurity(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Somebody was let in, or was not. remote_address: like IPV4/UDP/192.0.2.1/5060."""

    event_tv: str = ""
    severity: str = ""
    service: str = ""
    event_version: str = ""
    account_id: str = ""
    session_id: str = ""
    local_address: str = ""
    remote_address: str = ""
    module: str = ""
    session_tv: str = ""


# Calls


class Newchannel(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel was made."""


class Newstate(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel has another state."""


class Newexten(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel runs a step of the dialplan."""

    extension: str = ""
    app: str = ""
    app_data: str = ""


class NewCallerid(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel has another caller id."""

    cid_calling_pres: str = ""


class NewConnectedLine(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel talks to another party."""


class NewAccountCode(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel has another account code."""

    old_account_code: str = ""


class Hangup(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel is gone. cause: why, as a number of Q.850."""

    cause: int | None = None
    cause_txt: str = ""
    tech_cause: int | None = None


class HangupRequest(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel is to be hung up."""

    cause: int | None = None


class SoftHangupRequest(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel is to be hung up soon."""

    cause: int | None = None


class DialBegin(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel dials another."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    dial_string: str = ""


class DialState(OfChannel, frozen=True, kw_only=True, tag=True):
    """What is dialled rings, or makes progress."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    dial_status: str = ""
    forward: str = ""


class DialEnd(OfChannel, frozen=True, kw_only=True, tag=True):
    """Dialling has ended. dial_status: like ANSWER, BUSY."""

    detail = ("dial_status",)
    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    dial_status: str = ""
    forward: str = ""


class OriginateResponse(AmiEvent, frozen=True, kw_only=True, tag=True):
    """What became of an Originate. response: Success or Failure; reason: 4 for answered."""

    response: str = ""
    channel: str = ""
    context: str = ""
    exten: str = ""
    app: str = ""
    data: str = ""
    reason: int | None = None
    uniqueid: str = ""
    caller_id_num: str = ""
    caller_id_name: str = ""


class Hold(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel was put on hold."""

    detail = ("music_class",)
    music_class: str = ""


class Unhold(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel was taken off hold."""


class DTMFBegin(OfChannel, frozen=True, kw_only=True, tag=True):
    """A key was pressed, or is sent. direction: Received or Sent."""

    detail = ("digit",)
    digit: str = ""
    direction: str = ""


class DTMFEnd(OfChannel, frozen=True, kw_only=True, tag=True):
    """A key was let go."""

    detail = ("digit",)
    digit: str = ""
    duration_ms: int | None = None
    direction: str = ""


class Flash(OfChannel, frozen=True, kw_only=True, tag=True):
    """A hook flash was received."""


class ChannelTalkingStart(OfChannel, frozen=True, kw_only=True, tag=True):
    """Somebody talks."""


class ChannelTalkingStop(OfChannel, frozen=True, kw_only=True, tag=True):
    """Somebody has stopped to talk."""

    duration: int | None = None


class BridgeCreate(OfBridge, frozen=True, kw_only=True, tag=True):
    """A bridge was made."""


class BridgeDestroy(OfBridge, frozen=True, kw_only=True, tag=True):
    """A bridge is gone."""


class BridgeEnter(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """A channel entered a bridge."""

    swap_uniqueid: str = ""


class BridgeLeave(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """A channel left a bridge."""


class BridgeMerge(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Two bridges became one."""

    to_bridge_uniqueid: str = ""
    to_bridge_type: str = ""
    to_bridge_technology: str = ""
    to_bridge_creator: str = ""
    to_bridge_name: str = ""
    to_bridge_num_channels: str = ""
    to_bridge_video_source_mode: str = ""
    to_bridge_video_source: str = ""
    from_bridge_uniqueid: str = ""
    from_bridge_type: str = ""
    from_bridge_technology: str = ""
    from_bridge_creator: str = ""
    from_bridge_name: str = ""
    from_bridge_num_channels: str = ""
    from_bridge_video_source_mode: str = ""
    from_bridge_video_source: str = ""


class BlindTransfer(OfBridge, frozen=True, kw_only=True, tag=True):
    """A call was transferred without asking. result: Success or a failure."""

    result: str = ""
    transferer_channel: str = ""
    transferer_caller_id_num: str = ""
    transferer_caller_id_name: str = ""
    transferer_connected_line_num: str = ""
    transferer_connected_line_name: str = ""
    transferer_exten: str = ""
    transferer_uniqueid: str = ""
    transferer_linkedid: str = ""
    transferee_channel: str = ""
    transferee_caller_id_num: str = ""
    transferee_caller_id_name: str = ""
    transferee_connected_line_num: str = ""
    transferee_connected_line_name: str = ""
    transferee_exten: str = ""
    transferee_uniqueid: str = ""
    transferee_linkedid: str = ""
    is_external: bool | None = None
    context: str = ""
    extension: str = ""


class BridgeVideoSourceUpdate(OfBridge, frozen=True, kw_only=True, tag=True):
    """A bridge shows another video."""

    bridge_previous_video_source: str = ""


class AttendedTransfer(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A call was transferred after asking."""

    result: str = ""
    orig_transferer_channel: str = ""
    orig_transferer_caller_id_num: str = ""
    orig_transferer_caller_id_name: str = ""
    orig_transferer_connected_line_num: str = ""
    orig_transferer_connected_line_name: str = ""
    orig_transferer_exten: str = ""
    orig_transferer_uniqueid: str = ""
    orig_transferer_linkedid: str = ""
    orig_bridge_uniqueid: str = ""
    second_transferer_channel: str = ""
    second_transferer_caller_id_num: str = ""
    second_transferer_caller_id_name: str = ""
    second_transferer_connected_line_num: str = ""
    second_transferer_connected_line_name: str = ""
    second_transferer_exten: str = ""
    second_transferer_uniqueid: str = ""
    second_transferer_linkedid: str = ""
    second_bridge_uniqueid: str = ""
    dest_type: str = ""
    dest_bridge_uniqueid: str = ""
    dest_app: str = ""
    local_one_channel: str = ""
    local_one_caller_id_num: str = ""
    local_one_caller_id_name: str = ""
    local_one_connected_line_num: str = ""
    local_one_connected_line_name: str = ""
    local_one_exten: str = ""
    local_one_uniqueid: str = ""
    local_one_linkedid: str = ""
    local_two_channel: str = ""
    local_two_caller_id_num: str = ""
    local_two_caller_id_name: str = ""
    local_two_connected_line_num: str = ""
    local_two_connected_line_name: str = ""
    local_two_exten: str = ""
    local_two_uniqueid: str = ""
    local_two_linkedid: str = ""
    dest_transferer_channel: str = ""
    transferee_channel: str = ""
    transferee_caller_id_num: str = ""
    transferee_caller_id_name: str = ""
    transferee_connected_line_num: str = ""
    transferee_connected_line_name: str = ""
    transferee_exten: str = ""
    transferee_uniqueid: str = ""
    transferee_linkedid: str = ""
    transfer_target_channel: str = ""
    transfer_target_caller_id_num: str = ""
    transfer_target_caller_id_name: str = ""
    transfer_target_connected_line_num: str = ""
    transfer_target_connected_line_name: str = ""
    transfer_target_exten: str = ""
    transfer_target_uniqueid: str = ""
    transfer_target_linkedid: str = ""


class Pickup(OfChannel, frozen=True, kw_only=True, tag=True):
    """A ringing call was picked up by another channel."""

    target_channel: str = ""
    target_caller_id_num: str = ""
    target_caller_id_name: str = ""
    target_connected_line_num: str = ""
    target_connected_line_name: str = ""
    target_exten: str = ""
    target_uniqueid: str = ""
    target_linkedid: str = ""


class LocalBridge(AmiEvent, frozen=True, kw_only=True, tag=True):
    """The two halves of a Local channel were joined."""

    local_one_channel: str = ""
    local_one_caller_id_num: str = ""
    local_one_caller_id_name: str = ""
    local_one_connected_line_num: str = ""
    local_one_connected_line_name: str = ""
    local_one_exten: str = ""
    local_one_uniqueid: str = ""
    local_one_linkedid: str = ""
    local_two_channel: str = ""
    local_two_caller_id_num: str = ""
    local_two_caller_id_name: str = ""
    local_two_connected_line_num: str = ""
    local_two_connected_line_name: str = ""
    local_two_exten: str = ""
    local_two_uniqueid: str = ""
    local_two_linkedid: str = ""
    context: str = ""
    exten: str = ""
    local_optimization: bool | None = None


class ParkedCall(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A call was parked, or is; also an item of ParkedCalls."""

    parkee_channel: str = ""
    parkee_caller_id_num: str = ""
    parkee_caller_id_name: str = ""
    parkee_connected_line_num: str = ""
    parkee_connected_line_name: str = ""
    parkee_exten: str = ""
    parkee_uniqueid: str = ""
    parkee_linkedid: str = ""
    parker_dial_string: str = ""
    parkinglot: str = ""
    parking_space: str = ""
    parking_timeout: int | None = None
    parking_duration: int | None = None


class ParkedCallTimeOut(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A parked call waited too long."""

    parkee_channel: str = ""
    parkee_caller_id_num: str = ""
    parkee_caller_id_name: str = ""
    parkee_connected_line_num: str = ""
    parkee_connected_line_name: str = ""
    parkee_exten: str = ""
    parkee_uniqueid: str = ""
    parkee_linkedid: str = ""
    parker_channel: str = ""
    parker_caller_id_num: str = ""
    parker_caller_id_name: str = ""
    parker_connected_line_num: str = ""
    parker_connected_line_name: str = ""
    parker_exten: str = ""
    parker_uniqueid: str = ""
    parker_linkedid: str = ""
    parker_dial_string: str = ""
    parkinglot: str = ""
    parking_space: str = ""
    parking_timeout: int | None = None
    parking_duration: int | None = None


class ParkedCallGiveUp(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A parked call hung up."""

    parkee_channel: str = ""
    parkee_caller_id_num: str = ""
    parkee_caller_id_name: str = ""
    parkee_connected_line_num: str = ""
    parkee_connected_line_name: str = ""
    parkee_exten: str = ""
    parkee_uniqueid: str = ""
    parkee_linkedid: str = ""
    parker_channel: str = ""
    parker_caller_id_num: str = ""
    parker_caller_id_name: str = ""
    parker_connected_line_num: str = ""
    parker_connected_line_name: str = ""
    parker_exten: str = ""
    parker_uniqueid: str = ""
    parker_linkedid: str = ""
    parker_dial_string: str = ""
    parkinglot: str = ""
    parking_space: str = ""
    parking_timeout: int | None = None
    parking_duration: int | None = None


class ParkedCallSwap(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A parked call was replaced by another."""

    parkee_channel: str = ""
    parkee_caller_id_num: str = ""
    parkee_caller_id_name: str = ""
    parkee_connected_line_num: str = ""
    parkee_connected_line_name: str = ""
    parkee_exten: str = ""
    parkee_uniqueid: str = ""
    parkee_linkedid: str = ""
    parker_channel: str = ""
    parker_caller_id_num: str = ""
    parker_caller_id_name: str = ""
    parker_connected_line_num: str = ""
    parker_connected_line_name: str = ""
    parker_exten: str = ""
    parker_uniqueid: str = ""
    parker_linkedid: str = ""
    parker_dial_string: str = ""
    parkinglot: str = ""
    parking_space: str = ""
    parking_timeout: int | None = None
    parking_duration: int | None = None


class UnParkedCall(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A parked call was taken back."""

    parkee_channel: str = ""
    parkee_caller_id_num: str = ""
    parkee_caller_id_name: str = ""
    parkee_connected_line_num: str = ""
    parkee_connected_line_name: str = ""
    parkee_exten: str = ""
    parkee_uniqueid: str = ""
    parkee_linkedid: str = ""
    parker_channel: str = ""
    parker_caller_id_num: str = ""
    parker_caller_id_name: str = ""
    parker_connected_line_num: str = ""
    parker_connected_line_name: str = ""
    parker_exten: str = ""
    parker_uniqueid: str = ""
    parker_linkedid: str = ""
    parker_dial_string: str = ""
    parkinglot: str = ""
    parking_space: str = ""
    parking_timeout: int | None = None
    parking_duration: int | None = None
    retriever_channel: str = ""
    retriever_caller_id_num: str = ""
    retriever_caller_id_name: str = ""
    retriever_connected_line_num: str = ""
    retriever_connected_line_name: str = ""
    retriever_exten: str = ""
    retriever_uniqueid: str = ""
    retriever_linkedid: str = ""


class VarSet(OfChannel, frozen=True, kw_only=True, tag=True):
    """A variable was set; of a channel, or global without one.

    value: with backslashes before quotes and backslashes, as Asterisk writes it here.
    """

    detail = ("variable",)
    variable: str = ""
    value: str = ""


class UserEvent(OfChannel, frozen=True, kw_only=True, tag=True):
    """An event that a program or the dialplan has made. Its own fields are in `fields`."""

    detail = ("user_event",)
    user_event: str = ""


class Rename(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A channel has another name."""

    channel: str = ""
    newname: str = ""
    uniqueid: str = ""


# Lists of calls


class CoreShowChannel(OfChannel, frozen=True, kw_only=True, tag=True):
    """An item of CoreShowChannels."""

    bridge_id: str = ""
    app: str = ""
    application_data: str = ""
    duration: str = ""


class Status(OfChannel, frozen=True, kw_only=True, tag=True):
    """An item of Status: a channel with all about it."""

    type_: str = ""
    dnid: str = ""
    effective_connected_line_num: str = ""
    effective_connected_line_name: str = ""
    time_to_hangup: int | None = None
    bridge_id: str = ""
    app: str = ""
    data: str = ""
    native_formats: str = ""
    readformat: str = ""
    readtrans: str = ""
    writeformat: str = ""
    writetrans: str = ""
    callgroup: str = ""
    pickupgroup: str = ""
    seconds: int | None = None


class Parkinglot(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of Parkinglots."""

    name: str = ""
    start_space: int | None = None
    stop_space: int | None = None
    timeout: int | None = None


class BridgeListItem(OfBridge, frozen=True, kw_only=True, tag=True):
    """An item of BridgeList."""


class BridgeInfoChannel(OfChannel, frozen=True, kw_only=True, tag=True):
    """An item of BridgeInfo: a channel in the bridge."""


class BridgeTechnologyListItem(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of BridgeTechnologyList."""

    bridge_technology: str = ""
    bridge_type: str = ""
    bridge_priority: str = ""
    bridge_suspended: str = ""


class ChannelHungup(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of HangupMatching: a channel that was hung up."""

    channel: str = ""


# Music on hold


class MusicOnHoldStart(OfChannel, frozen=True, kw_only=True, tag=True):
    """Music on hold plays."""

    detail = ("class_",)
    class_: str = ""


class MusicOnHoldStop(OfChannel, frozen=True, kw_only=True, tag=True):
    """Music on hold has stopped."""


# Queues


class QueueParams(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of QueueStatus: a queue."""

    queue: str = ""
    max: int | None = None
    strategy: str = ""
    calls: int | None = None
    holdtime: int | None = None
    talk_time: int | None = None
    completed: int | None = None
    abandoned: int | None = None
    service_level: int | None = None
    servicelevel_perf: float | None = None
    servicelevel_perf2: float | None = None
    weight: int | None = None


class QueueMember(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of QueueStatus: a member. location: its interface."""

    queue: str = ""
    name: str = ""
    location: str = ""
    state_interface: str = ""
    membership: str = ""
    penalty: int | None = None
    calls_taken: int | None = None
    last_call: int | None = None
    last_pause: int | None = None
    login_time: int | None = None
    in_call: bool | None = None
    status: int | None = None
    paused: bool | None = None
    paused_reason: str = ""
    wrapuptime: int | None = None


class QueueEntry(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of QueueStatus: a caller who waits."""

    queue: str = ""
    position: int | None = None
    channel: str = ""
    uniqueid: str = ""
    caller_id_num: str = ""
    caller_id_name: str = ""
    connected_line_num: str = ""
    connected_line_name: str = ""
    wait: int | None = None
    priority: int | None = None


class QueueSummary(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of QueueSummary. Times in seconds."""

    queue: str = ""
    logged_in: int | None = None
    available: int | None = None
    callers: int | None = None
    hold_time: int | None = None
    talk_time: int | None = None
    longest_hold_time: int | None = None


class QueueMemberAdded(OfMember, frozen=True, kw_only=True, tag=True):
    """A member was added."""


class QueueMemberRemoved(OfMember, frozen=True, kw_only=True, tag=True):
    """A member was removed."""


class QueueMemberPause(OfMember, frozen=True, kw_only=True, tag=True):
    """A member was paused, or is no longer."""


class QueueMemberPenalty(OfMember, frozen=True, kw_only=True, tag=True):
    """A member has another penalty."""


class QueueMemberRinginuse(OfMember, frozen=True, kw_only=True, tag=True):
    """A member rings while in use, or no longer."""


class QueueMemberStatus(OfMember, frozen=True, kw_only=True, tag=True):
    """A member's device has another state."""


class QueueCallerJoin(OfQueuedCaller, frozen=True, kw_only=True, tag=True):
    """A caller began to wait."""

    count: int | None = None


class QueueCallerLeave(OfQueuedCaller, frozen=True, kw_only=True, tag=True):
    """A caller waits no longer, for whatever reason."""

    count: int | None = None


class QueueCallerAbandon(OfQueuedCaller, frozen=True, kw_only=True, tag=True):
    """A caller hung up before anybody answered."""

    original_position: int | None = None
    hold_time: int | None = None


class AgentCalled(OfChannel, frozen=True, kw_only=True, tag=True):
    """A member is called."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    queue: str = ""
    member_name: str = ""
    interface: str = ""


class AgentConnect(OfChannel, frozen=True, kw_only=True, tag=True):
    """A member talks to a caller."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    queue: str = ""
    member_name: str = ""
    interface: str = ""
    ring_time: int | None = None
    hold_time: int | None = None


class AgentComplete(OfChannel, frozen=True, kw_only=True, tag=True):
    """A member has talked to a caller. reason: who hung up."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    queue: str = ""
    member_name: str = ""
    interface: str = ""
    hold_time: int | None = None
    talk_time: int | None = None
    reason: str = ""


class AgentDump(OfChannel, frozen=True, kw_only=True, tag=True):
    """A member hung up while an announcement played."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    queue: str = ""
    member_name: str = ""
    interface: str = ""


class AgentRingNoAnswer(OfChannel, frozen=True, kw_only=True, tag=True):
    """A member did not answer."""

    dest_channel: str = ""
    dest_caller_id_num: str = ""
    dest_caller_id_name: str = ""
    dest_connected_line_num: str = ""
    dest_connected_line_name: str = ""
    dest_exten: str = ""
    dest_uniqueid: str = ""
    dest_linkedid: str = ""
    queue: str = ""
    member_name: str = ""
    interface: str = ""
    ring_time: int | None = None


class AgentLogin(OfChannel, frozen=True, kw_only=True, tag=True):
    """An agent logged in."""

    agent: str = ""


class AgentLogoff(OfChannel, frozen=True, kw_only=True, tag=True):
    """An agent logged off."""

    agent: str = ""
    logintime: int | None = None


class Agents(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of Agents."""

    agent: str = ""
    name: str = ""
    status: str = ""
    talking_to_chan: str = ""
    call_started: str = ""
    logged_in_time: int | None = None
    channel: str = ""
    caller_id_num: str = ""
    caller_id_name: str = ""
    uniqueid: str = ""


# Voicemail


class MessageWaiting(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A mailbox has other numbers of messages."""

    mailbox: str = ""
    waiting: int | None = None
    new: int | None = None
    old: int | None = None


class VoicemailUserEntry(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of VoicemailUsersList: a mailbox."""

    vm_context: str = ""
    voice_mailbox: str = ""
    fullname: str = ""
    email: str = ""
    pager: str = ""
    server_email: str = ""
    language: str = ""
    time_zone: str = ""
    uniqueid: str = ""
    max_message_count: int | None = None
    max_message_length: int | None = None
    new_message_count: int | None = None
    old_message_count: int | None = None
    imap_user: str = ""
    imap_server: str = ""
    imap_port: str = ""


class VoicemailUserDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of VoicemailUserStatus: a mailbox."""

    vm_context: str = ""
    voice_mailbox: str = ""
    fullname: str = ""
    email: str = ""
    pager: str = ""
    server_email: str = ""
    language: str = ""
    time_zone: str = ""
    uniqueid: str = ""
    max_message_count: int | None = None
    max_message_length: int | None = None
    new_message_count: int | None = None
    old_message_count: int | None = None


class VoicemailBoxDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of VoicemailBoxSummary: a message. duration: seconds; date: in words."""

    folder: str = ""
    caller_id: str = ""
    date: str = ""
    duration: int | None = None
    flag: str = ""
    id: str = ""


class VoicemailPasswordChange(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Somebody changed a mailbox's password."""

    context: str = ""
    mailbox: str = ""
    new_password: Secret = NO_SECRET


# Endpoints and trunks


class EndpointList(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoints."""

    object_type: str = ""
    object_name: str = ""
    transport: str = ""
    aor: str = ""
    auths: str = ""
    outbound_auths: str = ""
    device_state: str = ""
    active_channels: str = ""
    contacts: str = ""


class EndpointDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoint; more settings are in `fields`."""

    object_type: str = ""
    object_name: str = ""
    context: str = ""
    allow: str = ""
    transport: str = ""
    auth: str = ""
    outbound_auth: str = ""
    aors: str = ""
    callerid: str = ""
    dtmf_mode: str = ""
    direct_media: str = ""
    media_encryption: str = ""
    moh_suggest: str = ""
    language: str = ""
    mailboxes: str = ""
    call_group: str = ""
    pickup_group: str = ""
    named_call_group: str = ""
    named_pickup_group: str = ""
    from_user: str = ""
    from_domain: str = ""
    accountcode: str = ""
    device_state: str = ""
    active_channels: str = ""
    webrtc: str = ""
    bundle: str = ""
    ice_support: str = ""
    rtp_symmetric: str = ""
    force_rport: str = ""
    rewrite_contact: str = ""
    identify_by: str = ""
    subscribe_context: str = ""
    message_context: str = ""


class AorDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoint."""

    object_type: str = ""
    object_name: str = ""
    minimum_expiration: int | None = None
    maximum_expiration: int | None = None
    default_expiration: int | None = None
    qualify_frequency: int | None = None
    authenticate_qualify: bool | None = None
    max_contacts: int | None = None
    remove_existing: bool | None = None
    remove_unavailable: bool | None = None
    mailboxes: str = ""
    outbound_proxy: str = ""
    support_path: bool | None = None
    qualify_2xx_only: str = ""
    qualify_timeout: float | None = None
    voicemail_extension: str = ""
    contacts: str = ""
    total_contacts: int | None = None
    contacts_registered: int | None = None
    endpoint_name: str = ""


class AuthDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoint; its secrets do not show."""

    object_type: str = ""
    object_name: str = ""
    username: str = ""
    password: Secret = NO_SECRET
    md5_cred: Secret = NO_SECRET
    realm: str = ""
    nonce_lifetime: str = ""
    auth_type: str = ""
    endpoint_name: str = ""
    oauth_clientid: str = ""
    oauth_secret: Secret = NO_SECRET
    password_digest: Secret = NO_SECRET
    refresh_token: Secret = NO_SECRET
    supported_algorithms_uac: str = ""
    supported_algorithms_uas: str = ""


class IdentifyDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoint."""

    object_type: str = ""
    object_name: str = ""
    endpoint: str = ""
    srv_lookups: str = ""
    match: str = ""
    match_header: str = ""
    match_request_uri: str = ""
    endpoint_name: str = ""


class ContactStatusDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoint: where a phone can be reached."""

    aor: str = ""
    uri: str = ""
    status: str = ""
    roundtrip_usec: int | None = None
    endpoint_name: str = ""
    user_agent: str = ""
    reg_expire: int | None = None
    via_address: str = ""
    call_id: str = ""
    id: str = ""
    authenticate_qualify: bool | None = None
    outbound_proxy: str = ""
    path: str = ""
    qualify_frequency: int | None = None
    qualify_timeout: float | None = None
    qualify_2xx_only: str = ""


class AorList(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowAors."""

    object_type: str = ""
    object_name: str = ""
    minimum_expiration: int | None = None
    maximum_expiration: int | None = None
    default_expiration: int | None = None
    qualify_frequency: int | None = None
    qualify_timeout: float | None = None
    qualify_2xx_only: str = ""
    authenticate_qualify: bool | None = None
    max_contacts: int | None = None
    remove_existing: bool | None = None
    remove_unavailable: bool | None = None
    mailboxes: str = ""
    voicemail_extension: str = ""
    outbound_proxy: str = ""
    support_path: bool | None = None
    contacts: str = ""


class AuthList(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowAuths; its secrets do not show."""

    object_type: str = ""
    object_name: str = ""
    username: str = ""
    md5_cred: Secret = NO_SECRET
    realm: str = ""
    auth_type: str = ""
    password: Secret = NO_SECRET
    nonce_lifetime: str = ""
    oauth_clientid: str = ""
    oauth_secret: Secret = NO_SECRET
    password_digest: Secret = NO_SECRET
    refresh_token: Secret = NO_SECRET
    supported_algorithms_uac: str = ""
    supported_algorithms_uas: str = ""


class ContactList(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowContacts."""

    object_type: str = ""
    object_name: str = ""
    via_addr: str = ""
    via_port: int | None = None
    qualify_timeout: float | None = None
    call_id: str = ""
    reg_server: str = ""
    prune_on_boot: bool | None = None
    path: str = ""
    endpoint: str = ""
    authenticate_qualify: bool | None = None
    uri: str = ""
    qualify_frequency: int | None = None
    user_agent: str = ""
    expiration_time: int | None = None
    outbound_proxy: str = ""
    status: str = ""
    roundtrip_usec: int | None = None
    qualify_2xx_only: str = ""


class InboundRegistrationDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowRegistrationsInbound."""

    object_type: str = ""
    object_name: str = ""
    minimum_expiration: int | None = None
    default_expiration: int | None = None
    qualify_timeout: float | None = None
    qualify_2xx_only: str = ""
    mailboxes: str = ""
    support_path: bool | None = None
    remove_unavailable: bool | None = None
    voicemail_extension: str = ""
    max_contacts: int | None = None
    authenticate_qualify: bool | None = None
    maximum_expiration: int | None = None
    qualify_frequency: int | None = None
    remove_existing: bool | None = None
    outbound_proxy: str = ""
    contacts: str = ""
    contact: str = ""


class InboundSubscriptionDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowSubscriptionsInbound."""

    role: str = ""
    endpoint: str = ""
    callid: str = ""
    state: str = ""
    callerid: str = ""
    subscription_type: str = ""
    extension: str = ""
    extension_states: str = ""
    mailboxes: str = ""


class OutboundSubscriptionDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowSubscriptionsOutbound."""

    role: str = ""
    endpoint: str = ""
    callid: str = ""
    state: str = ""
    callerid: str = ""
    subscription_type: str = ""
    extension: str = ""
    extension_states: str = ""
    mailboxes: str = ""


class OutboundRegistrationDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowRegistrationsOutbound. next_reg: seconds."""

    object_type: str = ""
    object_name: str = ""
    max_retries: int | None = None
    client_uri: str = ""
    security_negotiation: str = ""
    auth_rejection_permanent: str = ""
    server_uri: str = ""
    max_random_initial_delay: str = ""
    support_path: bool | None = None
    retry_interval: int | None = None
    contact_header_params: str = ""
    expiration: int | None = None
    transport: str = ""
    line: str = ""
    contact_user: str = ""
    endpoint: str = ""
    user_agent: str = ""
    forbidden_retry_interval: str = ""
    outbound_auth: str = ""
    outbound_proxy: str = ""
    fatal_retry_interval: str = ""
    support_outbound: str = ""
    status: str = ""
    next_reg: int | None = None


class ContactStatus(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A phone was registered, lost, or answers a qualify again."""

    uri: str = ""
    contact_status: str = ""
    aor: str = ""
    endpoint_name: str = ""
    roundtrip_usec: int | None = None


class PeerStatus(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An endpoint became reachable or is no longer."""

    channel_type: str = ""
    peer: str = ""
    peer_status: str = ""
    cause: str = ""
    address: str = ""
    port: str = ""
    time: str = ""


class Registry(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Our registration with another server changed."""

    channel_type: str = ""
    username: str = ""
    domain: str = ""
    status: str = ""
    cause: str = ""


class DeviceStateChange(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A device has another state; also an item of DeviceStateList."""

    device: str = ""
    state: str = ""


class ExtensionStatus(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A hint has another state; also an item of ExtensionStateList."""

    exten: str = ""
    context: str = ""
    hint: str = ""
    status: int | None = None
    status_text: str = ""


class PresenceStateChange(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Somebody's presence changed; also an item of PresenceStateList."""

    presentity: str = ""
    status: str = ""
    subtype: str = ""
    message: str = ""


class PresenceStatus(AmiEvent, frozen=True, kw_only=True, tag=True):
    """The presence of a hint changed."""

    exten: str = ""
    context: str = ""
    hint: str = ""
    status: str = ""
    subtype: str = ""
    message: str = ""


class TransportDetail(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of PJSIPShowEndpoint."""

    object_type: str = ""
    object_name: str = ""
    protocol: str = ""
    bind: str = ""
    cert_file: str = ""
    external_signaling_address: str = ""
    external_signaling_port: str = ""
    external_media_address: str = ""
    domain: str = ""
    verify_server: str = ""
    verify_client: str = ""
    method: str = ""
    tos: str = ""
    cos: str = ""
    local_net: str = ""
    allow_reload: str = ""
    endpoint_name: str = ""


# Records of calls


class Cdr(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A call's record. Times are the server's local ones."""

    account_code: str = ""
    source: str = ""
    destination: str = ""
    destination_context: str = ""
    caller_id: str = ""
    channel: str = ""
    destination_channel: str = ""
    last_application: str = ""
    last_data: str = ""
    start_time: str = ""
    answer_time: str = ""
    end_time: str = ""
    duration: int | None = None
    billable_seconds: int | None = None
    disposition: str = ""
    ama_flags: str = ""
    uniqueid: str = ""
    user_field: str = ""


class CEL(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A step of a call's life."""

    event_name: str = ""
    account_code: str = ""
    caller_id_num: str = ""
    caller_id_name: str = ""
    caller_id_ani: str = ""
    caller_id_rdnis: str = ""
    caller_id_dnid: str = ""
    exten: str = ""
    context: str = ""
    channel: str = ""
    app: str = ""
    app_data: str = ""
    event_time: str = ""
    ama_flags: str = ""
    uniqueid: str = ""
    linkedid: str = ""
    user_field: str = ""
    peer: str = ""
    peer_account: str = ""
    extra: str = ""


# Recording


class MixMonitorStart(OfChannel, frozen=True, kw_only=True, tag=True):
    """A recording of a channel began."""


class MixMonitorStop(OfChannel, frozen=True, kw_only=True, tag=True):
    """A recording of a channel ended."""


class MixMonitorMute(OfChannel, frozen=True, kw_only=True, tag=True):
    """A recording of a channel is muted, or no longer."""

    direction: str = ""
    state: bool | None = None


# Conferences


class ConfbridgeStart(OfBridge, frozen=True, kw_only=True, tag=True):
    """A conference began."""

    conference: str = ""


class ConfbridgeEnd(OfBridge, frozen=True, kw_only=True, tag=True):
    """A conference ended."""

    conference: str = ""


class ConfbridgeJoin(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """Somebody came into a conference."""

    conference: str = ""
    admin: bool | None = None
    muted: bool | None = None


class ConfbridgeLeave(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """Somebody left a conference."""

    conference: str = ""
    admin: bool | None = None


class ConfbridgeMute(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """Somebody was muted."""

    conference: str = ""
    admin: bool | None = None


class ConfbridgeUnmute(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """Somebody is no longer muted."""

    conference: str = ""
    admin: bool | None = None


class ConfbridgeTalking(OfBridgedChannel, frozen=True, kw_only=True, tag=True):
    """Somebody talks, or no longer: talking_status is on or off."""

    conference: str = ""
    talking_status: str = ""
    admin: bool | None = None


class ConfbridgeRecord(OfBridge, frozen=True, kw_only=True, tag=True):
    """A conference is recorded."""

    conference: str = ""


class ConfbridgeStopRecord(OfBridge, frozen=True, kw_only=True, tag=True):
    """A conference is no longer recorded."""

    conference: str = ""


class ConfbridgeList(OfChannel, frozen=True, kw_only=True, tag=True):
    """An item of ConfbridgeList: somebody in the conference."""

    conference: str = ""
    admin: bool | None = None
    marked_user: bool | None = None
    wait_marked: bool | None = None
    end_marked: bool | None = None
    waiting: bool | None = None
    muted: bool | None = None
    talking: bool | None = None
    answered_time: int | None = None


class ConfbridgeListRooms(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of ConfbridgeListRooms."""

    conference: str = ""
    parties: int | None = None
    marked: int | None = None
    locked: bool | None = None
    muted: bool | None = None


# Security


class SuccessfulAuth(OfSecurity, frozen=True, kw_only=True, tag=True):
    """Somebody logged in."""

    using_password: bool | None = None


class FailedACL(OfSecurity, frozen=True, kw_only=True, tag=True):
    """An address is not let in."""

    acl_name: str = ""


class InvalidAccountID(OfSecurity, frozen=True, kw_only=True, tag=True):
    """An account does not exist."""


class InvalidPassword(OfSecurity, frozen=True, kw_only=True, tag=True):
    """A password was wrong."""

    challenge: str = ""
    received_challenge: str = ""
    received_hash: Secret = NO_SECRET


class ChallengeSent(OfSecurity, frozen=True, kw_only=True, tag=True):
    """Somebody was asked for a password."""

    challenge: str = ""


class ChallengeResponseFailed(OfSecurity, frozen=True, kw_only=True, tag=True):
    """An answer to a challenge was wrong."""

    challenge: str = ""
    response: str = ""
    expected_response: Secret = NO_SECRET


class UnexpectedAddress(OfSecurity, frozen=True, kw_only=True, tag=True):
    """An account was used from another address."""

    expected_address: str = ""


class AuthMethodNotAllowed(OfSecurity, frozen=True, kw_only=True, tag=True):
    """A way to log in is not allowed."""

    auth_method: str = ""


class RequestNotAllowed(OfSecurity, frozen=True, kw_only=True, tag=True):
    """A request is not allowed."""

    request_type: str = ""
    request_params: str = ""


class RequestNotSupported(OfSecurity, frozen=True, kw_only=True, tag=True):
    """A request is not known."""

    request_type: str = ""


class RequestBadFormat(OfSecurity, frozen=True, kw_only=True, tag=True):
    """A request is malformed."""

    request_type: str = ""
    request_params: str = ""


class SessionLimit(OfSecurity, frozen=True, kw_only=True, tag=True):
    """Too many sessions."""


class LoadAverageLimit(OfSecurity, frozen=True, kw_only=True, tag=True):
    """The server's load is too high."""


class InvalidTransport(OfSecurity, frozen=True, kw_only=True, tag=True):
    """An account was used over another transport."""

    attempted_transport: str = ""


# Database


class DBGetResponse(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of DBGet."""

    family: str = ""
    key: str = ""
    val: str = ""


class DBGetTreeResponse(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of DBGetTree. key: /FAMILY/KEY."""

    key: str = ""
    val: str = ""


# AGI


class AsyncAGIStart(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel waits for AGI commands. env: URL-encoded."""

    env: str = ""


class AsyncAGIExec(OfChannel, frozen=True, kw_only=True, tag=True):
    """An AGI command has ended. result: URL-encoded."""

    command_id: str = ""
    result: str = ""


class AsyncAGIEnd(OfChannel, frozen=True, kw_only=True, tag=True):
    """A channel waits for AGI commands no longer."""


class AGIExecStart(OfChannel, frozen=True, kw_only=True, tag=True):
    """An AGI command began."""

    command: str = ""
    command_id: str = ""


class AGIExecEnd(OfChannel, frozen=True, kw_only=True, tag=True):
    """An AGI command has ended."""

    command: str = ""
    command_id: str = ""
    result_code: int | None = None
    result: str = ""


# The system


class FullyBooted(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Asterisk has started, or had already at the log-in."""

    status: str = ""
    uptime: int | None = None
    last_reload: int | None = None


class Shutdown(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Asterisk stops."""

    shutdown: str = ""
    restart: bool | None = None


class Reload(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A module was reloaded."""

    module: str = ""
    status: str = ""


class Load(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A module was loaded."""

    module: str = ""
    status: str = ""


class Unload(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A module was unloaded."""

    module: str = ""
    status: str = ""


class LogChannel(AmiEvent, frozen=True, kw_only=True, tag=True):
    """A log was switched on or off."""

    channel: str = ""


class ListDialplan(AmiEvent, frozen=True, kw_only=True, tag=True):
    """An item of ShowDialPlan."""

    context: str = ""
    extension: str = ""
    extension_label: str = ""
    priority: str = ""
    app: str = ""
    app_data: str = ""
    registrar: str = ""
    include_context: str = ""
    switch: str = ""
    ignore_pattern: str = ""


# A class for each kind, by its name.
EVENTS: Final[Mapping[str, type[AmiEvent]]] = {
    kind.__name__: kind
    for kind in (
        AGIExecEnd,
        AGIExecStart,
        AgentCalled,
        AgentComplete,
        AgentConnect,
        AgentDump,
        AgentLogin,
        AgentLogoff,
        AgentRingNoAnswer,
        Agents,
        AorDetail,
        AorList,
        AsyncAGIEnd,
        AsyncAGIExec,
        AsyncAGIStart,
        AttendedTransfer,
        AuthDetail,
        AuthList,
        AuthMethodNotAllowed,
        BlindTransfer,
        BridgeCreate,
        BridgeDestroy,
        BridgeEnter,
        BridgeInfoChannel,
        BridgeLeave,
        BridgeListItem,
        BridgeMerge,
        BridgeTechnologyListItem,
        BridgeVideoSourceUpdate,
        CEL,
        Cdr,
        ChallengeResponseFailed,
        ChallengeSent,
        ChannelHungup,
        ChannelTalkingStart,
        ChannelTalkingStop,
        ConfbridgeEnd,
        ConfbridgeJoin,
        ConfbridgeLeave,
        ConfbridgeList,
        ConfbridgeListRooms,
        ConfbridgeMute,
        ConfbridgeRecord,
        ConfbridgeStart,
        ConfbridgeStopRecord,
        ConfbridgeTalking,
        ConfbridgeUnmute,
        ContactList,
        ContactStatus,
        ContactStatusDetail,
        CoreShowChannel,
        DBGetResponse,
        DBGetTreeResponse,
        DTMFBegin,
        DTMFEnd,
        DeviceStateChange,
        DialBegin,
        DialEnd,
        DialState,
        EndpointDetail,
        EndpointList,
        ExtensionStatus,
        FailedACL,
        Flash,
        FullyBooted,
        Hangup,
        HangupRequest,
        Hold,
        IdentifyDetail,
        InboundRegistrationDetail,
        InboundSubscriptionDetail,
        InvalidAccountID,
        InvalidPassword,
        InvalidTransport,
        ListDialplan,
        Load,
        LoadAverageLimit,
        LocalBridge,
        LogChannel,
        MessageWaiting,
        MixMonitorMute,
        MixMonitorStart,
        MixMonitorStop,
        MusicOnHoldStart,
        MusicOnHoldStop,
        NewAccountCode,
        NewCallerid,
        NewConnectedLine,
        Newexten,
        Newchannel,
        Newstate,
        OriginateResponse,
        OutboundRegistrationDetail,
        OutboundSubscriptionDetail,
        ParkedCall,
        ParkedCallGiveUp,
        ParkedCallSwap,
        ParkedCallTimeOut,
        Parkinglot,
        PeerStatus,
        Pickup,
        PresenceStateChange,
        PresenceStatus,
        QueueCallerAbandon,
        QueueCallerJoin,
        QueueCallerLeave,
        QueueEntry,
        QueueMember,
        QueueMemberAdded,
        QueueMemberPause,
        QueueMemberPenalty,
        QueueMemberRemoved,
        QueueMemberRinginuse,
        QueueMemberStatus,
        QueueParams,
        QueueSummary,
        Registry,
        Reload,
        Rename,
        RequestBadFormat,
        RequestNotAllowed,
        RequestNotSupported,
        SessionLimit,
        Shutdown,
        SoftHangupRequest,
        Status,
        SuccessfulAuth,
        TransportDetail,
        UnParkedCall,
        UnexpectedAddress,
        Unhold,
        Unload,
        UserEvent,
        VarSet,
        VoicemailBoxDetail,
        VoicemailPasswordChange,
        VoicemailUserDetail,
        VoicemailUserEntry,
    )
}
