"""Access to an Asterisk: what is needed for each way, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from stasis.access import AmiConfig, AsteriskConfig, check_asterisk
from stasis.errors import ConfigError


def test_the_managers_secret_may_be_in_a_file(tmp_path: Path):
    (file := tmp_path / "secret").write_text("geheim\nanother line\n")
    asterisk = AsteriskConfig(ami=AmiConfig(secret_file=str(file)))
    assert check_asterisk(asterisk, "asterisk").ami.secret.reveal() == "geheim"
    gone = evolve(asterisk, ami=AmiConfig(secret_file=str(tmp_path / "none")))
    with pytest.raises(ConfigError, match=r"asterisk\.ami\.secret_file"):
        check_asterisk(gone, "asterisk")


def test_the_manager_is_on_the_host_of_ari_unless_it_says_otherwise():
    there = AsteriskConfig(url="https://pbx.example:8089/ari")
    assert there.manager().host == "pbx.example"
    assert evolve(there, ami=AmiConfig(host="10.0.0.1")).manager().host == "10.0.0.1"


@pytest.mark.parametrize(
    "url", ["pbx", "ftp://pbx/ari", "http://pbx:0/ari", "http://u:p@pbx/ari", "http://pbx/ari?a=b"]
)
def test_an_address_that_is_none_is_told(url: str):
    with pytest.raises(ConfigError, match=r"servers\.east\.url"):
        check_asterisk(AsteriskConfig(url=url), "servers.east")


def test_no_secret_shows():
    asterisk = check_asterisk(AsteriskConfig(), "asterisk")
    assert "stasis-change-me" not in repr(asterisk)
