"""`stasis pbx …`: tokens and the audit, out of the database of the configuration."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from stasis_pbx.scopes import SCOPES
from stasis_pbx.store import Store

from stasis.cli.main import main


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of a configuration in the folder where commands are given."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/pbx.db"
    Path("stasis.toml").write_text(f'[plugin.pbx]\ndatabase = "{url}"\n')
    return url


def given(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command writes."""
    assert main(["pbx", *words]) == code
    caught = capsys.readouterr()
    return caught.out if code == 0 else caught.err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(given(capsys, *words, "--json"))


def test_a_token_is_made_listed_and_revoked(url: str, capsys: pytest.CaptureFixture[str]):
    token = given(capsys, "token", "new", "door", "--scope", "queues:*", "--scope", "*:read")
    assert token.startswith("stpbx_") and len(token.split()) == 1
    (row,) = told(capsys, "token", "list")
    assert (row["name"], row["scopes"]) == ("door", ["*:read", "queues:*"])
    assert row["expires"] is not None
    table = given(capsys, "token", "list")
    assert "door" in table and token.strip() not in table
    given(capsys, "token", "revoke", "1")
    assert told(capsys, "token", "list") == []
    (row,) = told(capsys, "token", "list", "--all")
    assert row["revoked"] is not None


def test_one_for_ever_as_json(url: str, capsys: pytest.CaptureFixture[str]):
    made = told(capsys, "token", "new", "x", "--scope", "*", "--days", "0")
    assert made["token"].startswith("stpbx_") and made["expires"] is None


def test_what_is_wrong_is_told(url: str, capsys: pytest.CaptureFixture[str]):
    assert "--scope" in given(capsys, "token", "new", "door", code=2)
    wrong = given(capsys, "token", "new", "door", "--scope", "queue:read", code=2)
    assert "queue:read" in wrong and "stasis pbx scopes" in wrong
    assert "there is no token 7" in given(capsys, "token", "revoke", "7", code=1)


def test_all_scopes_are_shown(url: str, capsys: pytest.CaptureFixture[str]):
    assert told(capsys, "scopes") == SCOPES
    assert "astdb:write" in given(capsys, "scopes")


def test_the_audit_is_shown(url: str, capsys: pytest.CaptureFixture[str]):
    async def done() -> None:
        store = Store(url)
        await store.open()
        for thing in ("queues.add", "queues.remove"):
            id = await store.audit.begin(
                who="ann\x1b[2J",
                token=1,
                address="192.0.2.1",
                server="a",
                thing=thing,
                arguments={"queue": "support"},
            )
        await store.audit.end(id, "done")
        await store.close()

    asyncio.run(done())
    capsys.readouterr()
    assert [each["thing"] for each in told(capsys, "audit")] == ["queues.remove", "queues.add"]
    assert [each["outcome"] for each in told(capsys, "audit", "--thing", "queues.add")] == [""]
    table = given(capsys, "audit")
    assert "not known" in table and "192.0.2.1" in table and "\x1b" not in table
