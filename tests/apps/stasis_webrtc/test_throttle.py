"""The throttle: how often a password may be tried, by whom, and from where."""

from __future__ import annotations

import asyncio

import pytest
from stasis_webrtc.store import Store
from stasis_webrtc.throttle import LogInRules, Throttle, TooMany, network_of

from tests.apps.stasis_webrtc.accounts import Desk


def throttle(desk: Desk) -> Throttle:
    """Three from an address, five for a user, within a minute."""
    rules = LogInRules(window=60, by_address=3, by_user=5)
    return Throttle(desk.store, desk.audit, desk.clock, rules)


async def tried(throttle: Throttle, user: str = "ann", address: str = "192.0.2.1") -> int:
    """0 when it is looked at, and else how long to wait."""
    try:
        await throttle.enter(user, address)
    except TooMany as error:
        return error.wait
    return 0


async def test_an_address_is_refused_for_all_users_and_others_are_not(quick_desk: Desk):
    at = throttle(quick_desk)
    assert [await tried(at, user) for user in ("ann", "bob", "eve", "root")] == [0, 0, 0, 60]
    assert await tried(at, "ann", "192.0.2.2") == 0


async def test_a_user_is_refused_from_everywhere(quick_desk: Desk):
    at = throttle(quick_desk)
    found = [await tried(at, "ann", f"192.0.2.{number}") for number in range(6)]
    assert found == [0, 0, 0, 0, 0, 60]
    assert await tried(at, "bob", "192.0.2.9") == 0


async def test_waiting_helps_as_long_as_is_said_and_trying_meanwhile_does_no_harm(desk: Desk):
    at = throttle(desk)
    for _ in range(3):
        assert await tried(at) == 0
        desk.clock.go(10)
    for left in (30, 20, 10):
        assert await tried(at) == left
        desk.clock.go(10)
    desk.clock.go(0.1)
    assert await tried(at) == 0
    assert await tried(at) == 10


async def test_right_ones_do_not_count(quick_desk: Desk):
    at = throttle(quick_desk)
    for _ in range(9):
        await at.judge(await at.enter("ann", "192.0.2.1"), "right")


async def test_trying_many_at_once_gains_nothing(database_url: str, desk: Desk):
    store = Store(database_url)
    await store.open()
    other = Throttle(store, desk.audit, desk.clock, throttle(desk).rules)
    both = (throttle(desk), other)
    found = await asyncio.gather(*(tried(both[number % 2]) for number in range(20)))
    assert found.count(0) <= 3 and all(0 <= wait <= 60 for wait in found)
    await store.close()


async def test_trying_many_at_once_from_many_addresses_gains_nothing(desk: Desk):
    at = throttle(desk)
    found = await asyncio.gather(*(tried(at, "ann", f"192.0.2.{n}") for n in range(20)))
    assert found.count(0) <= 5


async def test_one_without_an_address_counts_for_the_user_only(quick_desk: Desk):
    at = throttle(quick_desk)
    assert [await tried(at, "ann", "") for _ in range(6)] == [0, 0, 0, 0, 0, 60]
    assert await tried(at, "bob", "") == 0


async def test_a_clock_that_goes_back_keeps_nobody_out_for_longer_than_the_window(quick_desk: Desk):
    at = throttle(quick_desk)
    for _ in range(3):
        await tried(at)
    quick_desk.clock.go(-30)
    assert await tried(at) == 60
    quick_desk.clock.go(-3600)
    assert await tried(at) == 0


async def test_a_clock_that_goes_back_and_forth_is_no_way_to_try_more(quick_desk: Desk):
    at = throttle(quick_desk)
    count = 0
    for step in (0, -20, 40, -20, 10, -10) * 5:
        quick_desk.clock.go(step)
        count += await tried(at) == 0
    assert count == 3


async def test_being_refused_is_noted_once_in_a_while_and_fills_no_table(quick_desk: Desk):
    at = throttle(quick_desk)
    for number in range(40):
        await tried(at, f"user{number}")
    assert await quick_desk.kinds() == ["log_in_refused"]
    quick_desk.clock.go(59)
    await tried(at)
    assert await quick_desk.kinds() == ["log_in_refused"]
    refused = (await quick_desk.store.audit())[0]
    assert (refused.user, refused.address) == ("user3", "192.0.2.1")


@pytest.mark.parametrize("user", ["", "x" * 10_000, "\0", "\ud800", "' OR 1=1 --", "a\nb"])
async def test_whatever_is_tried_is_counted(quick_desk: Desk, user: str):
    at = throttle(quick_desk)
    assert [await tried(at, user) for _ in range(4)] == [0, 0, 0, 60]


async def test_a_long_name_is_not_another_one_for_its_end(quick_desk: Desk):
    at = throttle(quick_desk)
    found = [await tried(at, "x" * 64 + str(n), f"192.0.2.{n}") for n in range(6)]
    assert found[-1] == 60


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_one_address(address: str, network: str):
    assert network_of(address) == network
