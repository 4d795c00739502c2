"""The program under test: one process, its plugins, and what is left when it is killed."""

from __future__ import annotations

from stasis import Channel, Event, Flow
from stasis.config import Config
from stasis.plugin import NoConfig, Plugin
from stasis.program import Program
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from stasis.testing.engine import Engine
from stasis.testing.simulator.seams import send


async def waits(channel: Channel) -> None:
    """Answers, and waits."""
    await channel.answer()
    await channel.ended()


class Noting(Plugin):
    """Notes its life."""

    name = "noting"

    def __init__(self) -> None:
        super().__init__(NoConfig())
        self.notes: list[str] = []

    async def start(self) -> None:
        self.notes.append("starts")

    async def stop(self) -> None:
        self.notes.append("stops")


class Stays(Flow):
    async def here(self, event: Event) -> None:
        """Nothing leads out."""

    start = here


def engine(asterisk: Asterisk, programs: dict[str, Program]) -> Engine:
    """A process on that server."""
    return Engine(asterisk.machine, programs, Config(), send(asterisk.machine), ())


@virtual_time
async def test_it_is_ready_when_it_has_started_and_its_plugins_live_as_long():
    plugin = Noting()
    async with Asterisk() as asterisk:
        process = engine(asterisk, {"stays": Program(Stays, plugin)})
        await process.start()
        assert process.link.state.value == "ready" and plugin.notes == ["starts"]
        assert plugin.asterisk is process.link
        await process.stop()
        assert plugin.notes == ["starts", "stops"]


@virtual_time
async def test_its_plugins_know_each_other():
    class Second(Noting):
        name = "second"

        async def start(self) -> None:
            self.notes += self.others

    first, second = Noting(), Second()
    async with Asterisk() as asterisk:
        programs = {"a": Program(Stays, first), "b": Program(Stays, second)}
        process = engine(asterisk, programs)
        await process.start()
        assert second.notes == ["noting"] and first.others == {"second": second}
        await process.stop()


@virtual_time
async def test_one_that_was_never_started_is_stopped_without_a_word():
    async with Asterisk() as asterisk:
        await engine(asterisk, {"stays": Program(Stays)}).stop()


@virtual_time
async def test_a_killed_one_leaves_its_calls_to_the_next():
    async with Asterisk(dialplan="[default]\nexten => 1,1,Stasis(waits)\n") as asterisk:
        first = engine(asterisk, {"waits": Program.of(waits)})
        await first.start()
        caller = await asterisk.call("1")
        await first.kill()
        await caller.waits(1)
        assert not caller.over
        second = engine(asterisk, {"waits": Program.of(waits)})
        await second.start()
        await caller.waits(1)
        assert [runner.channel.id for runner in second.link.runners] == [caller.id]
        await caller.hangs_up()
        await second.link.idle()
        await second.stop()
