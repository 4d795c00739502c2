"""The client and a server that does as told: log-in, time-outs, losses, keep-alive, readers."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import attrs
import pytest
import structlog

from stasis.ami import (
    Ami,
    AmiError,
    ListIncomplete,
    LoginRefused,
    Missed,
    NotConnected,
    NotUnderstood,
    OutcomeUnknown,
    UnknownAction,
    actions,
    events,
)
from stasis.ami.message import Message
from stasis.section import Secret
from stasis.trigger import Gap
from tests.ami.server import BOOTED, SECRET, Server, Session, listing
from tests.until import until


def silent(session: Session, asked: Message) -> None:
    """Gives no answer."""


class TestLogIn:
    @pytest.mark.parametrize("challenge", [True, False])
    async def test_the_secret_is_sent_only_plainly(self, challenge: bool) -> None:
        async with Server() as server, Ami(server.config(challenge=challenge)) as ami:
            assert ami.state.value == "ready" and ami.banner == "11.0.0"
            sent = "".join(str(each.fields) for each in server.asked)
            assert (SECRET in sent) is not challenge

    async def test_a_wrong_secret_is_told_nowhere(self) -> None:
        async with Server() as server:
            wrong = attrs.evolve(server.config(), secret=Secret("wr0ng"))
            with structlog.testing.capture_logs() as logs, pytest.raises(LoginRefused) as told:
                await Ami(wrong).start()
            assert "wr0ng" not in f"{told.value} {logs}" and "'me'" in str(told.value)

    async def test_it_waits_until_asterisk_has_started(self) -> None:
        async with Server() as server:
            server.boots = False
            starting = asyncio.create_task(Ami(server.config()).__aenter__())
            await until(lambda: "Login" in server.names())
            await asyncio.sleep(0.1)
            assert not starting.done()
            server.session.send(BOOTED)
            await (await starting).stop()

    async def test_a_user_who_is_not_told_goes_on_in_the_end(self) -> None:
        async with Server() as server:
            server.boots = False
            with structlog.testing.capture_logs() as logs:
                async with Ami(server.config(boot_timeout=0.05)):
                    assert any("system" in each["event"] for each in logs)

    @pytest.mark.parametrize(
        ("mask", "first", "then"),
        [("on", "on", None), ("call", "call,system", "call"), ("off", "system", "off")],
    )
    async def test_the_mask_is_the_one_asked_for(
        self, mask: str, first: str, then: str | None
    ) -> None:
        async with Server() as server, Ami(server.config(mask=mask)):
            login, *rest = [
                each for each in server.asked if "Events" in each or "EventMask" in each
            ]
            assert login.get("Events") == first
            assert [each.get("EventMask") for each in rest] == ([then] if then else [])

    async def test_another_server_is_not_taken_for_it(self) -> None:
        async with Server() as server:
            server.greeting = b"SSH-2.0-OpenSSH\r\n"
            with pytest.raises(NotUnderstood, match="SSH"):
                await Ami(server.config()).start()

    async def test_a_server_that_says_nothing_is_not_waited_for(self) -> None:
        async with Server(Challenge=silent) as server:
            with pytest.raises(NotConnected, match=r"0\.1 s"):
                await Ami(server.config(connect_timeout=0.1)).start()

    async def test_one_that_hangs_up_is_told(self) -> None:
        async with Server(Login=lambda s, m: s.cut()) as server:
            with pytest.raises(NotConnected):
                await Ami(server.config()).start()


class TestActions:
    async def test_no_answer_in_time_is_unknown_and_a_late_one_is_nobodys(self) -> None:
        async with Server(Slow=silent) as server, Ami(server.config(action_timeout=0.1)) as ami:
            with pytest.raises(OutcomeUnknown, match="may have happened"):
                await ami.action("Slow")
            server.session.answer(server.asked[-1])
            assert (await ami.send(actions.Ping())).ping == "Pong"

    async def test_answers_in_any_order_find_their_actions(self) -> None:
        asked: list[Message] = []

        def gather(session: Session, message: Message) -> None:
            asked.append(message)
            if len(asked) == 20:
                for each in reversed(asked):
                    session.answer(each, f"Value: {each.get('Number')}")

        async with Server(Ask=gather) as server, Ami(server.config()) as ami:
            told = await asyncio.gather(*(ami.action("Ask", number=n) for n in range(20)))
            assert [each.fields.get("Value") for each in told] == [str(n) for n in range(20)]

    async def test_a_cancelled_action_leaves_nothing(self) -> None:
        async with Server(Slow=silent) as server, Ami(server.config(in_flight=1)) as ami:
            task = asyncio.create_task(ami.action("Slow"))
            await asyncio.sleep(0.05)
            with pytest.raises(NotConnected, match="in_flight"):
                await ami.send(actions.Ping())
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert (await ami.send(actions.Ping())).ping == "Pong"

    async def test_an_unknown_action(self) -> None:
        def unknown(session: Session, asked: Message) -> None:
            session.answer(asked, "Message: Invalid/unknown command: X", response="Error")

        async with Server(X=unknown) as server, Ami(server.config()) as ami:
            with pytest.raises(UnknownAction):
                await ami.action("X")

    async def test_a_character_split_over_two_reads_arrives_whole(self) -> None:
        async def slowly(session: Session, asked: Message) -> None:
            data = f"Response: Success\r\nActionID: {asked.get('ActionID')}\r\nName: Zoë\r\n\r\n"
            for each in data.encode():
                session.raw(bytes([each]))
                await session.writer.drain()
                await asyncio.sleep(0)

        async with Server(Who=slowly) as server, Ami(server.config()) as ami:
            assert (await ami.action("Who")).fields.get("Name") == "Zoë"


class TestLists:
    async def test_typed_and_by_name(self) -> None:
        channels = listing("CoreShowChannel", "Uniqueid: 1", "Uniqueid: 2")
        async with Server(CoreShowChannels=channels) as server, Ami(server.config()) as ami:
            typed = await ami.list(actions.CoreShowChannels())
            assert [each.uniqueid for each in typed] == ["1", "2"]
            assert len(await ami.listing("CoreShowChannels")) == 2

    async def test_one_that_stops_is_told_with_what_came(self) -> None:
        def halting(session: Session, asked: Message) -> None:
            session.answer(asked, "EventList: start")
            session.send("Event: Status", f"ActionID: {asked.get('ActionID')}", "Uniqueid: 1")

        async with Server(Status=halting) as server, Ami(server.config(action_timeout=0.1)) as ami:
            with pytest.raises(ListIncomplete) as told:
                await ami.list(actions.Status())
            assert len(told.value.items) == 1

    async def test_a_slow_one_that_goes_on_is_waited_for(self) -> None:
        async def slowly(session: Session, asked: Message) -> None:
            session.answer(asked, "EventList: start")
            own = f"ActionID: {asked.get('ActionID')}"
            for _ in range(6):  # far from the limit each, and beyond it together
                await asyncio.sleep(0.3)
                session.send("Event: Status", own)
            session.send("Event: StatusComplete", own, "EventList: Complete", "ListItems: 6")

        async with Server(Status=slowly) as server, Ami(server.config(action_timeout=1.5)) as ami:
            assert len(await ami.list(actions.Status())) == 6


class TestLoss:
    async def test_what_is_in_flight_is_unknown_and_is_not_sent_again(self) -> None:
        async with (
            Server(Slow=lambda s, m: s.cut()) as server,
            Ami(server.config()) as ami,
            ami.events() as stream,
        ):
            with pytest.raises(OutcomeUnknown):
                await ami.action("Slow")
            await ami.ready(timeout=5)
            assert server.names().count("Slow") == 1
            told = [await anext(stream) for _ in range(2)]
            assert {type(each) for each in told} == {events.FullyBooted, Gap}

    async def test_refused_while_it_is_away(self) -> None:
        async with Server() as server, Ami(server.config(backoff_min=1, backoff_max=1)) as ami:
            server.session.cut()
            await ami.state.reached("gap", timeout=5)
            with pytest.raises(NotConnected, match="gap"):
                await ami.send(actions.Ping())

    async def test_a_mask_is_chosen_again(self) -> None:
        async with Server() as server, Ami(server.config(mask="off")) as ami:
            await ami.mask("user")
            server.session.cut()
            await ami.state.reached("gap", timeout=5)
            await ami.ready(timeout=5)
            assert server.asked[-1].get("EventMask") == "user"

    async def test_a_wrong_secret_later_is_not_tried_in_a_loop(self) -> None:
        async with Server() as server, Ami(server.config()) as ami:
            server.answers["Login"] = lambda s, m: s.answer(
                m, "Message: Authentication failed", response="Error"
            )
            server.session.cut()
            await ami.state.reached("gap", timeout=5)
            await until(lambda: server.names().count("Login") == 2)
            await asyncio.sleep(0.3)
            assert server.names().count("Login") == 2

    async def test_rubbish_is_a_loss(self) -> None:
        async with Server() as server, Ami(server.config(max_message=2000)) as ami:
            server.session.raw(b"\x00\xff\r\n\r\nnothing: at all\r\n\r\n")
            assert (await ami.send(actions.Ping())).ping == "Pong", "it is only skipped"

    async def test_its_end_ends_what_waits(self) -> None:
        async with Server(Slow=silent) as server:
            async with Ami(server.config()) as ami, ami.events() as stream:
                task = asyncio.create_task(ami.action("Slow"))
                await asyncio.sleep(0.05)
                await ami.stop()
                assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], AmiError)
                assert [each async for each in stream] == []


class TestKeepAlive:
    async def test_silence_is_pinged(self) -> None:
        begun = monotonic()
        async with Server() as server, Ami(server.config(ping_interval=0.1)) as ami:
            await until(lambda: server.names().count("Ping") == 2)
            await asyncio.sleep(0.3)
            most = (monotonic() - begun) / 0.1
            assert server.names().count("Ping") <= most and ami.state.value == "ready"

    async def test_no_answer_is_a_loss(self) -> None:
        async with Server(Ping=silent) as server:
            config = server.config(ping_interval=0.1, ping_timeout=0.1)
            async with Ami(config) as ami, ami.events(events.Hangup) as stream:
                assert isinstance(await asyncio.wait_for(anext(stream), 5), Gap)  # type: ignore[arg-type]
                assert ami.state.value == "ready" and len(server.sessions) == 2

    async def test_a_slow_action_is_no_loss(self) -> None:
        """Asterisk does one after another: it could not answer a ping either."""
        async with Server(Slow=silent, Ping=silent) as server:
            config = server.config(ping_interval=0.1, ping_timeout=0.1, action_timeout=0.6)
            async with Ami(config) as ami:
                task = asyncio.create_task(ami.action("Slow"))
                await asyncio.sleep(0.4)
                assert ami.state.value == "ready" and "Ping" not in server.names()
                await asyncio.gather(task, return_exceptions=True)


class TestReaders:
    async def test_each_has_its_own_choice_and_bound(self) -> None:
        async with Server() as server, Ami(server.config()) as ami:
            async with ami.events(events.Hangup) as hangups, ami.events(limit=2) as few:
                for number in range(5):
                    server.session.send("Event: Hangup", f"Cause: {number}")
                    server.session.send("Event: Novel")
                await ami.send(actions.Ping())
                assert [(await anext(hangups)).cause for _ in range(5)] == [0, 1, 2, 3, 4]
                rest: list[Any] = [await anext(few) for _ in range(3)]
                assert isinstance(rest[-1], Missed) and rest[-1].count == few.dropped == 8

    async def test_what_is_too_large_is_told(self) -> None:
        async with Server() as server, Ami(server.config(max_message=2000)) as ami:
            async with ami.events(events.Hangup) as stream:
                server.session.send("Event: Huge", "A: " + "x" * 5000)
                server.session.send("Event: Hangup")
                assert isinstance(await anext(stream), Missed)
                assert isinstance(await anext(stream), events.Hangup)
                assert ami.refused == 1

    async def test_one_that_has_gone_costs_nothing(self) -> None:
        async with Server() as server, Ami(server.config()) as ami:
            async with ami.events() as stream:
                pass
            server.session.send("Event: Hangup")
            await ami.send(actions.Ping())
            assert len(stream) == 0 and ami.events_seen == 2


@pytest.mark.alone
@pytest.mark.timeout(60)
async def test_ten_thousand_events_a_second_are_not_lost() -> None:
    """30,000 Newchannel as Asterisk sends them, written in 3 s, to a reader that looks at each."""
    lines = [
        "Privilege: call,all", "Channel: PJSIP/alice-0000002a", "ChannelState: 0",
        "ChannelStateDesc: Down", "CallerIDNum: 2001", "CallerIDName: Zoë",
        "ConnectedLineNum: <unknown>", "ConnectedLineName: <unknown>", "Language: en",
        "AccountCode: ", "Context: default", "Exten: 8000", "Priority: 1",
    ]  # fmt: skip
    count, batch = 30_000, 100
    batches = [
        "".join(
            "\r\n".join(["Event: Newchannel", *lines, f"Uniqueid: {number}", "", ""])
            for number in range(first, first + batch)
        ).encode()
        for first in range(0, count, batch)
    ]
    async with Server() as server, Ami(server.config()) as ami:
        async with ami.events(events.Newchannel) as stream:

            async def write() -> None:
                begun = monotonic()
                for number, data in enumerate(batches):
                    server.session.raw(data)
                    await server.session.writer.drain()
                    await asyncio.sleep(max(0.0, begun + number * batch / 10_000 - monotonic()))

            writing = asyncio.create_task(write())
            begun = monotonic()
            heard = []
            async for event in stream:
                assert isinstance(event, events.Newchannel)
                heard.append(int(event.uniqueid))
                if len(heard) == count:
                    break
            took = monotonic() - begun
            await writing
        assert heard == list(range(count)) and stream.dropped == 0
        assert took < 4.0, f"{count / took:,.0f} events/s"
