"""A phone's lamp: a SIP address that takes every NOTIFY and keeps what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from stasis.pbx import Pbx
from tests.asterisk.listener import until
from tests.asterisk.pbx.conftest import Office

# What an answer repeats of a request.
REPEATED = ("via:", "from:", "to:", "call-id:", "cseq:")


class Lamp(asyncio.DatagramProtocol):
    """The address. told: the bodies of what it was sent, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        head, _, body = data.decode().partition("\r\n\r\n")
        request, *lines = head.split("\r\n")
        if request.startswith("NOTIFY ") and "Event: message-summary" in lines:
            self.told.append(body)
        kept = [each for each in lines if each.lower().startswith(REPEATED)]
        answer = "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""])
        assert self._transport is not None
        self._transport.sendto(answer.encode(), addr)

    async def says(self, waiting: bool, counts: str) -> None:
        """Wait until the last it was told is this. counts: new and old, such as 1/0."""
        wanted = ["Messages-Waiting: " + ("yes" if waiting else "no"), f"Voice-Message: {counts}"]

        def said() -> bool:
            lines = self.told[-1].split("\r\n") if self.told else []
            return [each.partition(" (")[0] for each in lines if each] == wanted

        await until(said, f"{wanted}; told was {self.told}")


@asynccontextmanager
async def desk_lamp(office: Office) -> AsyncIterator[Lamp]:
    """The lamp of PJSIP/desk1."""
    place = ("127.0.0.1", office.lab.desk_ports[0])
    transport, lamp = await asyncio.get_running_loop().create_datagram_endpoint(
        Lamp, local_addr=place
    )
    try:
        yield lamp
    finally:
        transport.close()


@asynccontextmanager
async def mailbox_lamp(pbx: Pbx, office: Office, mailbox: str) -> AsyncIterator[Lamp]:
    """The lamp of PJSIP/lamp, a phone that a mailbox belongs to."""
    ari = await pbx.ways.ari()
    contact = f"sip:lamp@127.0.0.1:{office.lab.desk_ports[0]}"
    made = {
        "aor": {"contact": contact},
        "endpoint": {"aors": "lamp", "mailboxes": mailbox, "context": "default", "allow": "ulaw"},
    }
    async with desk_lamp(office) as lamp:
        for kind, fields in made.items():
            pairs = [{"attribute": key, "value": value} for key, value in fields.items()]
            await ari.asterisk.update_object("res_pjsip", kind, "lamp", fields=pairs)
        try:
            await asyncio.to_thread(office.lab.cli, "module reload res_pjsip_mwi.so")
            yield lamp
        finally:
            for kind in reversed(made):
                await ari.asterisk.delete_object("res_pjsip", kind, "lamp")
            await asyncio.to_thread(office.lab.cli, "module reload res_pjsip_mwi.so")
