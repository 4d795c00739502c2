"""What rooms, members and keys are like: profiles and menus, as data. Pure.

Rules: every key has its description and a default that is right for most; a room whose profile is
not there any more goes by `default`. What a key of a menu does is the name of an action.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from stasis import key

__all__ = [
    "DEFAULT",
    "MEMBER_PROFILES",
    "MENUS",
    "MODERATOR",
    "ROOM_PROFILES",
    "MemberProfile",
    "Menu",
    "RoomProfile",
    "Sounds",
]

DEFAULT = "default"
MODERATOR = "moderator"


@frozen
class Sounds:
    """What is said and played, each a list of media URIs; an empty list says nothing."""

    pin: list[str] = key(["sound:conf-getpin"], "asks for the PIN")
    pin_wrong: list[str] = key(["sound:conf-invalidpin"], "the PIN was wrong")
    refused: list[str] = key(["sound:vm-goodbye"], "too many wrong PINs: no way in")
    name: list[str] = key(["sound:vm-rec-name"], "asks for the name, which is recorded")
    full: list[str] = key(["sound:conf-full"], "the room is full")
    locked: list[str] = key(["sound:conf-locked"], "the room is locked")
    waiting: list[str] = key(["sound:conf-waitforleader"], "in the lobby: a moderator is missing")
    begins: list[str] = key(["sound:conf-placeintoconf"], "the moderator is there: in you go")
    alone: list[str] = key(["sound:conf-onlyperson"], "there is nobody else")
    count_before: list[str] = key(["sound:conf-thereare"], "before the number of the others")
    count_after: list[str] = key(["sound:conf-otherinparty"], "after the number of the others")
    joined: list[str] = key(["sound:conf-hasjoin"], "after the name of who has joined")
    left: list[str] = key(["sound:conf-hasleft"], "after the name of who has left")
    join_tone: list[str] = key(["sound:confbridge-join"], "tone when somebody joins")
    leave_tone: list[str] = key(["sound:confbridge-leave"], "tone when somebody leaves")
    muted: list[str] = key(["sound:conf-muted"], "you are muted")
    unmuted: list[str] = key(["sound:conf-unmuted"], "you are heard again")
    lock: list[str] = key(["sound:conf-lockednow"], "the room is locked now")
    unlock: list[str] = key(["sound:conf-unlockednow"], "the room is open again")
    recording: list[str] = key(["sound:conf-now-recording"], "the room is recorded from now on")
    kicked: list[str] = key(["sound:conf-kicked"], "you were removed")
    moderator_left: list[str] = key(["sound:conf-leaderhasleft"], "the last moderator has left")
    warning: list[str] = key(["sound:beep"], "the time limit comes near")
    ended: list[str] = key(["sound:confbridge-conf-end"], "the conference is over")
    number: list[str] = key(["sound:vm-enter-num-to-call"], "asks for the number to be called")
    key_wrong: list[str] = key(["sound:conf-errormenu"], "a key that does nothing")


@frozen
class RoomProfile:
    """What a room is like. Times are in seconds."""

    capacity: int = key(0, "members at most; 0: as many as come", minimum=0)
    capacity_counts_moderators: bool = key(
        False, "whether a full room is full for moderators, and they fill it"
    )
    member: str = key(DEFAULT, "the member profile of who comes in without a moderator's PIN")
    moderator: str = key(MODERATOR, "the member profile of who enters the moderator's PIN")
    pin_tries: int = key(3, "PINs a caller may try in one call", minimum=1, maximum=20)
    pin_timeout: float = key(10.0, "seconds to begin with a PIN", minimum=1, maximum=120)
    wait_for_moderator: bool = key(
        False, "whether members wait in the lobby, with music, until a moderator comes"
    )
    music: str = key("default", "class of musiconhold.conf: lobby, hold, and alone in the room")
    music_alone: bool = key(False, "whether who is alone hears music")
    announce: Literal["off", "tones", "names"] = key(
        "tones", "how joining and leaving is told: not, by a tone, or by the recorded name as well"
    )
    count: bool = key(True, "whether who joins is told how many others are there")
    talk_detection: bool = key(True, "whether it is known who talks, for how long, and who most")
    record: Literal["off", "demand", "auto"] = key(
        "demand", "recording: never, when a moderator asks for it, or from the beginning"
    )
    record_needs_moderator: bool = key(
        False, "whether the recording pauses while no moderator is in the room"
    )
    record_folder: str = key("conference", "folder below Asterisk's recording folder")
    record_format: str = key("wav", "the recording's format, a file ending that Asterisk knows")
    ends_with_moderator: bool = key(False, "whether the room ends when the last moderator leaves")
    grace: float = key(
        0.0, "seconds a moderator has to come back before the room ends", minimum=0, maximum=86_400
    )
    limit: float = key(0.0, "seconds a conference lasts at most; 0: no limit", minimum=0)
    warnings: list[int] = key([300, 60], "seconds before the limit at which it is announced")
    after: str = key(
        "hangup",
        "where members go when the room ends or they leave: `hangup`, `continue` (on in the"
        " dialplan), or the name of another application's flow",
    )
    language: str = key("", "language of what is said; empty: that of the channel")
    sounds: Sounds = key(Sounds(), "what is said and played")


@frozen
class MemberProfile:
    """What a member may and is like when it comes in. Volumes are steps, 0 leaves it as it is."""

    moderator: bool = key(False, "whether it is a moderator")
    pin: bool = key(True, "whether it must enter the room's PIN where there is one")
    menu: str = key(DEFAULT, "the menu of its keys; empty: keys do nothing")
    muted: bool = key(False, "whether it comes in muted: it hears, nobody hears it")
    deaf: bool = key(False, "whether it comes in deaf: it is heard, and hears nobody")
    record_name: bool = key(True, "whether it is asked for its name, where names are announced")
    quiet: bool = key(False, "whether nobody is told that it joins or leaves")
    talk_volume: int = key(0, "how loud it is heard", minimum=-10, maximum=10)
    listen_volume: int = key(0, "how loud it hears", minimum=-10, maximum=10)
    after: str = key("", "where it goes when it leaves; empty: where the room says")


@frozen
class Menu:
    """Keys that do something in a room."""

    keys: dict[str, str] = key({}, 'keys and the action of each, such as "*1" = "toggle_mute"')
    pause: float = key(
        2.0, "seconds between two keys that belong together", minimum=0.2, maximum=30
    )
    help: list[str] = key([], "what the action `help` says, media URIs")


ROOM_PROFILES: Mapping[str, RoomProfile] = {DEFAULT: RoomProfile()}
"""The room profiles that are there without a file."""

MEMBER_PROFILES: Mapping[str, MemberProfile] = {
    DEFAULT: MemberProfile(),
    MODERATOR: MemberProfile(moderator=True, menu=MODERATOR),
}
"""The member profiles that are there without a file."""

MEMBER_KEYS = {
    "*0": "help",
    "*1": "toggle_mute",
    "*2": "toggle_hold",
    "*4": "listen_down",
    "*5": "count",
    "*6": "listen_up",
    "*7": "talk_down",
    "*8": "leave",
    "*9": "talk_up",
}
MODERATOR_KEYS = {
    "*3": "kick_last",
    "*#": "toggle_lock",
    "**1": "mute_others",
    "**2": "unmute_others",
    "**3": "toggle_record",
    "**4": "toggle_pause",
    "**8": "end",
}

MENUS: Mapping[str, Menu] = {
    DEFAULT: Menu(keys=MEMBER_KEYS, help=["sound:conf-usermenu-162"]),
    MODERATOR: Menu(keys=MEMBER_KEYS | MODERATOR_KEYS, help=["sound:conf-adminmenu-162"]),
}
"""The menus that are there without a file."""
