"""Every text of every thing, spoiled in every way: refused, or safe on the real servers.

A thing whose other arguments are in order gets one hostile text after the other. Whatever it says
to that, nothing of the text may have been done: no key in AstDB, no file, no other user, call or
extension, and the configuration files are what they were.
"""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from stasis.pbx import GROUPS, Download, Group, Pbx, PbxError, Thing, things_of
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.hostile import spoiled, valid

# A value that can be meant, for each parameter that has no default, by its name.
SAMPLES = {
    "channel": "PJSIP/nobody-00000001",
    "family": "fruit",
    "key": "apple",
    "line": "core show version",
    "value": "red",
    "column": "id",
    "uniqueid": "1795996299.1",
    "conference": "sales",
    "device": "PJSIP/nobody",
    "endpoint": "alice",
    "folder": "Old",
    "mailbox": "2001",
    "message": "1795996412-00000000",
    "registration": "main",
    "to": "2002",
    "digits": "*9",
    "directory": "/var/lib/asterisk/nothing",
    "extension": "1234",
    "feature": "automixmon",
    "interface": "PJSIP/nobody",
    "music_class": "jazz",
    "option": "courtesytone",
    "penalty": 3,
    "queue": "support",
    "url": "http://127.0.0.1:1/jazz",
    "app": "nobody",
    "application": "Echo",
    "variable": "COLOUR",
    "recording": "nothing",
    "sounds": ["hello-world"],
    "number": 12,
    "playback": "nothing",
    "level": 1,
    "module": "res_none",
    "how": "idle",
    "file": "http.conf",
}

THINGS = [
    pytest.param(group, method, thing, id=f"{group.name}.{thing.name}")
    for group in GROUPS
    for method, thing in things_of(group).items()
    if any(True for each in thing.parameters for _ in spoiled(each))
]


def files(office: Office) -> dict[str, str]:
    """The configuration files, each as its digest."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(office.lab.etc.iterdir())
    }


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("group", "method", "thing"), THINGS)
async def test_no_text_does_more_than_it_says(
    group: type[Group], method: str, thing: Thing, pbx: Pbx, office: Office
):
    before, refused = files(office), 0
    call = getattr(getattr(pbx, group.name), method)
    rest = {
        each.name: valid(each, SAMPLES)
        for each in thing.parameters
        if not each.option and each.name in SAMPLES
    }
    missing = {each.name for each in thing.parameters if not each.option} - set(SAMPLES)
    assert not missing, f"SAMPLES lacks a value for {missing}"
    for parameter in thing.parameters:
        for text in spoiled(parameter):
            try:
                async with asyncio.timeout(20):
                    result = await call(**{**rest, parameter.name: text})
                    if isinstance(result, Download):
                        async for _ in result.chunks:
                            pass
            except PbxError:
                refused += 1
    assert refused
    assert office.lab.cli("database show canary").strip().endswith("0 results found.")
    assert not (office.lab.folder / "spool" / "canary").exists()
    assert "canary" not in office.lab.cli("dialplan show")
    changed = {name for name, digest in files(office).items() if before.get(name) != digest}
    assert not any(
        word in (office.lab.etc / name).read_text("utf-8")
        for name in changed
        for word in ("canary", "#exec", "/etc/passwd")
    )
