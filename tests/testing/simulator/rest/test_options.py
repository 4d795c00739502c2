"""What a path allows."""

from __future__ import annotations

import pytest

from stasis.testing import virtual_time
from stasis.testing.simulator.rest.call import Refusal
from stasis.testing.simulator.rest.options import allowed, may_read, options, refusal
from tests.testing.simulator.machines import new_machine


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("channels", "OPTIONS GET POST"),
        ("asterisk/ping", "OPTIONS GET"),
        ("asterisk", "OPTIONS"),
        ("deviceStates/x", "OPTIONS GET PUT DELETE"),
    ],
)
@virtual_time
async def test_a_path_tells_its_methods(path: str, methods: str):
    import stasis.testing.simulator.rest.serve  # noqa: F401  registers the operations

    assert allowed(new_machine(), path) == methods.split()
    answer, found = options(new_machine(), path)
    assert (answer.status, found) == (204, methods.split())


@virtual_time
async def test_an_unknown_path_is_refused():
    with pytest.raises(Refusal):
        allowed(new_machine(), "nonsense")
    answer, found = options(new_machine(), "nonsense")
    assert (answer.status, found) == (404, [])


def test_reading_is_getting_and_asking_what_is_allowed():
    assert [m for m in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD") if may_read(m)] == [
        "GET",
        "OPTIONS",
    ]


def test_a_refusal_says_why():
    answer = refusal(403, "Write access denied")
    assert (answer.status, answer.reason) == (403, "Forbidden")
    assert answer.body == b'{"message": "Write access denied"}'
