"""What the options before the command say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stasis.cli.settings import Settings, at_once, existing, look_here
from stasis.config import AmiConfig, AsteriskConfig
from stasis.errors import ConfigError


class TestNamesAsterisk:
    """`run --lab` takes the lab only while nobody has named an Asterisk."""

    def test_nobody_has(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("STASIS_ASTERISK_URL", raising=False)
        (here / "stasis.toml").write_text("[asterisk]\nusername = 'x'\n")
        assert not Settings().names_asterisk()

    def test_the_file_has(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("STASIS_ASTERISK_URL", raising=False)
        (here / "stasis.toml").write_text("[asterisk]\nurl = 'http://10.0.0.1:8088/ari'\n")
        assert Settings().names_asterisk()

    def test_the_environment_has(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STASIS_ASTERISK_URL", "http://10.0.0.1:8088/ari")
        assert Settings().names_asterisk()


def test_the_named_file_is_loaded(here: Path) -> None:
    (here / "other.toml").write_text("[asterisk]\nusername = 'somebody'\n")
    assert Settings(here / "other.toml").load().asterisk.username == "somebody"


def test_a_named_file_must_exist(here: Path) -> None:
    assert existing(None) is None
    with pytest.raises(ConfigError, match="no such file"):
        existing(here / "none.toml")


def test_the_current_folder_is_looked_in_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/elsewhere"])
    look_here()
    look_here()
    assert sys.path == [str(here), "/elsewhere"]


@pytest.mark.parametrize(("configured", "used"), [(30.0, 2.0), (2.5, 2.0), (0.5, 0.5), (0.0, 0.0)])
def test_a_command_waits_for_the_start_of_asterisk_for_a_moment_only(
    configured: float, used: float
) -> None:
    config = AsteriskConfig(url="http://a:1/ari", ami=AmiConfig(boot_timeout=configured))
    found = at_once(config)
    assert (found.url, found.ami.boot_timeout) == (config.url, used)
