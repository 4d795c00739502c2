"""Modules over ARI."""

from __future__ import annotations

import pytest

from stasis.testing import virtual_time
from tests.testing.simulator.machines import ask, new_machine


@virtual_time
async def test_all_that_run_are_listed_and_each_can_be_asked_for():
    machine = new_machine()
    one = (await ask(machine, "GET asterisk/modules/app_echo.so")).json
    assert one in (await ask(machine, "GET asterisk/modules")).json
    assert set(one) == {"name", "description", "use_count", "status", "support_level"}


@virtual_time
async def test_one_is_unloaded_and_loaded():
    machine = new_machine()
    assert (await ask(machine, "DELETE asterisk/modules/app_echo.so")).status == 204
    assert (await ask(machine, "GET asterisk/modules/app_echo.so")).status == 404
    assert (await ask(machine, "POST asterisk/modules/app_echo.so")).status == 204
    assert (await ask(machine, "GET asterisk/modules/app_echo.so")).status == 200


@pytest.mark.parametrize(
    ("line", "status", "why"),
    [
        ("GET none.so", 404, "Module could not be found in running modules"),
        ("GET app_echo", 409, "Module information could not be retrieved"),
        ("POST none.so", 409, "Module load declined"),
        ("POST app_echo.so", 409, "Module is already loaded"),
        ("DELETE none.so", 404, "Module not found in running modules"),
        ("DELETE res_stasis.so", 409, "Module could not be unloaded"),
        ("PUT none.so", 404, "Module not found in running modules"),
        ("PUT app_echo.so", 409, "Module does not support reloading"),
    ],
)
@virtual_time
async def test_what_cannot_be_done_says_why(line: str, status: int, why: str):
    method, name = line.split()
    answer = await ask(new_machine(), f"{method} asterisk/modules/{name}")
    assert (answer.status, answer.why) == (status, why)


@virtual_time
async def test_one_is_reloaded():
    assert (await ask(new_machine(), "PUT asterisk/modules/res_ari.so")).status == 204


@virtual_time
async def test_a_restart_loads_all_again():
    machine = new_machine()
    await ask(machine, "DELETE asterisk/modules/app_echo.so")
    await ask(machine, "POST asterisk/logging/one?configuration=notice")
    await ask(machine, "PUT asterisk/config/dynamic/res_pjsip/aor/x")
    await machine.restart()
    assert (await ask(machine, "GET asterisk/modules/app_echo.so")).status == 200
    assert len((await ask(machine, "GET asterisk/logging")).json) == 1
    assert (await ask(machine, "GET asterisk/config/dynamic/res_pjsip/aor/x")).status == 404
