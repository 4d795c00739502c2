"""Who is who, out of the database."""

from __future__ import annotations

from stasis_webrtc.audit import Audit
from stasis_webrtc.people import People
from stasis_webrtc.rows import SessionRow

from tests.apps.stasis_webrtc.accounts import NOON, Clock
from tests.apps.stasis_webrtc.kept import InstantStore

STATIC = {"desk": "anna", "wall": "anna", "hall": "bert"}


async def people(*online: str, rooms: tuple[str, ...] = ()) -> People:
    """The users of a store, with these endpoints registered, and these rooms."""
    store = InstantStore()
    await store.fill()

    async def room(name: str) -> bool:
        return name in rooms

    audit = Audit(store, Clock(), lines=False)
    return People(store, audit, STATIC, online.__contains__, room)


async def session(people: People, id: str, endpoint: str, *, ended: bool = False) -> None:
    """Anna is logged in, with a device."""
    row = SessionRow(id, "anna", "", "", NOON, NOON, NOON, endpoint)
    anna = await people.store.user("anna")
    assert anna is not None and await people.store.begin_session(row, anna.password)
    if ended:
        await people.store.end_session(id, NOON, "expired")


async def test_a_user_is_found_by_name_and_by_extension():
    found = await people()
    for who in ("anna", "ANNA", "201"):
        user = await found.user(who)
        assert user is not None and (user.name, user.title) == ("anna", "Anna")
    for who in ("", "999", "Anna Weber", "2" * 500):
        assert await found.user(who) is None


async def test_all_that_calls_need_of_a_user_is_told():
    found = await people()
    changes = {"forward_busy": "203", "dnd": True, "outside": "+4930", "greeting": "sound:x"}
    await found.store.change_user("anna", NOON, **changes)
    user = await found.user("anna")
    assert user is not None
    assert {name: getattr(user, name) for name in changes} == changes
    assert user.grants.may_call("internal") and not user.disabled and user.messages


async def test_a_device_is_whose_session_it_is_as_long_as_it_lives():
    found = await people()
    await session(found, "one", "w-anna-00000001")
    await session(found, "two", "w-anna-00000002", ended=True)
    assert await found.owner("w-anna-00000001") == "anna"
    assert await found.owner("w-anna-00000002") is None
    assert await found.owner("hall") == "bert"
    for nobody in ("", "trunk", "w-bert-00000001"):
        assert await found.owner(nobody) is None


async def test_those_ring_that_are_registered_each_once():
    found = await people("w-anna-00000001", "desk", "hall")
    await session(found, "one", "w-anna-00000001")
    await session(found, "two", "w-anna-00000002")
    await session(found, "three", "desk")
    assert await found.devices("anna") == ["w-anna-00000001", "desk"]
    assert await found.devices("bert") == ["hall"]
    assert await found.devices("nobody") == []


async def test_a_room_is_what_is_one():
    found = await people(rooms=("800",))
    assert await found.is_room("800") and not await found.is_room("8000")


async def test_what_was_refused_is_written_down():
    found = await people()
    await found.refused("anna", "+1650", "may_not")
    (row,) = await found.store.audit()
    assert (row.kind, row.user, row.detail) == ("grant_refused", "anna", "+1650: may_not")
