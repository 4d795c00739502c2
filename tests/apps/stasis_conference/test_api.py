"""The API as a whole: what its document says is so, whatever is sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from stasis_conference.action import ACTIONS
from stasis_conference.api import BASE
from stasis_conference.profile import RoomProfile, Sounds

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import Desk, served
from tests.apps.stasis_conference.house import House, inside

QUIET = Sounds(**{name: [] for name in Sounds.__annotations__})
PLAIN = RoomProfile(sounds=QUIET, announce="off", count=False)


CHECKS = [
    "allow_header_conformance",
    "content_type_conformance",
    "ignored_auth",
    "missing_required_header",
    "negative_data_rejection",
    "not_a_server_error",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
]


@virtual_time
async def test_the_document_is_served_without_a_token_and_has_every_action():
    async with served(House()) as (_, desk):
        answer = await desk.ask("GET", "/openapi.json", token="")
        assert answer.status == 200
        document = answer.body
        assert document["openapi"].startswith("3.1")
        paths = document["paths"]
        ends = {path.rpartition("/")[2] for path in paths if "/actions/" in path}
        assert ends == set(ACTIONS)
        mute = paths["/rooms/{room}/members/{member}/actions/mute"]["post"]
        assert mute["summary"] == "Nobody hears the member"
        assert mute["security"] == [{"bearer": ["members:act"]}]


async def people(asterisk: Asterisk, house: House) -> list[str]:
    """At least two who are in the room, whatever was done to it; their ids."""
    house.memory.rows.pop("1000", None)
    if "1000" in house.rooms.live:
        house.room().keep(locked=False)
    while "1000" not in house.rooms.live or len(house.room().members) < 2:
        args = ["moderator"] if "1000" not in house.rooms.live else []
        caller = await asterisk.call("conference", "1000", *args, number="100")
        await inside(caller)
    return list(house.room().members)


def attacked(desk: Desk, row: Any, parts: dict[str, Any], mode: GenerationMode) -> None:
    """Send many requests to an operation. Each answer must be as the document says."""
    checks = schemathesis.checks.CHECKS.get_by_names(CHECKS)

    @hypothesis.given(case=row.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=5,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def send(case: Any) -> None:
        for name in case.path_parameters or {}:
            if name in parts:
                case.path_parameters[name] = parts[name]
        response = case.call(
            base_url=desk.root + BASE, headers={"Authorization": f"Bearer {desk.token}"}, timeout=10
        )
        case.validate_response(response, checks=checks)

    send()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("real", [False, True], ids=["at random", "where something is"])
async def test_no_request_breaks_it_and_every_answer_is_as_the_document_says(real: bool):
    house = House(PLAIN, dial_out="PJSIP/{number}@trunk")
    async with served(house) as (asterisk, desk):
        house.looked = True
        document = (await desk.ask("GET", "/openapi.json")).body
        schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
        for result in schema.get_all_operations():
            row = result.ok()
            parts: dict[str, Any] = {}
            if real:
                ids = await people(asterisk, house)
                parts = {"room": "1000", "member": ids[-1], "session": 1, "recording": 1}
            if row.path == "/session" and row.method == "delete":
                continue  # it would end the desk's own token
            # What is put in place of a name may be right where the rest is to be wrong.
            for mode in [GenerationMode.POSITIVE, *([] if real else [GenerationMode.NEGATIVE])]:
                await asyncio.to_thread(attacked, desk, row, parts, mode)
        for each in asterisk.callers:
            if not each.over:
                await each.hangs_up()
        # Numbers and letters that are being said cannot be stopped.
        assert await asterisk.machine.until(lambda: not asterisk.machine.bridges, 90)
