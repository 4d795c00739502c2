"""stasis.agi: scripts on calls by Asterisk's gateway interface, AGI, with every command typed.

A script is an async function of an `Agi`. `FastAgi` serves scripts over TCP, `AsyncAgi` over the
manager interface, `run_plain` is one as a process of Asterisk's, and `Session` runs one over any
other `Transport`.
Import it where it is needed: `import stasis` does not.
"""

from stasis.agi.agi import Agi, Script
from stasis.agi.async_agi import AsyncAgi, AsyncAgiConfig
from stasis.agi.environment import Environment
from stasis.agi.errors import (
    AgiError,
    CommandFailed,
    InvalidArgument,
    InvalidSyntax,
    ProtocolError,
    ReplyCut,
    TakenBack,
    UnexpectedReply,
    UnknownCommand,
)
from stasis.agi.fastagi import FastAgi, FastAgiConfig
from stasis.agi.line import argument
from stasis.agi.plain import run_plain
from stasis.agi.protocol import HungUp, Limits, Protocol, Text
from stasis.agi.reply import Reply
from stasis.agi.results import Entered, Heard, Played, Recognized, Recorded, State
from stasis.agi.session import Session
from stasis.agi.stream import Stream
from stasis.agi.transport import Transport

__all__ = [
    "Agi",
    "AgiError",
    "AsyncAgi",
    "AsyncAgiConfig",
    "CommandFailed",
    "Entered",
    "Environment",
    "FastAgi",
    "FastAgiConfig",
    "Heard",
    "HungUp",
    "InvalidArgument",
    "InvalidSyntax",
    "Limits",
    "Played",
    "Protocol",
    "ProtocolError",
    "Recognized",
    "Recorded",
    "Reply",
    "ReplyCut",
    "Script",
    "Session",
    "State",
    "Stream",
    "TakenBack",
    "Text",
    "Transport",
    "UnexpectedReply",
    "UnknownCommand",
    "argument",
    "run_plain",
]
