"""The group `trunks`: which endpoints are trunks, and how a registration is waited for."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from stasis.ami import Ami, NoSuch, Stream, actions, events
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused, Unavailable
from stasis.pbx.endpoint import EndpointDetails
from stasis.pbx.trunks import Registration, Trunk
from stasis.testing.clock import virtual_time
from stasis.trigger import Gap
from tests.pbx.fake_ami import FakeAmi

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SERVER, CLIENT = "sip:isp.example.org", "sip:4930@isp.example.org"


def registration(status: str) -> list[Any]:
    """The registration `isp`; Asterisk puts its auth beside it."""
    return [
        events.OutboundRegistrationDetail(
            object_name="isp", status=status, server_uri=SERVER, client_uri=CLIENT,
            outbound_auth="isp", endpoint="isp", expiration=3600,
        ),
        events.AuthDetail(object_name="isp"),
    ]  # fmt: skip


class Registrar(FakeAmi):
    """Tells these statuses, one after the other, once it is asked to register or unregister."""

    def __init__(self, before: str, *told: str, client: str = CLIENT) -> None:
        super().__init__({actions.PJSIPShowRegistrationsOutbound: registration(before)})
        self.told = told
        self.client = client
        self.streams: list[Stream[Any]] = []

    def events(self, *kinds: type[Any], where: Any = None) -> Stream[Any]:
        return Stream(kinds, (), where, 100, close=lambda _: None, open=self.streams.append)

    async def send(self, action: Any) -> Any:
        if isinstance(action, (actions.PJSIPRegister, actions.PJSIPUnregister)):
            for status in self.told:
                self.says[actions.PJSIPShowRegistrationsOutbound] = registration(status)
                for stream in self.streams:
                    stream.put(events.Registry(username=self.client, domain=SERVER, status=status))
        return await super().send(action)


def trunks(ami: FakeAmi) -> Any:
    """The group on it."""
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami)).trunks


class TestRegistering:
    async def test_the_answer_to_what_it_takes_back_first_is_not_the_one(self):
        found = await trunks(Registrar("Registered", "Unregistered", "Registered")).register("isp")
        assert found == Registration(
            name="isp", status="Registered", server=SERVER, client=CLIENT, auths=["isp"],
            endpoint="isp", expiration=3600, retry_interval=0, max_retries=0,
        )  # fmt: skip

    @virtual_time
    async def test_what_asterisk_forgets_over_an_earlier_request_is_asked_for_again(self):
        begin = asyncio.get_running_loop().time()
        ami = Registrar("Unregistered", "Unregistered")
        registering = asyncio.create_task(trunks(ami).register("isp", timeout=40.0))
        await asyncio.sleep(5)
        ami.told = ("Unregistered", "Registered")
        assert (await registering).status == "Registered"
        assert sum(isinstance(each, actions.PJSIPRegister) for each in ami.asked) == 2
        assert asyncio.get_running_loop().time() - begin == pytest.approx(15)

    async def test_a_no_is_told(self):
        with pytest.raises(Refused, match="isp is Rejected by sip:isp.example.org"):
            await trunks(Registrar("Unregistered", "Unregistered", "Rejected")).register("isp")

    @virtual_time
    async def test_no_answer_is_told_after_its_time(self):
        begin = asyncio.get_running_loop().time()
        with pytest.raises(Unavailable, match="has not answered in 4 s"):
            await trunks(Registrar("Registered")).register("isp", timeout=4.0)
        assert asyncio.get_running_loop().time() - begin == pytest.approx(4)

    @virtual_time
    async def test_a_lost_connection_is_none(self):
        ami = Registrar("Registered")
        registering = asyncio.create_task(trunks(ami).register("isp", timeout=4.0))
        await asyncio.sleep(1)
        ami.streams[0].gap(Gap(start=NOW, end=NOW, seconds=0.5))
        with pytest.raises(Unavailable):
            await registering

    @virtual_time
    async def test_another_registrations_answer_is_none(self):
        with pytest.raises(Unavailable):
            await trunks(Registrar("Unregistered", "Registered", client="sip:x")).register("isp")


class TestUnregistering:
    async def test_it_waits_for_the_answer(self):
        ami = Registrar("Registered", "Unregistered")
        found = await trunks(ami).unregister("isp", confirm=True)
        assert found.status == "Unregistered"

    async def test_with_nothing_to_end_it_is_answered_too(self):
        ami = Registrar("Unregistered", "Unregistered")
        assert (await trunks(ami).unregister("isp", confirm=True)).status == "Unregistered"

    @virtual_time
    @pytest.mark.parametrize("before", ["Registered", "Unregistered"])
    async def test_no_answer_is_told_after_its_time(self, before: str):
        with pytest.raises(Unavailable, match="has not answered in 4 s"):
            await trunks(Registrar(before)).unregister("isp", timeout=4.0, confirm=True)

    async def test_it_wants_to_be_meant(self):
        with pytest.raises(NotConfirmed, match="no call comes from there"):
            await trunks(Registrar("Registered")).unregister("isp")


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", ["*all", "", "a\r\nAction: x", "a b", "a,b", "$(id)", '"x"'])
    async def test_a_name_that_is_none(self, name: str):
        ami = Registrar("Registered")
        with pytest.raises(BadValue):
            await trunks(ami).register(name)
        with pytest.raises(BadValue):
            await trunks(ami).unregister(name, confirm=True)
        assert ami.asked == []

    async def test_one_that_is_not_there(self):
        with pytest.raises(Missing, match="no registration 'other'"):
            await trunks(Registrar("Registered")).register("other")


def details(**more: Any) -> EndpointDetails:
    """An endpoint, out of what Asterisk says."""
    items: list[Any] = [events.EndpointDetail(object_name="isp", **more.pop("endpoint", {}))]
    found = EndpointDetails.of([*items, *more.get("items", ())])
    assert found is not None
    return found


class TestATrunk:
    OURS = [Registration.of(registration("Registered")[0])]

    def test_one_that_we_register_with(self):
        found = Trunk.of(details(), self.OURS, Counter(isp=3))
        assert found is not None and (found.registration, found.channels) == ("Registered", 3)
        assert found.reachable is None

    @pytest.mark.parametrize(
        ("statuses", "reachable"),
        [(["Reachable", "Unreachable"], True), (["Unreachable"], False), (["NonQualified"], None)],
    )
    def test_whether_it_answers(self, statuses: list[str], reachable: bool | None):
        contacts = [events.ContactStatusDetail(status=each) for each in statuses]
        found = Trunk.of(details(items=contacts), self.OURS, Counter())
        assert found is not None and found.reachable is reachable

    def test_one_that_is_known_by_its_address_or_where_we_log_in(self):
        known = details(items=[events.IdentifyDetail(match="192.0.2.1/255.255.255.255")])
        logging_in = details(
            endpoint={"outbound_auth": "isp"}, items=[events.AuthDetail(object_name="isp")]
        )
        first, second = (Trunk.of(each, [], Counter()) for each in (known, logging_in))
        assert first is not None and first.matches == ["192.0.2.1/32"]
        assert second is not None and second.auths == ["isp"]

    def test_a_phone_is_none(self):
        phone = details(endpoint={"auth": "isp"}, items=[events.AuthDetail(object_name="isp")])
        assert Trunk.of(phone, [], Counter()) is None


async def test_an_endpoint_that_is_gone_by_then_is_left_out():
    listed = [events.EndpointList(object_name="gone")]
    gone = NoSuch("PJSIPShowEndpoint", "Unable to retrieve endpoint gone")
    says: dict[Any, Any] = {
        actions.PJSIPShowEndpoints: listed,
        actions.PJSIPShowEndpoint: gone,
        actions.PJSIPShowRegistrationsOutbound: [],
        actions.CoreShowChannels: [],
    }
    pbx = Pbx(AsteriskConfig(), ami=cast(Ami, FakeAmi(says)))
    assert await pbx.trunks.list() == []
    with pytest.raises(Missing, match="no endpoint 'gone'"):
        await pbx.endpoints.show("gone")
