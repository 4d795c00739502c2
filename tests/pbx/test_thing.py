"""A thing: its arguments are checked whichever way they come, and errors of the ways become its."""

from __future__ import annotations

from typing import Literal, cast

import msgspec
import pytest

from stasis.ami import (
    ActionFailed,
    Ami,
    AmiError,
    InvalidValue,
    NoSuch,
    OutcomeUnknown,
    PermissionDenied,
    UnknownAction,
    actions,
)
from stasis.ari import Since, Version
from stasis.config import AsteriskConfig
from stasis.errors import InvalidRequest, NotSupported, Unreachable
from stasis.pbx import (
    BadValue,
    Group,
    Missing,
    Needs,
    NotConfirmed,
    PbxError,
    Refused,
    Unavailable,
    Ways,
    thing,
    things_of,
)
from stasis.pbx.values import Count, Name, QueueName
from tests.pbx.fake_ami import FakeAmi


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody sits."""

    room: str
    seat: int


class Seats(Group):
    """Seats in rooms."""

    name = "seats"
    fails: Exception | None = None

    @thing("POST /seats/{room}", needs="app_seat.so")
    async def take(
        self, room: QueueName, *, seat: Count = 0, who: Name = "", how: Literal["up", "down"] = "up"
    ) -> Place:
        """Take a seat.

        Returns where it is.
        """
        if self.fails is not None:
            raise self.fails
        return Place(room=room, seat=seat)

    @thing("GET /seats/{room}", since=Since("18.20", "20.5"))
    async def show(self, room: QueueName) -> Place:
        """Show a seat."""
        return Place(room=room, seat=0)

    @thing("DELETE /seats", confirm="everybody has to stand up")
    async def clear(self, *, confirm: bool = False) -> None:
        """Take all seats away."""

    @thing("POST /seats/all/count", scope="admin")
    async def count_(self) -> int:
        """Count them."""
        return 3


def seats(version: str = "22.10.1") -> Seats:
    """Seats of an Asterisk of this version."""
    ways = Ways(AsteriskConfig())
    ways._version = Version.parse(version)
    return Seats(ways)


class TestWhatIsKnownOfIt:
    def test_the_things_of_a_group_are_in_the_order_of_the_class(self):
        assert list(things_of(Seats)) == ["take", "show", "clear", "count_"]

    def test_its_name_route_and_scope(self):
        told = {
            (each.name, each.method, each.path, each.scope) for each in things_of(Seats).values()
        }
        assert told == {
            ("take", "POST", "/seats/{room}", "seats:write"),
            ("show", "GET", "/seats/{room}", "seats:read"),
            ("clear", "DELETE", "/seats", "seats:write"),
            ("count", "POST", "/seats/all/count", "seats:admin"),
        }

    def test_its_parameters(self):
        take = things_of(Seats)["take"]
        assert [(each.name, each.option, each.default) for each in take.parameters[:2]] == [
            ("room", False, take.parameters[0].default),
            ("seat", True, 0),
        ]
        assert take.parameters[0].help == "a queue of queues.conf"
        assert take.parameters[3].help == "one of up, down"
        assert (take.answers, things_of(Seats)["clear"].answers) == (Place, None)
        assert take.summary == "Take a seat."

    def test_a_route_that_is_none_is_refused(self):
        with pytest.raises(ValueError, match="FETCH /seats"):
            thing("FETCH /seats")


class TestArguments:
    async def test_what_fits_arrives(self):
        assert await seats().take("support", seat=3) == Place(room="support", seat=3)

    @pytest.mark.parametrize(
        ("room", "rest", "told"),
        [
            ("sup port", {}, "room: 'sup port' cannot be one; wanted is a queue of queues.conf"),
            ("support\r\nAction: Originate", {}, "room: 'support\\r\\nAction: Originate' cannot"),
            (7, {}, "room: 7 cannot be one; wanted is a text: a queue of queues.conf"),
            ("support", {"seat": -1}, "seat: -1 cannot be one; wanted is a whole number from 0 to"),
            ("support", {"seat": "3"}, "seat: '3' cannot be one; wanted is a whole number"),
            ("support", {"who": "Zoë <1>"}, "who: 'Zo\\xeb <1>' cannot be one"),
            ("support", {"how": "aside"}, "how: 'aside' cannot be one; wanted is one of up, down"),
        ],
    )
    async def test_what_does_not_is_told_and_nothing_is_sent(self, room, rest, told):
        with pytest.raises(BadValue) as caught:
            await seats().take(room, **rest)
        assert str(caught.value).startswith(f"seats.take: {told}")

    def test_texts_become_what_is_wanted(self):
        take = things_of(Seats)["take"]
        assert take.checked("", {"room": "a", "seat": "3"}, strict=False) == {
            "room": "a",
            "seat": 3,
        }
        with pytest.raises(BadValue, match="room is missing: a queue"):
            take.checked("", {}, strict=False)


class TestWhatItWants:
    async def test_an_older_asterisk_is_told_what_it_lacks(self):
        with pytest.raises(Needs, match=r"needs Asterisk 18\.20 or 20\.5; this is 20\.4\.0"):
            await seats("20.4.0").show("support")
        assert await seats("18.20.0").show("support") == Place(room="support", seat=0)

    async def test_one_that_cannot_be_asked_for_its_version_is_not_there(self):
        ami = FakeAmi({actions.CoreSettings: AmiError("CoreSettings", "no connection")})
        with pytest.raises(Unavailable, match="no connection") as caught:
            await Seats(Ways(AsteriskConfig(), ami=cast(Ami, ami))).show("support")
        assert caught.value.thing == "seats.show"

    async def test_what_loses_something_wants_to_be_confirmed(self):
        with pytest.raises(NotConfirmed, match="everybody has to stand up"):
            await seats().clear()
        await seats().clear(confirm=True)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (InvalidValue("QueueAdd", "Queue: a line break"), BadValue, "a line break"),
        (InvalidRequest("PUT", "/x", "a control character"), BadValue, "a control character"),
        (UnknownAction("QueueAdd", "Invalid/unknown command"), Needs, "the module app_seat.so"),
        (NotSupported("GET", "/x", "needs 18"), Needs, "needs 18"),
        (NoSuch("QueueAdd", "No such queue"), Missing, "No such queue: room support"),
        (PermissionDenied("QueueAdd", "Permission denied"), Refused, "Permission denied"),
        (ActionFailed("QueueAdd", "Already there"), Refused, "Already there: room support"),
        (OutcomeUnknown("QueueAdd", "no answer"), Unavailable, "no answer"),
        (AmiError("QueueAdd", "no connection"), Unavailable, "no connection"),
        (Unreachable("GET", "/x", "refused"), Unavailable, "refused"),
    ],
)
async def test_an_error_of_a_way_says_what_it_means(
    error: Exception, kind: type[PbxError], told: str
):
    group = seats()
    group.fails = error
    with pytest.raises(kind, match=told) as caught:
        await group.take("support")
    assert type(caught.value) is kind
    assert caught.value.thing == "seats.take" and caught.value.__cause__ is error
