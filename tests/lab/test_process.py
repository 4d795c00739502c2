"""A child of ours is ended, whether it obeys or not."""

import asyncio

import pytest

from stasis.lab import process


async def test_one_that_obeys_is_terminated() -> None:
    child = await asyncio.create_subprocess_exec("sleep", "60")
    await process.end(child)
    assert child.returncode == -15


async def test_one_that_does_not_obey_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "POLITE_SECONDS", 0.1)
    child = await asyncio.create_subprocess_exec(
        *("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    await child.stdout.readline()
    await process.end(child)
    assert child.returncode == -9


async def test_one_that_has_ended_is_no_error() -> None:
    child = await asyncio.create_subprocess_exec("true")
    await child.wait()
    await process.end(child)
    assert child.returncode == 0
