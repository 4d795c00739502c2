"""Voicemail: mailboxes, their messages, and the lamp on the phone that says there are some.

A message's sound is below `voicemail` in the server's spool folder, and no way from afar gives it
out; `play` lets a phone hear it. Since 18.20 and 20.5 messages are listed, moved, removed and
forwarded; before there are the counts.

The lamp follows the mailbox that `mailboxes` of the endpoint names. `notify` sets it by hand.
`external` is for an Asterisk whose messages are kept elsewhere: it wants `res_mwi_external`, which
cannot run beside `app_voicemail`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from stasis.ami import UnknownAction, actions
from stasis.ari import Since
from stasis.errors import NotFound, NotSupported
from stasis.pbx.endpoints import Endpoints
from stasis.pbx.errors import Needs, Refused
from stasis.pbx.group import Group
from stasis.pbx.mailbox import (
    VoicemailBox,
    VoicemailCounts,
    VoicemailMessage,
    box_of,
    find_box,
    find_message,
    find_messages,
    parts,
)
from stasis.pbx.originate import Originated, caller_id, originate
from stasis.pbx.thing import thing
from stasis.pbx.values import (
    Count,
    Device,
    EndpointName,
    Extension,
    Mailbox,
    MessageId,
    Name,
    Seconds,
    VoicemailFolder,
)

__all__ = ["Voicemail"]

# What tells of messages, and moves them.
MESSAGES = Since("18.20", "20.5")
MODULE = "app_voicemail.so"
# Those of VoiceMail(): how the caller is greeted.
GREETINGS = {"unavailable": "u", "busy": "b", "none": "s"}
SUMMARY = "application/simple-message-summary"
EXTERNAL = "needs the module res_stasis_mailbox.so, with res_mwi_external.so in place of " + MODULE


class Voicemail(Group):
    """Voicemail: mailboxes, messages, and the lamp that says there are some."""

    name = "voicemail"

    @thing("GET /voicemail", needs=MODULE)
    async def list(self) -> Sequence[VoicemailBox]:
        """List the mailboxes with their counts.

        Returns them in the order of voicemail.conf. Raises PbxError. AMI: VoicemailUsersList.
        """
        return [box_of(each) for each in await self.items(actions.VoicemailUsersList())]

    @thing("GET /voicemail/{mailbox}", needs=MODULE)
    async def show(self, mailbox: Mailbox) -> VoicemailBox:
        """Show one mailbox.

        Returns it. Raises Missing when there is none; PbxError. AMI: VoicemailUserStatus.
        """
        return await find_box(self, "voicemail.show", mailbox)

    @thing("GET /voicemail/{mailbox}/counts")
    async def counts(self, mailbox: Mailbox) -> VoicemailCounts:
        """Count a mailbox's messages: new, urgent, old.

        Returns the counts, also of a mailbox that is kept elsewhere. Raises Missing when there is
        none; PbxError. AMI: MailboxCount.
        """
        number, context = parts(mailbox)
        told = await self.ask(actions.MailboxCount(mailbox=f"{number}@{context}"))
        new, urgent, old = told.new_messages or 0, told.urg_messages or 0, told.old_messages or 0
        if not new + urgent + old:
            # Nothing is what Asterisk says of a mailbox that is not there, too.
            try:
                await find_box(self, "voicemail.counts", mailbox)
            except UnknownAction:
                pass
        return VoicemailCounts(
            mailbox=f"{number}@{context}",
            new=new,
            urgent=urgent,
            old=old,
            waiting=bool(new + urgent),
        )

    @thing("GET /voicemail/{mailbox}/messages", needs=MODULE, since=MESSAGES)
    async def messages(self, mailbox: Mailbox) -> Sequence[VoicemailMessage]:
        """List a mailbox's messages.

        Returns them folder by folder. Raises Missing when there is no such mailbox; PbxError.
        AMI: VoicemailBoxSummary.
        """
        return await find_messages(self, "voicemail.messages", mailbox)

    @thing("POST /voicemail/{mailbox}/messages", needs=MODULE)
    async def leave(
        self,
        mailbox: Mailbox,
        device: Device,
        *,
        greeting: Literal["unavailable", "busy", "none"] = "none",
        urgent: bool = False,
        caller_number: Extension = "",
        caller_name: Name = "",
        timeout: Seconds = 30.0,
    ) -> Originated:
        """Ring a device, and let it leave a message.

        greeting: what it is told first. caller_number, caller_name: whose message it will be.
        timeout: seconds that it may ring.

        Returns whether it has answered, and its channel. Raises Missing when there is no such
        mailbox; PbxError. AMI: Originate, into VoiceMail().
        """
        box = await find_box(self, "voicemail.leave", mailbox)
        options = GREETINGS[greeting] + ("U" if urgent else "")
        return await self._ring(
            device,
            "VoiceMail",
            f"{box.mailbox},{options}",
            timeout,
            caller_id(caller_number, caller_name),
        )

    @thing("POST /voicemail/{mailbox}/check", needs=MODULE)
    async def check(
        self, mailbox: Mailbox, device: Device, *, password: bool = True, timeout: Seconds = 30.0
    ) -> Originated:
        """Ring a device, and let it hear the messages by the menu of VoiceMailMain().

        password: whether it is asked for the mailbox's. timeout: seconds that it may ring.

        Returns whether it has answered, and its channel. Raises Missing when there is no such
        mailbox; PbxError. AMI: Originate, into VoiceMailMain().
        """
        box = await find_box(self, "voicemail.check", mailbox)
        data = box.mailbox if password else f"{box.mailbox},s"
        return await self._ring(device, "VoiceMailMain", data, timeout)

    @thing("POST /voicemail/{mailbox}/messages/{message}/play", needs=MODULE)
    async def play(
        self, mailbox: Mailbox, message: MessageId, device: Device, *, timeout: Seconds = 30.0
    ) -> Originated:
        """Ring a device, and play it one message.

        timeout: seconds that it may ring.

        Returns whether it has answered, and its channel. Raises Missing when there is no such
        mailbox, or no such message as far as messages can be listed; PbxError. AMI: Originate,
        into VoiceMailPlayMsg().
        """
        where = "voicemail.play"
        box = await find_box(self, where, mailbox)
        try:
            await find_message(self, where, mailbox, message)
        except UnknownAction:
            pass
        return await self._ring(device, "VoiceMailPlayMsg", f"{box.mailbox},{message}", timeout)

    @thing("POST /voicemail/{mailbox}/messages/{message}/move", needs=MODULE, since=MESSAGES)
    async def move(self, mailbox: Mailbox, message: MessageId, folder: VoicemailFolder) -> None:
        """Move a message to another folder of its mailbox.

        Raises Missing when there is no such mailbox or message; PbxError. AMI: VoicemailMove.
        """
        found = await find_message(self, "voicemail.move", mailbox, message)
        number, context = parts(mailbox)
        await self.ask(
            actions.VoicemailMove(
                context=context, mailbox=number, folder=found.folder, id=found.id, to_folder=folder
            )
        )

    @thing("POST /voicemail/{mailbox}/messages/{message}/forward", needs=MODULE, since=MESSAGES)
    async def forward(
        self,
        mailbox: Mailbox,
        message: MessageId,
        to: Mailbox,
        *,
        folder: VoicemailFolder = "INBOX",
    ) -> None:
        """Copy a message to another mailbox. The copy has the same id.

        folder: of the other mailbox.

        Raises Missing when one of the mailboxes or the message is not there; PbxError. AMI:
        VoicemailForward.
        """
        found = await find_message(self, "voicemail.forward", mailbox, message)
        await find_box(self, "voicemail.forward", to)
        number, context = parts(mailbox)
        other, place = parts(to)
        await self.ask(
            actions.VoicemailForward(
                context=context,
                mailbox=number,
                folder=found.folder,
                id=found.id,
                to_context=place,
                to_mailbox=other,
                to_folder=folder,
            )
        )

    @thing(
        "DELETE /voicemail/{mailbox}/messages/{message}",
        needs=MODULE,
        since=MESSAGES,
        confirm="the message is deleted",
    )
    async def remove(self, mailbox: Mailbox, message: MessageId, *, confirm: bool = False) -> None:
        """Delete a message.

        Raises Missing when there is no such mailbox or message; PbxError. AMI: VoicemailRemove.
        """
        found = await find_message(self, "voicemail.remove", mailbox, message)
        number, context = parts(mailbox)
        await self.ask(
            actions.VoicemailRemove(
                context=context, mailbox=number, folder=found.folder, id=found.id
            )
        )

    @thing("POST /voicemail/refresh", needs=MODULE)
    async def refresh(self, mailbox: Mailbox | None = None) -> None:
        """Have Asterisk look again, after files of messages were changed; the lamps follow.

        mailbox: only this one. 16 does nothing unless voicemail.conf has `pollmailboxes = yes`.

        Raises Missing when there is no such mailbox; PbxError. AMI: VoicemailRefresh.
        """
        if mailbox is None:
            await self.ask(actions.VoicemailRefresh())
            return
        await find_box(self, "voicemail.refresh", mailbox)
        number, context = parts(mailbox)
        await self.ask(actions.VoicemailRefresh(context=context, mailbox=number))

    @thing("POST /voicemail/{mailbox}/notify", needs="res_pjsip_notify.so")
    async def notify(
        self,
        mailbox: Mailbox,
        endpoint: EndpointName,
        *,
        new: Count | None = None,
        old: Count | None = None,
    ) -> None:
        """Light or darken the lamp of an endpoint's phones, by a NOTIFY with the counts.

        new, old: other counts than the mailbox's own.

        Raises Missing when there is no such endpoint or mailbox, Refused when no phone of it is
        registered: Asterisk itself would say that it has worked; PbxError. AMI: PJSIPShowEndpoint,
        PJSIPNotify.
        """
        if not (await Endpoints(self.ways).details("voicemail.notify", endpoint)).contacts:
            raise Refused("voicemail.notify", f"no phone is registered as {endpoint} now")
        if new is None or old is None:
            counts = await self.counts(mailbox)
            new = counts.new + counts.urgent if new is None else new
            old = counts.old if old is None else old
        lines = (f"Messages-Waiting: {'yes' if new else 'no'}", f"Voice-Message: {new}/{old} (0/0)")
        await self.ask(
            actions.PJSIPNotify(
                endpoint=endpoint,
                headers=[
                    ("Event", "message-summary"),
                    ("Content-Type", SUMMARY),
                    *(("Content", each) for each in lines),
                ],
            )
        )

    @thing("PUT /voicemail/{mailbox}/external")
    async def external(self, mailbox: Mailbox, *, new: Count = 0, old: Count = 0) -> None:
        """Set the counts of a mailbox that is kept elsewhere; the lamps follow.

        Raises Needs without res_mwi_external; PbxError. ARI: PUT /mailboxes/{mailboxName}.
        """
        ari = await self.ways.ari()
        try:
            await ari.mailboxes.update("@".join(parts(mailbox)), old_messages=old, new_messages=new)
        except (NotFound, NotSupported) as error:
            raise Needs("voicemail.external", EXTERNAL) from error

    @thing("DELETE /voicemail/{mailbox}/external")
    async def forget(self, mailbox: Mailbox) -> None:
        """Forget a mailbox that is kept elsewhere.

        Raises Missing when there is none, Needs without res_mwi_external; PbxError. ARI: DELETE
        /mailboxes/{mailboxName}.
        """
        ari = await self.ways.ari()
        try:
            # Without the modules no path below it is known; with them this one always is.
            await ari.mailboxes.list()
        except (NotFound, NotSupported) as error:
            raise Needs("voicemail.forget", EXTERNAL) from error
        await ari.mailboxes.delete("@".join(parts(mailbox)))

    async def _ring(
        self, device: str, application: str, data: str, timeout: float, caller: str = ""
    ) -> Originated:
        """Ring a device for an application."""
        return await originate(
            await self.ways.ami(),
            device,
            application=application,
            data=data,
            timeout=timeout,
            caller=caller,
        )
