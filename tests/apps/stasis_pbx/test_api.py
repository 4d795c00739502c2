"""The API as a whole: what its document says is so, whatever is sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from stasis_pbx.api import BASE

from tests.apps.stasis_pbx.office import THINGS, Office, opened, parts_of

CHECKS = [
    "allow_header_conformance",
    "content_type_conformance",
    "ignored_auth",
    "missing_required_header",
    "not_a_server_error",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
]


async def test_the_document_is_served_without_a_token_and_is_one():
    async with opened() as office:
        answer = await office.ask("GET", "/openapi.json", token="")
        assert answer.status == 200
        validate(answer.body)


def attacked(office: Office, row: Any, mode: GenerationMode, parts: dict[str, str]) -> None:
    """Send several requests to an operation. Each answer must be as the document says."""
    # A part of a path that was put in stands in no document: it would seem to be wrong.
    negative = ["negative_data_rejection"] if mode is GenerationMode.NEGATIVE else []
    checks = schemathesis.checks.CHECKS.get_by_names([*CHECKS, *negative])

    @hypothesis.given(case=row.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=3,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.query.pop("server", None)  # of the two that there are, not of any name
            case.path_parameters.update(parts)
        response = case.call(
            base_url=office.root + BASE,
            headers={"Authorization": f"Bearer {office.token}"},
            timeout=10,
        )
        case.validate_response(response, checks=checks)

    send()


def without_parts(document: Any) -> Any:
    """The document with any word for a part of a path: none with a / in it would be made."""
    found = json.loads(json.dumps(document))
    for row in found["paths"].values():
        for each in row.values():
            for parameter in each.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["schema"] = {"enum": ["x"]}
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_no_request_breaks_it_and_every_answer_is_as_the_document_says(mode: Any):
    async with opened(restarts=10_000) as office:
        document = (await office.ask("GET", "/openapi.json")).body
        if mode is GenerationMode.POSITIVE:
            document = without_parts(document)
        schema = schemathesis.openapi.from_dict(document)
        things = {(each.method, each.path): each for each in THINGS.values()}
        for result in schema.get_all_operations():
            row = result.ok()
            thing = things.get((row.method.upper(), row.path))
            parts = {} if thing is None else parts_of(thing)
            await asyncio.to_thread(attacked, office, row, mode, parts)
