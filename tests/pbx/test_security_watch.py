"""The watch of failed log-ins: counts, writes, and stays bounded, whoever knocks."""

from __future__ import annotations

import asyncio
import fcntl
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stasis.ami import Stream, events
from stasis.metrics import Metrics
from stasis.pbx import Unavailable
from stasis.pbx.failure import Failure
from stasis.pbx.failure_log import FailureLog
from stasis.pbx.security_watch import SecurityWatch
from stasis.trigger import Gap
from tests.until import until


class Tells:
    """A manager interface that tells what a test says."""

    def __init__(self) -> None:
        self.streams: list[Stream[Any]] = []

    def events(self, *kinds: type[Any]) -> Stream[Any]:
        """As `Ami.events`."""
        return Stream(kinds, (), None, 100, close=lambda stream: None, open=self.streams.append)

    def fails(self, address: str = "192.0.2.7", account: str = "alice") -> None:
        """Somebody fails to log in."""
        for stream in self.streams:
            stream.put(
                events.InvalidPassword(
                    event="InvalidPassword",
                    service="AMI",
                    remote_address=f"IPV4/TCP/{address}/5038",
                    account_id=account,
                )
            )


@pytest.fixture
def ami() -> Any:
    return Tells()


@pytest.fixture
def log(tmp_path: Path) -> FailureLog:
    return FailureLog(tmp_path / "security.log", 4096)


async def test_failures_are_counted_written_and_told(ami: Any, log: FailureLog):
    heard: list[Failure] = []
    metrics = Metrics()
    async with SecurityWatch(
        ami, log, server="main", meter=metrics.of("main"), heard=heard.append
    ) as watch:
        ami.fails()
        ami.fails("192.0.2.9")
        ami.fails("192.0.2.9", "bob")
        await until(lambda: log.path.read_text().count("\n") == 3)
        assert [(each.address, each.failures) for each in watch.attackers()] == [
            ("192.0.2.9", 2),
            ("192.0.2.7", 1),
        ]
        assert watch.total == len(heard) == 3
        begun = heard[0].at.replace(microsecond=0)  # the log has milliseconds
        assert len(list(log.read(begun))) == 3 and heard[0].server == "main"
        text = metrics.text().decode()
        assert (
            'stasis_failed_logins_total{kind="InvalidPassword",server="main",service="AMI"} 3.0'
            in text
        )
        assert 'stasis_failed_logins_by_address{address="192.0.2.9",server="main"} 2.0' in text


async def test_the_file_is_there_from_the_beginning(ami: Any, log: FailureLog):
    async with SecurityWatch(ami, log):
        assert log.path.read_text() == ""  # fail2ban wants its log to exist


async def test_addresses_that_knocked_long_ago_are_forgotten(ami: Any):
    async with SecurityWatch(ami, limit=3) as watch:
        for number in range(10):
            ami.fails(f"192.0.2.{number}")
            ami.fails("203.0.113.1")
        await until(lambda: watch.total == 20)
        assert {each.address: each.failures for each in watch.attackers()} == {
            "203.0.113.1": 10,
            "192.0.2.8": 1,
            "192.0.2.9": 1,
        }


async def test_what_was_not_heard_is_counted_and_it_goes_on(ami: Any):
    now = datetime.now(UTC)
    async with SecurityWatch(ami) as watch:
        ami.streams[0].miss(7)
        ami.streams[0].gap(Gap(start=now, end=now, seconds=0.0))
        ami.fails()
        await until(lambda: watch.total == 1)
        assert watch.missed == 7


async def test_a_log_that_cannot_be_is_told_at_once(ami: Any, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        async with SecurityWatch(ami, FailureLog(tmp_path / "file" / "x.log", 4096)):
            pass


async def test_a_log_that_goes_away_stops_nothing(ami: Any, log: FailureLog):
    async with SecurityWatch(ami, log) as watch:
        log.path.unlink()
        log.path.mkdir()
        ami.fails()
        await until(lambda: watch.total == 1)
        log.path.rmdir()

        def written() -> bool:
            ami.fails()
            return log.path.exists() and bool(log.path.read_text())

        await until(written)
        await until(lambda: watch.total > 1)


async def test_it_ends_with_the_manager_interface(ami: Any):
    async with SecurityWatch(ami) as watch:
        ami.fails()
        ami.streams[0].end()
        await watch.finished()
        assert watch.total == 1


async def test_of_two_programs_one_writes(ami: Any, log: FailureLog):
    other = (
        "import sys; from pathlib import Path; from stasis.pbx.failure_log import FailureLog\n"
        "with FailureLog(Path(sys.argv[1]), 4096).alone(): print('alone', flush=True); input()"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", other, str(log.path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"alone\n"
        with pytest.raises(Unavailable, match=r"by another program already.*\[asterisk.security\]"):
            async with SecurityWatch(ami, log):
                pass
    finally:
        process.kill()
        await process.communicate()
    async with SecurityWatch(ami, log):  # whoever dies has no lock any more
        pass


async def test_several_asterisks_of_one_program_write_one_log(ami: Any, log: FailureLog):
    async with SecurityWatch(ami, log, server="a"):
        async with SecurityWatch(Tells(), log, server="b"):  # type: ignore[arg-type]
            pass
        assert not lockable(log), "the other one still writes"
    assert lockable(log)


def lockable(log: FailureLog) -> bool:
    """Whether another program could have the lock."""
    with log.path.with_name("security.log.lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
