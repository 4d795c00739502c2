"""stasis_hello: it answers, says hello, hangs up, and leaves nothing behind when cut short."""

from __future__ import annotations

from pathlib import Path

import pytest
from stasis_hello import Hello, hello

from stasis.section import section
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from stasis.testing.safe import assert_safe
from stasis.testing.simulator.wave import write


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A greeting of three seconds, whatever is installed."""
    (tmp_path / "en").mkdir()
    write(tmp_path / "en/hello-world.sln", 3)
    return tmp_path


def test_the_plugin_has_one_application():
    plugin = Hello(section(Hello.config_class, {}, "[plugin.hello]"))
    assert list(plugin.programs()) == ["hello"]


@pytest.mark.parametrize("version", ["22", "16"])
@virtual_time
async def test_a_call_is_answered_greeted_and_hung_up(version: str, sounds: Path):
    async with Asterisk(hello, version=version, sounds=sounds) as asterisk:
        caller = await asterisk.call()
        assert caller.answered
        await caller.waits(2.9)
        assert caller.heard == ["sound:hello-world"] and not caller.over
        assert await caller.is_hung_up(within=0.2) == 16


@virtual_time
async def test_a_caller_who_leaves_early_ends_it(sounds: Path):
    async with Asterisk(hello, sounds=sounds) as asterisk:
        caller = await asterisk.call()
        await caller.waits(1)
        await caller.hangs_up()
        assert not asterisk.link.runners
        assert f"DELETE /channels/{caller.id}" not in asterisk.requests


@virtual_time
async def test_after_a_deploy_the_greeting_is_said_again(sounds: Path):
    async with Asterisk(hello, sounds=sounds) as asterisk:
        caller = await asterisk.call()
        await caller.waits(1)
        await asterisk.redeploy()
        assert await caller.is_hung_up() == 16
        assert caller.heard == ["sound:hello-world"] * 2


def test_no_caller_breaks_it():
    assert_safe(hello, examples=50)
