"""The mailbox handle: how many messages wait."""

from __future__ import annotations

import pytest

from stasis.ari import Ari
from stasis.errors import ServerError
from stasis.mailbox import Mailbox, MessageCount
from tests.answers import Answers


async def test_it_tells_its_counts(ari: Ari, answers: Answers):
    answers.answer("GET", 200, {"name": "100@default", "old_messages": 3, "new_messages": 1})
    assert await Mailbox(ari, "100@default").get() == MessageCount(old=3, new=1)
    assert answers.requests == ["GET /mailboxes/100%40default"]


async def test_one_that_nobody_has_set_has_none(ari: Ari, answers: Answers):
    answers.refuse("GET", 404, "Mailbox is unknown")
    assert await Mailbox(ari, "100").get() is None


async def test_its_counts_can_be_set(ari: Ari, answers: Answers):
    await Mailbox(ari, "100").set(2, old=5)
    assert answers.requests == ["PUT /mailboxes/100"]
    assert answers.last["newMessages"] == "2" and answers.last["oldMessages"] == "5"


async def test_it_can_be_forgotten_once_or_twice(ari: Ari, answers: Answers):
    await Mailbox(ari, "100").delete()
    answers.refuse("DELETE", 404, "Mailbox is unknown")
    await Mailbox(ari, "100").delete()
    assert answers.requests == ["DELETE /mailboxes/100"] * 2


async def test_another_error_is_told(ari: Ari, answers: Answers):
    answers.refuse("GET", 500, "Internal error")
    with pytest.raises(ServerError):
        await Mailbox(ari, "100").get()


def test_its_repr_names_it(ari: Ari):
    assert repr(Mailbox(ari, "100")) == "<Mailbox 100>"
