"""The group `endpoints`: what is asked of Asterisk, how long it waits, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from stasis.ami import Ami, actions, events
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, Needs, Pbx, Unavailable
from stasis.testing.clock import virtual_time
from tests.pbx.fake_ami import FakeAmi


def contact(**more: Any) -> events.ContactStatusDetail:
    """Where carol is reached."""
    told = {"aor": "carol", "uri": "sip:carol@192.0.2.7", "endpoint_name": "carol", **more}
    return events.ContactStatusDetail(**told)


def shown(*contacts: events.ContactStatusDetail, every: int = 60) -> list[Any]:
    """The endpoint carol, whose AOR asks so often."""
    return [
        events.EndpointDetail(object_name="carol", aors="carol"),
        events.AorDetail(object_name="carol", qualify_frequency=every, qualify_timeout=2.0),
        *contacts,
    ]


class Answers(FakeAmi):
    """Shows another list at each look; the last one stays."""

    def __init__(self, *looks: list[Any]) -> None:
        super().__init__({})
        self.looks = list(looks)

    async def send(self, action: Any) -> Any:
        if isinstance(action, actions.PJSIPShowEndpoint):
            self.says[type(action)] = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return await super().send(action)


def pbx(ami: FakeAmi) -> Pbx:
    """A PBX on it."""
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami))


class TestQualify:
    async def test_an_answer_ends_it(self):
        before, after = contact(status="Unknown"), contact(status="Reachable", roundtrip_usec=900)
        ami = Answers(shown(before), shown(before), shown(after))
        (found,) = await pbx(ami).endpoints.qualify("carol")
        assert (found.status, found.round_trip_ms) == ("Reachable", 0.9)
        assert actions.PJSIPQualify(endpoint="carol") in ami.asked

    @virtual_time
    async def test_without_one_asterisks_own_limit_does(self):
        begin = asyncio.get_running_loop().time()
        ami = Answers(shown(contact(status="Unreachable")))
        (found,) = await pbx(ami).endpoints.qualify("carol")
        assert found.status == "Unreachable"
        assert 2.4 < asyncio.get_running_loop().time() - begin < 2.7

    @virtual_time
    async def test_who_does_not_want_to_wait_so_long_is_not_told_of_an_old_answer(self):
        ami = Answers(shown(contact(status="Reachable", roundtrip_usec=900)))
        with pytest.raises(Unavailable, match="192.0.2.7 has not answered in 1 s.* waits 2.5 s"):
            await pbx(ami).endpoints.qualify("carol", timeout=1.0)

    @virtual_time
    async def test_a_new_registration_is_no_answer(self):
        old, new = (contact(status="Unreachable", reg_expire=time) for time in (1, 2))
        begin = asyncio.get_running_loop().time()
        await pbx(Answers(shown(old), shown(new))).endpoints.qualify("carol")
        assert asyncio.get_running_loop().time() - begin > 2.4

    async def test_where_nobody_keeps_the_answer_nothing_is_sent(self):
        ami = Answers(shown(contact(status="NonQualified"), every=0))
        with pytest.raises(Needs, match="qualify_frequency in the AOR carol"):
            await pbx(ami).endpoints.qualify("carol")
        assert not [each for each in ami.asked if isinstance(each, actions.PJSIPQualify)]

    async def test_one_without_contacts_has_nothing_to_wait_for(self):
        assert await pbx(Answers(shown())).endpoints.qualify("carol") == []


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "name", ["", "a b", "a\r\nAction: x", "a,b", "a;b", "a|b", '"a"', "$(id)", "../a", "ä"]
    )
    async def test_a_name_that_is_none(self, name: str):
        ami = Answers(shown())
        for ask in (pbx(ami).endpoints.show, pbx(ami).endpoints.qualify):
            with pytest.raises(BadValue):
                await ask(name)
        if name:
            with pytest.raises(BadValue):
                await pbx(ami).endpoints.contacts(endpoint=name)
        assert ami.asked == []

    async def test_an_answer_without_the_endpoint(self):
        with pytest.raises(Missing, match="no endpoint 'carol'"):
            await pbx(Answers([])).endpoints.show("carol")
