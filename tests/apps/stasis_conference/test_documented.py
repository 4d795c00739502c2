"""docs/conference.md: its tables are the code's."""

from __future__ import annotations

import re
from pathlib import Path

from stasis_conference.action import ACTIONS
from stasis_conference.command import commands, tokens
from stasis_conference.config import ConferenceConfig
from stasis_conference.grant import MODERATOR_SCOPES, SCOPES
from stasis_conference.hook import WebhookConfig
from stasis_conference.operations.actions import CODES, STATUS
from stasis_conference.roster import KINDS

from stasis.section import described
from tests.apps.stasis_conference.operations.test_access import TABLE

TEXT = (Path(__file__).parents[3] / "docs" / "conference.md").read_text()
LINES = set(TEXT.splitlines())


def test_every_scope_with_what_it_is_for():
    for scope, help in SCOPES.items():
        assert f"| `{scope}` | {help} | {'yes' if scope in MODERATOR_SCOPES else ''} |" in LINES


def test_every_operation_with_its_scope():
    for row in TABLE:
        if "/actions/" in row.path:
            continue
        scope = {"": "none", "*": "any token"}.get(row.scope, f"`{row.scope}`")
        assert f"| `{row.method} {row.path}` | {scope} | " in TEXT
    listed = set(re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`", TEXT, re.MULTILINE))
    known = {f"{row.method} {row.path}" for row in TABLE}
    assert listed - known == {"GET /events", "GET /openapi.json"}


def test_every_action():
    assert all(f"`{name}`" in TEXT for name in ACTIONS)


def test_every_kind_of_event():
    for kind, help in KINDS.items():
        assert f"| `{kind}` | {help} |" in LINES


def test_every_code_of_a_problem():
    codes = {code for row in TABLE for some in row.problems.values() for code in some}
    codes |= set(STATUS) - {"unknown", "not_allowed", "no_media"}
    codes |= {code for some in CODES.values() for code in some}
    assert [code for code in sorted(codes) if f"`{code}`" not in TEXT] == []


def test_every_key_of_the_configuration():
    for kind in (ConferenceConfig, WebhookConfig):
        for name, _, help in described(kind):
            assert re.search(rf"^\| `{name}` \| .* \| {re.escape(help)} \|$", TEXT, re.MULTILINE)


def test_every_command():
    names = [each.name or each.callback.__name__ for each in commands.registered_commands]
    for name in names:
        assert re.search(rf"`(stasis conference )?{name}[ `]", TEXT), name
    for each in tokens.registered_commands:
        assert f"token {each.name}" in TEXT
