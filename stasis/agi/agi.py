"""The commands of AGI, all of them, for one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from stasis.agi.control import Control
from stasis.agi.say import Say
from stasis.agi.sound import Sound
from stasis.agi.speech import Speech
from stasis.agi.text import TextAndImage
from stasis.agi.variable import Variable

__all__ = ["Agi", "Script"]


class Agi(Control, Sound, Say, Variable, TextAndImage, Speech):
    """What a script gets: the call that runs it, and every command of Asterisk 16 to 22.

    A method has the command's name. Times are in seconds. When the caller hangs up, the script
    gets ChannelGone at the await where it stands, whatever it awaits there. After it, in a
    `finally`, the commands still work that need no channel (variables, AstDB, `exec`, `verbose`);
    the others raise ChannelGone again.
    """

    def __repr__(self) -> str:
        return f"<Agi {self.channel_id} {self.environment.channel}>"


Script: TypeAlias = Callable[[Agi], Awaitable[None]]
