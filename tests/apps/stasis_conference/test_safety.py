"""No caller breaks a conference: random keys, silences, hang-ups, and faults of the network."""

from __future__ import annotations

import pytest
from stasis_conference.flow import Conference
from stasis_conference.profile import MENUS, MemberProfile, Menu, RoomProfile

from stasis.check import check as findings
from stasis.testing.safe import assert_safe
from tests.apps.stasis_conference.house import House


class Tidy(House):
    """A house that looks, when its process ends, whether a room is left."""

    async def stop(self) -> None:
        rooms, bridges = dict(self.rooms.live), dict(self.asterisk.calls.rooms.by_id())
        await super().stop()
        assert (rooms, bridges, self.memory.kept) == ({}, {}, {})


def test_the_table_has_no_mistakes():
    assert findings(Conference) == []


@pytest.mark.parametrize("profile", ["default", "moderator"])
@pytest.mark.parametrize(
    "room",
    [
        RoomProfile(limit=300, warnings=[60]),
        RoomProfile(limit=300, announce="names", record="auto", record_needs_moderator=True),
        RoomProfile(limit=300, wait_for_moderator=True, ends_with_moderator=True, grace=30),
    ],
    ids=["plain", "names and recording", "lobby"],
)
def test_no_caller_breaks_it(profile: str, room: RoomProfile):
    house = Tidy(room)
    assert_safe(Conference, plugin=house, args=("1000", profile), examples=40)


def test_nor_one_whose_single_keys_do_everything():
    menu = Menu(
        keys={
            "1": "toggle_mute",
            "2": "toggle_deaf",
            "3": "toggle_hold",
            "4": "toggle_record",
            "5": "toggle_pause",
            "6": "dial_out",
            "7": "toggle_lock",
            "8": "count",
            "9": "end",
            "0": "kick_all",
            "*": "talk_up",
            "#": "leave",
        }
    )
    house = Tidy(
        RoomProfile(limit=300),
        members={"moderator": MemberProfile(moderator=True, menu="all")},
        menus={**MENUS, "all": menu},
        dial_out="PJSIP/{number}",
    )
    assert_safe(Conference, plugin=house, args=("1000", "moderator"), examples=60)


def test_nor_one_without_a_pin():
    house = Tidy(RoomProfile(limit=300))
    house.add("1000", pin="1234", moderator_pin="9999")
    assert_safe(Conference, plugin=house, args=("1000",), examples=20)
