"""The group `security` and what it ships for fail2ban."""

from __future__ import annotations

import configparser
import shutil
from pathlib import Path

import pytest
from attrs import evolve

from stasis.config import AsteriskConfig, SecurityConfig
from stasis.pbx import BadValue, Needs, Pbx
from stasis.pbx.security import LOG, fail2ban
from tests.fail2ban import jail, program
from tests.pbx.test_failure_log import AT, failure


def pbx(log: Path) -> Pbx:
    """A PBX that is never asked, with this log."""
    return Pbx(evolve(AsteriskConfig(), security=SecurityConfig(log=str(log))))


async def test_failures_are_listed_by_address(tmp_path: Path):
    (tmp_path / "security.log").write_text(f"{failure(0).line()}\n{failure(5).line()}\n")
    asked = pbx(tmp_path / "security.log").security
    (found,) = await asked.failures(since=AT.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    assert (found.address, found.failures) == ("192.0.2.7", 2)
    (found,) = await asked.failures(since=AT.strftime("%Y-%m-%dT12:01:00+00:00"))
    assert found.failures == 1


async def test_without_a_log_it_says_who_writes_it(tmp_path: Path):
    with pytest.raises(Needs, match="stasis security watch"):
        await pbx(tmp_path / "security.log").security.failures()


@pytest.mark.parametrize("since", ["2026-02-31", "soon", "1d\n", "$(id)", "2026-11-29T99:00"])
async def test_a_moment_that_there_is_not(tmp_path: Path, since: str):
    with pytest.raises(BadValue, match="since"):
        await pbx(tmp_path / "security.log").security.failures(since=since)


class TestFail2ban:
    def test_the_jail_names_the_filter_and_the_log(self):
        files = fail2ban("/srv/100%/security.log")
        jail = configparser.ConfigParser(interpolation=None)
        jail.read_string(files["jail.d/stasis.conf"])
        assert jail["stasis"]["filter"] == "stasis" and "filter.d/stasis.conf" in files
        assert jail["stasis"]["logpath"] == "/srv/100%%/security.log"  # one % is interpolation

    def test_as_it_is_shipped_it_reads_the_default(self):
        assert LOG == SecurityConfig().log and LOG in fail2ban()["jail.d/stasis.conf"]

    def test_its_jail_keeps_sip_out_too(self, tmp_path: Path):
        program()
        shutil.copytree("/etc/fail2ban", tmp_path / "etc")
        shutil.rmtree(tmp_path / "etc" / "jail.d")  # Debian's own jail wants a log that is not here
        (tmp_path / "etc" / "jail.d").mkdir()
        (tmp_path / "security.log").write_text("")
        for name, text in fail2ban(str(tmp_path / "security.log")).items():
            (tmp_path / "etc" / name).write_text(text)
        told = jail(tmp_path / "etc", "stasis")
        assert ["set", "stasis", "addlogpath", str(tmp_path / "security.log"), "head"] in told
        (action,) = (each for each in told if each[0] == "multi-set")
        # SIP goes by UDP: fail2ban's own default is TCP alone.
        assert ["protocol", "tcp,udp"] in action[4]  # type: ignore[operator]
