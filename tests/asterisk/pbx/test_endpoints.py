"""SIP endpoints on the real servers, with phones that register, answer, and fall silent."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from stasis.ami import Stream, events
from stasis.lab.baresip import Baresip
from stasis.pbx import Missing, Needs, Pbx
from stasis.pbx.endpoints import EndpointChange
from tests.asterisk.pbx.conftest import Office
from tests.until import until


@asynccontextmanager
async def asked_phone(pbx: Pbx, office: Office) -> AsyncIterator[Baresip]:
    """A phone whose AOR has qualify_frequency: Asterisk asks it for a sign of life each minute."""
    ari, password = await pbx.ways.ari(), secrets.token_urlsafe(9)
    made = {
        "auth": {"auth_type": "userpass", "username": "carol", "password": password},
        "aor": {"max_contacts": "1", "qualify_frequency": "60", "qualify_timeout": "3"},
        "endpoint": {"auth": "carol", "aors": "carol", "allow": "!all,ulaw", "context": "default"},
    }
    for kind, fields in made.items():
        pairs = [{"attribute": key, "value": value} for key, value in fields.items()]
        await ari.asterisk.update_object("res_pjsip", kind, "carol", fields=pairs)
    try:
        async with await Baresip.start(
            office.lab.sip_port, user="carol", password=password, register=True
        ) as phone:
            yield phone
    finally:
        for kind in reversed(made):
            await ari.asterisk.delete_object("res_pjsip", kind, "carol")


@pytest.mark.things("endpoints.list")
async def test_a_list_tells_who_is_there_and_who_talks(pbx: Pbx, alice: Baresip):
    async def state(name: str) -> tuple[str, int, int]:
        found = {each.name: each for each in await pbx.endpoints.list()}[name]
        return found.state, found.channels, len(found.contacts)

    async def becomes(name: str, *wanted: object) -> None:
        """A device's state is known a moment after it registers, goes or calls."""
        async with asyncio.timeout(10):
            while await state(name) != wanted:
                await asyncio.sleep(0.02)

    await becomes("alice", "Not in use", 0, 1)
    await becomes("bob", "Unavailable", 0, 0)
    await alice.dial("echo")
    await becomes("alice", "In use", 1, 1)


@pytest.mark.things("endpoints.show")
async def test_all_about_one_and_no_password(pbx: Pbx, office: Office, alice: Baresip):
    shown = await pbx.endpoints.show("alice")
    assert shown.codecs == ["ulaw", "alaw"] and shown.context == "default" and not shown.webrtc
    assert [each.name for each in shown.aors] == ["alice"] and shown.aors[0].max_contacts == 5
    assert [(each.username, each.password) for each in shown.auths] == [("alice", "***")]
    assert shown.contacts[0].user_agent.startswith("baresip")
    assert shown.setting("rewrite_contact") == "true"
    told = office.lab.cli("pjsip show endpoint alice")
    assert all(line in told for line in ("rewrite_contact", shown.contacts[0].uri[:30]))
    assert office.lab.phones["alice"] not in msgspec.json.encode(shown).decode()


@pytest.mark.things("endpoints.show")
async def test_what_an_identify_matches(pbx: Pbx):
    assert (await pbx.endpoints.show("sipp")).matches == ["127.0.0.1/32"]


@pytest.mark.things("endpoints.contacts")
async def test_contacts_that_register_and_those_of_the_file(pbx: Pbx, office: Office):
    phone = await Baresip.start(
        office.lab.sip_port, user="alice", password=office.lab.phones["alice"], register=True
    )
    async with phone:
        found = {each.endpoint: each for each in await pbx.endpoints.contacts()}
        alice, desk = found["alice"], found["desk1"]
        assert alice.uri in office.lab.cli("pjsip show contacts") and alice.aor == "alice"
        assert alice.user_agent.startswith("baresip") and alice.address.startswith("127.0.0.1:")
        assert alice.expires is not None
        assert timedelta(0) < alice.expires - datetime.now(UTC) <= timedelta(seconds=61)
        assert desk.uri == f"sip:desk1@127.0.0.1:{office.lab.desk_ports[0]}"
        assert desk.expires is None
        assert await pbx.endpoints.contacts(endpoint="desk1") == [desk]
    await until(lambda: "alice/sip" not in office.lab.cli("pjsip show contacts"))
    assert "alice" not in {each.endpoint for each in await pbx.endpoints.contacts()}
    assert await pbx.endpoints.contacts(endpoint="alice") == []


@pytest.mark.things("endpoints.qualify")
async def test_a_phone_answers_and_falls_silent(pbx: Pbx, office: Office):
    async with asked_phone(pbx, office) as phone:
        await until(lambda: "Avail" in office.lab.cli("pjsip show contacts"))
        (contact,) = await pbx.endpoints.qualify("carol")
        assert contact.status == "Reachable" and contact.round_trip_ms
        assert 0 < contact.round_trip_ms < 1000
        phone.process.send_signal(signal.SIGSTOP)
        try:
            (contact,) = await pbx.endpoints.qualify("carol")
            assert (contact.status, contact.round_trip_ms) == ("Unreachable", None)
            assert "Unavail" in office.lab.cli("pjsip show contacts")
        finally:
            phone.process.send_signal(signal.SIGCONT)
        (contact,) = await pbx.endpoints.qualify("carol")
        assert contact.status == "Reachable"


@pytest.mark.things("endpoints.qualify")
async def test_an_answer_that_nobody_keeps(pbx: Pbx, alice: Baresip):
    with pytest.raises(Needs, match="needs qualify_frequency in the AOR alice"):
        await pbx.endpoints.qualify("alice")


@pytest.mark.things("endpoints.qualify")
async def test_one_that_is_not_registered_has_nobody_to_ask(pbx: Pbx):
    assert await pbx.endpoints.qualify("bob") == []


@pytest.mark.things("endpoints.aors", "endpoints.auths")
async def test_where_phones_register_and_as_whom(pbx: Pbx, office: Office, alice: Baresip):
    aors = {each.name: each for each in await pbx.endpoints.aors()}
    assert (aors["alice"].contacts, aors["alice"].max_contacts) == (1, 5)
    assert (aors["bob"].contacts, aors["bob"].remove_existing) == (0, True)
    auths = await pbx.endpoints.auths()
    assert [each.name for each in auths] == ["alice", "bob"]
    assert {each.password for each in auths} == {"***"}
    text = msgspec.json.encode(auths).decode()
    assert not any(password in text for password in office.lab.phones.values())


@pytest.mark.things("endpoints.show", "endpoints.contacts", "endpoints.qualify")
async def test_one_that_is_not_there_is_missing(pbx: Pbx):
    for ask in (pbx.endpoints.show, pbx.endpoints.qualify):
        with pytest.raises(Missing):
            await ask("nobody")
    with pytest.raises(Missing):
        await pbx.endpoints.contacts(endpoint="nobody")


async def test_registrations_are_told_as_they_change(pbx: Pbx, office: Office):
    async def told(stream: Stream[EndpointChange], *wanted: str) -> None:
        """Wait until all these have been told of bob."""
        left = set(wanted)
        async with asyncio.timeout(10):
            async for event in stream:
                match event:
                    case events.ContactStatus(endpoint_name="bob"):
                        left.discard(event.contact_status)
                    case events.DeviceStateChange(device="PJSIP/bob"):
                        left.discard(event.state)
                    case events.PeerStatus(peer="PJSIP/bob"):
                        left.discard(event.peer_status)
                if not left:
                    return

    async with await pbx.endpoints.changes() as stream:
        async with await Baresip.start(
            office.lab.sip_port, user="bob", password=office.lab.phones["bob"], register=True
        ):
            # Asterisk looks at a device when it gets to it: one that is gone by then was never there.
            await told(stream, "NonQualified", "NOT_INUSE", "Reachable")
        await told(stream, "Removed", "UNAVAILABLE", "Unreachable")
