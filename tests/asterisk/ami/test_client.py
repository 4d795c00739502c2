"""The client on real Asterisks: log-in, TLS, events, values, and what a restart does to it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import attrs
import pytest
import structlog

from stasis.ami import (
    Ami,
    AmiConfig,
    InvalidValue,
    LoginRefused,
    NotConnected,
    NotUnderstood,
    OutcomeUnknown,
    PermissionDenied,
    actions,
    events,
)
from stasis.ami.writer import LINE_LIMIT
from stasis.lab.lab import Lab
from stasis.section import Secret
from stasis.trigger import Gap
from tests.asterisk.ami.conftest import READER

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

# Beside the ports that a lab has chosen: where its AMI speaks TLS.
TLS_OFFSET = 4
TALK = actions.Originate(
    channel="Local/answer@default/n", application="Wait", data="60", timeout=5000
)


class TestLogIn:
    @pytest.mark.parametrize("challenge", [True, False])
    async def test_by_challenge_and_plainly(self, config: AmiConfig, challenge: bool) -> None:
        async with Ami(attrs.evolve(config, challenge=challenge)) as ami:
            pong = await ami.send(actions.Ping())
            assert pong.ping == "Pong" and pong.timestamp
            assert ami.banner.split(".")[0].isdigit()

    @pytest.mark.parametrize("challenge", [True, False])
    @pytest.mark.parametrize("username", ["stasis", "nobody"])
    async def test_a_wrong_secret_is_refused_and_told_nowhere(
        self, config: AmiConfig, challenge: bool, username: str
    ) -> None:
        wrong = attrs.evolve(
            config, secret=Secret("wr0ng-secret"), challenge=challenge, username=username
        )
        with structlog.testing.capture_logs() as logs, pytest.raises(LoginRefused) as told:
            await Ami(wrong).start()
        assert "manager.conf" in str(told.value)
        assert "wr0ng-secret" not in f"{told.value!r} {told.value} {logs} {wrong!r}"

    async def test_what_the_user_may_not_do_is_told(self, config: AmiConfig) -> None:
        name, secret = READER
        reader = attrs.evolve(config, username=name, secret=Secret(secret), boot_timeout=0.1)
        async with Ami(reader) as ami:
            assert (await ami.send(actions.CoreStatus())).core_startup_date
            with pytest.raises(PermissionDenied, match="manager.conf"):
                await ami.send(actions.Command(command="core show uptime"))

    async def test_nobody_there(self, config: AmiConfig) -> None:
        with pytest.raises(NotConnected, match=r"manager\.conf"):
            await Ami(attrs.evolve(config, port=1)).start()

    async def test_another_server_is_not_taken_for_it(self, config: AmiConfig, pbx: Lab) -> None:
        other = attrs.evolve(config, port=pbx.http_port, connect_timeout=2)
        with pytest.raises((NotUnderstood, NotConnected)):
            await Ami(other).start()


class TestTls:
    @pytest.fixture
    def tls(self, pbx: Lab, config: AmiConfig, tmp_path: Path) -> AmiConfig:
        """AMI over TLS, with a certificate for 127.0.0.1 that nobody has signed."""
        chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        name = ("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
        line = ["openssl", "req", *kind, *name, "-keyout", str(key), "-out", str(chain)]
        subprocess.run(line, check=True, capture_output=True)
        keys = pbx.folder / "lib" / "keys"
        for file in (chain, key):
            copy = keys / f"ami-{file.name}"
            copy.write_bytes(file.read_bytes())
            os.chown(copy, keys.stat().st_uid, keys.stat().st_gid)
        port = pbx.http_port + TLS_OFFSET
        plain = (pbx.etc / "manager.conf").read_text("utf-8")
        inside = "/var/lib/asterisk/keys"
        pbx.write(
            "manager.conf",
            plain.replace(
                "[general]\n",
                f"[general]\ntlsenable = yes\ntlsbindaddr = 127.0.0.1:{port}\n"
                f"tlscertfile = {inside}/ami-chain.pem\ntlsprivatekey = {inside}/ami-key.pem\n",
                1,
            )
            if "tlsenable" not in plain
            else plain,
        )
        pbx.cli("manager reload")
        return attrs.evolve(config, port=port, tls=True, tls_ca=str(chain))

    async def test_the_certificate_is_checked(self, tls: AmiConfig) -> None:
        async with Ami(tls) as ami:
            assert (await ami.send(actions.Ping())).ping == "Pong"
        with pytest.raises(NotConnected, match="certificate"):
            await Ami(attrs.evolve(tls, tls_ca="")).start()
        with pytest.raises(NotConnected, match="certificate"):
            await Ami(attrs.evolve(tls, tls_name="pbx.example.com")).start()
        with pytest.raises(NotConnected, match="TLS"):
            await Ami(attrs.evolve(tls, tls=False, connect_timeout=1)).start()

    async def test_a_plain_port_does_not_speak_it(self, config: AmiConfig, tls: AmiConfig) -> None:
        with pytest.raises(NotConnected):
            await Ami(attrs.evolve(tls, port=config.port, connect_timeout=2)).start()


class TestValues:
    HARD = ("a,b", 'a"b', "a'b", "a;b", "a|b", "$(id)", "${CHANNEL}", "a\\b", "a\\,b", "(a", "a)]")
    HARD += ("[a,b", "{a,b}", "a=b", " a ", "Zoë ☎", "\x01\x7f", "x" * 900)

    async def test_channel_variables_arrive_as_they_are(self, ami: Ami) -> None:
        values = {f"V{number}": value for number, value in enumerate(self.HARD)}
        values["HASH(table,key)"] = "a,b"
        await ami.originate(
            actions.Originate(
                channel=TALK.channel, application="Wait", data="60", channel_id="v", variable=values
            )
        )
        arrived = {
            name: (await ami.send(actions.Getvar(channel="v", variable=name))).value
            for name in values
        }
        assert arrived == values

    async def test_a_value_arrives_as_it_is_or_is_refused(self, ami: Ami) -> None:
        for value in (*self.HARD, "x" * (LINE_LIMIT - len("Value: "))):
            try:
                await ami.send(actions.Setvar(variable="HARD", value=value))
            except InvalidValue:
                assert value[0] <= " "
                continue
            assert (await ami.send(actions.Getvar(variable="HARD"))).value == value

    @pytest.mark.parametrize("bad", ["a\r\nAction: Logoff", "a\nb", "a\rb", "a\0b", "x" * 1100])
    async def test_what_would_be_something_else_is_refused(self, ami: Ami, bad: str) -> None:
        with pytest.raises(InvalidValue):
            await ami.send(actions.Setvar(variable="BAD", value=bad))
        with pytest.raises(InvalidValue):
            await ami.action("Ping", **{bad: "1"})
        assert (await ami.send(actions.Ping())).ping == "Pong"

    async def test_a_pattern_is_not_taken_for_a_channel(self, ami: Ami) -> None:
        with pytest.raises(InvalidValue, match="pattern"):
            await ami.send(actions.Hangup(channel="/.*/"))


class TestAnswers:
    async def test_every_line_of_a_command_is_kept(self, ami: Ami, pbx: Lab) -> None:
        answer = await ami.send(actions.Command(command="dialplan show echo@default"))
        assert answer.text.rstrip() == pbx.cli("dialplan show echo@default").rstrip()
        assert len(answer.output) > 4 and "" in answer.output

    async def test_many_actions_at_once_get_their_own_answers(self, ami: Ami) -> None:
        async def one(number: int) -> str:
            name = f"ONE{number}"
            await ami.send(actions.Setvar(variable=name, value=str(number)))
            return (await ami.send(actions.Getvar(variable=name))).value

        assert await asyncio.gather(*map(one, range(200))) == [str(each) for each in range(200)]

    async def test_a_configuration_file_shows_no_secret(self, ami: Ami, pbx: Lab) -> None:
        answer = await ami.send(actions.GetConfig(filename="manager.conf"))
        assert dict(dict(answer.categories)["stasis"])["secret"] == pbx.password
        assert pbx.password not in "\n".join(answer.shown()) + repr(answer)

    async def test_an_endpoint_shows_no_password(self, ami: Ami, pbx: Lab) -> None:
        listing = await ami.list(actions.PJSIPShowEndpoint(endpoint="alice"))
        (auth,) = listing.of(events.AuthDetail)
        assert auth.password.reveal() == pbx.phones["alice"]
        assert pbx.phones["alice"] not in f"{listing!r} {auth.raw} {auth.fields!r}"

    async def test_a_queue_with_its_member(self, ami: Ami) -> None:
        await ami.send(actions.QueueAdd(queue="support", interface="Local/x", member_name="Zoë"))
        listing = await ami.list(actions.QueueStatus(queue="support"))
        (member,) = listing.of(events.QueueMember)
        assert (member.name, member.paused, member.penalty) == ("Zoë", False, 0)
        await ami.send(actions.QueueRemove(queue="support", interface="Local/x"))

    async def test_any_other_action_by_its_name(self, ami: Ami) -> None:
        assert "JSON" in (await ami.action("GetConfigJSON", filename="queues.conf")).fields
        assert await ami.listing("Parkinglots")


class TestEvents:
    async def test_a_calls_events_come_in_order_and_typed(self, ami: Ami) -> None:
        kinds = (events.Newchannel, events.Newstate, events.VarSet, events.Hangup)
        async with ami.events(*kinds, where=lambda event: event.uniqueid == "call") as stream:
            told = await ami.originate(
                actions.Originate(
                    channel=TALK.channel,
                    application="Wait",
                    data="1",
                    channel_id="call",
                    variable={"CITY": "Zürich"},
                )
            )
            assert (told.response, told.reason, told.uniqueid) == ("Success", 4, "call")
            heard = []
            async with asyncio.timeout(10):
                async for event in stream:
                    heard.append(event)
                    if isinstance(event, events.Hangup):
                        break
        assert isinstance(heard[0], events.Newchannel) and heard[0].channel_state == 0
        assert ("CITY", "Zürich") in [
            (each.variable, each.value) for each in heard if isinstance(each, events.VarSet)
        ]
        assert heard[-1].cause is not None

    async def test_a_call_that_fails_is_told(self, ami: Ami) -> None:
        told = await ami.originate(
            actions.Originate(channel="Local/busy@default/n", application="Wait", data="1")
        )
        assert told.response == "Failure"

    async def test_the_mask_is_kept(self, config: AmiConfig) -> None:
        async with Ami(attrs.evolve(config, mask="off")) as ami, ami.events() as stream:
            await ami.send(actions.UserEvent(user_event="Unheard"))
            await ami.mask("user")
            await ami.send(actions.UserEvent(user_event="Heard", headers={"A": "1"}))
            async with asyncio.timeout(5):
                event = await anext(stream)
            while event.type != "UserEvent":  # of the log-in, before the mask was off
                event = await anext(stream)
            assert isinstance(event, events.UserEvent)
            assert (event.user_event, event.fields.get("A")) == ("Heard", "1")


class TestRestart:
    async def test_a_gap_is_told_and_what_was_in_flight_is_unknown(
        self, config: AmiConfig, pbx: Lab
    ) -> None:
        async with Ami(attrs.evolve(config, mask="user")) as ami, ami.events() as stream:
            waits = asyncio.create_task(ami.send(actions.Command(command="core waitfullybooted")))
            await waits
            # It holds up the connection, as a caller who does not answer does.
            blocked = asyncio.create_task(
                ami.action(
                    "Originate",
                    channel="Local/noanswer@default/n",
                    application="Wait",
                    data="1",
                    timeout=60,
                )
            )
            behind = asyncio.create_task(ami.send(actions.Ping()))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(pbx.stop, kill=True)
            for each in (blocked, behind):
                with pytest.raises(OutcomeUnknown):
                    await each
            with pytest.raises(NotConnected):
                await ami.send(actions.Ping())
            await asyncio.to_thread(pbx.start)
            await ami.ready(timeout=30)
            # Ready is with all modules: these come late.
            await ami.list(actions.QueueStatus())
            await ami.send(actions.UserEvent(user_event="After"))
            async with asyncio.timeout(5):
                told = [await anext(stream)]
                while not isinstance(told[-1], events.UserEvent):
                    told.append(await anext(stream))
            (gap,) = [each for each in told if isinstance(each, Gap)]
            assert 0 < gap.seconds < 30
        await asyncio.to_thread(pbx.ready)

    async def test_a_clean_stop_is_a_loss_too(self, config: AmiConfig, pbx: Lab) -> None:
        async with Ami(config) as ami, ami.events(events.Shutdown) as stream:
            await asyncio.to_thread(pbx.restart)
            await ami.ready(timeout=30)
            told = [type(await anext(stream)) for _ in range(2)]
            assert told == [events.Shutdown, Gap]

    async def test_it_can_wait_for_the_first_start(self, config: AmiConfig, pbx: Lab) -> None:
        await asyncio.to_thread(pbx.stop)
        ami = Ami(config)
        await ami.start(retry=True)
        with pytest.raises(NotConnected):
            await ami.send(actions.Ping())
        await asyncio.to_thread(pbx.start)
        await ami.ready(timeout=30)
        await ami.list(actions.QueueStatus())
        await ami.stop()
        await asyncio.to_thread(pbx.ready)
