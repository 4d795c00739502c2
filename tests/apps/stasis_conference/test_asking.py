"""How commands find the running program, and by which token they ask it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen
from stasis_conference.asking import (
    TOKEN,
    Refused,
    address_of,
    is_there,
    made,
    opened,
    part,
    token_of,
)
from stasis_conference.store import Store


@frozen
class Http:
    host: str
    port: int = 8080


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("rooms.example.org", "http://rooms.example.org:8080"),
    ],
)
def test_it_is_asked_where_it_listens(host: str, address: str):
    assert address_of(Http(host)) == address


def test_no_name_leads_to_another_path():
    assert part("../x?y#z") == "..%2Fx%3Fy%23z"


def test_a_file_of_sqlite_must_be_there(tmp_path: Path):
    file = tmp_path / "rooms.db"
    assert not is_there(f"sqlite:///{file}") and not is_there("sqlite://")
    file.touch()
    assert is_there(f"sqlite:///{file}")
    assert is_there("postgresql://u:p@h/d") and is_there("nonsense")


async def test_the_token_of_the_environment_needs_no_database():
    async with token_of("given", "sqlite:///nowhere.db") as token:
        assert token == "given"


async def test_without_both_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(Refused, match=f"set {TOKEN}, or call this where"):
        async with token_of("", f"sqlite:///{tmp_path}/nowhere.db"):
            pass
    assert not is_there(f"sqlite:///{tmp_path}/nowhere.db")


async def test_a_file_that_is_no_database_is_told(tmp_path: Path):
    file = tmp_path / "rooms.db"
    file.write_text("these are no rooms, and no database either" * 100)
    with pytest.raises(Refused, match="there is no token"):
        async with opened(f"sqlite:///{file}"):
            pass


async def test_one_that_is_made_counts_no_longer_than_the_command(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/rooms.db"
    store = Store(url)
    await store.open()
    with pytest.raises(ZeroDivisionError):
        async with token_of("", url):
            (during,) = await store.grants.list(9)
            assert during.revoked is None
            assert during.expires == during.created + timedelta(seconds=60)
            raise ZeroDivisionError
    (after,) = await store.grants.list(9)
    assert after.revoked is not None
    await store.close()


async def test_what_is_made_by_hand_is_looked_at_as_well(quick_store: Store):
    with pytest.raises(Refused, match="no such scope"):
        await made(quick_store, "x", ["fly"], ["*"], None)
    with pytest.raises(Refused, match="use letters"):
        await made(quick_store, "x", ["events"], ["a b"], None)
    assert await quick_store.grants.list(9) == []
