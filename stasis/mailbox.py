"""The mailbox handle: how many messages wait, shown by the lamp of a phone (MWI)."""

from __future__ import annotations

from attrs import frozen

from stasis.ari import Ari
from stasis.errors import NotFound

__all__ = ["Mailbox", "MessageCount"]


@frozen
class MessageCount:
    """How many messages a mailbox has."""

    old: int
    new: int


class Mailbox:
    """A mailbox of Asterisk's external MWI (`res_mwi_external`), not of app_voicemail.

    name: as in `mailboxes=` of pjsip.conf.
    """

    def __init__(self, ari: Ari, name: str) -> None:
        self.name = name
        self._ari = ari

    def __repr__(self) -> str:
        return f"<Mailbox {self.name}>"

    async def get(self) -> MessageCount | None:
        """Its counts; None when nobody has set it. ARI: GET /mailboxes/{mailboxName}."""
        try:
            found = await self._ari.mailboxes.get(self.name)
        except NotFound:
            return None
        return MessageCount(found.old_messages, found.new_messages)

    async def set(self, new: int, old: int = 0) -> None:
        """Set its counts; phones light their lamp. ARI: PUT /mailboxes/{mailboxName}."""
        await self._ari.mailboxes.update(self.name, old_messages=old, new_messages=new)

    async def delete(self) -> None:
        """Forget it; one that is not there is fine. ARI: DELETE /mailboxes/{mailboxName}."""
        try:
            await self._ari.mailboxes.delete(self.name)
        except NotFound:
            pass
