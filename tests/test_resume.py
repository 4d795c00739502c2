"""To resume: a call goes on where an older process left it, in its state and with its data."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from stasis.ari.events import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    Dial,
    Event,
    StasisEnd,
    StasisStart,
)
from stasis.config import Config, KeepConfig
from stasis.errors import ChannelGone, Conflict
from stasis.keep import VARIABLE
from stasis.record import Record
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Other, Resumed
from tests.kept import Data, Desk, Menu, Newer, Speaks, Told, forever, record_of, restarted
from tests.server import APP, Process, Server, turn
from tests.until import until


@dataclasses.dataclass
class Plain:
    """The same as a dataclass."""

    pin: str = ""
    tries: int = 0
    said: dict[str, list[int]] = dataclasses.field(default_factory=dict)


class Dataclass(Menu):
    """The same flow, with a dataclass."""

    data: Any = Plain()


class TestState:
    """Where a call was is where it goes on."""

    @virtual_time
    async def test_the_state_is_entered_again_and_told_so(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls("de", "vip")
            await server.digit(call, "1")
            assert old.runner(call).state == "pin"
            async with restarted(server, old, Menu) as new:
                assert new.runner(call).state == "pin"
                assert new.flow(call).told == [Resumed(application=APP, state="pin")]
                assert new.link.counts["resumed"] == 1 and new.link.counts["calls"] == 0

    @virtual_time
    async def test_so_are_the_channels_arguments_and_what_asterisk_knows_of_it(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls("de", "vip")
            async with restarted(server, old, Menu) as new:
                channel = new.runner(call).channel
                assert channel.args == ("de", "vip")
                assert (channel.name, channel.state) == ("PJSIP/100-00000001", "Ring")

    @virtual_time
    async def test_its_caller_notices_nothing(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await server.digit(call, "1")
            async with restarted(server, old, Menu):
                # Not even its record is written again: behind a recording that would wait.
                asked = {line.partition("-")[0] for line in server.changes()}
                assert asked == {"DELETE /playbacks/playback"}

    @virtual_time
    async def test_its_table_goes_on_working(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await server.digit(call, "1")
            async with restarted(server, old, Menu) as new:
                await server.digit(call, "#")
                assert new.runner(call).state == "menu"

    @virtual_time
    async def test_its_timers_begin_anew(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await server.digit(call, "1")
            await asyncio.sleep(8)
            async with restarted(server, old, Menu) as new:
                await asyncio.sleep(8)
                assert new.runner(call).state == "pin"
                await asyncio.sleep(3)
                assert new.runner(call).state == "late"

    @virtual_time
    async def test_it_survives_one_restart_after_the_other(self):
        server = Server()
        async with Process(server, Menu) as process:
            call = await server.calls("de")
            await server.digit(call, "1")
            for _ in range(3):
                async with restarted(server, process, Menu) as process:
                    assert process.runner(call).state == "pin"
                    assert process.runner(call).channel.args == ("de",)
            assert record_of(server, call).data is not None
            assert record_of(server, call).entry == 2

    @virtual_time
    async def test_a_caller_who_hangs_up_after_it_ends_the_flow_once(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            async with restarted(server, old, Menu) as new:
                flow = new.flow(call)
                await server.hangs_up(call)
                assert [type(event) for event in flow.ends] == [StasisEnd]
                assert new.link.runners == set()
                assert new.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}

    @virtual_time
    async def test_who_hung_up_while_no_process_ran_is_no_call_any_more(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await old.kill()
            await server.hangs_up(call)
            async with Process(server, Menu) as new:
                assert new.link.runners == set() and new.link.counts["resumed"] == 0

    @virtual_time
    async def test_who_came_while_no_process_ran_is_a_new_call(self):
        server = Server()
        async with Process(server, Menu) as old:
            await old.kill()
            call = await server.calls("de", "vip")
            async with Process(server, Menu) as new:
                (event,) = new.flow(call).told
                assert isinstance(event, StasisStart) and event.channel.id == call
                assert new.runner(call).channel.args == ("de", "vip")
                assert new.link.counts["resumed"] == 0 and new.link.counts["calls"] == 1

    @virtual_time
    @pytest.mark.parametrize("whose", ["its own", "another's"])
    async def test_a_record_that_was_copied_from_another_channel_is_not_its(self, whose: str):
        # As the other end of a Local channel gets the variables of the one that was asked for.
        server = Server()
        async with Process(server, Menu) as old:
            await old.kill()
            call = await server.calls("de")
            id = call if whose == "its own" else f"{call};1"
            names = {"app": APP, "flow": "Menu", "state": "menu"}
            record = Record(**names, token="1" * 16, entry=1, media="m", data={}, id=id)
            server.variables[call, VARIABLE] = record.encode()
            async with Process(server, Menu) as new:
                (event,) = new.flow(call).told
                resumed = whose == "its own"
                assert isinstance(event, Resumed if resumed else StasisStart)
                assert (new.runner(call).owner.token == record.token) is resumed

    @virtual_time
    async def test_who_is_not_in_our_application_is_left_alone(self):
        server = Server()
        async with Process(server, {APP: Menu, "queue": Menu}) as other:
            call = await server.calls(app="queue")
            left = await server.calls()
            await server.leaves(left)
            await other.kill()
            server.lines.clear()
            async with Process(server, Menu) as new:
                assert new.link.runners == set() and server.changes() == []
                assert {call, left} <= set(server.channels)

    @virtual_time
    async def test_each_call_is_resumed_by_the_flow_of_its_application(self):
        class Queue(Menu):
            pass

        server = Server()
        both = {APP: Menu, "queue": Queue}
        async with Process(server, both) as old:
            first, second = await server.calls(), await server.calls(app="queue")
            async with restarted(server, old, both) as new:
                assert type(new.flow(first)) is Menu and type(new.flow(second)) is Queue

    @virtual_time
    async def test_a_channel_that_a_transfer_put_in_its_place_goes_on_for_it(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls("de")
            await server.digit(call, "1")
            new_one = server._channel("c9", "PJSIP/other-1", "Up")
            new_one["dialplan"] |= {"app_name": "Stasis", "app_data": APP}
            server.heard[APP].add("c9")
            server.tell(
                APP,
                "StasisStart",
                channel=new_one,
                args=[],
                replace_channel=server.channels[call],
            )
            await server.hangs_up(call)
            assert old.runner("c9").state == "pin"
            async with restarted(server, old, Menu) as new:
                assert new.runner("c9").state == "pin" and len(new.link.runners) == 1


class TestData:
    """What a flow has declared is there again."""

    @pytest.mark.parametrize("kind", [Menu, Dataclass], ids=["attrs", "dataclass"])
    def test_plain_values_are_there_again(self, kind: type[Menu]):
        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, kind) as old:
                call = await server.calls()
                data = old.flow(call).data
                data.pin, data.said = "«0042»", {"a": [1, 2]}
                await server.digit(call, "1")
                async with restarted(server, old, kind) as new:
                    data = new.flow(call).data
                    assert type(data) is type(kind.data) and data is not kind.data
                    assert (data.pin, data.said) == ("«0042»", {"a": [1, 2]})

        test()

    @virtual_time
    async def test_they_are_kept_as_they_were_when_the_state_was_entered(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await server.digit(call, "1")  # its body counts the try, after that was kept
            assert old.flow(call).data.tries == 1
            async with restarted(server, old, Menu) as new:
                assert new.flow(call).data.tries == 1  # and the body ran again

    @virtual_time
    async def test_or_when_the_flow_said_so(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            flow = old.flow(call)
            flow.data.pin = "1234"
            await flow.keep()
            flow.data.pin = "lost"
            async with restarted(server, old, Menu) as new:
                assert new.flow(call).data.pin == "1234"

    @virtual_time
    async def test_each_call_has_its_own(self):
        server = Server()
        async with Process(server, Menu) as old:
            calls = [await server.calls() for _ in range(3)]
            for call in calls:
                old.flow(call).data.said[call] = [1]
                await server.digit(call, "1")
            async with restarted(server, old, Menu) as new:
                assert [new.flow(call).data.said for call in calls] == [{c: [1]} for c in calls]

    @virtual_time
    async def test_data_too_large_for_a_variable_end_the_call_naming_the_folder(self):
        class Large(Menu):
            async def menu(self, event: Event) -> None:
                self.data.pin = "x" * 40_000
                await self.keep()

            start = menu

        server = Server()
        async with Process(server, Large) as process:
            with capture_logs() as logs:
                call = await server.calls()
            (failed,) = [each for each in logs if each["event"] == "the flow failed"]
            assert 'store = "folder" in [keep]' in failed["error"]
            assert process.link.runners == set() and call not in server.channels

    async def test_a_folder_takes_them(self, tmp_path: Any):
        server = Server()
        config = Config(keep=KeepConfig(store="folder", folder=str(tmp_path)))
        async with Process(server, Menu, config) as old:
            call = await server.calls()
            await until(lambda: old.runner(call).state == "menu")
            old.flow(call).data.pin = "x" * 100_000
            await old.flow(call).keep()
            await old.kill()
            async with Process(server, Menu, config) as new:
                await until(lambda: new.link.state.value == "ready" and new.flow(call).told)
                assert new.flow(call).data.pin == "x" * 100_000
                assert new.flow(call).told == [Resumed(application=APP, state="menu")]
        assert not any(name == VARIABLE for _, name in server.variables)


class TestWhatItMade:
    """The same command finds what it had made; nothing is made twice, and nothing is lost."""

    @virtual_time
    async def test_channels_and_bridges_are_found_by_the_commands_that_made_them(self):
        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            made = [each.id for each in old.flow(call).made]
            assert len(made) == 4 and made == server.made("channel") + server.made(
                "snoop"
            ) + server.made("bridge")
            async with restarted(server, old, Desk) as new:
                assert [each.id for each in new.flow(call).made] == made
                assert set(server.channels) | set(server.bridges) == {call, *made}
                assert not any(
                    line.startswith(("POST /bridges", "POST /channels/c"))
                    and not line.endswith("/variable")
                    for line in server.lines
                )

    @virtual_time
    async def test_their_handles_know_how_it_is(self):
        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            desk, other, _, bridge = old.flow(call).made
            await bridge.add(other)
            await server.answers(desk.id)
            async with restarted(server, old, Desk) as new:
                desk, other, _, bridge = new.flow(call).made
                assert desk.state == "Up" and not desk.awaited and other.bridge_id == bridge.id
                assert list(bridge.channels) == [other.id] and bridge.type == "mixing"
                # Adding who is inside would let it leave and enter again.
                server.lines.clear()
                await bridge.add(other)
                assert server.lines == []

    @virtual_time
    async def test_they_end_with_the_call_as_before(self):
        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            async with restarted(server, old, Desk):
                await server.hangs_up(call)
                assert server.channels == {} and server.bridges == {}

    @virtual_time
    async def test_what_is_not_there_any_more_is_made_again(self):
        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            desk = old.flow(call).made[0]
            await old.kill()
            await server.hangs_up(desk.id)
            async with Process(server, Desk) as new:
                again = new.flow(call).made[0]
                assert again.id == desk.id and desk.id in server.channels
                assert len(server.made("channel")) == 2

    @virtual_time
    async def test_what_an_earlier_state_made_is_owned_still(self):
        class Later(Told):
            data: Any = Data()

            async def making(self, event: Event) -> str:
                self.data.desk = await self.channel.originate("PJSIP/desk")
                return "made"

            async def waiting(self, event: Event) -> None:
                self.told.append(event)

            start = making
            table: ClassVar = {making: {"made": waiting}, waiting: {After(3600): waiting}}

        server = Server()
        async with Process(server, Later) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            async with restarted(server, old, Later) as new:
                assert new.runner(call).state == "waiting"
                assert server.made("channel") == [desk]
                assert new.flow(call).data.desk.id == desk
                await server.hangs_up(call)
                assert server.channels == {}

    @virtual_time
    async def test_a_new_entry_of_the_same_state_makes_new_things(self):
        class Twice(Desk):
            async def making(self, event: Event) -> None:
                self.made.append(await self.channel.bridge())

            start = making
            table: ClassVar = {making: {(ChannelDtmfReceived, "1"): making}}

        server = Server()
        async with Process(server, Twice) as old:
            call = await server.calls()
            async with restarted(server, old, Twice) as new:
                await server.digit(call, "1")
                first, second = new.flow(call).made
                assert first.id != second.id and set(server.bridges) == {first.id, second.id}

    @virtual_time
    async def test_what_an_action_made_is_not_taken_for_the_states_own(self):
        class Acting(Desk):
            async def making(self, event: Event) -> None:
                self.made.append(await self.channel.bridge())

            async def more(self, event: Event) -> None:
                self.made.append(await self.channel.bridge())

            start = making
            table: ClassVar = {}

        from stasis.table import Do

        class WithAction(Acting):
            start = Acting.making
            table: ClassVar = {Acting.making: {(ChannelDtmfReceived, "1"): Do(Acting.more)}}

        server = Server()
        async with Process(server, WithAction) as old:
            call = await server.calls()
            await server.digit(call, "1")
            by_state, by_action = (each.id for each in old.flow(call).made)
            async with restarted(server, old, WithAction) as new:
                assert [each.id for each in new.flow(call).made] == [by_state]
                assert set(server.bridges) == {by_state, by_action}  # owned, though not asked for
                await server.hangs_up(call)
                assert server.bridges == {}

    @virtual_time
    async def test_what_was_made_and_never_answered_is_found_too(self):
        class Bridging(Told):
            async def making(self, event: Event) -> None:
                self.told.append(event)
                self.bridge = await self.channel.bridge()

            start = making
            table: ClassVar = {making: {After(3600): making}}

        server = Server()
        async with Process(server, Bridging) as old:
            held = asyncio.Event()
            take = server.take

            async def slowly(request: Any) -> Any:
                answer = await take(request)
                if request.path.startswith("/bridges/bridge-"):
                    await held.wait()
                return answer

            server.take = slowly  # type: ignore[method-assign]
            call = await server.calls()
            (bridge,) = server.bridges
            server.take = take  # type: ignore[method-assign]
            killing = asyncio.ensure_future(old.kill())
            await turn()
            held.set()
            await killing
            async with Process(server, Bridging) as new:
                assert new.flow(call).bridge.id == bridge and list(server.bridges) == [bridge]


class Ringing(Told):
    """Rings a desk, talks with it, and notices its end."""

    data: Any = Data()

    async def ringing(self, event: Event) -> None:
        self.told.append(event)
        self.data.desk = await self.channel.originate("PJSIP/desk")

    async def talking(self, event: Event) -> None:
        self.told.append(event)
        self.data.room = await self.channel.bridge()
        await self.data.room.add(self.channel, self.data.desk)

    async def alone(self, event: Event) -> None:
        self.told.append(event)

    start = ringing
    table: ClassVar = {
        ringing: {Other(StasisStart): talking, Other(ChannelDestroyed): alone},
        talking: {Other(StasisEnd): alone},
        alone: {Other(StasisEnd): alone},
    }


class TestWhileNobodyLooked:
    """What became of the others meanwhile is told as the events that were missed."""

    @virtual_time
    async def test_a_desk_that_still_rings_may_answer_later(self):
        server = Server()
        async with Process(server, Ringing) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            async with restarted(server, old, Ringing) as new:
                assert new.runner(call).state == "ringing"
                assert new.flow(call).data.desk.awaited
                await server.answers(desk)
                assert new.runner(call).state == "talking"
                (bridge,) = server.bridges.values()
                assert bridge["channels"] == [call, desk]

    @virtual_time
    async def test_a_desk_that_answered_meanwhile_is_heard_to_have_answered(self):
        server = Server()
        async with Process(server, Ringing) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await old.kill()
            await server.answers(desk)
            async with Process(server, Ringing) as new:
                assert new.runner(call).state == "talking"
                resumed, answered = new.flow(call).told
                assert isinstance(resumed, Resumed) and isinstance(answered, StasisStart)
                assert answered.channel.id == desk

    @virtual_time
    async def test_a_desk_that_left_meanwhile_is_heard_to_have_left(self):
        server = Server()
        async with Process(server, Ringing) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await server.answers(desk)
            assert old.runner(call).state == "talking"
            await old.kill()
            await server.hangs_up(desk)
            async with Process(server, Ringing) as new:
                assert new.runner(call).state == "alone"
                event = new.flow(call).told[-1]
                assert isinstance(event, StasisEnd) and event.channel.id == desk
                assert new.flow(call).data.desk.gone is not None

    @virtual_time
    async def test_two_who_talk_go_on_talking(self):
        server = Server()
        async with Process(server, Ringing) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await server.answers(desk)
            async with restarted(server, old, Ringing) as new:
                flow = new.flow(call)
                (bridge,) = server.bridges.values()
                assert bridge["channels"] == [call, desk] and flow.data.room.id == bridge["id"]
                assert new.runner(call).state == "talking"
                assert not any("addChannel" in line for line in server.lines)
                await server.hangs_up(desk)
                assert new.runner(call).state == "alone"

    @virtual_time
    async def test_who_had_gone_before_is_gone_and_not_told_again(self):
        server = Server()
        async with Process(server, Ringing) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await server.answers(desk)
            await server.hangs_up(desk)
            assert old.runner(call).state == "alone"
            async with restarted(server, old, Ringing) as new:
                flow = new.flow(call)
                assert flow.told == [Resumed(application=APP, state="alone")]
                assert flow.data.desk.id == desk and flow.data.desk.gone is not None
                with pytest.raises(ChannelGone):
                    await flow.data.desk.answer()

    @virtual_time
    async def test_a_bridge_that_is_gone_says_so(self):
        server = Server()
        async with Process(server, Ringing) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await server.answers(desk)
            await server.hangs_up(desk)
            await old.kill()
            server.bridges.clear()
            async with Process(server, Ringing) as new:
                room = new.flow(call).data.room
                assert room.destroyed
                await room.emptied(0)

    @virtual_time
    async def test_digits_pressed_meanwhile_are_lost_and_later_ones_count(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await old.kill()
            await server.digit(call, "1")
            async with Process(server, Menu) as new:
                assert new.runner(call).state == "menu"
                await server.digit(call, "1")
                assert new.runner(call).state == "pin"


class Dials(Told):
    """Dials in one state, and connects in the next."""

    data: Any = Data()

    async def dialling(self, event: Event) -> str:
        self.told.append(event)
        self.data.ringing = await self.channel.dial("PJSIP/desk", "PJSIP/other", timeout=30)
        return str((await self.data.ringing.answered()).status)

    async def talking(self, event: Event) -> None:
        self.told.append(event)
        self.result = await self.data.ringing.answered()
        self.data.room = await self.data.ringing.connect()

    async def nobody(self, event: Event) -> None:
        self.result = await self.data.ringing.answered()

    start = dialling
    table: ClassVar = {
        dialling: {"ANSWER": talking, "NOANSWER": nobody, "BUSY": nobody},
        talking: {Other(StasisEnd): nobody},
        nobody: {After(3600): nobody},
    }


class Early(Dials):
    """Dials with early media: the caller hears the other side before it answers."""

    async def dialling(self, event: Event) -> str:
        self.told.append(event)
        self.data.ringing = await self.channel.dial("PJSIP/desk", early_media=True)
        return str((await self.data.ringing.answered()).status)

    async def talking(self, event: Event) -> None:
        self.told.append(event)
        self.result = await self.data.ringing.answered()
        self.data.room = await self.data.ringing.connect()

    start = dialling
    table: ClassVar = {
        dialling: {"ANSWER": talking, "NOANSWER": Dials.nobody},
        talking: {Other(StasisEnd): Dials.nobody},
        Dials.nobody: {After(3600): Dials.nobody},
    }


class TestDialling:
    @virtual_time
    async def test_who_answered_has_answered(self):
        server = Server()
        async with Process(server, Dials) as old:
            call = await server.calls()
            desk, _ = server.made("channel")
            await server.answers(desk)
            assert old.runner(call).state == "talking"
            assert server.made("channel") == [desk]
            async with restarted(server, old, Dials) as new:
                flow = new.flow(call)
                assert flow.result.status == "ANSWER" and flow.result.channel.id == desk
                assert flow.result.statuses == {"PJSIP/desk": "ANSWER", "PJSIP/other": "CANCEL"}
                assert server.made("channel") == [desk] and len(server.bridges) == 1
                (bridge,) = server.bridges.values()
                assert bridge["channels"] == [call, desk]

    @virtual_time
    async def test_who_did_not_answer_has_not(self):
        server = Server()
        async with Process(server, Dials) as old:
            call = await server.calls()
            for desk in server.made("channel"):
                await server.hangs_up(desk)
            assert old.runner(call).state == "nobody"
            async with restarted(server, old, Dials) as new:
                result = new.flow(call).result
                assert (result.status, result.channel) == ("NOANSWER", None)

    @virtual_time
    async def test_whoever_rings_goes_on_ringing_and_may_answer(self):
        server = Server()
        async with Process(server, Dials) as old:
            call = await server.calls()
            desks = server.made("channel")
            assert len(desks) == 2
            async with restarted(server, old, Dials) as new:
                assert server.made("channel") == desks
                await server.answers(desks[1])
                assert new.runner(call).state == "talking"
                assert new.flow(call).result.channel.id == desks[1]
                assert server.made("channel") == [desks[1]]

    @virtual_time
    async def test_one_that_answered_meanwhile_wins(self):
        server = Server()
        async with Process(server, Dials) as old:
            call = await server.calls()
            desk, _ = server.made("channel")
            await old.kill()
            await server.answers(desk)
            async with Process(server, Dials) as new:
                assert new.runner(call).state == "talking"
                assert new.flow(call).result.channel.id == desk
                assert server.made("channel") == [desk]

    @virtual_time
    async def test_the_one_who_talked_and_has_left_parts_the_talk(self):
        server = Server()
        async with Process(server, Dials) as old:
            call = await server.calls()
            desk, _ = server.made("channel")
            await server.answers(desk)
            await old.kill()
            await server.hangs_up(desk)
            async with Process(server, Dials) as new:
                assert new.runner(call).state == "nobody"

    @virtual_time
    async def test_with_early_media_too(self):
        server = Server()
        async with Process(server, Early) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            (bridge,) = server.bridges
            async with restarted(server, old, Early) as new:
                assert server.made("channel") == [desk] and list(server.bridges) == [bridge]
                assert server.bridges[bridge]["channels"] == [call, desk]
                await server.answers(desk)
                assert new.runner(call).state == "talking"
                async with restarted(server, new, Early) as third:
                    assert third.runner(call).state == "talking"
                    assert third.flow(call).result.channel.id == desk
                    assert third.flow(call).data.room.id == bridge
                    assert server.bridges[bridge]["channels"] == [call, desk]

    @virtual_time
    async def test_one_that_answered_meanwhile_with_early_media_wins_too(self):
        server = Server()
        async with Process(server, Early) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await old.kill()
            await server.answers(desk)
            async with Process(server, Early) as new:
                assert new.runner(call).state == "talking"
                assert new.flow(call).result.channel.id == desk


class Rung(Told):
    """Creates a channel, and rings it when it is ready."""

    async def ringing(self, event: Event) -> None:
        self.told.append(event)
        self.desk = await self.channel.create("PJSIP/desk")
        await self.desk.ring_out(30)

    async def talking(self, event: Event) -> None:
        self.told.append(event)

    start = ringing
    table: ClassVar = {
        ringing: {Other(Dial, "ANSWER"): talking},
        talking: {After(3600): talking},
    }


class TestRingingOut:
    """A channel that was created is rung once, whoever looks."""

    @virtual_time
    async def test_one_that_rings_goes_on_ringing(self):
        server = Server()
        async with Process(server, Rung) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            assert server.channels[desk]["state"] == "Ringing"
            async with restarted(server, old, Rung) as new:
                assert new.runner(call).state == "ringing" and server.made("channel") == [desk]
                await server.answers(desk)
                assert new.runner(call).state == "talking"

    @virtual_time
    async def test_one_that_answered_meanwhile_is_heard_to_have_answered(self):
        server = Server()
        async with Process(server, Rung) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await old.kill()
            await server.answers(desk)
            async with Process(server, Rung) as new:
                assert new.runner(call).state == "talking"

    @virtual_time
    async def test_twice_by_the_same_process_is_a_conflict_as_ever(self):
        server = Server()
        async with Process(server, Rung) as process:
            flow = process.flow(await server.calls())
            with pytest.raises(Conflict):
                await flow.desk.ring_out()


class TestMedia:
    @virtual_time
    async def test_what_the_old_process_played_is_stopped_and_plays_anew(self):
        server = Server()
        async with Process(server, Speaks) as old:
            call = await server.calls()
            before = {id: dict(playback) for id, playback in server.playbacks.items()}
            assert len(before) == 2
            async with restarted(server, old, Speaks):
                after = server.playbacks
                assert [p["media_uri"] for p in after.values()] == ["sound:a", "sound:b"]
                assert call in server.channels
                # The same ids, but others: the old ones have ended first.
                assert all(server.playbacks[id] is not before[id] for id in before)
                assert [line for line in server.lines if "DELETE /playbacks" in line]

    @virtual_time
    async def test_also_when_it_had_played_a_great_deal(self):
        class Talkative(Speaks):
            async def speaking(self, event: Event) -> None:
                for number in range(21):
                    playback = await self.channel.play(f"sound:{number}")
                    if number < 20:
                        await playback.finished()
                await forever()

            start = speaking
            table: ClassVar = {}

        server = Server()
        async with Process(server, Talkative) as old:
            await server.calls()
            for _ in range(20):
                (playback,) = server.playbacks
                await server.finish(playback)
            (last,) = server.playbacks
            assert server.playbacks[last]["media_uri"] == "sound:20"
            async with restarted(server, old, Talkative):
                assert [p["media_uri"] for p in server.playbacks.values()] == ["sound:0"]

    @virtual_time
    async def test_a_recording_that_runs_is_joined(self):
        server = Server()
        async with Process(server, Speaks) as old:
            call = await server.calls()
            await server.digit(call, "1")
            assert list(server.recordings) == ["messages/1"]
            async with restarted(server, old, Speaks) as new:
                assert list(server.recordings) == ["messages/1"]
                assert not any("/stop" in line for line in server.lines)
                await server.finish_recording("messages/1")
                stored = new.flow(call).data.message
                assert (stored.name, stored.format) == ("messages/1", "wav")

    @virtual_time
    async def test_so_is_one_of_its_bridge(self):
        class Taped(Speaks):
            async def recording_(self, event: Event) -> None:
                bridge = await self.channel.bridge()
                await bridge.add(self.channel)
                self.recording = await bridge.record("talks/1")
                self.data.message = (await self.recording.finished()).stored

            start = recording_
            table: ClassVar = {
                recording_: {(ChannelDtmfReceived, "#"): Speaks.thanks},
                Speaks.thanks: {After(3600): Speaks.thanks},
            }

        server = Server()
        async with Process(server, Taped) as old:
            call = await server.calls()
            assert list(server.recordings) == ["talks/1"]
            async with restarted(server, old, Taped) as new:
                assert list(server.recordings) == ["talks/1"]
                await server.finish_recording("talks/1")
                assert new.flow(call).data.message.name == "talks/1"

    @virtual_time
    async def test_one_that_ended_meanwhile_is_stored(self):
        server = Server()
        async with Process(server, Speaks) as old:
            call = await server.calls()
            await server.digit(call, "1")
            await old.kill()
            await server.finish_recording("messages/1")
            async with Process(server, Speaks) as new:
                stored = new.flow(call).data.message
                assert stored is not None and stored.name == "messages/1"
                assert server.recordings == {}

    @virtual_time
    async def test_a_stored_recording_among_the_data_is_there_again(self):
        server = Server()
        async with Process(server, Speaks) as old:
            call = await server.calls()
            await server.digit(call, "1")
            await server.finish_recording("messages/1")
            await server.digit(call, "#")
            async with restarted(server, old, Speaks) as new:
                stored = new.flow(call).data.message
                assert (stored.name, stored.format) == ("messages/1", "wav")
                assert stored.media_uri == "recording:messages/1"

    @virtual_time
    async def test_the_same_name_of_somebody_elses_recording_is_a_conflict_and_it_begins_anew(self):
        server = Server()
        async with Process(server, Speaks) as old:
            call = await server.calls()
            await server.digit(call, "1")
            await old.kill()
            server.recordings["messages/1"]["target_uri"] = "channel:stranger"
            with capture_logs() as logs:
                async with Process(server, Speaks) as new:
                    assert new.runner(call).state == Speaks.start.__name__
            (failed,) = [each for each in logs if each["event"] == "the flow failed"]
            assert failed["error"].startswith("Conflict")


class Upgrading(Newer):
    """Knows what version 1 has kept."""

    @classmethod
    def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        assert version == 1
        return {"pin": data["pin"].upper(), "tries": 40}


class Failing(Newer):
    """Fails at it."""

    @classmethod
    def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        raise LookupError("no such customer")


Upgrading.__name__ = Failing.__name__ = "Menu"


class TestUpgrade:
    @virtual_time
    async def test_older_data_are_brought_to_the_new_form(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            old.flow(call).data.pin = "abc"
            await server.digit(call, "1")
            async with restarted(server, old, Upgrading) as new:
                assert new.runner(call).state == "pin"
                assert (new.flow(call).data.pin, new.flow(call).data.tries) == ("ABC", 41)
                assert record_of(server, call).version == 2

    @virtual_time
    async def test_one_that_fails_loses_its_own_call_only(self):
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            await server.digit(call, "1")
            with capture_logs() as logs:
                async with restarted(server, old, Failing) as new:
                    assert new.runner(call).state == "menu"
            (lost,) = [each for each in logs if each["event"] == "the call cannot be resumed"]
            assert lost["error"] == "LookupError: no such customer"
