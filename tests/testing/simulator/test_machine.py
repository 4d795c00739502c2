"""The server as a whole: its clock, its failures, its stored files, its restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.phone import Phone
from tests.testing.simulator.machines import (
    ask,
    called,
    kinds,
    new_machine,
    served,
    simulated,
    turn,
)


class TestItsClock:
    @simulated
    async def test_begins_at_the_same_time_and_goes_on_with_the_loop(self):
        machine = new_machine()
        assert machine.stamp() == "2026-01-01T00:00:00.000+0000"
        await asyncio.sleep(61.5)
        assert machine.stamp() == "2026-01-01T00:01:01.500+0000"
        assert machine.new_id().startswith("1767225662.")

    async def test_is_the_real_one_outside_virtual_time(self):
        assert not new_machine().stamp().startswith("2026-01-01T00:00:00")

    @simulated
    async def test_until_waits_for_a_change_and_not_longer(self):
        machine = new_machine()
        done: list[int] = []
        machine.later(2, lambda: (done.append(1), machine.changed()))
        assert await machine.until(lambda: done, 5)
        assert machine.loop.time() == pytest.approx(2)
        assert not await machine.until(lambda: False, 5)
        assert machine.loop.time() == pytest.approx(7)

    @simulated
    async def test_who_waited_first_is_woken_first(self):
        machine = new_machine()
        woken: list[int] = []

        async def wait(number: int) -> None:
            await machine.until(lambda: machine.variables, 10)
            woken.append(number)

        waiting = [asyncio.create_task(wait(number)) for number in range(20)]
        await turn()
        machine.variables["A"] = "1"
        machine.changed()
        await asyncio.gather(*waiting)
        assert woken == list(range(20))


class TestItsFailures:
    @simulated
    async def test_are_what_raises_in_a_thread_or_a_timer(self):
        machine = new_machine()

        async def broken() -> None:
            raise ValueError("thread")

        machine.spawn(broken(), "broken")
        machine.later(1, lambda: 1 / 0)
        await asyncio.sleep(2)
        assert [str(error) for error in machine.failures] == ["thread", "division by zero"]
        machine.failures.clear()

    @simulated
    async def test_are_what_raises_in_a_request_or_a_command(self, monkeypatch: pytest.MonkeyPatch):
        machine, _ = served()
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        monkeypatch.setattr(Channel, "json", lambda channel: 1 / 0)
        assert (await ask(machine, "GET channels")).status == 500
        monkeypatch.undo()
        monkeypatch.setattr(Channel, "hear", lambda channel, what: 1 / 0)
        await ask(machine, f"POST channels/{line.channel.id}/moh")
        await turn()
        assert [type(error) for error in machine.failures] == [ZeroDivisionError] * 2
        machine.failures.clear()

    @simulated
    async def test_are_not_what_was_refused(self):
        machine, _ = served()
        line = await called(machine)
        assert (await ask(machine, "GET channels/nobody")).status == 404
        path = f"POST channels/{line.channel.id}/variable?variable=SHELL(ls)&value=1"
        assert (await ask(machine, path)).status == 400
        assert machine.failures == []


class TestItsRecordings:
    @simulated
    async def test_are_found_in_whatever_format_and_below_folders(self, tmp_path: Path):
        machine, _ = served(folder=tmp_path)
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "b.gsm").touch()
        assert machine.stored("a/b") == tmp_path / "a" / "b.gsm"
        assert machine.stored("a/c") is None and machine.stored("x/b") is None

    @simulated
    async def test_outside_the_folder_are_none(self, tmp_path: Path):
        (tmp_path / "in").mkdir()
        (tmp_path / "out.wav").touch()
        machine, _ = served(folder=tmp_path / "in")
        assert machine.stored("../out") is None
        assert machine.stored(str(tmp_path / "out")) is None
        assert not machine.keeps(machine.path_of("../out", "wav"))


class TestEndpoints:
    @simulated
    async def test_a_phone_is_one_with_its_calls(self):
        machine = new_machine()
        machine.phones["PJSIP/al"] = Phone("PJSIP/al", "unreachable")
        Channel(machine, "c", "PJSIP/al-00000001", "Up")
        Channel(machine, "d", "PJSIP/alice-00000002", "Up")
        found = machine.endpoint("PJSIP/al")
        assert found is not None
        assert (found["state"], found["channel_ids"]) == ("offline", ["c"])
        assert machine.endpoint("PJSIP/bob") is None
        assert machine.has_endpoint("PJSIP") and not machine.has_endpoint("PJSIP/bob")


class TestARestart:
    @simulated
    async def test_hangs_up_all_and_leaves_nothing_that_lived(self):
        machine, frames = served()
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        await ask(machine, f"POST channels/{line.channel.id}/play/p?media=sound:x")
        await ask(machine, "POST bridges/b")
        machine.variables["A"] = "1"
        machine.mailboxes["m"] = (1, 2)
        started = machine.started
        await asyncio.sleep(1)
        await machine.restart()
        living = (machine.channels, machine.bridges, machine.playbacks, machine.bus.applications)
        assert living == ({}, {}, {}, {})
        assert machine.variables == {} and machine.mailboxes == {"m": (1, 2)}
        assert machine.started > started
        assert line.ended is not None
        assert kinds(frames)[-2:] == ["PlaybackFinished", "StasisEnd"]

    @simulated
    async def test_a_stop_ends_what_still_runs(self):
        machine, _ = served()
        await called(machine)
        await machine.stop()
        assert machine.channels == {} and machine.failures == []


@simulated
async def test_a_version_has_what_came_before_it():
    assert new_machine("22").has("20.14", "22.4") and not new_machine("16").has("20.14", "22.4")
