"""The manager interface (AMI): actions, lists and events of an Asterisk, typed.

    async with Ami(AmiConfig(username="stasis", secret=Secret("…"))) as ami:
        channels = await ami.list(actions.CoreShowChannels())

`actions` and `events` are modules: a `Hangup` is in both. Import it where it is needed: `import
stasis` does not.
"""

from stasis.ami import actions, events
from stasis.ami.action import Action, ListAction
from stasis.ami.answer import Answer, Listing
from stasis.ami.client import Ami, AmiState
from stasis.ami.config import AmiConfig
from stasis.ami.errors import (
    ActionFailed,
    AmiError,
    InvalidValue,
    ListIncomplete,
    LoginRefused,
    NoSuch,
    NotConnected,
    NotSent,
    NotUnderstood,
    OutcomeUnknown,
    PermissionDenied,
    UnknownAction,
)
from stasis.ami.event import AmiEvent, Missed
from stasis.ami.message import Message
from stasis.ami.stream import Stream

__all__ = [
    "Action",
    "ActionFailed",
    "Ami",
    "AmiConfig",
    "AmiError",
    "AmiEvent",
    "AmiState",
    "Answer",
    "InvalidValue",
    "ListAction",
    "ListIncomplete",
    "Listing",
    "LoginRefused",
    "Message",
    "Missed",
    "NoSuch",
    "NotConnected",
    "NotSent",
    "NotUnderstood",
    "OutcomeUnknown",
    "PermissionDenied",
    "Stream",
    "UnknownAction",
    "actions",
    "events",
]
