"""Calls on the real servers: what the phones hear, and what Asterisk's command line says."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from stasis.ami import actions
from stasis.lab.baresip import Baresip
from stasis.pbx import BadValue, Missing, Pbx, Refused
from stasis.pbx.applications import APPLICATIONS
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import (
    ALICE,
    BOB,
    NUMBER,
    TONE,
    alone,
    channels,
    equip,
    hears,
    is_told,
    talk,
)

EVIL = 'a, b; $(id) | ${SHELL(touch /var/spool/asterisk/tmp/stasis-evil)} "x" `id` \\ Zoë'


def ran(office: Office) -> bool:
    """Whether a command of the server was run, as all that is evil here wants."""
    return (office.lab.folder / "spool" / "tmp" / "stasis-evil").exists()


async def gone(pbx: Pbx, channel: str) -> None:
    """Wait until a channel is no more."""
    async with asyncio.timeout(5):
        while channel in [each.channel for each in await pbx.calls.list()]:
            await asyncio.sleep(0.05)


class TestOriginate:
    @pytest.mark.things("calls.originate", "calls.get_variable")
    async def test_a_device_is_called_and_sent_to_an_extension(
        self, pbx: Pbx, alice: Baresip, office: Office
    ):
        made = await pbx.calls.originate(
            "PJSIP/alice",
            "echo",
            caller_number="2001",
            caller_name="Zoë Müller",
            variables={"GREETING": EVIL},
        )
        assert made.outcome == "ANSWER"
        assert "2001" in await alice.incoming()
        told = office.lab.cli(f"core show channel {made.channel}")
        assert made.id in told
        assert "Zoë Müller" in told
        await hears(alice, ALICE)  # Echo
        found = await pbx.calls.get_variable(made.channel, "GREETING")
        assert found.value == EVIL
        assert not ran(office)

    @pytest.mark.things("calls.originate")
    async def test_who_refuses_is_busy_and_who_does_not_answer_has_not(
        self, pbx: Pbx, office: Office
    ):
        phone = await Baresip.start(
            office.lab.sip_port,
            user="bob",
            password=office.lab.phones["bob"],
            register=True,
            answer="manual",
        )
        async with phone as bob:
            calling = asyncio.create_task(pbx.calls.originate("PJSIP/bob", "echo"))
            await bob.incoming()
            await bob.hangup()
            refused = await calling
            assert (refused.outcome, refused.cause) == ("BUSY", 17)
            silent = await pbx.calls.originate("PJSIP/bob", "echo", timeout=1.0)
            assert silent.outcome == "NOANSWER"

    @pytest.mark.things("calls.originate")
    @pytest.mark.parametrize(
        ("device", "outcome"),
        [
            ("PJSIP/nobody", "CHANUNAVAIL"),
            ("PJSIP/alice", "CHANUNAVAIL"),  # not registered
            ("Local/busy@default", "BUSY"),
            ("Local/congestion@default", "CONGESTION"),
            ("Nothing/x", "CHANUNAVAIL"),
        ],
    )
    async def test_what_is_not_reached_is_told(self, pbx: Pbx, device: str, outcome: str):
        assert (await pbx.calls.originate(device, "echo")).outcome == outcome

    @pytest.mark.things("calls.originate")
    async def test_an_extension_that_is_not_there_rings_nobody(self, pbx: Pbx, alice: Baresip):
        with pytest.raises(Missing, match="xtension"):
            await pbx.calls.originate("PJSIP/alice", "nowhere")
        assert await pbx.calls.list() == []

    @pytest.mark.things("calls.originate", "calls.list")
    async def test_it_need_not_be_waited_for(self, pbx: Pbx):
        made = await pbx.calls.originate("Local/ring@default", "echo", wait=False)
        assert made.outcome == "STARTED"
        async with asyncio.timeout(5):
            while made.id not in [each.id for each in await pbx.calls.list()]:
                await asyncio.sleep(0.05)

    @pytest.mark.things("calls.originate_application")
    async def test_an_application_runs_on_who_answers(
        self, pbx: Pbx, alice: Baresip, office: Office
    ):
        made = await pbx.calls.originate_application(
            "PJSIP/alice", "playback", data="hello-world&hello-world"
        )
        assert made.outcome == "ANSWER"
        await is_told(alice, office.lab, "hello-world")

    @pytest.mark.things("calls.originate_application")
    @pytest.mark.parametrize(
        ("application", "data"),
        [
            ("System", "touch /var/spool/asterisk/tmp/stasis-evil"),
            ("TRYSYSTEM", "touch /var/spool/asterisk/tmp/stasis-evil"),
            ("Exec", "System(touch /var/spool/asterisk/tmp/stasis-evil)"),
            ("Set", "FILE(/var/spool/asterisk/tmp/stasis-evil)=x"),
            ("AGI", "/bin/true"),
            ("Queue", "support,,,,,/bin/true"),
            ("Playback", "/etc/passwd"),
            ("Playback", "http://127.0.0.1/x"),
            ("Playback", "custom/../../x"),
            ("MixMonitor", "x.wav,,touch /var/spool/asterisk/tmp/stasis-evil"),
        ],
    )
    async def test_an_application_that_reaches_the_server_is_refused(
        self, pbx: Pbx, office: Office, application: str, data: str
    ):
        with pytest.raises(BadValue):
            await pbx.calls.originate_application("Local/answer@default", application, data=data)
        assert await pbx.calls.list() == []
        assert not ran(office)

    @pytest.mark.things("calls.originate_application")
    async def test_every_application_of_the_table_is_one_of_asterisk(self, office: Office):
        told = office.lab.cli("core show applications").splitlines()
        known = {line.partition(":")[0].strip() for line in told}
        # The agents' module is not loaded by every lab.
        assert set(APPLICATIONS) - known <= {"AgentLogin"}

    @pytest.mark.things("calls.originate_stasis")
    async def test_it_enters_an_application_of_ari(self, pbx: Pbx, office: Office):
        with pytest.raises(Missing, match="no program is connected"):
            await pbx.calls.originate_stasis("Local/answer@default", "pbx-test")
        lab = office.lab
        address = f"{lab.url}/events?app=pbx-test&api_key={lab.username}:{lab.password}"
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
            made = await pbx.calls.originate_stasis(
                "Local/answer@default", "pbx-test", arguments=["a b", "Zoë; |x"]
            )
            assert made.outcome == "ANSWER"
            async with asyncio.timeout(5):
                while (event := await socket.receive_json())["type"] != "StasisStart":
                    pass
            assert event["args"] == ["a b", "Zoë; |x"]
            assert event["channel"]["id"] == made.id

    async def test_what_is_refused_would_have_run(self, pbx: Pbx, office: Office):
        evil = actions.Originate(
            channel="Local/answer@default",
            application="System",
            data="touch /var/spool/asterisk/tmp/stasis-evil",
        )
        await (await pbx.ways.ami()).originate(evil)
        async with asyncio.timeout(5):
            while not ran(office):
                await asyncio.sleep(0.05)
        (office.lab.folder / "spool" / "tmp" / "stasis-evil").unlink()


class TestHangup:
    @pytest.mark.things("calls.hangup")
    async def test_a_call_is_refused_with_the_cause(self, pbx: Pbx, alice: Baresip):
        await alice.dial("ring", None)
        channel = await alone(pbx, "alice")
        await pbx.calls.hangup(channel, cause=17)
        assert "486" in await alice.closed(5)

    @pytest.mark.things("calls.hangup")
    async def test_a_call_that_is_answered_ends(self, pbx: Pbx, alice: Baresip):
        await alice.dial("echo")
        channel = await alone(pbx, "alice")
        await pbx.calls.hangup(channel)
        await alice.closed(5)
        await gone(pbx, channel)
        with pytest.raises(Missing):
            await pbx.calls.hangup(channel)

    @pytest.mark.things("calls.hangup")
    async def test_a_pattern_hangs_up_nobody(self, pbx: Pbx, alice: Baresip):
        await alice.dial("echo")
        channel = await alone(pbx, "alice")
        for pattern in ("/^PJSIP.*/", "/PJSIP/alice/", "PJSIP/.*\r\nX: y"):
            with pytest.raises(BadValue):
                await pbx.calls.hangup(pattern)
        with pytest.raises(Missing):
            await pbx.calls.hangup("PJSIP/alice-.*")
        assert channel in await channels(pbx)


class TestTransfer:
    @pytest.mark.things("calls.transfer")
    async def test_the_other_goes_and_the_channel_ends(
        self, pbx: Pbx, alice: Baresip, bob: Baresip
    ):
        first, second = await talk(pbx, alice, bob)
        await hears(bob, ALICE)
        await pbx.calls.transfer(first, "tone")
        await alice.closed(5)
        await hears(bob, TONE, not_=[ALICE])
        await gone(pbx, first)
        assert list(await channels(pbx)) == [second]

    @pytest.mark.things("calls.transfer")
    async def test_to_nowhere_they_go_on_talking(self, pbx: Pbx, alice: Baresip, bob: Baresip):
        first, second = await talk(pbx, alice, bob)
        with pytest.raises(Missing, match="no extension nowhere"):
            await pbx.calls.transfer(first, "nowhere")
        assert await channels(pbx) == {first: [second], second: [first]}

    @pytest.mark.things("calls.transfer")
    async def test_who_talks_with_nobody_cannot_transfer(self, pbx: Pbx, alice: Baresip):
        await alice.dial("echo")
        with pytest.raises(Refused):
            await pbx.calls.transfer(await alone(pbx, "alice"), "tone")

    @pytest.mark.things("calls.attended_transfer", "calls.cancel_transfer")
    async def test_it_asks_first_and_can_be_cancelled(
        self, pbx: Pbx, alice: Baresip, bob: Baresip, office: Office
    ):
        first, second = await talk(pbx, alice, bob)
        await pbx.calls.attended_transfer(first, NUMBER)
        await hears(alice, TONE, not_=[BOB])
        assert (await channels(pbx))[second] == []
        await pbx.calls.cancel_transfer(first)
        await hears(alice, BOB, not_=[TONE])
        assert await channels(pbx) == {first: [second], second: [first]}

    @pytest.mark.things("calls.attended_transfer")
    async def test_it_is_complete_when_the_channel_hangs_up(
        self, pbx: Pbx, alice: Baresip, bob: Baresip
    ):
        first, second = await talk(pbx, alice, bob)
        await pbx.calls.attended_transfer(first, NUMBER)
        await pbx.calls.hangup(first)
        await hears(bob, TONE, not_=[ALICE])
        await gone(pbx, first)
        assert list(await channels(pbx)) == [second]

    @pytest.mark.things("calls.attended_transfer", "calls.cancel_transfer")
    async def test_a_call_without_the_option_is_refused(
        self, pbx: Pbx, alice: Baresip, bob: Baresip
    ):
        await equip(pbx)
        await alice.dial("phone-bob")
        await bob.established()
        channel = await alone(pbx, "alice")
        with pytest.raises(Refused, match="lack T"):
            await pbx.calls.attended_transfer(channel, NUMBER)
        with pytest.raises(Refused, match="no attended transfer"):
            await pbx.calls.cancel_transfer(channel)
        with pytest.raises(Missing):
            await pbx.calls.attended_transfer(channel, "4999")
        with pytest.raises(Missing):
            await pbx.calls.attended_transfer("PJSIP/nobody-1", NUMBER)

    @pytest.mark.things("calls.redirect")
    async def test_both_are_sent_away_at_once(self, pbx: Pbx, alice: Baresip, bob: Baresip):
        first, second = await talk(pbx, alice, bob)
        await pbx.calls.redirect(first, "echo", other=second, other_extension="tone")
        await hears(alice, ALICE, not_=[BOB])
        await hears(bob, TONE, not_=[ALICE])
        with pytest.raises(Missing, match="no extension nowhere"):
            await pbx.calls.redirect(first, "nowhere")
        assert set(await channels(pbx)) == {first, second}


class TestParking:
    @pytest.mark.things("calls.park", "calls.parked", "calls.lots")
    async def test_a_call_is_parked_and_fetched(self, pbx: Pbx, alice: Baresip, bob: Baresip):
        first, second = await talk(pbx, alice, bob)
        parked = await pbx.calls.park(second, timeout=120)
        lot = next(each for each in await pbx.calls.lots() if each.lot == "default")
        assert lot.first <= int(parked.space) <= lot.last
        assert (parked.channel, parked.lot, parked.timeout) == (second, "default", 120)
        assert [each.space for each in await pbx.calls.parked()] == [parked.space]
        await gone(pbx, first)
        await alice.closed(5)
        await alice.dial(parked.space)
        await hears(alice, BOB)
        assert await pbx.calls.parked(lot="default") == []

    @pytest.mark.things("calls.park")
    async def test_the_space_and_the_parker_can_be_chosen(
        self, pbx: Pbx, alice: Baresip, bob: Baresip
    ):
        first, second = await talk(pbx, alice, bob)
        parked = await pbx.calls.park(second, space="715", lot="default", parker=first, timeout=60)
        assert (parked.space, parked.parker) == ("715", "PJSIP/alice")

    @pytest.mark.things("calls.park")
    async def test_what_is_not_there_is_missing(self, pbx: Pbx, alice: Baresip):
        await alice.dial("echo")
        channel = await alone(pbx, "alice")
        with pytest.raises(Missing, match="no parking lot garden"):
            await pbx.calls.park(channel, lot="garden")
        with pytest.raises(Missing):
            await pbx.calls.park("PJSIP/nobody-1")
        assert channel in await channels(pbx)


class TestLooking:
    @pytest.mark.things("calls.list", "calls.show")
    async def test_who_talks_with_whom(
        self, pbx: Pbx, alice: Baresip, bob: Baresip, office: Office
    ):
        first, second = await talk(pbx, alice, bob)
        await pbx.calls.set_variable(first, "NOTE", "x=1, y")
        listed = await pbx.calls.list()
        assert [(each.channel, each.talks_to) for each in listed] == [
            (first, [second]),
            (second, [first]),
        ]
        assert listed[0].state == "Up"
        assert (listed[0].caller_number, listed[0].application) == ("alice", "Dial")
        shown = await pbx.calls.show(first)
        told = office.lab.cli(f"core show channel {first}")
        assert shown.bridge in told and shown.bridge
        assert shown.talks_to == [second]
        assert "ulaw" in shown.codecs
        assert shown.variables["NOTE"] == "x=1, y"
        assert (shown.context, shown.extension, shown.linked_id) == (
            "default",
            "talk-bob",
            (await pbx.calls.show(second)).linked_id,
        )
        with pytest.raises(Missing):
            await pbx.calls.show("PJSIP/nobody-1")

    @pytest.mark.things("calls.set_variable", "calls.get_variable")
    async def test_variables_are_set_as_they_are(self, pbx: Pbx, alice: Baresip, office: Office):
        await alice.dial("echo")
        channel = await alone(pbx, "alice")
        await pbx.calls.set_variable(channel, "NOTE", EVIL)
        assert (await pbx.calls.get_variable(channel, "NOTE")).value == EVIL
        assert not ran(office)
        await pbx.calls.set_variable(channel, "CALLERID(name)", "Zoë")
        assert "Zoë" in office.lab.cli(f"core show channel {channel}")
        assert (await pbx.calls.get_variable(channel, "NOT_SET")).value == ""
        with pytest.raises(Missing):
            await pbx.calls.get_variable("PJSIP/nobody-1", "NOTE")

    @pytest.mark.things("calls.set_variable", "calls.get_variable")
    @pytest.mark.parametrize(
        "name",
        [
            "SHELL(touch /var/spool/asterisk/tmp/stasis-evil)",
            "FILE(/var/spool/asterisk/tmp/stasis-evil)",
            "GLOBAL(X)",
            "DB(a/b)",
            "MONITOR_EXEC",
            "__monitor_exec",
            "CHANNEL(a)b)",
            "X}${SHELL(id)",
            "X\nY",
        ],
    )
    async def test_a_function_that_reaches_the_server_is_refused(
        self, pbx: Pbx, alice: Baresip, office: Office, name: str
    ):
        await alice.dial("echo")
        channel = await alone(pbx, "alice")
        with pytest.raises(BadValue):
            await pbx.calls.set_variable(channel, name, "x")
        with pytest.raises(BadValue):
            await pbx.calls.get_variable(channel, name)
        assert not ran(office)


@pytest.mark.things("calls.originate")
async def test_a_call_that_nobody_waits_for_any_more_rings_no_longer(pbx: Pbx):
    calling = asyncio.create_task(pbx.calls.originate("Local/ring@default", "answer"))
    async with asyncio.timeout(5):
        while "Ringing" not in [each.state for each in await pbx.calls.list()]:
            await asyncio.sleep(0.05)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    async with asyncio.timeout(5):
        while await pbx.calls.list():
            await asyncio.sleep(0.05)


@pytest.mark.things("calls.park", "calls.parked")
async def test_small_and_large_letters_of_a_channel_are_alike(pbx: Pbx):
    made = await pbx.calls.originate("Local/echo@default", "answer")
    await waits(pbx, made.channel)
    parked = await pbx.calls.park(made.channel.upper(), space="705")
    assert (parked.space, parked.channel) == ("705", made.channel)


@pytest.mark.things("calls.attended_transfer", "calls.cancel_transfer")
async def test_a_transfer_by_other_letters_is_the_same(pbx: Pbx, alice: Baresip, bob: Baresip):
    first, second = await talk(pbx, alice, bob)
    await pbx.calls.attended_transfer(first.upper(), NUMBER)
    await hears(alice, TONE)
    await pbx.calls.cancel_transfer(first.upper())
    assert (await channels(pbx))[first] == [second]


@pytest.mark.things("calls.park", "calls.get_variable")
async def test_the_space_of_one_parking_is_not_the_next_ones(pbx: Pbx):
    made = await pbx.calls.originate("Local/echo@default", "answer")
    await waits(pbx, made.channel)
    assert (await pbx.calls.park(made.channel, space="706")).space == "706"
    await pbx.calls.redirect(made.channel, "answer")
    await waits(pbx, made.channel)
    assert (await pbx.calls.get_variable(made.channel, "PARKINGEXTEN")).value == ""
    assert (await pbx.calls.park(made.channel)).space != "706"


async def waits(pbx: Pbx, channel: str) -> None:
    """Until it is in the dialplan, at Wait: on its way there it cannot be parked."""
    async with asyncio.timeout(5):
        while (await pbx.calls.show(channel)).application != "Wait":
            await asyncio.sleep(0.02)
