"""Which applications of the dialplan may be run on a call from outside, and with what.

Many can do more than make a call: System runs a command of the server, Set writes a file through
FILE, AGI runs a program, Record writes anywhere, Queue has an argument that is a program. So only
those of this table are run, with arguments that look as the table says: no path, no option with
an argument of its own. Anything else is an extension's, which the dialplan's owner has written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from stasis.pbx.errors import BadValue

__all__ = ["APPLICATIONS", "checked"]

NOTHING = r""
NUMBER = r"[0-9]{0,6}(\.[0-9]{1,3})?"
NAME = r"[A-Za-z0-9_.-]{1,80}"
# Words with commas between.
WORDS = r"[A-Za-z0-9_.@+*#=&-]*(,[A-Za-z0-9_.@+*#=&-]*){0,5}"
SPOKEN = r"[A-Za-z0-9 *#.+-]*"
# A sound's name has no colon and begins with no slash: no URL, no file from anywhere.
SOUND = r"(?!\.|[^,]*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*"
DEVICE = r"[A-Za-z][A-Za-z0-9_]*/[A-Za-z0-9_.+*#@:/~=-]+"
MAILBOX = r"[A-Za-z0-9_.@+-]*"
FORMAT = r"([A-Za-z ]|'[A-Za-z0-9_/-]+')*"

APPLICATIONS: Mapping[str, str] = {
    "AgentLogin": WORDS,
    "Answer": NUMBER,
    "Busy": NUMBER,
    "ConfBridge": WORDS,
    "Congestion": NUMBER,
    "Dial": rf"{DEVICE}(&{DEVICE})*(,[0-9]{{0,5}}(,[A-Za-z]*)?)?",
    "Echo": NOTHING,
    "Hangup": NUMBER,
    "Milliwatt": r"[a-z]?",
    "Morsecode": SPOKEN,
    "MusicOnHold": WORDS,
    "NoOp": SPOKEN,
    "Park": WORDS,
    "ParkedCall": WORDS,
    "Pickup": r"[A-Za-z0-9_.@+*#&-]*",
    "Playback": rf"{SOUND}(&{SOUND})*(,(skip|noanswer|say)?)?",
    "PlayTones": r"[A-Za-z0-9+*/,!]*",
    "Queue": rf"{NAME}(,[A-Za-z]*(,,(,[0-9]{{1,5}})?)?)?",
    "Ringing": NOTHING,
    "SayAlpha": SPOKEN,
    "SayDigits": r"[0-9*#]*",
    "SayNumber": r"-?[0-9]{1,15}(,[a-z])?",
    "SayPhonetic": SPOKEN,
    "SayUnixTime": rf"-?[0-9]{{0,12}}(,[A-Za-z0-9_+/-]*(,{FORMAT})?)?",
    "SendDTMF": r"[0-9A-Da-dwWfF*#]+(,[0-9]*(,[0-9]*)?)?",
    "Stasis": r"[A-Za-z0-9_.-]+(,[^\"\\()]*)?",
    "VoiceMail": WORDS,
    "VoiceMailMain": rf"{MAILBOX}(,p?)?",  # with s it would ask for no password
    "Wait": NUMBER,
}
"""The application's name, and what its arguments must look like."""

# What does more, for who may.
INSTEAD = {"VoiceMailMain": "without its password a mailbox is heard by voicemail.check"}

NAMES = {name.casefold(): name for name in APPLICATIONS}


def checked(thing: str, application: str, data: str) -> str:
    """The application's name as Asterisk writes it. Raises BadValue when it may not be run so."""
    name = NAMES.get(application.casefold())
    if name is None:
        raise BadValue(
            thing,
            f"application: {application} may not be run from outside; there are"
            f" {', '.join(APPLICATIONS)}. For another, call an extension that runs it",
        )
    if not re.fullmatch(APPLICATIONS[name], data):
        raise BadValue(
            thing,
            f"data: {name} takes no such arguments here; "
            + INSTEAD.get(name, "for them, call an extension that runs it"),
        )
    return name
