"""Whether the dialplan has a place."""

from __future__ import annotations

from typing import cast

import pytest

from stasis.ami import Ami, actions
from stasis.ami.answers import GetvarAnswer
from stasis.pbx.dialplan import UNRECORDED, exists, steps, wanted
from stasis.pbx.errors import Missing
from tests.pbx.fake_ami import FakeAmi


def ami(value: str) -> tuple[Ami, FakeAmi]:
    """A manager interface that answers so."""
    fake = FakeAmi({actions.Getvar: GetvarAnswer(response="Success", value=value)})
    return cast(Ami, fake), fake


@pytest.mark.parametrize(("value", "there"), [("1", True), ("0", False), ("", None)])
async def test_it_is_there_or_not_or_not_known(value: str, there: bool | None) -> None:
    real, fake = ami(value)
    assert await exists(real, "default", "100", 2) is there
    assert fake.asked == [actions.Getvar(variable="DIALPLAN_EXISTS(default,100,2)")]


async def test_only_what_is_known_not_to_be_there_is_missing() -> None:
    with pytest.raises(Missing, match="no extension 100 in context default"):
        await wanted(ami("0")[0], "calls.transfer", "default", "100")
    await wanted(ami("")[0], "calls.transfer", "default", "100")


async def test_our_steps_are_made_when_the_last_of_them_is_not_there() -> None:
    real, fake = ami("0")
    await steps(real, "ours", "wait", (UNRECORDED, ("Wait", "5")))
    assert fake.asked[0] == actions.Getvar(variable="DIALPLAN_EXISTS(ours,wait,2)")
    assert [
        (each.priority, each.application, each.application_data)
        for each in fake.asked
        if isinstance(each, actions.DialplanExtensionAdd)
    ] == [(1, "Set", "CDR_PROP(disable)=1"), (2, "Wait", "5")]
    real, fake = ami("1")
    await steps(real, "ours", "wait", (UNRECORDED, ("Wait", "5")))
    assert [type(each) for each in fake.asked] == [actions.Getvar]
