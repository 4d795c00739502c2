"""A telephone that speaks SIP and no more than it must: it calls, answers, transfers, hangs up.

The phones of the lab make no attended transfer (REFER with Replaces), and a scenario has to know
when each step was taken. It sends no sound, and ignores what it is sent. UDP, on loopback.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Self
from urllib.parse import quote

from attrs import define, field

from tests.conformance.message import STATUS, Message, address, tag, written

__all__ = ["Handset", "Talk"]

SECONDS = 10.0
HOST = "127.0.0.1"


@define(eq=False)
class Talk:
    """One call of a handset. ours, theirs: From and To of our requests. target: where they go.

    answered: the status that the call got. over: set when either side has hung up.
    """

    handset: Handset
    id: str
    ours: str
    theirs: str
    target: str
    invite: Message | None = None
    answered: asyncio.Future[int] = field(factory=asyncio.Future)
    over: asyncio.Event = field(factory=asyncio.Event)
    _number: int = 0
    _via: str = ""
    _outcome: asyncio.Future[int] = field(factory=asyncio.Future)
    _replies: dict[int, asyncio.Future[int]] = field(factory=dict)

    def send(self, method: str, *lines: str, body: str = "") -> int:
        """Send a request in this call. Returns its number."""
        handset = self.handset
        if method != "ACK":
            self._number += 1
            self._via = f"Via: SIP/2.0/UDP {handset.here};branch=z9hG4bK{secrets.token_hex(6)}"
        handset.transmit(
            written(
                *(f"{method} {self.target} SIP/2.0", self._via, f"From: {self.ours}"),
                *(f"To: {self.theirs}", f"Call-ID: {self.id}", f"CSeq: {self._number} {method}"),
                *("Max-Forwards: 70", handset.contact, *lines),
                body=body,
            )
        )
        return self._number

    async def ask(self, method: str, *lines: str) -> int:
        """Send a request and wait for its answer. Returns the status."""
        reply: asyncio.Future[int] = asyncio.Future()
        self._replies[self.send(method, *lines)] = reply
        async with asyncio.timeout(SECONDS):
            return await reply

    async def answers(self) -> None:
        """Pick up."""
        assert self.invite is not None
        self.handset.respond(self.invite, self.ours, "200 OK", body=self.handset.sdp)
        await self.talks()

    async def talks(self) -> None:
        """Wait until the call is answered."""
        async with asyncio.timeout(SECONDS):
            status = await asyncio.shield(self.answered)
        assert status == 200, f"the call of {self.handset.name} was answered with {status}"

    async def transfers(self, exten: str) -> int:
        """Send the other side to an extension. Returns the status that it is told in the end."""
        return await self._refers(f"sip:{exten}@{self.handset.server}")

    async def transfers_to(self, other: Talk) -> int:
        """Connect the other side with that of another call. Returns the status that it is told."""
        replaces = f"{other.id};to-tag={tag(other.theirs)};from-tag={tag(other.ours)}"
        target = other.target.partition(";")[0]
        return await self._refers(f"{target}?Replaces={quote(replaces, safe='')}")

    async def _refers(self, target: str) -> int:
        self._outcome = asyncio.Future()
        by = f"Referred-By: <sip:{self.handset.name}@{self.handset.here}>"
        status = await self.ask("REFER", f"Refer-To: <{target}>", by)
        assert status == 202, f"the REFER of {self.handset.name} was answered with {status}"
        async with asyncio.timeout(SECONDS):
            return await self._outcome

    async def hangs_up(self) -> None:
        """Hang up. A call that is over is no error."""
        if not self.over.is_set():
            self.over.set()
            await self.ask("BYE")

    def take(self, message: Message) -> None:
        """Something has come for this call."""
        if not message.status:
            self._asked(message)
        elif message.method == "INVITE" and message.status >= 200:
            if not self.answered.done():
                self.theirs = message.header("to")
                self.target = address(message.header("contact")) or self.target
                self.answered.set_result(message.status)
            self.send("ACK")
        elif message.status >= 200 and message.number in self._replies:
            self._replies.pop(message.number).set_result(message.status)

    def _asked(self, message: Message) -> None:
        if message.method == "ACK":
            if not self.answered.done():
                self.answered.set_result(200)
            return
        body = self.handset.sdp if message.method in ("INVITE", "UPDATE") else ""
        self.handset.respond(message, self.ours, "200 OK", body=body)
        if message.method == "BYE":
            self.over.set()
        elif message.method == "NOTIFY":
            found = STATUS.search(message.body)
            if found and int(found[1]) >= 200 and not self._outcome.done():
                self._outcome.set_result(int(found[1]))


class Handset(asyncio.DatagramProtocol):
    """A telephone. name: of its endpoint. shown: as the caller's name. port: of the server's SIP.

    here: its own address. rung: calls that have come in and nobody has taken.
    """

    def __init__(self, name: str, shown: str, port: int) -> None:
        self.name = name
        self.shown = shown
        self.server = f"{HOST}:{port}"
        self.here = ""
        self.rung: asyncio.Queue[Talk] = asyncio.Queue()
        self._port = port
        self._talks: dict[str, Talk] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def start(cls, name: str, shown: str, port: int) -> Self:
        """A phone that is ready. See the class."""
        loop, handset = asyncio.get_running_loop(), cls(name, shown, port)
        transport, _ = await loop.create_datagram_endpoint(lambda: handset, local_addr=(HOST, 0))
        handset.here = f"{HOST}:{transport.get_extra_info('sockname')[1]}"
        handset._transport = transport
        return handset

    @property
    def contact(self) -> str:
        """Where it can be reached, as a header."""
        return f"Contact: <sip:{self.name}@{self.here}>"

    @property
    def endpoint(self) -> str:
        """How ARI calls it."""
        return f"PJSIP/{self.name}/sip:{self.name}@{self.here}"

    @property
    def sdp(self) -> str:
        """What it says it can do: G.711, at a port where nobody listens."""
        head = ("v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0")
        media = ("m=audio 9 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=sendrecv")
        return "\r\n".join([*head, *media, ""])

    async def calls(self, exten: str) -> Talk:
        """Call an extension. Returns the call, which nobody has answered yet."""
        host = self.server.partition(":")[0]
        talk = Talk(
            self,
            secrets.token_hex(8),
            f'"{self.shown}" <sip:{self.name}@{host}>;tag={secrets.token_hex(4)}',
            f"<sip:{exten}@{self.server}>",
            f"sip:{exten}@{self.server}",
        )
        self._talks[talk.id] = talk
        talk.send("INVITE", body=self.sdp)
        return talk

    async def rings(self) -> Talk:
        """Wait until it is called."""
        async with asyncio.timeout(SECONDS):
            return await self.rung.get()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A message has come."""
        message = Message.read(data.decode("utf-8", "replace"))
        talk = self._talks.get(message.header("call-id"))
        if talk is not None:
            talk.take(message)
        elif message.method == "INVITE" and not message.status:
            self._called(message)
        elif not message.status and message.method != "ACK":
            self.respond(message, message.header("to"), "481 No Such Call")

    def _called(self, message: Message) -> None:
        talk = Talk(
            self,
            message.header("call-id"),
            f"{message.header('to')};tag={secrets.token_hex(4)}",
            message.header("from"),
            address(message.header("contact")),
            message,
        )
        self._talks[talk.id] = talk
        self.respond(message, talk.ours, "180 Ringing")
        self.rung.put_nowait(talk)

    def respond(self, message: Message, ours: str, status: str, *, body: str = "") -> None:
        """Answer a request. ours: To, for one that has no tag yet. body: SDP, or nothing."""
        to = message.header("to")
        self.transmit(message.answered(status, to if tag(to) else ours, self.contact, body=body))

    def transmit(self, text: str) -> None:
        """Send a message to the server."""
        assert self._transport is not None
        self._transport.sendto(text.encode(), (HOST, self._port))

    async def close(self) -> None:
        """Hang up what is left, and be gone."""
        for talk in self._talks.values():
            if talk.answered.done() and talk.answered.result() == 200:
                await talk.hangs_up()
        if self._transport is not None:
            self._transport.close()
