"""Mailboxes over ARI."""

from __future__ import annotations

from stasis.testing import virtual_time
from tests.testing.simulator.machines import ask, new_machine


@virtual_time
async def test_a_mailbox_is_what_was_last_said_of_it():
    machine = new_machine()
    path = "mailboxes/100@default"
    for old, new in ((1, 2), (3, 0)):
        line = f"PUT {path}?oldMessages={old}&newMessages={new}"
        assert (await ask(machine, line)).status == 204
    told = {"name": "100@default", "old_messages": 3, "new_messages": 0}
    assert (await ask(machine, f"GET {path}")).json == told
    assert (await ask(machine, "GET mailboxes")).json == [told]


@virtual_time
async def test_one_that_is_deleted_or_was_never_there_is_not_found():
    machine = new_machine()
    await ask(machine, "PUT mailboxes/100?oldMessages=0&newMessages=0")
    assert (await ask(machine, "DELETE mailboxes/100")).status == 204
    for line in ("GET mailboxes/100", "DELETE mailboxes/100", "GET mailboxes/none"):
        assert (await ask(machine, line)).status == 404
