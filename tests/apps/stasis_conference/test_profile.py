"""Profiles and menus that are there without a file."""

from __future__ import annotations

import attrs
import pytest
from stasis_conference.profile import (
    DEFAULT,
    MEMBER_PROFILES,
    MENUS,
    MODERATOR,
    ROOM_PROFILES,
    MemberProfile,
    Menu,
    RoomProfile,
    Sounds,
)

from stasis import Matcher


@pytest.mark.parametrize("kind", [RoomProfile, MemberProfile, Menu, Sounds])
def test_every_key_is_described(kind: type):
    assert all(field.metadata["help"] for field in attrs.fields(kind))


def test_the_room_s_member_profiles_are_there_and_have_their_menus():
    for profile in ROOM_PROFILES.values():
        assert {profile.member, profile.moderator} <= set(MEMBER_PROFILES)
    assert {profile.menu for profile in MEMBER_PROFILES.values()} <= set(MENUS)


def test_only_the_moderator_is_one():
    assert MEMBER_PROFILES[MODERATOR].moderator and not MEMBER_PROFILES[DEFAULT].moderator


def test_a_moderator_s_keys_are_a_member_s_and_more():
    member, moderator = MENUS[DEFAULT].keys, MENUS[MODERATOR].keys
    assert member.items() < moderator.items()


@pytest.mark.parametrize("name", MENUS)
def test_no_key_waits_for_another(name: str):
    matcher = Matcher(MENUS[name].keys)
    assert not any(matcher.match(keys).more for keys in MENUS[name].keys)


def test_two_rooms_do_not_share_what_one_may_change():
    assert RoomProfile().warnings is not RoomProfile().warnings
