"""The dialplan: whether there is a place where a call is to go, and steps that we put there.

A Local channel that we make to whisper or to wait is no call, and has no call record: each of its
halves says so, the one by a variable of its Originate, the other by its first step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stasis.ami import Ami, actions
from stasis.pbx.errors import Missing

__all__ = ["NO_RECORD", "UNRECORDED", "exists", "steps", "wanted"]

NO_RECORD: Mapping[str, str] = {"CDR_PROP(disable)": "1"}
"""The variables of a channel without a call record."""
UNRECORDED = ("Set", "CDR_PROP(disable)=1")
"""The application that does it in the dialplan, with its argument."""

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


async def steps(
    ami: Ami, context: str, extension: str, applications: Sequence[tuple[str, str]]
) -> None:
    """Make an extension of ours when it is not there. applications: each with its argument.

    Raises AmiError. AMI: DialplanExtensionAdd.
    """
    if await exists(ami, context, extension, len(applications)):
        return
    for priority, (application, argument) in enumerate(applications, 1):
        await ami.send(
            actions.DialplanExtensionAdd(
                context=context,
                extension=extension,
                priority=priority,
                application=application,
                application_data=argument,
                replace=True,
            )
        )
