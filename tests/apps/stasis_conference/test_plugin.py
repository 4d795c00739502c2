"""The plugin: its configuration, its file, and its database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from stasis_conference.hook import WebhookConfig
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin

from stasis import ConfigError, Secret
from stasis.section import section
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House, inside, opened
from tests.until import until

FILE = """
[room.sales]
title = "Sales"
member_pin = "1234"
moderator_pin = "5678"

[menu.default]
keys = {1 = "toggle_mute"}
"""


def test_it_needs_no_configuration():
    plugin = ConferencePlugin(section(ConferenceConfig, {}, "[plugin.conference]"))
    assert list(plugin.programs()) == ["conference"]
    assert plugin.check() == ()
    assert ("conference [room_profile.default] sounds.alone", "sound:conf-onlyperson") in (
        plugin.sounds()
    )


def test_when_it_is_played_nothing_is_lasting_and_nobody_is_told():
    webhook = WebhookConfig(url="https://example.org/", secret=Secret("0" * 32))
    config = ConferenceConfig(on_demand=False, webhook=[webhook])
    played = ConferencePlugin.played(config)
    assert played.database.reveal() == "sqlite://" and played.webhook == []
    assert not played.on_demand


def test_an_action_that_there_is_not_is_told_at_the_start(tmp_path: Path):
    file = tmp_path / "conference.toml"
    file.write_text('[menu.default]\nkeys = {1 = "toggle_mut"}\n')
    with pytest.raises(ConfigError, match="did you mean toggle_mute"):
        ConferencePlugin(ConferenceConfig(file=str(file)))


async def test_the_files_rooms_are_in_the_database_once_it_has_started(tmp_path: Path):
    file = tmp_path / "conference.toml"
    file.write_text(FILE)
    database = f"sqlite:///{tmp_path}/conference.db"
    plugin = ConferencePlugin(ConferenceConfig(file=str(file), database=Secret(database)))
    await plugin.start()
    try:
        plan = await plugin.plan("sales")
        assert plan is not None and (plan.title, plan.asks_pin) == ("Sales", True)
        assert not plan.open_to_members
        assert await plugin.pins.check("sales", "100", "5678") == "moderator"
        assert (await plugin.plan("any")) == plugin.default_plan("any")
        assert await plugin.plan("../any") is None
    finally:
        await plugin.stop()


@virtual_time
async def test_a_file_that_changes_counts_for_who_comes_then(tmp_path: Path):
    file = tmp_path / "conference.toml"
    file.write_text(FILE)
    house = House(file=str(file), lockout_window=60.0)
    house.file = ConferencePlugin(house.config).file
    async with opened(house) as asterisk:
        anna = await asterisk.call("conference", "sales", number="100")
        await anna.dials("1234#")
        await inside(anna, "sales")
        file.write_text(FILE.replace("1234", "4321").replace("toggle_mute", "toggle_hold"))
        await anna.waits(10)
        await anna.dials("1")
        await anna.hears("sound:conf-muted")
        bert = await asterisk.call("conference", "sales", number="200")
        await bert.dials("4321#")
        await inside(bert, "sales")
        await bert.dials("1")
        await bert.hears("music:default")


@pytest.mark.timeout(20)
async def test_a_conference_with_a_real_database(tmp_path: Path):
    config = ConferenceConfig(database=Secret(f"sqlite:///{tmp_path}/conference.db"))
    plugin = ConferencePlugin(config)
    async with Asterisk(
        plugin, sounds={"conf-onlyperson": 0.1, "confbridge-join": 0.1}
    ) as asterisk:
        anna = await asterisk.call("conference", "1000", number="100")
        await inside(anna)
        await asterisk.redeploy()
        await until(lambda: list(plugin.rooms.live) == ["1000"])
        await anna.dials("*8")
        await anna.is_hung_up()
        async with asyncio.timeout(10):  # it is written down after the call is over
            while not (await plugin.store.history())[0].why:
                await asyncio.sleep(0.02)
            while await plugin.store.all_live():
                await asyncio.sleep(0.02)
        (session,) = await plugin.store.history()
        assert [m.why for m in session.memberships] == ["left"]
