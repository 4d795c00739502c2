"""Log channels over ARI."""

from __future__ import annotations

from stasis.testing import virtual_time
from tests.testing.simulator.machines import ask, new_machine

ONE = "asterisk/logging/one"


@virtual_time
async def test_one_is_added_once_and_removed_once():
    machine = new_machine()
    assert (await ask(machine, f"POST {ONE}?configuration=notice,error")).status == 204
    again = await ask(machine, f"POST {ONE}?configuration=notice")
    assert (again.status, again.why) == (409, "Log channel already exists")
    listed = (await ask(machine, "GET asterisk/logging")).json
    assert listed[0] == {
        "channel": "/var/log/asterisk/one",
        "type": "File",
        "status": "Enabled",
        "configuration": "NOTICE ERROR ",
    }
    assert (await ask(machine, f"DELETE {ONE}")).status == 204
    gone = await ask(machine, f"DELETE {ONE}")
    assert (gone.status, gone.why) == (404, "Log channel does not exist")


@virtual_time
async def test_it_needs_levels():
    answer = await ask(new_machine(), f"POST {ONE}")
    assert (answer.status, answer.why) == (400, "Configuration levels are required")


@virtual_time
async def test_rotating_it_forgets_it():
    machine = new_machine()
    await ask(machine, f"POST {ONE}?configuration=notice")
    assert (await ask(machine, f"PUT {ONE}/rotate")).status == 204
    assert (await ask(machine, f"PUT {ONE}/rotate")).status == 404
    assert len((await ask(machine, "GET asterisk/logging")).json) == 1
