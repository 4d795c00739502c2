"""A telephone that speaks SIP and no more than it must: it calls, answers, transfers, hangs up.

The phones of the lab cannot make an attended transfer (REFER with Replaces), and a scenario has to
know when each step was taken. It sends no sound, and ignores what it is sent. UDP on loopback.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Self
from urllib.parse import quote

from attrs import define, field, frozen

__all__ = ["Conversation", "Handset", "Message"]

SECONDS = 10.0
STATUS = re.compile(r"SIP/2\.0 (\d{3})")
TAG = re.compile(r";tag=([^;>\s]+)")
ADDRESS = re.compile(r"<([^>]+)>|(\S+)")
HOST = "127.0.0.1"


@frozen
class Message:
    """A request or a response. first: its first line. headers: names in lower case, in order."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @classmethod
    def read(cls, text: str) -> Message:
        """Read a datagram."""
        head, _, body = text.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(first, tuple((n.strip().lower(), v.strip()) for n, _, v in pairs), body)

    def header(self, name: str) -> str:
        """A header's value; empty when it is not there."""
        return next((value for known, value in self.headers if known == name), "")

    @property
    def status(self) -> int:
        """A response's status; 0 for a request."""
        found = STATUS.match(self.first)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """A request's method, or that of the request that is answered."""
        return self.header("cseq").partition(" ")[2]

    def answered(self, status: str, to: str, *lines: str, body: str = "") -> str:
        """The response to this request. to: its To header, with our tag."""
        kept = [f"{n.title()}: {v}" for n, v in self.headers if n in ("via", "record-route")]
        for name in ("from", "call-id", "cseq"):
            kept.append(f"{name.title()}: {self.header(name)}")
        return written(f"SIP/2.0 {status}", *kept, f"To: {to}", *lines, body=body)


def written(*lines: str, body: str = "") -> str:
    """A message as it goes out."""
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])


@define(eq=False)
class Conversation:
    """One call of a handset. target: where requests go. ours, theirs: From and To of our requests.

    answered: set with the status that the call got. referred: the statuses that the transfer was
    said to have. over: set when the other side has hung up.
    """

    handset: Handset
    id: str
    ours: str
    theirs: str
    target: str
    cseq: int = 1
    via: str = ""
    invite: Message | None = None
    answered: asyncio.Future[int] = field(factory=lambda: asyncio.Future())
    over: asyncio.Event = field(factory=asyncio.Event)
    referred: list[int] = field(factory=list)
    _news: asyncio.Event = field(factory=asyncio.Event)
    _replies: dict[int, asyncio.Future[Message]] = field(factory=dict)

    def send(self, method: str, *lines: str, body: str = "") -> int:
        """Send a request in this call. Returns its number."""
        if method not in ("ACK", "CANCEL"):
            self.cseq += 1
            self.via = f"Via: SIP/2.0/UDP {self.handset.here};branch=z9hG4bK{secrets.token_hex(6)}"
        self.handset.transmit(
            written(
                f"{method} {self.target} SIP/2.0",
                *(self.via, f"From: {self.ours}", f"To: {self.theirs}", f"Call-ID: {self.id}"),
                *(f"CSeq: {self.cseq} {method}", "Max-Forwards: 70"),
                f"Contact: <sip:{self.handset.name}@{self.handset.here}>",
                *lines,
                body=body,
            )
        )
        return self.cseq

    async def ask(self, method: str, *lines: str) -> int:
        """Send a request and wait for its answer. Returns the status."""
        reply: asyncio.Future[Message] = asyncio.Future()
        self._replies[self.send(method, *lines)] = reply
        async with asyncio.timeout(SECONDS):
            return (await reply).status

    async def answers(self) -> None:
        """Pick up."""
        assert self.invite is not None
        self.handset.respond(self.invite, self, "200 OK", body=self.handset.sdp)

    async def talks(self) -> None:
        """Wait until the call is answered."""
        async with asyncio.timeout(SECONDS):
            status = await asyncio.shield(self.answered)
        assert status == 200, f"the call of {self.handset.name} was answered with {status}"

    async def transfers(self, exten: str) -> int:
        """Send the other side to an extension. Returns the status of the REFER."""
        return await self.ask("REFER", f"Refer-To: <sip:{exten}@{self.handset.server}>", self.by)

    async def transfers_to(self, other: Conversation) -> int:
        """Connect the other side with that of another call. Returns the status of the REFER."""
        to, of = (TAG.search(each) for each in (other.theirs, other.ours))
        assert to is not None and of is not None
        replaces = quote(f"{other.id};to-tag={to[1]};from-tag={of[1]}", safe="")
        target = other.target.partition(";")[0]
        return await self.ask("REFER", f"Refer-To: <{target}?Replaces={replaces}>", self.by)

    @property
    def by(self) -> str:
        """The header that says who transfers."""
        return f"Referred-By: <sip:{self.handset.name}@{self.handset.here}>"

    async def told(self) -> int:
        """Wait until the transfer has come to something. Returns the status of it."""
        async with asyncio.timeout(SECONDS):
            while not self.referred or self.referred[-1] < 200:
                self._news.clear()
                await self._news.wait()
        return self.referred[-1]

    async def hangs_up(self) -> None:
        """Hang up."""
        if not self.over.is_set():
            self.over.set()
            await self.ask("BYE")

    def take(self, message: Message) -> None:
        """Something has come for this call."""
        status = message.status
        if not status:
            self._asked(message)
        elif message.method == "INVITE":
            if status >= 200 and not self.answered.done():
                self.theirs = message.header("to")
                contact = ADDRESS.search(message.header("contact"))
                if status < 300 and contact:
                    self.target = contact[1] or contact[2]
                self.answered.set_result(status)
            if status >= 200:
                self.send("ACK")
        elif status >= 200:
            number = int(message.header("cseq").partition(" ")[0])
            reply = self._replies.pop(number, None)
            if reply is not None:
                reply.set_result(message)

    def _asked(self, message: Message) -> None:
        if message.method == "ACK":
            if not self.answered.done():
                self.answered.set_result(200)
            return
        body = self.handset.sdp if message.method in ("INVITE", "UPDATE") else ""
        self.handset.respond(message, self, "200 OK", body=body)
        if message.method == "BYE":
            self.over.set()
        elif message.method == "NOTIFY":
            found = STATUS.search(message.body)
            if found:
                self.referred.append(int(found[1]))
            self._news.set()


class Handset(asyncio.DatagramProtocol):
    """A telephone. name: of its endpoint. port: of the server, and the server's address.

    log: all that it sent and got.
    """

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.server = f"{HOST}:{port}"
        self.here = ""
        self.log: list[str] = []
        self.calls: dict[str, Conversation] = {}
        self.incoming: asyncio.Queue[Conversation] = asyncio.Queue()
        self._port = port
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def start(cls, name: str, port: int, own: int = 0) -> Self:
        """A phone that is ready. port: of the server's SIP. own: its own, 0 for a free one."""
        loop, handset = asyncio.get_running_loop(), cls(name, port)
        handset._transport, _ = await loop.create_datagram_endpoint(
            lambda: handset, local_addr=(HOST, own)
        )
        handset.here = f"{HOST}:{handset._transport.get_extra_info('sockname')[1]}"
        return handset

    @property
    def sdp(self) -> str:
        """What it says it can do: G.711, at a port where nobody listens."""
        lines = ("v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0")
        media = ("m=audio 9 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=sendrecv")
        return "\r\n".join([*lines, *media, ""])

    @property
    def endpoint(self) -> str:
        """How it is called: an endpoint of ARI."""
        return f"PJSIP/{self.name}/sip:{self.name}@{self.here}"

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A message has come."""
        text = data.decode("utf-8", "replace")
        self.log.append(text)
        message = Message.read(text)
        call = self.calls.get(message.header("call-id"))
        if call is not None:
            call.take(message)
        elif message.method == "INVITE" and not message.status:
            self._called(message)
        elif not message.status and message.method != "ACK":
            self.transmit(message.answered("481 No Such Call", message.header("to")))

    def _called(self, message: Message) -> None:
        contact = ADDRESS.search(message.header("contact"))
        call = self.calls[message.header("call-id")] = Conversation(
            self,
            message.header("call-id"),
            f"{message.header('to')};tag={secrets.token_hex(4)}",
            message.header("from"),
            contact[1] or contact[2] if contact else "",
            invite=message,
        )
        self.respond(message, call, "180 Ringing")
        self.incoming.put_nowait(call)

    def respond(self, message: Message, call: Conversation, status: str, *, body: str = "") -> None:
        """Answer a request of a call. body: SDP, or nothing."""
        to = message.header("to")
        lines = [f"Contact: <sip:{self.name}@{self.here}>"]
        lines += ["Content-Type: application/sdp"] if body else []
        self.transmit(
            message.answered(status, to if TAG.search(to) else call.ours, *lines, body=body)
        )

    def calls_up(self, exten: str, name: str = "") -> Conversation:
        """Call an extension. name: to be shown as the caller's. See `Conversation.talks`."""
        host = self.server.partition(":")[0]
        shown = f'"{name}" ' if name else ""
        call = Conversation(
            self,
            secrets.token_hex(8),
            f"{shown}<sip:{self.name}@{host}>;tag={secrets.token_hex(4)}",
            f"<sip:{exten}@{self.server}>",
            f"sip:{exten}@{self.server}",
        )
        self.calls[call.id] = call
        call.send("INVITE", "Content-Type: application/sdp", body=self.sdp)
        return call

    def transmit(self, text: str) -> None:
        """Send a message to the server."""
        assert self._transport is not None
        self.log.append(text)
        self._transport.sendto(text.encode(), (HOST, self._port))

    def close(self) -> None:
        """It is gone."""
        if self._transport is not None:
            self._transport.close()
