"""Who may ask for what: every operation, without a token, with the wrong one, for another room."""

from __future__ import annotations

import re

import pytest
from stasis_conference.api import operations
from stasis_conference.grant import SCOPES
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from structlog.testing import capture_logs

from stasis.testing.clock import virtual_time
from stasis.web import ANY, Operation
from tests.apps.stasis_conference.desk import served
from tests.apps.stasis_conference.house import House, member

PARTS = {"room": "1000", "member": "0123456789ab", "session": "1", "recording": "1", "token": "1"}


class At:
    """Enough to make the table with."""

    def __getattr__(self, name: str) -> object:
        return None


TABLE: list[Operation] = operations(At())  # type: ignore[arg-type]


def path_of(operation: Operation, **parts: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: (PARTS | parts)[found[1]], operation.path)


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def test_every_scope_is_of_some_use():
    used = {each.scope for each in TABLE}
    assert used - {"", ANY} == set(SCOPES) - {"events", "invite:endpoint"}


def test_only_logging_in_needs_no_token():
    assert [named(each) for each in TABLE if not each.scope] == ["POST /session"]


@virtual_time
async def test_no_operation_is_done_without_a_token_or_with_one_that_is_none():
    async with served(House()) as (_, desk):
        revoked = await desk.granted()
        (grant,) = [g for g in await desk.house.grants.kept.list(9) if g.id == 2]
        await desk.house.grants.revoke(grant)
        for operation in TABLE:
            if not operation.scope:
                continue
            for token in ("", "x", "stconf_" + "a" * 43, "é", "x" * 5000, revoked):
                answer = await desk.ask(operation.method, path_of(operation), {}, token)
                assert answer.status in (400, 401), (named(operation), answer)
                if answer.status == 401:
                    assert answer.code == "no_token"
                    assert answer.headers["WWW-Authenticate"] == "Bearer"


@virtual_time
async def test_each_operation_needs_its_own_scope():
    async with served(House()) as (_, desk):
        for operation in TABLE:
            if operation.scope in ("", ANY):
                continue
            token = await desk.granted(set(SCOPES) - {operation.scope})
            answer = await desk.ask(operation.method, path_of(operation), {}, token)
            assert (answer.status, answer.code) == (403, "no_scope"), named(operation)
            assert operation.scope in answer.body["detail"]


@virtual_time
async def test_each_operation_on_a_room_refuses_another_rooms_token_and_logs_it():
    async with served(House()) as (asterisk, desk):
        await member(asterisk)
        token = await desk.granted(rooms=["2*"])
        for operation in TABLE:
            if "{room}" not in operation.path:
                continue
            with capture_logs() as logs:
                answers = [
                    await desk.ask(operation.method, path_of(operation, room=room), {}, token)
                    for room in ("1000", "3000")
                ]
            assert answers[0].code == "other_room", named(operation)
            assert answers[0].body == answers[1].body, named(operation)
            (first, _) = [each for each in logs if each["event"] == "refused"]
            assert first["who"] == "of the test" and first["room"] == "1000"
            assert first["operation"] == operation.operation_id


@pytest.mark.parametrize("path", ["/rooms/x/actions", "/nothing", "/rooms/1000/actions/fly"])
@virtual_time
async def test_what_is_not_there_is_a_problem_as_well(path: str):
    async with served(House()) as (_, desk):
        answer = await desk.ask("GET", path)
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_the_plugin_can_be_made_without_any_of_it():
    assert ConferencePlugin(ConferenceConfig()).webhooks == []
