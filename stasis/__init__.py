"""stasis: call flows on Asterisk. The public names; everything else may move.

A call enters through the dialplan's `Stasis(app)`, an event loop receives it, a flow decides,
and the handles act. Start with `Flow` or a plain async function, and `Plugin`.

What runs them is loaded when it is asked for: to write a flow, or to draw it, needs no network.
"""

import importlib
import typing

from stasis.application import Application
from stasis.ari import Ari, Since, Version
from stasis.ari.events import (
    ApplicationMoveFailed,
    ApplicationRegistered,
    ApplicationReplaced,
    ApplicationUnregistered,
    BridgeAttendedTransfer,
    BridgeBlindTransfer,
    BridgeCreated,
    BridgeDestroyed,
    BridgeMerged,
    BridgeVideoSourceChanged,
    CallBroadcast,
    CallClaimed,
    ChannelCallerId,
    ChannelConnectedLine,
    ChannelCreated,
    ChannelDestroyed,
    ChannelDialplan,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelHold,
    ChannelLeftBridge,
    ChannelStateChange,
    ChannelTalkingFinished,
    ChannelTalkingStarted,
    ChannelToneDetected,
    ChannelTransfer,
    ChannelUnhold,
    ChannelUserevent,
    ChannelVarset,
    ContactStatusChange,
    DeviceStateChanged,
    Dial,
    EndpointStateChange,
    Event,
    PeerStatusChange,
    PlaybackContinuing,
    PlaybackFinished,
    PlaybackStarted,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    StasisEnd,
    StasisStart,
    TextMessageReceived,
)
from stasis.ask import Entered
from stasis.bridge import Bridge
from stasis.channel import Channel
from stasis.config import Config
from stasis.device_state import DeviceState
from stasis.dial import Dialling, DialResult, DialStatus
from stasis.endpoint import Endpoint
from stasis.errors import (
    AllocationFailed,
    ApplicationTaken,
    AriError,
    ChannelGone,
    ConfigError,
    Conflict,
    FlowError,
    Forbidden,
    InboxOverflow,
    InvalidParameter,
    InvalidRequest,
    InvalidState,
    MethodNotAllowed,
    NotAri,
    NotBooted,
    NotFound,
    NotImplementedByServer,
    NotPlayed,
    NotRecorded,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    PluginError,
    ResponseError,
    ServerError,
    StasisError,
    TooLarge,
    Unauthorized,
    Unprocessable,
    Unreachable,
    WaitTimeout,
)
from stasis.finding import Finding
from stasis.flow import Flow, Leave
from stasis.mailbox import Mailbox, MessageCount
from stasis.menu import Choice, Match, Matcher
from stasis.operations import operations
from stasis.placed import Placed, PlacedResult
from stasis.playback import Playback, PlaybackResult
from stasis.plugin import Demo, Plugin
from stasis.program import Program, Runnable
from stasis.recording import LiveRecording, RecordingResult, StoredRecording
from stasis.router import Wait
from stasis.section import Secret, key, section
from stasis.sound import Sound
from stasis.table import Do
from stasis.trigger import After, Done, Elapsed, Gap, Other, Outcome, Resumed
from stasis.walk import Walked

if typing.TYPE_CHECKING:
    from stasis.app import run
    from stasis.link import Link
    from stasis.servers import Servers

__version__ = "0.1.0"

# Where the names are that the type checker alone has above.
_LATER = {"Link": "stasis.link", "Servers": "stasis.servers", "run": "stasis.app"}

__all__ = [
    "After",
    "AllocationFailed",
    "Application",
    "ApplicationMoveFailed",
    "ApplicationRegistered",
    "ApplicationReplaced",
    "ApplicationTaken",
    "ApplicationUnregistered",
    "Ari",
    "AriError",
    "Bridge",
    "BridgeAttendedTransfer",
    "BridgeBlindTransfer",
    "BridgeCreated",
    "BridgeDestroyed",
    "BridgeMerged",
    "BridgeVideoSourceChanged",
    "CallBroadcast",
    "CallClaimed",
    "Channel",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelCreated",
    "ChannelDestroyed",
    "ChannelDialplan",
    "ChannelDtmfReceived",
    "ChannelEnteredBridge",
    "ChannelGone",
    "ChannelHangupRequest",
    "ChannelHold",
    "ChannelLeftBridge",
    "ChannelStateChange",
    "ChannelTalkingFinished",
    "ChannelTalkingStarted",
    "ChannelToneDetected",
    "ChannelTransfer",
    "ChannelUnhold",
    "ChannelUserevent",
    "ChannelVarset",
    "Choice",
    "Config",
    "ConfigError",
    "Conflict",
    "ContactStatusChange",
    "Demo",
    "DeviceState",
    "DeviceStateChanged",
    "Dial",
    "DialResult",
    "DialStatus",
    "Dialling",
    "Do",
    "Done",
    "Elapsed",
    "Endpoint",
    "EndpointStateChange",
    "Entered",
    "Event",
    "Finding",
    "Flow",
    "FlowError",
    "Forbidden",
    "Gap",
    "InboxOverflow",
    "InvalidParameter",
    "InvalidRequest",
    "InvalidState",
    "Leave",
    "Link",
    "LiveRecording",
    "Mailbox",
    "Match",
    "Matcher",
    "MessageCount",
    "MethodNotAllowed",
    "NotAri",
    "NotBooted",
    "NotFound",
    "NotImplementedByServer",
    "NotPlayed",
    "NotRecorded",
    "NotSent",
    "NotSupported",
    "Other",
    "Outcome",
    "OutcomeUnknown",
    "PeerStatusChange",
    "Placed",
    "PlacedResult",
    "Playback",
    "PlaybackContinuing",
    "PlaybackFinished",
    "PlaybackResult",
    "PlaybackStarted",
    "Plugin",
    "PluginError",
    "Program",
    "RecordingFailed",
    "RecordingFinished",
    "RecordingResult",
    "RecordingStarted",
    "ResponseError",
    "Resumed",
    "Runnable",
    "Secret",
    "ServerError",
    "Servers",
    "Since",
    "Sound",
    "StasisEnd",
    "StasisError",
    "StasisStart",
    "StoredRecording",
    "TextMessageReceived",
    "TooLarge",
    "Unauthorized",
    "Unprocessable",
    "Unreachable",
    "Version",
    "Wait",
    "WaitTimeout",
    "Walked",
    "__version__",
    "key",
    "operations",
    "run",
    "section",
]

if not typing.TYPE_CHECKING:  # it would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_LATER[name]), name)
