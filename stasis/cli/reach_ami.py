"""The hops to AMI: the port, the user, and the classes that it has. Only where it is configured."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from attrs import evolve

from stasis.ami import Ami, AmiError, LoginRefused, NotUnderstood
from stasis.cli.hop import Hop
from stasis.cli.patient import Patient
from stasis.cli.reach import since

if TYPE_CHECKING:
    from stasis.pbx.classes import Classes

__all__ = ["ami", "ami_classes", "ami_login", "compared"]

# What something of the PBX needs.
READ = "system call agent user config command dtmf reporting cdr dialplan security".split()
WRITE = "system call agent user config command reporting originate message".split()


async def ami(patient: Patient) -> Hop:
    """Whether the manager interface answers. It logs in too: that is one step of the client."""
    config = evolve(patient.config.manager(), boot_timeout=0.0)
    where = f"{config.host}:{config.port}"
    begun = perf_counter()
    patient.ami = Ami(config)
    try:
        await patient.ami.start()
    except LoginRefused as error:
        patient.refused = error.reason
    except AmiError as error:
        fix = (
            "manager.conf: [general] enabled = yes, bindaddr and port as host and port in"
            " [asterisk.ami] of stasis.toml; then: asterisk -rx 'module reload manager'"
        )
        if isinstance(error, NotUnderstood):
            fix = "is that the manager interface's port? 5038, with TLS mostly 5039"
        return Hop("ami", "failed", error.reason, fix)
    return Hop("ami", "ok", f"{where} answers in {since(begun)}")


async def ami_login(patient: Patient) -> Hop:
    """Whether user and secret are right."""
    name = patient.config.ami.username
    if not patient.refused:
        return Hop("ami-login", "ok", f"user {name!r} is let in")
    fix = (
        f"manager.conf: [{name}] secret = …, permit = the address of this machine; the same as"
        " asterisk.ami.username and STASIS_ASTERISK_AMI_SECRET"
    )
    return Hop("ami-login", "failed", patient.refused, fix)


async def ami_classes(patient: Patient) -> Hop:
    """Whether the user hears, and may do, what the commands of the PBX need."""
    from stasis.pbx.classes import classes_of  # not for everybody: it takes its time

    assert patient.ami is not None
    found = await classes_of(patient.ami)
    return compared(patient.config.ami.username, found, patient.ami.config.mask)


def compared(name: str, found: Classes | None, mask: str) -> Hop:
    """What is missing. name: the user's. found: its classes, if they are known."""
    from stasis.pbx.classes import unheard  # not for everybody: it takes its time

    line = f"manager.conf: [{name}] read = {','.join(READ)} and write = {','.join(WRITE)}"
    if found is None:
        text = "not known: the user lacks the class command in `write`"
        return Hop("ami-classes", "warning", text, line)
    read = unheard(found, mask, READ)
    write = [each for each in WRITE if not {each, "all"} & found.write]
    lacking = [
        f"{what} {', '.join(each)}" for what, each in (("read", read), ("write", write)) if each
    ]
    if not lacking:
        return Hop("ami-classes", "ok", "the user has all that commands need")
    fix = line if read == unheard(found, "on", READ) else f"{line}; mask in [asterisk.ami]: on"
    return Hop("ami-classes", "warning", f"the user lacks: {'; '.join(lacking)}", fix)
