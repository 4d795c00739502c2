"""`stasis security fail2ban`; `watch` is tried on real servers, in tests/asterisk/pbx."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli

CONFIG = '[asterisk.security]\nlog = "/srv/pbx/security.log"\n'


def test_the_files_are_printed_with_the_log_of_the_configuration(cli: Cli, here: Path):
    (here / "stasis.toml").write_text(CONFIG)
    done = cli("security", "fail2ban")
    assert done.returncode == 0 and "# /etc/fail2ban/filter.d/stasis.conf" in done.stdout
    assert "logpath = /srv/pbx/security.log" in done.stdout
    files = json.loads(cli("security", "fail2ban", "--json").stdout)
    assert set(files) == {"filter.d/stasis.conf", "jail.d/stasis.conf"}


def test_they_are_installed_and_never_written_over(cli: Cli, here: Path):
    done = cli("security", "fail2ban", "--install", "etc")
    assert done.returncode == 0 and "fail2ban-client reload" in done.stderr
    jail = here / "etc" / "jail.d" / "stasis.conf"
    assert "filter = stasis" in jail.read_text()
    jail.write_text("mine")
    done = cli("security", "fail2ban", "--install", "etc")
    assert done.returncode == 1 and "--force" in done.stderr and jail.read_text() == "mine"
    assert cli("security", "fail2ban", "--install", "etc", "--force").returncode == 0
    assert "filter = stasis" in jail.read_text()


def test_where_they_cannot_be(cli: Cli, here: Path):
    (here / "etc").write_text("")
    done = cli("security", "fail2ban", "--install", "etc/fail2ban")
    assert done.returncode == 1 and "cannot be written" in done.stderr


def test_a_server_that_there_is_not(cli: Cli):
    done = cli("security", "watch", "--server", "nowhere")
    assert done.returncode == 2 and "--server nowhere" in done.stderr


def test_without_a_user_of_the_manager_interface_it_says_so(cli: Cli):
    done = cli("security", "watch")
    assert done.returncode == 1 and "username in [asterisk.ami]" in done.stderr
