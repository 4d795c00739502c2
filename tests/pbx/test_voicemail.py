"""Voicemail: mailboxes kept elsewhere, by ARI; what a lamp is told; what is refused."""

from __future__ import annotations

from typing import Any, cast

import pytest

from stasis.ami import Ami, NoSuch, UnknownAction, actions, events
from stasis.ami.answers import MailboxCountAnswer
from stasis.ari import Ari, Version
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, Needs, Pbx, Refused
from tests.answers import Answers
from tests.pbx.fake_ami import FakeAmi

ALICE = events.EndpointDetail(object_name="alice")
PHONE = events.ContactStatusDetail(endpoint_name="alice", uri="sip:alice@127.0.0.1")


def pbx(says: dict[type[Any], Any] | None = None) -> Any:
    """A PBX, its manager interface, and its ARI."""
    ami, ari = FakeAmi(says or {}), Answers()
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami), ari=Ari(ari)), ami, ari


def counted(new: int, urgent: int, old: int) -> MailboxCountAnswer:
    """An answer with counts."""
    return MailboxCountAnswer(new_messages=new, urg_messages=urgent, old_messages=old)


class TestKeptElsewhere:
    async def test_counts_are_set(self) -> None:
        one, _, ari = pbx()
        await one.voicemail.external("3001", new=2, old=1)
        assert ari.requests == ["PUT /mailboxes/3001%40default"]
        assert (ari.last["newMessages"], ari.last["oldMessages"]) == ("2", "1")

    async def test_it_is_forgotten(self) -> None:
        one, _, ari = pbx()
        ari.answer("GET /mailboxes", body=[])
        await one.voicemail.forget("3001@sales")
        assert ari.requests[-1] == "DELETE /mailboxes/3001%40sales"

    async def test_one_that_is_not_there_is_missing(self) -> None:
        one, _, ari = pbx()
        ari.answer("GET /mailboxes", body=[])
        ari.refuse("DELETE /mailboxes/", 404)
        with pytest.raises(Missing):
            await one.voicemail.forget("3001")

    @pytest.mark.parametrize("thing", ["external", "forget"])
    async def test_without_its_module_it_needs_one(self, thing: str) -> None:
        one, _, ari = pbx()
        for method in ("GET", "PUT", "DELETE"):
            ari.refuse(f"{method} /mailboxes", 404, "Resource not found")
        with pytest.raises(Needs, match=r"res_mwi_external\.so in place of app_voicemail\.so"):
            await getattr(one.voicemail, thing)("3001")

    async def test_its_counts_are_told_without_app_voicemail(self) -> None:
        unknown = UnknownAction("VoicemailUserStatus", "Invalid/unknown command")
        one, _, _ = pbx(
            {actions.MailboxCount: counted(0, 0, 0), actions.VoicemailUserStatus: unknown}
        )
        assert not (await one.voicemail.counts("3001")).waiting


class TestCounts:
    async def test_a_mailbox_that_has_some_is_not_asked_for_again(self) -> None:
        one, ami, _ = pbx({actions.MailboxCount: counted(0, 0, 4)})
        assert (await one.voicemail.counts("2001@sales")).old == 4
        assert ami.asked == [actions.MailboxCount(mailbox="2001@sales")]

    async def test_one_that_has_none_may_not_be_there(self) -> None:
        nobody = NoSuch("VoicemailUserStatus", "There is no voicemail user of the given info.")
        one, _, _ = pbx(
            {actions.MailboxCount: counted(0, 0, 0), actions.VoicemailUserStatus: nobody}
        )
        with pytest.raises(Missing, match="there is no mailbox 2999@default"):
            await one.voicemail.counts("2999")


class TestALamp:
    @pytest.mark.parametrize(
        ("given", "waiting", "told"),
        [
            ({}, "yes", "3/4"),
            ({"new": 0}, "no", "0/4"),
            ({"new": 7, "old": 0}, "yes", "7/0"),
        ],
    )
    async def test_it_is_told_the_counts(
        self, given: dict[str, int], waiting: str, told: str
    ) -> None:
        one, ami, _ = pbx(
            {actions.MailboxCount: counted(1, 2, 4), actions.PJSIPShowEndpoint: [ALICE, PHONE]}
        )
        await one.voicemail.notify("2001", "alice", **given)
        sent = ami.asked[-1]
        assert isinstance(sent, actions.PJSIPNotify) and sent.endpoint == "alice"
        assert [value for name, value in sent.headers if name == "Content"] == [
            f"Messages-Waiting: {waiting}",
            f"Voice-Message: {told} (0/0)",
        ]

    async def test_one_that_no_phone_has_is_not_lit(self) -> None:
        one, ami, _ = pbx({actions.PJSIPShowEndpoint: [ALICE]})
        with pytest.raises(Refused, match="no phone is registered as alice now"):
            await one.voicemail.notify("2001", "alice", new=1, old=0)
        assert [type(each) for each in ami.asked] == [actions.PJSIPShowEndpoint]


class TestAMessage:
    async def test_its_folder_is_looked_up(self) -> None:
        listed = [events.VoicemailBoxDetail(id="1795996412-00000001", folder="Urgent")]
        one, ami, _ = pbx({actions.VoicemailBoxSummary: listed})
        one.ways._version = Version(18, 20)
        await one.voicemail.move("2001", "1795996412-00000001", "Work")
        assert ami.asked[-1] == actions.VoicemailMove(
            context="default",
            mailbox="2001",
            folder="Urgent",
            id="1795996412-00000001",
            to_folder="Work",
        )

    async def test_an_older_version_lacks_it(self) -> None:
        one, ami, _ = pbx()
        one.ways._version = Version(18, 12, 1)
        with pytest.raises(Needs, match=r"needs Asterisk 18\.20 or 20\.5; this is 18\.12\.1"):
            await one.voicemail.messages("2001")
        assert not ami.asked


@pytest.mark.parametrize(
    "text",
    ["", "2001,s", "2001&2002", "2001@a@b", "2001|x", "20 01", "2001\r\nX: y", "$(id)", "a;b"],
)
async def test_a_mailbox_that_means_more_is_refused(text: str) -> None:
    one, ami, ari = pbx()
    calls = (
        one.voicemail.leave(text, "PJSIP/alice"),
        one.voicemail.check(text, "PJSIP/alice"),
        one.voicemail.play(text, "1-1", "PJSIP/alice"),
        one.voicemail.external(text),
    )
    for call in calls:
        with pytest.raises(BadValue, match="mailbox"):
            await call
    assert not ami.asked and not ari.requests


@pytest.mark.parametrize("id", ["", "1,s", "1 2", "../1", "1\n2", "1;2", "${x}"])
async def test_a_messages_id_that_means_more_is_refused(id: str) -> None:
    one, ami, _ = pbx()
    with pytest.raises(BadValue, match="message"):
        await one.voicemail.play("2001", id, "PJSIP/alice")
    assert not ami.asked
