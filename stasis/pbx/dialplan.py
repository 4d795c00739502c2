"""The dialplan: whether there is a place where a call is to go."""

from __future__ import annotations

from stasis.ami import Ami, actions
from stasis.pbx.errors import Missing

__all__ = ["exists", "wanted"]

ANSWERS = {"0": False, "1": True}


async def exists(ami: Ami, context: str, extension: str, priority: int = 1) -> bool | None:
    """Whether the dialplan has a place. The names are checked ones.

    Returns None when Asterisk cannot tell, without its module func_dialplan. Raises AmiError.
    AMI: Getvar of DIALPLAN_EXISTS.
    """
    place = f"DIALPLAN_EXISTS({context},{extension},{priority})"
    return ANSWERS.get((await ami.send(actions.Getvar(variable=place))).value)


async def wanted(ami: Ami, thing: str, context: str, extension: str, priority: int = 1) -> None:
    """Raises Missing when the dialplan has no such place, AmiError.

    Asterisk itself would say that it has worked, and the call would be lost.
    """
    if await exists(ami, context, extension, priority) is False:
        raise Missing(thing, f"the dialplan has no extension {extension} in context {context}")
