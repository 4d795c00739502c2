"""The configuration: loopback by default, checked, its secret shown to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from stasis.ami import AmiConfig
from stasis.ami.config import tls_of
from stasis.errors import ConfigError
from stasis.section import section


def test_as_a_table_of_stasis_toml() -> None:
    config = section(AmiConfig, {"username": "stasis", "secret": "hush", "tls": True}, "[ami]")
    assert (config.host, config.port, config.mask) == ("", 5038, "on")
    assert config.secret.reveal() == "hush" and "hush" not in repr(config)


@pytest.mark.parametrize("table", [{"port": 0}, {"in_flight": 0}, {"mask": "on\r\nX: y"}])
def test_what_cannot_be_is_told(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        section(AmiConfig, table, "[ami]")


def test_certificates_are_checked(tmp_path: Path) -> None:
    context = tls_of(AmiConfig(tls=True))
    assert (
        context is not None
        and context.check_hostname
        and context.verify_mode.name == "CERT_REQUIRED"
    )
    assert tls_of(AmiConfig()) is None
    with pytest.raises(ConfigError, match="tls_ca"):
        tls_of(AmiConfig(tls=True, tls_ca=str(tmp_path / "none.pem")))
