"""Keys that are pressed become actions: at once where it is sure, after a pause where it is not."""

from __future__ import annotations

from stasis_conference.action import ACTIONS
from stasis_conference.menu import WRONG, Keys
from stasis_conference.profile import MENUS, Menu


class TestKeys:
    def test_two_keys_that_belong_together_are_one_action(self):
        keys = Keys(Menu(keys={"*1": "mute", "*2": "hold"}))
        assert keys.press("*") is None
        assert keys.press("1") == "mute"
        assert keys.pressed == ""

    def test_a_key_that_is_all_of_one_counts_at_once(self):
        keys = Keys(Menu(keys={"1": "mute", "2": "hold"}))
        assert [keys.press("1"), keys.press("2")] == ["mute", "hold"]

    def test_a_key_that_could_grow_counts_after_the_pause(self):
        keys = Keys(Menu(keys={"*": "help", "*1": "mute"}))
        assert keys.press("*") is None
        assert keys.pause() == "help"
        assert keys.press("*") is None
        assert keys.press("1") == "mute"

    def test_what_is_no_key_is_wrong_and_the_next_begins_anew(self):
        keys = Keys(Menu(keys={"*1": "mute"}))
        assert keys.press("5") == WRONG
        assert keys.press("*") is None
        assert keys.press("9") == WRONG
        assert [keys.press("*"), keys.press("1")] == [None, "mute"]

    def test_half_a_key_is_wrong_after_the_pause(self):
        keys = Keys(Menu(keys={"*1": "mute"}))
        keys.press("*")
        assert keys.pause() == WRONG

    def test_a_pause_after_nothing_is_nothing(self):
        assert Keys(Menu(keys={"1": "mute"})).pause() is None

    def test_a_menu_without_keys_hears_none(self):
        keys = Keys(Menu())
        assert keys.press("1") is None and keys.pause() is None


class TestMenus:
    def test_every_key_of_the_menus_that_come_with_it_is_an_action(self):
        assert {a for menu in MENUS.values() for a in menu.keys.values()} <= set(ACTIONS)

    def test_no_action_is_called_as_a_wrong_key(self):
        assert WRONG not in ACTIONS
