"""What may be an argument: types with what they must look like, checked before anything is sent.

One place for all ways in. A pattern allows what Asterisk's names have, and leaves out what would
mean something on the way: commas and quotes in a dialplan's arguments, blanks and `;` on the
command line, line breaks in AMI, `/` and `..` in the names of files. Where any text is wanted it is
`Text`, and whoever sends it has to make it safe.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

__all__ = [
    "Address",
    "Application",
    "CauseCode",
    "ChannelName",
    "ClassName",
    "Conference",
    "Context",
    "Count",
    "Data",
    "Device",
    "EndpointName",
    "Extension",
    "Family",
    "FileName",
    "Key",
    "Mailbox",
    "ModuleName",
    "Name",
    "Priority",
    "QueueName",
    "Seconds",
    "Sound",
    "Text",
    "Value",
    "Variables",
]

# An endpoint of ours, or a channel's name: PJSIP/alice-00000001, Local/100@default-0001;1.
ChannelName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*/[A-Za-z0-9_.+*#@:/;~=-]{1,200}$",
        description="a channel's name, such as PJSIP/alice-00000001",
    ),
]
Device = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*/[A-Za-z0-9_.+*#@:/~=-]{1,200}$",
        description="what can be dialled or is a device, such as PJSIP/alice or Local/100@default",
    ),
]
EndpointName = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_.+-]{1,80}$", description="a PJSIP object's name, such as alice"),
]
Extension = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_.+*#-]{1,80}$", description="an extension of the dialplan"),
]
Context = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="a context of the dialplan")
]
Priority = Annotated[int, Meta(ge=1, le=100_000, description="a priority of the extension")]
Application = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_]{1,40}$", description="an application of the dialplan")
]
QueueName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="a queue of queues.conf")
]
ClassName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="a class of music on hold")
]
Conference = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="a ConfBridge conference")
]
Mailbox = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,40}(@[A-Za-z0-9_.-]{1,40})?$",
        description="a mailbox, such as 2001@default; @default if it names no context",
    ),
]
Sound = Annotated[
    str,
    Meta(
        pattern=r"^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}$",
        description="a sound's name without its ending, such as hello-world or custom/greeting",
    ),
]
FileName = Annotated[
    str,
    Meta(
        pattern=r"^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,120}$",
        description="a file's name, without a folder",
    ),
]
ModuleName = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9_]{1,60}(\.so)?$", description="a module, such as res_musiconhold"),
]
Family = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.@+*#:=~-]{1,80}(/[A-Za-z0-9_.@+*#:=~-]{1,80})*$",
        max_length=200,
        description="a family of AstDB, such as cidname",
    ),
]
Key = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.@+*#:=~-]{1,80}(/[A-Za-z0-9_.@+*#:=~-]{1,80})*$",
        max_length=200,
        description="a key in it",
    ),
]
# Any text that can be a line: no control characters. 400 characters fit a line of AMI in UTF-8.
Text = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=400, description="a line of text")
]
Value = Annotated[
    str,
    Meta(pattern=r"^([^\x00-\x20\x7f][^\x00-\x1f\x7f]*)?$", max_length=400, description="a value"),
]
# A name for people: what quotes and brackets would mean in a caller id is left out.
Name = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f\"'<>,;|$\\()`]*$", max_length=80, description="a name for people"
    ),
]
# What an application is given: like a line of the dialplan, but nothing is evaluated in it.
Data = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f$`]*$",
        max_length=400,
        description="the application's arguments; no $ in it",
    ),
]
Address = Annotated[
    str, Meta(pattern=r"^[0-9A-Fa-f.:]{2,45}$", description="an IP address, IPv4 or IPv6")
]
Seconds = Annotated[float, Meta(ge=0, le=86_400, description="seconds")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
CauseCode = Annotated[
    int, Meta(ge=1, le=127, description="a cause of ITU-T Q.850: 16 normal, 17 busy, 21 rejected")
]
Variables = Annotated[
    dict[Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,79}$")], Value],
    Meta(max_length=50, description="channel variables"),
]
