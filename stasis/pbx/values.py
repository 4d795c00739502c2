"""What may be an argument: types with what they must look like, checked before anything is sent.

One place for all ways in. A pattern allows what Asterisk's names have, and leaves out what would
mean something on the way: commas and quotes in a dialplan's arguments, blanks and `;` on the
command line, line breaks in AMI, `/` and `..` in the names of files. Where any text is wanted it is
`Text`, and whoever sends it has to make it safe. A pattern ends in `$(?!\n)`: `$` alone would let a
line break at the end pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

__all__ = [
    "AccountCode",
    "Address",
    "AppName",
    "Application",
    "Argument",
    "CauseCode",
    "ChannelName",
    "ClassName",
    "CliLine",
    "ColumnName",
    "Conference",
    "ConfigFileName",
    "ConfigName",
    "ConfigValue",
    "Context",
    "Count",
    "Data",
    "Device",
    "Digits",
    "Disposition",
    "EndpointName",
    "Extension",
    "Family",
    "FeatureDigits",
    "FileName",
    "FolderPath",
    "HostAndPort",
    "HostName",
    "Key",
    "Language",
    "Level",
    "Limit",
    "Mailbox",
    "MessageId",
    "MetricName",
    "MixMonitorId",
    "ModuleName",
    "Moment",
    "Name",
    "Number",
    "Party",
    "PlaybackId",
    "Port",
    "Priority",
    "QueueName",
    "Reason",
    "RealtimeFamily",
    "RecordId",
    "RecordingName",
    "RowValue",
    "Seconds",
    "Sound",
    "SoundNames",
    "StreamUrl",
    "Text",
    "TimeFormat",
    "UniqueId",
    "Value",
    "VariableName",
    "Variables",
    "VoicemailFolder",
    "Watching",
    "When",
    "Zone",
]

# An endpoint of ours, or a channel's name: PJSIP/alice-00000001, Local/100@default-0001;1.
ChannelName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*/[A-Za-z0-9_.+*#@:/;~=-]{1,200}$(?!\n)",
        description="a channel's name, such as PJSIP/alice-00000001",
    ),
]
Device = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*/[A-Za-z0-9_.+*#@:/~=-]{1,200}$(?!\n)",
        description="what can be dialled or is a device, such as PJSIP/alice or Local/100@default",
    ),
]
EndpointName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.+-]{1,80}$(?!\n)", description="a PJSIP object's name, such as alice"
    ),
]
Extension = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_.+*#-]{1,80}$(?!\n)", description="an extension of the dialplan"),
]
Context = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$(?!\n)", description="a context of the dialplan")
]
Priority = Annotated[int, Meta(ge=1, le=100_000, description="a priority of the extension")]
Application = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_]{1,40}$(?!\n)", description="an application of the dialplan")
]
QueueName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$(?!\n)", description="a queue of queues.conf")
]
ClassName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$(?!\n)", description="a class of music on hold")
]
Conference = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$(?!\n)", description="a ConfBridge conference")
]
Mailbox = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,40}(@[A-Za-z0-9_.-]{1,40})?$(?!\n)",
        description="a mailbox, such as 2001@default; @default if it names no context",
    ),
]
Sound = Annotated[
    str,
    Meta(
        pattern=r"^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}$(?!\n)",
        description="a sound's name without its ending, such as hello-world or custom/greeting",
    ),
]
FileName = Annotated[
    str,
    Meta(
        pattern=r"^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,120}$(?!\n)",
        description="a file's name, without a folder",
    ),
]
ModuleName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_]{1,60}(\.so)?$(?!\n)", description="a module, such as res_musiconhold"
    ),
]
Family = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.@+*#:=~-]{1,80}(/[A-Za-z0-9_.@+*#:=~-]{1,80})*$(?!\n)",
        max_length=200,
        description="a family of AstDB, such as cidname",
    ),
]
Key = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.@+*#:=~-]{1,80}(/[A-Za-z0-9_.@+*#:=~-]{1,80})*$(?!\n)",
        max_length=200,
        description="a key in it",
    ),
]
# Any text that can be a line: no control characters. 400 characters fit a line of AMI in UTF-8.
Text = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)", max_length=400, description="a line of text")
]
Value = Annotated[
    str,
    Meta(
        pattern=r"^([^\x00-\x20\x7f][^\x00-\x1f\x7f]*)?$(?!\n)",
        max_length=400,
        description="a value",
    ),
]
# Its words are read by `CommandLine`, which refuses what is not clear.
CliLine = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$(?!\n)",
        min_length=1,
        max_length=900,
        description="a command of Asterisk's command line, such as core show channels",
    ),
]
# A name for people: what quotes and brackets would mean in a caller id is left out.
Name = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f\"'<>,;|$\\()`]*$(?!\n)",
        max_length=80,
        description="a name for people",
    ),
]
# What an application is given: like a line of the dialplan, but nothing is evaluated in it.
Data = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f$`]*$(?!\n)",
        max_length=400,
        description="the application's arguments; no $ in it",
    ),
]
Address = Annotated[
    str, Meta(pattern=r"^[0-9A-Fa-f.:]{2,45}$(?!\n)", description="an IP address, IPv4 or IPv6")
]
HostName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$(?!\n)",
        description="a host's name, such as pbx.example.org, or its IPv4 address",
    ),
]
Seconds = Annotated[float, Meta(ge=0, le=86_400, description="seconds")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
CauseCode = Annotated[
    int, Meta(ge=1, le=127, description="a cause of ITU-T Q.850: 16 normal, 17 busy, 21 rejected")
]
# Queues and recordings run what MONITOR_EXEC holds as a command of the server.
Variables = Annotated[
    dict[
        Annotated[str, Meta(pattern=r"^(?!(?i:_*MONITOR_EXEC))[A-Za-z_][A-Za-z0-9_]{0,79}$(?!\n)")],
        Value,
    ],
    Meta(max_length=50, description="channel variables"),
]
ConfigFileName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,60}\.conf$(?!\n)",
        description="a configuration file without a folder, such as queues.conf",
    ),
]
# Of a section or a line in it. No brackets, `#`, `=` or blanks: `#exec` would be one.
ConfigName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,79}$(?!\n)",
        description="a name in a configuration file",
    ),
]
# `;` begins a comment there, `>` at the beginning would be taken for a part of `=>`, and blanks
# around a value are not kept.
ConfigValue = Annotated[
    str,
    Meta(
        pattern=r"^([^\x00-\x20\x7f;>]([^\x00-\x1f\x7f;]*[^\x00-\x20\x7f;])?)?$(?!\n)",
        max_length=400,
        description="a value in a configuration file: no `;`, no `>` first, no blanks around it",
    ),
]
# A moment as people say it; `when.moment` reads it.
When = Annotated[
    str,
    Meta(
        pattern=r"^(now|today|yesterday|[0-9]{1,5}[smhdw]|[0-9]{4}-[0-9]{2}-[0-9]{2}"
        r"(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?)$(?!\n)",
        description="a moment: today, yesterday, 2h (ago), 2026-11-29, 2026-11-29T12:30+01:00",
    ),
]
Party = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.+*#-]{1,80}$(?!\n)",
        description="a number, an extension or an endpoint, on either side of a call",
    ),
]
UniqueId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.:+-]{1,150}$(?!\n)",
        description="a channel's uniqueid, or a call's linkedid, such as 1795996299.1",
    ),
]
AccountCode = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.@+-]{1,80}$(?!\n)", description="an account code")
]
Disposition = Annotated[
    Literal["", "ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION"],
    Meta(description="what became of a call: ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION"),
]
Limit = Annotated[int, Meta(ge=1, le=1000, description="how many at most, up to 1000")]
RecordId = Annotated[
    int, Meta(ge=0, le=2**62, description="the id of the last one seen: what is before it")
]
RealtimeFamily = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$(?!\n)", description="a family of extconfig.conf"),
]
ColumnName = Annotated[
    str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$(?!\n)", description="a column of a table")
]
RowValue = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.+*#@:/-]{1,120}$(?!\n)",
        description="the value that the column has, such as 2001",
    ),
]
MessageId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9-]{1,64}$(?!\n)",
        description="a message's id, such as 1795996412-00000000",
    ),
]
VoicemailFolder = Literal[
    "INBOX",
    "Old",
    "Work",
    "Family",
    "Friends",
    "Cust1",
    "Cust2",
    "Cust3",
    "Cust4",
    "Cust5",
    "Urgent",
    "Deleted",
]
# Of a channel; of functions those that tell or set something of the call alone. SHELL, FILE and
# their like are none of them.
VariableName = Annotated[
    str,
    Meta(
        pattern=r"^(?!(?i:_*MONITOR_EXEC))([A-Za-z_][A-Za-z0-9_]{0,79}"
        r"|(CALLERID|CDR|CHANNEL|CONNECTEDLINE|GROUP|JITTERBUFFER|REDIRECTING|TALK_DETECT|TIMEOUT"
        r"|VOLUME)\([A-Za-z0-9_,-]{1,60}\))$(?!\n)",
        description="a channel variable, or such as CHANNEL(language) or CALLERID(name)",
    ),
]
AppName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$(?!\n)", description="an application of ARI")
]
Argument = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f,\"\\()$`]*$(?!\n)",
        max_length=200,
        description="an argument, without comma, quotes or brackets",
    ),
]
Digits = Annotated[str, Meta(pattern=r"^[0-9*#]{1,40}$(?!\n)", description="keys of a telephone")]
SoundNames = Annotated[
    Sequence[Sound],
    Meta(min_length=1, max_length=20, description="sounds, one after the other"),
]
Language = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,10}){0,2}$(?!\n)",
        description="a language of the sounds, such as en or en_AU",
    ),
]
Zone = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}$(?!\n)",
        description="a time zone, such as Europe/Berlin",
    ),
]
TimeFormat = Annotated[
    str,
    Meta(
        pattern=r"^([aAbBhmdeYIlHkMPpQqRST ]|'[A-Za-z0-9_/-]{1,60}'){1,40}$(?!\n)",
        description="letters as in voicemail.conf, such as IMp, and sounds in single quotes",
    ),
]
PlaybackId = Annotated[
    str,
    Meta(
        pattern=r"^stasis-playback-[0-9a-f]{16}$(?!\n)",
        description="a playback's id, as it was returned",
    ),
]
# It goes out as one percent-encoded segment: only what leads out of the folder is left out.
RecordingName = Annotated[
    str,
    Meta(
        pattern=r"^(?!\.|.*/\.|.*//)[^\x00-\x1f\x7f/\\][^\x00-\x1f\x7f\\]*$(?!\n)",
        max_length=200,
        description="a stored recording without its ending; may be in a folder: sales/monday",
    ),
]
Level = Annotated[int, Meta(ge=0, le=10, description="a level: 0 is off, 10 is everything")]
# How long something is watched, or stays on: nobody forgets it for a day.
Watching = Annotated[float, Meta(ge=0.1, le=3600, description="seconds, an hour at most")]
FolderPath = Annotated[
    str,
    Meta(
        pattern=r"^/(?!.*\.\.)[A-Za-z0-9_./-]{1,200}$(?!\n)",
        description="a folder on the server, such as /var/lib/asterisk/moh",
    ),
]
StreamUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[A-Za-z0-9.-]{1,100}(:[0-9]{1,5})?(/[A-Za-z0-9._~%/?&=+@:-]*)?$(?!\n)",
        max_length=200,
        description="a stream's address, such as https://radio.example/jazz.mp3",
    ),
]
HostAndPort = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9.-]{1,120}|\[[0-9A-Fa-f:]{2,45}\]):[0-9]{1,5}$(?!\n)",
        description="a host and a port, such as pbx.example.com:8080",
    ),
]
MetricName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_:]{1,100}$(?!\n)", description="a metric's name, or a part")
]
Port = Annotated[int, Meta(ge=1, le=65_535, description="a port")]
Number = Annotated[
    int, Meta(ge=-999_999_999, le=999_999_999, description="a whole number of up to nine digits")
]
Moment = Annotated[int, Meta(ge=0, le=2**40, description="seconds since 1970, UTC")]
MixMonitorId = Annotated[
    str,
    Meta(
        pattern=r"^0x[0-9a-fA-F]{1,16}$(?!\n)", description="a recording's id, such as 0x7f3c2a10"
    ),
]
FeatureDigits = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-D*#]{0,10}$(?!\n)",
        description="what is pressed for it, such as *2; empty for nothing",
    ),
]
# `|` would part fields in Asterisk's queue log.
Reason = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f\"'<>,;|$\\()`]*$(?!\n)",
        max_length=80,
        description="why, for people",
    ),
]
