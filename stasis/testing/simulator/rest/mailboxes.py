"""ARI's mailboxes: how many messages wait in each, as clients tell it."""

from __future__ import annotations

from typing import Any

from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []


def told(name: str, counts: tuple[int, int]) -> dict[str, Any]:
    """A mailbox, as ARI's model Mailbox."""
    return {"name": name, "old_messages": counts[0], "new_messages": counts[1]}


def counts_of(call: Call) -> tuple[int, int]:
    """How many messages are in the mailbox that the path names. Raises Refusal (404)."""
    found = call.machine.mailboxes.get(call.path["mailbox"])
    if found is None:
        raise Refusal(404, "Mailbox not found")
    return found


@operation("GET", "mailboxes")
def list_(call: Call) -> Answer:
    """All."""
    return Answer(200, [told(*each) for each in call.machine.mailboxes.items()])


@operation("GET", "mailboxes/{mailbox}")
def get(call: Call) -> Answer:
    """One."""
    return Answer(200, told(call.path["mailbox"], counts_of(call)))


@operation("PUT", "mailboxes/{mailbox}")
def put(call: Call) -> None:
    """Tell how many messages one has: those heard, and new ones."""
    counts = (call.integer("oldMessages"), call.integer("newMessages"))
    call.machine.mailboxes[call.path["mailbox"]] = counts


@operation("DELETE", "mailboxes/{mailbox}")
def delete(call: Call) -> None:
    """Forget one."""
    counts_of(call)
    del call.machine.mailboxes[call.path["mailbox"]]
