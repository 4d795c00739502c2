"""Voicemail on the real servers: phones leave messages by speaking, and hear them."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stasis.ami import events
from stasis.lab.audio import tones
from stasis.lab.baresip import Baresip
from stasis.pbx import Missing, Needs, NotConfirmed, Pbx, Refused, VoicemailMessage
from tests.asterisk.listener import until
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.lamp import desk_lamp, mailbox_lamp
from tests.asterisk.phones import Phone

Lacks = Callable[[Needs], None]
SPOKEN_SECONDS = 2.0


@pytest.fixture(autouse=True)
def empty(office: Office) -> None:
    """No messages are there."""
    shutil.rmtree(spool(office), ignore_errors=True)


def spool(office: Office) -> Path:
    """Where messages are, as files on this machine."""
    return office.lab.folder / "spool" / "voicemail" / "default"


@contextmanager
def configured(office: Office, general: str, *, boxes: bool = True) -> Iterator[None]:
    """Voicemail with other settings, and its mailboxes or none."""
    text = (office.lab.etc / "voicemail.conf").read_text("utf-8")
    other = general + (text[text.index("[default]") :] if boxes else "")
    office.lab.write("voicemail.conf", other)
    office.lab.cli("voicemail reload")
    try:
        yield
    finally:
        office.lab.write("voicemail.conf", text)
        office.lab.cli("voicemail reload")


async def spoken(
    pbx: Pbx, office: Office, phone: Baresip, mailbox: str = "2001", *, urgent: bool = False
) -> VoicemailMessage | None:
    """A message that a phone has left. Returns it where messages can be listed."""
    before = await pbx.voicemail.show(mailbox)
    await pbx.voicemail.leave(
        mailbox,
        f"PJSIP/{phone.user}",
        urgent=urgent,
        caller_number="2002",
        caller_name="Bob Zoë",
    )
    # What it says before the beep is in no message.
    await until(lambda: any((spool(office) / mailbox / "tmp").glob("*.wav")), "a message begins")
    await asyncio.sleep(SPOKEN_SECONDS)
    await phone.hangup()

    async def stored() -> None:
        while (await pbx.voicemail.show(mailbox)).new == before.new:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(stored(), 10)
    try:
        return (await pbx.voicemail.messages(mailbox))[-1]
    except Needs:
        return None


async def lacked(office: Office, needs: Lacks, call: Callable[[], object]) -> bool:
    """Whether this version lacks a thing, which then says so."""
    if office.version == "22":
        return False
    with pytest.raises(Needs, match=r"needs Asterisk 18\.20 or 20\.5; this is 16\.28") as caught:
        await call()  # type: ignore[misc]
    needs(caught.value)
    return True


@pytest.fixture
async def changes(pbx: Pbx) -> AsyncIterator[list[events.MessageWaiting]]:
    """What is told of mailboxes."""
    told: list[events.MessageWaiting] = []
    ami = await pbx.ways.ami()
    async with ami.events(events.MessageWaiting) as stream:

        async def hear() -> None:
            async for event in stream:
                assert isinstance(event, events.MessageWaiting)
                told.append(event)

        task = asyncio.create_task(hear())
        yield told
        task.cancel()


@pytest.mark.things("voicemail.list", "voicemail.show")
async def test_the_mailboxes_of_the_configuration_are_listed(pbx: Pbx, office: Office):
    alice, bob = await pbx.voicemail.list()
    assert (alice.mailbox, alice.name, alice.new, alice.old) == ("2001@default", "Alice", 0, 0)
    assert (bob.mailbox, bob.email, bob.limit) == ("2002@default", "", 100)
    assert await pbx.voicemail.show("2001") == alice
    told = office.lab.cli("voicemail show users")
    assert re.search(r"default +2002 +Bob", told)


@pytest.mark.things("voicemail.list")
async def test_no_mailboxes_are_no_error(pbx: Pbx, office: Office):
    with configured(office, "[general]\nformat = wav\n", boxes=False):
        assert not await pbx.voicemail.list()
    assert len(await pbx.voicemail.list()) == 2


@pytest.mark.things("voicemail.show", "voicemail.counts", "voicemail.leave")
async def test_a_mailbox_that_is_not_there_is_missing(pbx: Pbx):
    for call in (
        pbx.voicemail.show("2999"),
        pbx.voicemail.counts("2001@elsewhere"),
        pbx.voicemail.leave("2999", "PJSIP/alice"),
        pbx.voicemail.check("2999", "PJSIP/alice"),
        pbx.voicemail.play("2999", "1-1", "PJSIP/alice"),
        pbx.voicemail.refresh("2999"),
    ):
        with pytest.raises(Missing, match="there is no mailbox"):
            await call
    assert not await (await pbx.ways.ari()).channels.list()


@pytest.mark.things("voicemail.leave", "voicemail.counts", "voicemail.show")
async def test_what_a_phone_says_is_a_message(
    pbx: Pbx, office: Office, bob: Baresip, changes: list[events.MessageWaiting]
):
    assert not (await pbx.voicemail.counts("2001")).waiting
    await spoken(pbx, office, bob)
    counts = await pbx.voicemail.counts("2001")
    assert (counts.mailbox, counts.waiting) == ("2001@default", True)
    assert (counts.new, counts.urgent, counts.old) == (1, 0, 0)
    await until(lambda: bool(changes), "MessageWaiting")
    assert (changes[-1].mailbox, changes[-1].new) == ("2001@default", 1)
    (sound,) = spool(office).glob("2001/INBOX/msg0000.wav")
    assert any(each.seconds > 1 for each in tones(sound, [1300.0]))
    assert '"Bob Zoë" <2002>' in sound.with_suffix(".txt").read_text("utf-8")


@pytest.mark.things("voicemail.leave", "voicemail.counts")
async def test_an_urgent_message_is_counted_apart(pbx: Pbx, office: Office, bob: Baresip):
    await spoken(pbx, office, bob, urgent=True)
    async with asyncio.timeout(5):  # it is stored with the others before it is put apart
        while not (counts := await pbx.voicemail.counts("2001")).urgent:
            await asyncio.sleep(0.05)
    assert (counts.new, counts.urgent, counts.waiting) == (0, 1, True)
    assert (await pbx.voicemail.show("2001")).new == 1
    assert list(spool(office).glob("2001/Urgent/*.wav"))


@pytest.mark.things("voicemail.leave")
async def test_a_caller_is_greeted_as_it_is_asked_for(pbx: Pbx, office: Office, bob: Baresip):
    await pbx.voicemail.leave("2001", "PJSIP/bob", greeting="busy")
    await Phone("bob", office.lab, bob).is_told("vm-isonphone")


@pytest.mark.things("voicemail.leave")
async def test_a_phone_that_does_not_answer_is_told(pbx: Pbx):
    call = await pbx.voicemail.leave("2001", "Local/ring@default", timeout=1.0)
    assert call.outcome == "NOANSWER"


@pytest.mark.things("voicemail.messages")
async def test_messages_are_listed(pbx: Pbx, office: Office, bob: Baresip, needs: Lacks):
    if await lacked(office, needs, lambda: pbx.voicemail.messages("2001")):
        return
    assert not await pbx.voicemail.messages("2001")
    begun = asyncio.get_running_loop().time()
    message = await spoken(pbx, office, bob)
    took = asyncio.get_running_loop().time() - begun
    assert message is not None and await pbx.voicemail.messages("2001@default") == [message]
    assert (message.caller_number, message.caller_name) == ("2002", "Bob Zoë")
    assert (message.folder, message.urgent) == ("INBOX", False)
    assert 1 <= message.seconds <= took + 1
    assert message.left is not None
    assert abs((datetime.now(UTC) - message.left).total_seconds()) < 60
    assert message.id in office.lab.cli("voicemail show mailbox 2001 default")
    with pytest.raises(Missing, match="there is no mailbox 2999@default"):
        await pbx.voicemail.messages("2999")


@pytest.mark.things("voicemail.move")
async def test_a_message_is_moved(pbx: Pbx, office: Office, bob: Baresip, needs: Lacks):
    if await lacked(office, needs, lambda: pbx.voicemail.move("2001", "1-1", "Old")):
        return
    message = await spoken(pbx, office, bob)
    assert message is not None
    await pbx.voicemail.move("2001", message.id, "Old")
    counts = await pbx.voicemail.counts("2001")
    assert (counts.new, counts.old, counts.waiting) == (0, 1, False)
    assert list(spool(office).glob("2001/Old/*.wav"))
    with pytest.raises(Missing, match="there is no message 1-1 in 2001@default"):
        await pbx.voicemail.move("2001", "1-1", "Old")


@pytest.mark.things("voicemail.forward")
async def test_a_message_is_copied_to_another_mailbox(
    pbx: Pbx, office: Office, bob: Baresip, needs: Lacks
):
    if await lacked(office, needs, lambda: pbx.voicemail.forward("2001", "1-1", "2002")):
        return
    message = await spoken(pbx, office, bob)
    assert message is not None
    await pbx.voicemail.forward("2001", message.id, "2002", folder="Friends")
    (copy,) = await pbx.voicemail.messages("2002")
    assert (copy.id, copy.folder) == (message.id, "Friends")
    (sound,) = spool(office).glob("2002/Friends/*.wav")
    assert tones(sound, [1300.0])
    assert (await pbx.voicemail.counts("2001")).new == 1
    with pytest.raises(Missing, match="there is no mailbox 2999@default"):
        await pbx.voicemail.forward("2001", message.id, "2999")


@pytest.mark.things("voicemail.remove")
async def test_a_message_is_deleted(pbx: Pbx, office: Office, bob: Baresip, needs: Lacks):
    with pytest.raises(NotConfirmed):
        await pbx.voicemail.remove("2001", "1-1")
    if await lacked(office, needs, lambda: pbx.voicemail.remove("2001", "1-1", confirm=True)):
        return
    message = await spoken(pbx, office, bob)
    assert message is not None
    with pytest.raises(NotConfirmed):
        await pbx.voicemail.remove("2001", message.id)
    await pbx.voicemail.remove("2001", message.id, confirm=True)
    assert not (await pbx.voicemail.counts("2001")).waiting
    assert not list(spool(office).glob("2001/*/*.wav"))
    with pytest.raises(Missing, match="there is no message"):
        await pbx.voicemail.remove("2001", message.id, confirm=True)


@pytest.mark.things("voicemail.play")
async def test_a_message_is_played_to_a_phone(
    pbx: Pbx, office: Office, alice: Baresip, bob: Baresip
):
    await spoken(pbx, office, bob)
    # As the file has it: before 18.20 messages are not listed.
    text = (spool(office) / "2001" / "INBOX" / "msg0000.txt").read_text("utf-8")
    found = re.search(r"msg_id=(\S+)", text)
    assert found is not None
    call = await pbx.voicemail.play("2001", found[1], "PJSIP/alice")
    assert call.outcome == "ANSWER" and call.channel.startswith("PJSIP/alice-")
    await alice.closed()
    assert any(each.seconds > 1 for each in tones(alice.heard(), [1300.0, 700.0]))
    if office.version != "16":
        with pytest.raises(Missing, match="there is no message 1-1"):
            await pbx.voicemail.play("2001", "1-1", "PJSIP/alice")


@pytest.mark.things("voicemail.check")
async def test_a_phone_checks_the_messages(pbx: Pbx, office: Office, alice: Baresip, bob: Baresip):
    await spoken(pbx, office, bob)
    phone = Phone("alice", office.lab, alice)
    await pbx.voicemail.check("2001", "PJSIP/alice", password=False)
    await phone.is_told("vm-youhave")
    await alice.press("1")
    await until(lambda: bool(tones(alice.heard(), [1300.0])), "the message")
    await alice.hangup()
    async with asyncio.timeout(5):  # it is put away when the call is over
        while (counts := await pbx.voicemail.counts("2001")).new:
            await asyncio.sleep(0.05)
    assert (counts.new, counts.old) == (0, 1)


@pytest.mark.things("voicemail.check")
async def test_checking_asks_for_the_password(pbx: Pbx, office: Office, alice: Baresip):
    phone = Phone("alice", office.lab, alice)
    await pbx.voicemail.check("2001@default", "PJSIP/alice")
    await phone.is_told("vm-password")
    await alice.press("9999#")
    await phone.is_told("vm-incorrect")


@pytest.mark.things("voicemail.leave")
async def test_the_lamp_follows_the_mailbox(pbx: Pbx, office: Office, bob: Baresip):
    async with mailbox_lamp(pbx, office, "2002@default") as lamp:
        await spoken(pbx, office, bob, "2002")
        await lamp.says(True, "1/0")


@pytest.mark.things("voicemail.refresh")
async def test_a_refresh_finds_what_others_have_changed(pbx: Pbx, office: Office):
    inbox = spool(office) / "2002" / "INBOX"
    with configured(office, "[general]\nformat = wav\npollmailboxes = yes\npollfreq = 3600\n"):
        async with mailbox_lamp(pbx, office, "2002@default") as lamp:
            inbox.mkdir(parents=True)
            for ending in ("wav", "txt"):
                (inbox / f"msg0000.{ending}").touch()
            await pbx.voicemail.refresh("2002")
            await lamp.says(True, "1/0")
            shutil.rmtree(inbox)
            await pbx.voicemail.refresh()
            await lamp.says(False, "0/0")


@pytest.mark.things("voicemail.notify")
async def test_a_lamp_is_lit_by_hand(pbx: Pbx, office: Office, bob: Baresip):
    office.lab.cli("module unload res_pjsip_notify.so")
    try:
        with pytest.raises(Needs, match=r"needs the module res_pjsip_notify\.so"):
            await pbx.voicemail.notify("2001", "desk1", new=1, old=0)
    finally:
        office.lab.cli("module load res_pjsip_notify.so")
    async with desk_lamp(office) as lamp:
        await pbx.voicemail.notify("2001", "desk1", new=3, old=1)
        await lamp.says(True, "3/1")
        await pbx.voicemail.notify("2001", "desk1")
        await lamp.says(False, "0/0")
        await spoken(pbx, office, bob, urgent=True)
        await pbx.voicemail.notify("2001", "desk1")
        await lamp.says(True, "1/0")
    with pytest.raises(Missing):
        await pbx.voicemail.notify("2001", "nobody", new=0, old=0)
    with pytest.raises(Missing, match="there is no mailbox 2999"):
        await pbx.voicemail.notify("2999", "desk1")


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param("external", marks=pytest.mark.things("voicemail.external")),
        pytest.param("forget", marks=pytest.mark.things("voicemail.forget")),
    ],
)
async def test_mailboxes_kept_elsewhere_exclude_voicemail(pbx: Pbx, thing: str, needs: Lacks):
    with pytest.raises(Needs, match=r"res_mwi_external\.so in place of app_voicemail") as caught:
        await getattr(pbx.voicemail, thing)("3001")
    needs(caught.value)


@pytest.mark.things("voicemail.notify")
async def test_a_lamp_of_nobody_is_not_lit(pbx: Pbx):
    with pytest.raises(Refused, match="no phone is registered as alice"):
        await pbx.voicemail.notify("2001", "alice", new=1, old=0)
