"""No caller breaks a softphone's call: random keys, silences, hang-ups, and faults of the network."""

from __future__ import annotations

from typing import Any

import pytest
from stasis_webrtc.flow import Phone

from stasis.check import check as findings
from stasis.testing.safe import assert_safe
from tests.apps.stasis_webrtc.house import House


class Tidy(House):
    """A house that looks, when its process ends, whether a call is left."""

    app = "phone"

    async def stop(self) -> None:
        live, bridges = dict(self.calls.live), dict(self.asterisk.calls.rooms.by_id())
        await super().stop()
        assert (live, bridges) == ({}, {})


def test_the_table_has_no_mistakes():
    assert findings(Phone) == []


@pytest.mark.parametrize(
    ("args", "users"),
    [
        (("ring", "bert"), {}),
        (("ring", "bert"), {"bert": {"forward_no_answer": "203"}}),
        (("ring", "nobody"), {}),
        (("dial", "202", "anna"), {}),
        (("dial", "030123456", "anna"), {}),
        (("dial", "1000", "anna"), {}),
        (("dial", "*97", "anna"), {}),
        (("dial", "+1", "anna"), {}),
        (("dial", "202"), {}),
        (("joined", "x", "y", "bert", "", "0"), {}),
        (("rejoin", "x", "y"), {}),
        ((), {}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, tuple) else "",
)
def test_no_caller_breaks_it(args: tuple[str, ...], users: dict[str, dict[str, Any]]):
    house = Tidy()
    for user, changes in users.items():
        house.directory.change(user, **changes)
    assert_safe(Phone, plugin=house, args=args, examples=25)
