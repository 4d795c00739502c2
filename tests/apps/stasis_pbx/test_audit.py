"""The audit, in each kind of database; and that secrets are not in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from stasis_pbx.audit import LONGEST, without_secrets
from stasis_pbx.store import Store

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


async def begun(store: Store, thing: str = "astdb.put", **arguments: Any) -> int:
    return await store.audit.begin(
        who="ann", token=7, address="192.0.2.1", server="a", thing=thing, arguments=arguments
    )


async def test_an_entry_has_all_of_it_and_its_outcome_later(database_url: str):
    store = Store(database_url, lambda: NOW)
    await store.open()
    id = await begun(store, family="f", number=1)
    (entry,) = await store.audit.list(limit=9)
    assert (entry.who, entry.token, entry.server, entry.at) == ("ann", 7, "a", NOW)
    assert entry.arguments == {"family": "f", "number": 1}
    assert entry.outcome == "" and entry.ended is None
    await store.audit.end(id, "done")
    (entry,) = await store.audit.list(limit=9)
    assert (entry.outcome, entry.ended) == ("done", NOW)
    await store.close()


async def test_it_is_looked_through_page_by_page_and_forgotten_in_time(database_url: str):
    now = [NOW]
    store = Store(database_url, lambda: now[0])
    await store.open()
    ids = [await begun(store, thing) for thing in ("a.b", "a.c", "a.b")]
    found = await store.audit.list(limit=2)
    assert [each.id for each in found] == [ids[2], ids[1]]
    assert [each.id for each in await store.audit.list(limit=9, before=ids[1])] == [ids[0]]
    assert [each.id for each in await store.audit.list(limit=9, thing="a.c")] == [ids[1]]
    assert await store.audit.list(limit=9, who="bob") == []
    now[0] += timedelta(days=2)
    await store.audit.forget(0)
    assert len(await store.audit.list(limit=9)) == 3
    await store.audit.forget(1)
    assert await store.audit.list(limit=9) == []
    await store.close()


async def test_of_what_is_too_long_is_the_beginning_and_all_the_rest(database_url: str):
    store = Store(database_url)
    await store.open()
    await begun(store, "calls.originate", device="PJSIP/alice", variables={"X": "x" * LONGEST})
    (entry,) = await store.audit.list(limit=1)
    assert entry.arguments["device"] == "PJSIP/alice"
    cut = entry.arguments["variables"]
    assert cut.startswith('{"X":"xxx') and "2,0" in cut and len(cut) < LONGEST
    await store.close()


class Account(msgspec.Struct):
    """With a secret in it."""

    name: str
    password: str


def test_secrets_are_in_nothing_that_is_written():
    told = without_secrets(
        {
            "new_password": "s3cret",
            "variables": {"API_TOKEN": "s3cret", "LANG": "de"},
            "accounts": [Account("ann", "s3cret")],
            "secret": "",
            "count": 3,
        }
    )
    assert "s3cret" not in str(told)
    assert told["variables"] == {"API_TOKEN": "***", "LANG": "de"}
    assert told["accounts"] == [{"name": "ann", "password": "***"}]
    assert (told["secret"], told["count"]) == ("", 3)


def test_a_value_is_a_secret_by_what_it_is_the_value_of():
    assert without_secrets({"variable": "DOOR_PIN", "value": "1234"})["value"] == "***"
    assert without_secrets({"key": "api_key", "family": "f", "value": "1234"})["value"] == "***"
    assert without_secrets({"key": "cidname", "family": "f", "value": "Zoë"})["value"] == "Zoë"


def test_a_command_line_is_written_without_what_stands_behind_such_a_word():
    told = [
        without_secrets({"line": line})["line"]
        for line in (
            "dialplan set global TRUNK_PASSWORD s3cret x",
            "database put door pin 1234",
            "core show channels",
            "pjsip show endpoint shipping",
            "core stop now",
        )
    ]
    assert told == [
        "dialplan set global TRUNK_PASSWORD ***",
        "database put door pin ***",
        "core show channels",
        "pjsip show endpoint shipping",
        "core stop now",
    ]
