"""The classes of events and actions against what the real servers say of themselves.

`manager show event` and `manager show command` have the fields of each: none is made up here, and
none that is left out is left out by mistake.
"""

from __future__ import annotations

import re

import pytest

from stasis.ami import actions, events
from stasis.ami.action import key_of
from stasis.ami.typed import reading
from stasis.lab.lab import Lab

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

# Names that `manager show events` cuts are this long.
SHOWN = 20
# What tells of another channel than the event's own: a program asks for that channel.
ANOTHERS = re.compile(
    r".+(ChannelState|ChannelStateDesc|Language|AccountCode|Context|Priority)|(Orig|Second)Bridge.+"
)
# Fields of whole objects and of rare use, that `fields` has; for a password no field at all.
FEW = {"EndpointDetail", "TransportDetail"}
# What a class does otherwise than its description says: it sends no channel; an older name.
SNAPSHOT = {each.replace("_", "") for each in events.OfChannel.__struct_fields__}
OTHERWISE = {
    "Agents": SNAPSHOT,
    "MessageWaiting": SNAPSHOT,
    "QueueMemberPause": {"reason"},
}
# Told by modules and devices that no typed part of stasis is about; a plain AmiEvent has them.
UNTYPED_EVENTS = re.compile(
    r"AOC-.|.*Complete|.*(Alarm|AlarmClear)|ChanSpy.*|DAHDIChannel|DNDState|DeadlockStart|.*FAX.*"
    r"|HangupHandler.*|LocalOptimization.*|MCID|MWIGet|Meetme.*|MemoryLimit|MiniVoiceMail|Monitor.*"
    r"|NewExten|PJSIPMaintenanceStatus|RTCP.*|ResourceListDetail|SIPQualifyPeerDone|SessionTimeout"
    r"|Wink|CoreShowChannels?Comp|registered|events"
)
# Sent by the client itself, gone in 22, or about such devices; `Ami.action` sends any.
UNTYPED_ACTIONS = re.compile(
    r"Challenge|Login|QueueRule|Logoff|WaitEvent|.*Monitor|FAX.*|AOCMessage|BridgeTechnology(Uns|S)uspend"
    r"|CoreShowChannelMap|GetConfigJSON|PJSIP(Set|Show)Maintenance|PJSIPShowResourceLists|PlayMF"
    r"|SorceryMemoryCache.*"
)
# Fields of rare use: `Ami.action` sends them.
SENT_BY_NAME = {
    "UpdateConfig": {"preserveeffectivecontext"},
    "PJSIPNotify": {"channel", "option", "uri", "variable"},
}
# Numbered fields, which are a list here.
NUMBERED = re.compile(r".*-000000|header.*")


def keys(text: str) -> set[str]:
    """The fields that a description names, in small letters."""
    found = re.search(r"\[Syntax\]\n(.*?)\n\n\[", text, re.DOTALL)
    lines = found[1].splitlines() if found else []
    named = (
        re.sub(r"[\[\]\s]", "", line.partition(":")[0]).lower() for line in lines if ":" in line
    )
    return {each for each in named if each and "<" not in each} - {"action", "actionid"}


def listed(text: str) -> set[str]:
    """The names of a table of names."""
    return set(re.findall(r"(?<=\s)[A-Z][\w-]+", text.partition("-- ")[2]))


def described(lab: Lab, what: str, names: set[str]) -> dict[str, set[str]]:
    """The fields of each name."""
    return {name: keys(lab.cli(f"manager show {what} {name}")) for name in sorted(names)}


def test_every_event_has_its_class_and_its_fields(lab: Lab) -> None:
    names = listed(lab.cli("manager show events"))
    assert len(names) > 100
    cut = {each[:SHOWN]: each for each in events.__all__}
    known = {name: cut[name[:SHOWN]] for name in names if name[:SHOWN] in cut}
    assert {name for name in names - set(known) if not UNTYPED_EVENTS.fullmatch(name)} == set()
    lacking = {}
    for name, fields in described(lab, "event", set(known.values())).items():
        read = reading(getattr(events, name))
        left = {each for each in fields if read[each] is None}
        left -= OTHERWISE.get(name, set())
        left = {each for each in left if not re.fullmatch(ANOTHERS.pattern, each, re.IGNORECASE)}
        if left and name not in FEW:
            lacking[name] = left
    assert lacking == {}


def test_every_action_has_its_class_and_no_field_is_made_up(labs: dict[str, Lab]) -> None:
    """What 16 lacks of an action, 22 has."""
    told: dict[str, set[str]] = {}
    for lab in labs.values():
        rows = lab.cli("manager show commands").splitlines()
        names = {line.split()[0] for line in rows if line.startswith("  ") and line[2:3].isalpha()}
        names -= {"Action"}
        left = {name for name in names if not hasattr(actions, name)}
        assert {name for name in left if not UNTYPED_ACTIONS.fullmatch(name)} == set()
        for name, fields in described(lab, "command", names - left).items():
            declared = {key_of(each).lower() for each in getattr(actions, name).__struct_fields__}
            missing = {each for each in fields - declared if not NUMBERED.fullmatch(each)}
            assert missing <= SENT_BY_NAME.get(name, set()), (lab.version, name)
            told[name] = told.get(name, set()) | fields
    made_up = {
        name: {key_of(each).lower() for each in getattr(actions, name).__struct_fields__} - fields
        for name, fields in told.items()
    }
    assert {name: each for name, each in made_up.items() if each} == {
        "PJSIPNotify": {"headers"},
        "UpdateConfig": {"changes"},
        "UserEvent": {"headers"},
    }
