"""The classes of events that we hear: what `read` of our user in manager.conf has.

Rules: Asterisk tells nobody that a class is missing, so it is asked beforehand, by its command
line. Who may not use that is not known, which is said too. It is never tried: whoever is refused
an action makes a security event of his own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import structlog
from attrs import frozen

from stasis.ami import Ami, AmiError, actions
from stasis.pbx.command_line import written
from stasis.pbx.errors import Refused

__all__ = ["Classes", "classes_of", "must_hear", "unheard"]

log = structlog.get_logger("stasis.pbx")

EVERY = frozenset({"on", "all", "yes", "true"})  # a mask that leaves out nothing


@frozen
class Classes:
    """The classes of a user. read: what it hears. write: what it may do."""

    read: frozenset[str]
    write: frozenset[str]


async def classes_of(ami: Ami) -> Classes | None:
    """The classes of the user that is logged in; None when it may not ask.

    Raises AmiError. AMI: ListCommands, Command. CLI: manager show user.
    """
    name = ami.config.username
    if '"' in name or "Command" not in (await ami.send(actions.ListCommands())).commands:
        return None
    line = written(("manager", "show", "user", name))
    try:
        return read_classes((await ami.send(actions.Command(command=line))).output)
    except AmiError:
        if ami.state.value != "ready":
            raise
        return None


def read_classes(lines: Iterable[str]) -> Classes | None:
    """Read what `manager show user` prints; None when there is no such user."""
    found: dict[str, frozenset[str]] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            found[key.strip()] = frozenset(value.strip().split(","))
    if "read perm" not in found or "write perm" not in found:
        return None
    return Classes(found["read perm"], found["write perm"])


def unheard(classes: Classes | None, mask: str, wanted: Collection[str]) -> list[str]:
    """Which of these classes are not heard; none when it is not known.

    classes: the user's. mask: of `[asterisk.ami]`.
    """
    chosen = set(mask.lower().replace(" ", "").split(","))
    return [
        each
        for each in sorted(wanted)
        if (classes is not None and not {each, "all"} & classes.read)
        or not (chosen & EVERY or each in chosen)
    ]


async def must_hear(ami: Ami, thing: str, *wanted: str) -> None:
    """Make sure that classes of events are heard, such as `security`. thing: what needs them.

    It is logged when that cannot be known. Raises Refused, AmiError.
    """
    classes = await classes_of(ami)
    name, mask = ami.config.username, ami.config.mask
    if missing := ", ".join(unheard(classes, mask, wanted)):
        raise Refused(
            thing,
            f"the user {name!a} of the manager interface does not hear events of {missing}: add"
            f" {missing} to its `read` in manager.conf, and to mask in [asterisk.ami] if that is"
            " set; then: manager reload",
        )
    if classes is None:
        log.warning(
            f"hears events of {', '.join(wanted)} if `read` in manager.conf has it: to look there"
            " the user needs the class command",
            user=name,
        )
