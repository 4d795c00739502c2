"""`stasis command run` on the real servers."""

from __future__ import annotations

import pytest

from stasis.pbx import Denied, Pbx, Refused
from tests.asterisk.pbx.conftest import Office

pytestmark = pytest.mark.timeout(60)


@pytest.mark.things("command.run")
async def test_what_it_prints_is_what_asterisk_itself_prints(pbx: Pbx, office: Office) -> None:
    lines = await pbx.command.run("core show version")
    assert lines[0].startswith(f"Asterisk {office.version}.")
    assert "\n".join(lines).strip() == office.lab.cli("core show version").strip()


async def test_a_command_that_asterisk_does_not_know_is_refused(pbx: Pbx) -> None:
    with pytest.raises(Refused, match="No such command 'queues show"):
        await pbx.command.run("queues show")


async def test_a_password_is_not_shown(pbx: Pbx, office: Office) -> None:
    """Asterisk itself would print it."""
    assert office.lab.phones["alice"] in office.lab.cli("pjsip show auth alice")
    with pytest.raises(Denied, match="'pjsip show auth' shows secrets"):
        await pbx.command.run("pjsip show auth alice")


async def test_what_only_shows_changes_nothing(pbx: Pbx, office: Office) -> None:
    office.lab.cli("database put show k v")
    with pytest.raises(Denied):
        await pbx.command.run("database deltree show")
    assert "Value: v" in office.lab.cli("database get show k")
