"""Replay: the same flow does the same again, and any other is caught at its first difference.

`sessions/office-22.jsonl` was recorded on Asterisk 22.10.1: two phones call `Office` at the same
time. The first types a PIN and then talks to the desk; the second talks to it and hangs up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import pytest
from stasis_ivr.plugin import IvrConfig, IvrPlugin

from stasis import After, Channel, ChannelDtmfReceived, Done, Event, Flow, Leave, Other, StasisEnd
from stasis.testing.clock import virtual_time
from stasis.testing.session import file
from stasis.testing.session.difference import Difference
from stasis.testing.session.file import Session, SessionError
from stasis.testing.session.replay import replay, replayed
from tests.server import APP, Server
from tests.testing.session.office import Office
from tests.testing.session.recorded import Recorded

SESSIONS = Path(__file__).parent.parent / "sessions"
OFFICE, HELLO, IVR = (SESSIONS / f"{name}-22.jsonl" for name in ("office", "hello", "ivr"))


class TestOfARealServer:
    def test_the_same_flow_does_the_same(self) -> None:
        assert replayed(OFFICE, {"office": Office}) is None

    async def test_a_test_with_an_event_loop_awaits_it(self) -> None:
        assert await replay(OFFICE, {"office": Office}) is None

    @virtual_time
    async def test_also_in_virtual_time(self) -> None:
        assert await replay(OFFICE, {"office": Office}) is None

    def test_it_takes_no_time(self) -> None:
        begun = perf_counter()
        replayed(OFFICE, {"office": Office})
        assert perf_counter() - begun < 5 < Session.load(OFFICE).seconds

    def test_the_file_holds_nobody(self) -> None:
        """The phone that called was `sipp…` or `phone…` with the number 200, and its PIN 4711."""
        text = OFFICE.read_text()
        assert "4711" not in text
        assert '"200"' not in text
        assert "PJSIP/person1-" in text


class Then(IvrPlugin):
    """The IVR at the time of its session, when the office was closed or open as it was."""

    def now(self) -> datetime:
        return datetime(2026, 11, 29, 17, 58, tzinfo=UTC)


class TestOfAPlugin:
    """`sessions/ivr-22.jsonl`: a caller finds nobody at the desk, leaves a message, and hangs up.

    The recording's end and the caller's came within 0.1 ms, before the flow had asked for the file.
    """

    def test_its_flow_runs_with_it(self) -> None:
        assert replayed(IVR, Then(IvrConfig()).programs()) is None


class AnotherPrompt(Office):
    async def account(self, event: Event) -> None:
        await self.channel.set_variable("CUSTOMER", f"of {self.channel.caller_number}")
        playback = await self.channel.play("digits:43")
        await playback.finished()


class NoHangUp(Office):
    """After its last words the call stays."""

    async def goodbye(self, event: Event) -> None:
        await super().goodbye(event)
        await self.channel.ended()


class Continues(Office):
    on_done = Leave(then="continue")


class OneMoreState(Office):
    async def thanks(self, event: Event) -> None:
        return None

    table = {
        **Office.table,
        Office.account: {Done: thanks},
        thanks: {Done: Office.menu},
    }


class NoAnswer(Office):
    async def menu(self, event: Event) -> None:
        await self.channel.play("sound:demo-instruct")


class OtherOrder(Office):
    async def menu(self, event: Event) -> None:
        await self.channel.play("sound:demo-instruct")
        await self.channel.answer()


class LongerTalks(Office):
    table = {
        **Office.table,
        Office.talking: {Other(StasisEnd): Office.goodbye, After(9): Office.goodbye},
    }


class Slower(Office):
    async def account(self, event: Event) -> None:
        await asyncio.sleep(3)
        await super().account(event)


class OtherPin(Office):
    async def pin(self, event: Event) -> Literal["accepted", "rejected"]:
        await super().pin(event)
        return "rejected"


class OtherDesk(Office):
    desk_endpoint = "Local/busy@default"


class Raises(Office):
    async def account(self, event: Event) -> None:
        raise KeyError("seeded")


class OneMoreRequest(Office):
    async def ended(self, event: Event | None) -> None:
        await self.asterisk.ari.channels.list()


CHANGES: list[tuple[type[Flow], str, str, str]] = [
    (AnotherPrompt, "another request", "digits:42", "digits:43"),
    (NoHangUp, "a request is missing", "DELETE /channels/1795973737.8", "nothing"),
    (Continues, "another request", "DELETE", "/continue"),
    (OneMoreState, "another state", "to: menu", "to: thanks"),
    (NoAnswer, "another request", "/answer", "sound:demo-instruct"),
    (OtherOrder, "another request", "/answer", "sound:demo-instruct"),
    (LongerTalks, "another state", "to: goodbye", "StasisEnd"),
    (Slower, "a request is missing", "variable: CUSTOMER", "nothing"),
    (OtherPin, "another state", "trigger: accepted", "trigger: rejected"),
    (OtherDesk, "another request", "Local/answer@default", "Local/busy@default"),
    (Raises, "another request", "variable: CUSTOMER", "reason: failure"),
    (OneMoreRequest, "another request", "DELETE /channels/channel-office", "GET /channels"),
]


class TestOfAFlowThatChanged:
    @pytest.mark.parametrize(
        ("flow", "what", "expected", "got"), CHANGES, ids=[each[0].__name__ for each in CHANGES]
    )
    def test_the_first_difference_is_found(
        self, flow: type[Flow], what: str, expected: str, got: str
    ) -> None:
        difference = replayed(OFFICE, {"office": flow})
        assert difference is not None
        assert difference.what == what, str(difference)
        assert expected in side(difference, "expected"), str(difference)
        assert got in side(difference, "got"), str(difference)

    def test_it_says_where_and_what_came_before(self) -> None:
        difference = replayed(OFFICE, {"office": AnotherPrompt})
        assert difference is not None
        assert difference.call == "1795973737.8"
        assert difference.state == "account"
        assert difference.app == "office"
        assert difference.at == pytest.approx(9.36, abs=0.1)
        assert difference.recent[-2].endswith("enters 'account'")
        differing = [name for name, then, now in difference.rows() if then != now]
        assert differing == ["media"], "the ids that are new in each run are no difference"

    def test_what_the_flow_has_raised_is_told(self) -> None:
        difference = replayed(OFFICE, {"office": Raises})
        assert difference is not None
        assert difference.failure == "KeyError: 'seeded'"

    def test_it_is_the_same_each_time(self) -> None:
        found = [replayed(OFFICE, {"office": LongerTalks}) for _ in range(3)]
        assert found[0] is not None
        assert found[0] == found[1] == found[2]

    def test_how_late_is_late_can_be_said(self) -> None:
        assert replayed(OFFICE, {"office": Slower}, slack=0.1) is not None
        late = replayed(OFFICE, {"office": Slower}, slack=2.0)
        assert late is not None and late.what == "a request is missing"


def side(difference: Difference, which: Literal["expected", "got"]) -> str:
    """What was expected, or came, as text."""
    parts = difference.expected if which == "expected" else difference.got
    return "; ".join(f"{name}: {part}" for name, part in parts.items()) or "nothing"


# Sessions that are recorded in virtual time

Act = Callable[[Server, Recorded], Awaitable[None]]


def recorded(path: Path, flow: Any, act: Act) -> Path:
    """The session of a flow, while somebody does something."""

    @virtual_time
    async def record() -> None:
        server = Server()
        process = Recorded(server, flow, path)
        async with process:
            await act(server, process)

    record()
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.jsonl"


class Waits(Flow):
    """It waits in its menu for ever, and hangs up when the desk has left."""

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def goodbye(self, event: Event) -> None: ...

    start = menu
    table = {menu: {After(30): goodbye}}


class TestOfWhatHappens:
    def test_a_gap_and_what_was_missed_in_it(self, path: Path) -> None:
        """The digit that was pressed while we were deaf is not told, and nobody waits for it."""

        async def act(server: Server, process: Recorded) -> None:
            call = await server.calls()
            await asyncio.sleep(1)
            await process.deaf()
            await server.digit(call, "1")
            await asyncio.sleep(5)
            await process.hears()
            await asyncio.sleep(1)
            await server.digit(call, "1")
            await asyncio.sleep(1)
            await server.hangs_up(call)
            await asyncio.sleep(1)

        class Patient(Office):
            table = {
                **Office.table,
                Office.menu: {(ChannelDtmfReceived, "1"): Office.pin, After(40): Office.goodbye},
            }

        assert replayed(recorded(path, Patient, act), {APP: Patient}) is None

    def test_a_call_of_an_older_process(self, path: Path, tmp_path: Path) -> None:
        """The session begins with a call that lives, and is resumed in its state."""

        @virtual_time
        async def record() -> None:
            server = Server()
            async with Recorded(server, Waits, tmp_path / "first.jsonl"):
                call = await server.calls()
                await asyncio.sleep(1)
            process = Recorded(server, Waits, path)
            async with process:
                assert process.link.counts["resumed"] == 1
                await asyncio.sleep(31)
                assert call not in server.channels

        record()
        steps = [line for line in Session.load(path).lines if isinstance(line, file.Stepped)]
        assert [step.target for step in steps] == ["menu", "goodbye", ""]
        assert replayed(path, {APP: Waits}) is None

    def test_an_answer_that_never_came(self, path: Path) -> None:
        async def act(server: Server, process: Recorded) -> None:
            server.lose = ("POST /channels/c1/answer",)
            await server.calls()
            await asyncio.sleep(1)

        assert replayed(recorded(path, Waits, act), {APP: Waits}) is None

    def test_a_program_that_drains_turns_calls_away(self, path: Path) -> None:
        async def act(server: Server, process: Recorded) -> None:
            await server.calls()
            process.link.drain()
            await server.calls()
            await asyncio.sleep(31)

        assert replayed(recorded(path, Waits, act), {APP: Waits}) is None

    def test_what_a_stop_has_cut_is_not_compared(self, path: Path) -> None:
        async def act(server: Server, process: Recorded) -> None:
            await server.calls()
            await asyncio.sleep(5)
            process.link.end_calls(None)
            await asyncio.sleep(5)

        assert replayed(recorded(path, Waits, act), {APP: Waits}) is None

    def test_requests_that_were_under_way_together_have_no_order(self, path: Path) -> None:
        def both(*names: str) -> Any:
            async def flow(channel: Channel) -> None:
                await asyncio.gather(*(channel.set_variable(name, "x") for name in names))

            return flow

        async def act(server: Server, process: Recorded) -> None:
            await server.calls()
            await asyncio.sleep(1)

        recorded(path, both("A", "B"), act)
        assert replayed(path, {APP: both("A", "B")}) is None
        assert replayed(path, {APP: both("B", "A")}) is None
        assert replayed(path, {APP: both("A", "C")}) is not None

    def test_a_request_more_than_there_were(self, path: Path) -> None:
        async def act(server: Server, process: Recorded) -> None:
            await server.hangs_up(await server.calls())
            await asyncio.sleep(1)

        class Tells(Waits):
            async def ended(self, event: Event | None) -> None:
                await self.asterisk.ari.channels.list()

        difference = replayed(recorded(path, Waits, act), {APP: Tells})
        assert difference is not None
        assert difference.what == "a request too many"
        assert difference.got == {"request": "GET /channels"}

    def test_calls_of_other_applications_are_left_out(self, path: Path) -> None:
        async def act(server: Server, process: Recorded) -> None:
            await server.calls(app="a")
            await server.calls(app="b")
            await asyncio.sleep(1)

        recorded(path, {"a": Waits, "b": Office}, act)
        assert replayed(path, {"a": Waits}) is None
        assert replayed(path, {"b": Office}) is None
        assert replayed(path, {"b": Waits, "a": Waits}) is None, "until then they do the same"
        assert replayed(path, {"b": NoAnswer}) is not None

    def test_a_file_of_a_process_that_was_killed_is_as_good(self, path: Path) -> None:
        whole = OFFICE.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
        assert not Session.load(path).complete
        assert replayed(path, {"office": Office}) is None
        assert replayed(path, {"office": NoAnswer}) is not None


class Team(Flow):
    """Two rooms that several calls share, made by whoever comes first."""

    rooms: tuple[str, ...] = ("team", "sales")

    async def inside(self, event: Event) -> None:
        await self.channel.answer()
        room = await self.asterisk.bridge(self.app, self.rooms[int(self.channel.args[0])])
        await room.add(self.channel)

    async def leaving(self, event: Event) -> None: ...

    start = inside
    table = {inside: {After(9): leaving}}


class TestOfRooms:
    """Their ids are other ones in each run; the room of that name is the same."""

    @pytest.fixture
    def session(self, path: Path) -> Path:
        async def act(server: Server, process: Recorded) -> None:
            for room in "010":
                await server.calls(room)
                await asyncio.sleep(1)
            await asyncio.sleep(20)

        return recorded(path, Team, act)

    def test_the_same_flow_does_the_same(self, session: Path) -> None:
        assert replayed(session, {APP: Team}) is None

    def test_another_name_is_a_difference(self, session: Path) -> None:
        class Renamed(Team):
            rooms = ("team", "support")

        difference = replayed(session, {APP: Renamed})
        assert difference is not None and difference.what == "another request"
        assert (difference.expected["name"], difference.got["name"]) == ("sales", "support")
        then, now = difference.expected["request"], difference.got["request"]
        assert then.startswith("POST /bridges/bridge-") and now.startswith("POST /bridges/bridge-")

    def test_so_is_another_room(self, session: Path) -> None:
        """The third caller goes into the second's, which is there as well."""
        calls: list[Flow] = []

        class Astray(Team):
            async def inside(self, event: Event) -> None:
                calls.append(self)
                self.rooms = ("sales",) if len(calls) == 3 else Team.rooms
                await super().inside(event)

        difference = replayed(session, {APP: Astray})
        assert difference is not None and difference.what == "another request"
        assert difference.expected["request"].endswith("/addChannel")
        assert difference.got["request"].endswith("/addChannel")
        assert difference.expected["request"] != difference.got["request"]


class TestOfARace:
    """A flow takes no time in a replay, and so may do what had come too late.

    In `sessions/hello-22.jsonl`, of Asterisk 22.10.1, the flow hangs up and returns. Before it had
    returned StasisEnd had come, so nothing was left to hang up; in the replay it is quicker.
    """

    def test_of_a_real_server(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.answer()
            greeting = await channel.play("sound:hello-world")
            await greeting.finished()
            await channel.hangup()

        assert replayed(HELLO, {"recorded": hello}) is None

    def test_what_the_flow_raises_when_all_is_sent_is_a_difference(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.answer()
            greeting = await channel.play("sound:hello-world")
            await greeting.finished()
            await channel.hangup()
            raise LookupError("no such account")

        difference = replayed(HELLO, {"recorded": hello})
        assert difference is not None and difference.what == "another state"
        assert difference.got["raised"] == "LookupError" and not difference.expected.get("raised")

    def test_what_the_callers_end_had_kept_from_being_sent_is_no_difference(
        self, path: Path
    ) -> None:
        """As when a flow hangs up, and Asterisk tells the end before the flow has gone on."""

        async def twice(channel: Channel) -> None:
            await channel.answer()
            await channel.set_variable("A", "1")
            await channel.ended()

        async def act(server: Server, process: Recorded) -> None:
            call = await server.calls()
            await asyncio.sleep(0.01)
            await server.hangs_up(call)
            await asyncio.sleep(1)

        class More(Flow):
            async def menu(self, event: Event) -> None:
                await twice_without_end(self.channel)
                await self.channel.set_variable("B", "2")

            start = menu

        async def twice_without_end(channel: Channel) -> None:
            await channel.answer()
            await channel.set_variable("A", "1")

        class Same(More):
            async def menu(self, event: Event) -> None:
                await twice(self.channel)

            start = menu

        recorded(path, Same, act)
        assert replayed(path, {APP: More}) is None


class TestWhatCannotBeReplayed:
    def test_an_application_that_the_session_does_not_have(self) -> None:
        with pytest.raises(SessionError, match="has calls of office, and none of reception"):
            replayed(OFFICE, {"reception": Office})

    def test_a_file_that_is_none(self, path: Path) -> None:
        with pytest.raises(SessionError, match="cannot be read"):
            replayed(path, {"office": Office})
