"""How far a call has come: what a new process must know to go on with it.

Rules: all of it is plain values and one handle. Its form, and that of what is in it (`Target`,
`Desk`, `Message`), stays readable: a field that is added has a default.
"""

from __future__ import annotations

from attrs import define

from stasis import Dialling
from stasis_ivr.parts import Desk, Message
from stasis_ivr.target import HANGUP, Target

__all__ = ["IvrData"]


@define
class IvrData:
    """Of one call.

    here: the part it is in. digits: what the caller has chosen last. desk: the desk that rings or
    talks, as the file was when the call came to it, with the digits filled in. dialling: what
    came of ringing it. message: the message that is left, as the file was then. recording: the
    name of what is recorded, until it was judged. tries: how many were begun. seconds: how long
    the caller has talked, None when that is not known.
    """

    here: Target = HANGUP
    digits: str = ""
    desk: Desk | None = None
    dialling: Dialling | None = None
    message: Message | None = None
    recording: str = ""
    tries: int = 0
    seconds: int | None = None
