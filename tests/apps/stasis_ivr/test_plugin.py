"""The plugin: its configuration, its one application, its file's findings and sounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from stasis_ivr.plugin import IvrConfig, IvrPlugin

from stasis import ConfigError
from stasis.section import section


def plugin(**table: object) -> IvrPlugin:
    return IvrPlugin(section(IvrConfig, table, "[plugin.ivr]"))


def test_without_configuration_it_runs_the_example():
    ivr = plugin()
    assert list(ivr.programs()) == ["ivr"]
    assert ivr.check() == () and ivr.sounds()
    assert ivr.now().tzinfo is not None


def test_the_application_may_have_another_name():
    assert list(plugin(app="reception").flows()) == ["reception"]


def test_a_wrong_file_is_told_when_it_is_set_up(tmp_path: Path):
    path = tmp_path / "ivr.toml"
    path.write_text("", "utf-8")
    with pytest.raises(ConfigError, match="start: is missing"):
        plugin(file=str(path))
