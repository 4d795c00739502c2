"""A channel: its state, its names and numbers, and the thread that runs it.

Rules: what changes is told at once; whatever waits in the channel's thread waits through
`wait`, and a hang-up raises HungUp there. The thread ends the channel, nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.utf8 import is_utf8, replaced

if TYPE_CHECKING:
    from stasis.testing.simulator.bridge import Bridge
    from stasis.testing.simulator.broadcast import Offer
    from stasis.testing.simulator.control import Control
    from stasis.testing.simulator.dialling import Dialling
    from stasis.testing.simulator.phone import Phone
    from stasis.testing.simulator.recording import Recording
    from stasis.testing.simulator.referral import Referral

__all__ = ["CAUSES", "Channel", "Far", "HungUp", "Redirected"]

# Q.850 causes, in Asterisk's words.
CAUSES = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    3: "No route to destination",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    20: "Subscriber absent",
    21: "Call Rejected",
    26: "Answered elsewhere",
    27: "Destination out of order",
    28: "Invalid number format",
    31: "Normal, unspecified",
    34: "Circuit/channel congestion",
    38: "Network out of order",
    58: "Bearer capability not available",
    127: "Interworking, unspecified",
}
# How long TALK_DETECT takes for silence.
SILENCE_MS = 500
# The flag of an explicit hang-up, which Asterisk tells as if it were a cause.
EXPLICIT = 32


class HungUp(Exception):
    """The channel was hung up: whatever its thread does ends."""


class Redirected(Exception):
    """The channel goes on elsewhere in the dialplan, whoever sent it."""


class Far(Protocol):
    """What is at the other end of a channel: a phone, or the other half of a Local channel."""

    def answered(self) -> None:
        """Our side has answered."""

    def indicated(self, what: str) -> None:
        """Our side tells RINGING, PROGRESS, BUSY, CONGESTION, HOLD or UNHOLD."""

    def digit(self, digit: str, duration: int) -> None:
        """Our side sends a digit."""

    def heard(self, what: str) -> None:
        """Our side sends sound."""

    def connected(self, name: str, number: str) -> None:
        """Our side talks with somebody, or with somebody else."""

    def hung_up(self, cause: int) -> None:
        """Our side is gone."""


class Channel:
    """One channel. far: its other end. control: set while it is in Stasis. bridge: where it is.

    arriving: what its far end sent last, and since when on the loop's clock.
    cause: of its hang-up, 0 until then. dialling: while somebody dials it. dials: the phone that it
    leads to. linked: the id of the call that it belongs to. taken_over: a transfer has put another
    channel in its place, so that its end is nobody's hang-up. astray: why no flow has it, in words.
    """

    def __init__(
        self,
        machine: Machine,
        channel_id: str,
        name: str,
        state: str,
        place: tuple[str, str, int] = ("default", "s", 1),
    ) -> None:
        self.machine = machine
        self.id = channel_id
        self.name = name
        self.state = state
        self.context, self.exten, self.priority = place
        self.app_name = self.app_data = ""
        self.caller = ("", "")
        self.connected = ("", "")
        self.accountcode = self.peer_account = ""
        self.language = "en"
        self.protocol_id = ""
        self.created = machine.stamp()
        self.variables: dict[str, str] = {}
        # Those that every event of it carries, beside those that the server is configured for.
        self.reported: dict[str, None] = {}
        self.far: Far | None = None
        self.control: Control | None = None
        self.bridge: Bridge | None = None
        self.cause = 0
        self.muted: set[str] = set()
        self.held = False
        self.music = ""
        self.talk_detect = False
        self.intercepts_hold = False
        self.gone = self.taken_over = False
        self.linked = channel_id
        self._started = False
        self._ends: asyncio.Future[None] = machine.loop.create_future()
        self._redirect: tuple[str, str, int] | None = None
        self.dialling: Dialling | None = None
        self.dials: Phone | None = None
        self.dialstring = ""
        self.astray = ""
        self.recording: Recording | None = None
        self.arriving: tuple[str, float] | None = None
        self.first_sound: asyncio.Future[None] = machine.loop.create_future()
        self.offer: Offer | None = None
        self.transfer_handling = "core"
        self.referral: Referral | None = None
        self.spies: tuple[Channel, str] | None = None
        self.whispers: tuple[Channel, str] | None = None
        self.snooped: list[Channel] = []
        self.absolute: asyncio.TimerHandle | None = None
        self._speaks = self._whispers = False
        machine.channels[channel_id] = self

    def __repr__(self) -> str:
        return f"<simulated channel {self.id} {self.state}>"

    @property
    def place(self) -> str:
        """Where it is in the dialplan: context, extension and priority."""
        return f"{self.context},{self.exten},{self.priority}"

    @property
    def topic(self) -> str:
        """What its events are published on."""
        return f"channel:{self.id}"

    def json(self) -> dict[str, Any]:
        """As ARI's model Channel."""
        machine = self.machine
        found: dict[str, Any] = {"id": self.id, "name": self.name, "state": self.state}
        if machine.has("16.27", "18.13"):
            found["protocol_id"] = self.protocol_id
        found |= {
            "caller": party(*self.caller),
            "connected": party(*self.connected),
            "accountcode": self.accountcode,
            "dialplan": {
                "context": self.context,
                "exten": self.exten,
                "priority": self.priority,
                "app_name": self.app_name,
                "app_data": self.app_data,
            },
            "creationtime": self.created,
            "language": self.language,
        }
        names = [*machine.channelvars, *self.reported]
        if names:
            told = {name: self.variables.get(name, "") for name in names}
            found["channelvars"] = {name: value for name, value in told.items() if is_utf8(value)}
        return found

    def tell(self, kind: str, **fields: Any) -> None:
        """Publish an event of this channel."""
        self.machine.bus.publish(kind, {**fields, "channel": self.json()}, self.topic)

    # What it is

    def become(self, state: str) -> None:
        """Change the state, and tell."""
        if state != self.state:
            self.state = state
            self.tell("ChannelStateChange")
            self.machine.devices.follow(self.name)

    def set_caller(self, name: str, number: str) -> None:
        """Change who calls, and tell."""
        if self.caller != (name, number):
            self.caller = (name, number)
            self.tell(
                "ChannelCallerId",
                caller_presentation=0,
                caller_presentation_txt="Presentation Allowed, Not Screened",
            )

    def set_connected(self, name: str, number: str) -> None:
        """Change who is at the other end, and tell."""
        if self.connected != (name, number):
            self.connected = (name, number)
            self.tell("ChannelConnectedLine")

    def introduce(self) -> None:
        """Tell the far end who is here. That of a Local channel is its half, once answered."""
        if self.far is not None and self.connected != ("", ""):
            self.far.connected(*self.connected)

    def set_variable(self, name: str, value: str) -> None:
        """Set a variable, and tell. Before 20, what is no UTF-8 is not told."""
        self.variables[name] = value
        if is_utf8(value) or self.machine.version.major > 18:
            self.tell("ChannelVarset", variable=name, value=replaced(value))

    def unset_variable(self, name: str) -> None:
        """Remove a variable, and tell."""
        self.variables.pop(name, None)
        self.tell("ChannelVarset", variable=name, value="")

    def runs(self, app: str, data: str) -> None:
        """A dialplan application begins on it."""
        self.app_name, self.app_data = app, data
        self.tell("ChannelDialplan", dialplan_app=app, dialplan_app_data=data)

    # Its far end

    def answer(self) -> None:
        """Answer it. Twice is fine."""
        if self.state == "Up":
            return
        self.become("Up")
        if self.far is not None:
            self.far.answered()

    def indicate(self, what: str) -> None:
        """Tell the far end RINGING, PROGRESS, BUSY or CONGESTION."""
        if self.far is not None:
            self.far.indicated(what)

    def news(self, what: str) -> None:
        """The far end answers, rings, is busy, tells progress. Who dials the channel has it."""
        if self.dialling is not None:
            self.dialling.news(what)

    def receive(self, digit: str, duration: int) -> None:
        """The far end has sent a digit. Who reads this channel has it."""
        self.tell("ChannelDtmfReceived", digit=digit, duration_ms=duration)
        if self.recording is not None:
            self.recording.hear_digit(digit)
        if self.bridge is not None:
            self.bridge.pass_on(self, digit, duration)
        elif self.app_name == "Echo" and self.control is None and self.far is not None:
            self.far.digit(digit, duration)

    def hear(self, what: str) -> None:
        """Something is played to whoever is at the far end."""
        if self.whispers is not None:
            self._whisper(what, *self.whispers)
            return
        self._listened(what, "out")
        self._send(what)

    def _send(self, what: str) -> None:
        if self.far is not None and "out" not in self.muted:
            self.far.heard(what)

    def _whisper(self, what: str, whispered: Channel, way: str) -> None:
        """Who whispers into the bridge that the snoop channel is in would hear it for ever."""
        if self._whispers:
            return
        self._whispers = True
        if way in ("out", "both"):
            whispered._send(what)
        if way in ("in", "both"):
            whispered._take(what)
        self._whispers = False

    def _listened(self, what: str, way: str) -> None:
        """Who listens in hears it as well; not what they hear through themselves."""
        for each in self.snooped:
            if each.spies is not None and each.spies[1] in (way, "both") and not each._speaks:
                each._speaks = True
                each.speak(what)
                each._speaks = False

    def speak(self, what: str) -> None:
        """The far end sends sound: who is in the bridge hears it, and who listens in."""
        if "in" in self.muted or self.gone:
            return
        self._listened(what, "in")
        self._take(what)

    def _take(self, what: str) -> None:
        self.notice(what)
        self.arriving = (what, self.machine.loop.time())
        if not self.first_sound.done():
            self.first_sound.set_result(None)
        if self.recording is not None:
            self.recording.hear_sound(what)
        if self.bridge is not None:
            self.bridge.sound(self, what)

    def notice(self, what: str) -> None:
        """TALK_DETECT: tell that somebody talks, and how long if silence follows that is sent."""
        if not self.talk_detect:
            return
        self.tell("ChannelTalkingStarted")
        milliseconds = spoken(what)
        if milliseconds:
            self.machine.later(
                (milliseconds + SILENCE_MS) / 1000, lambda: self.silent(milliseconds)
            )

    def silent(self, milliseconds: int) -> None:
        """Nobody talks any more."""
        if not self.gone and self.talk_detect:
            self.tell("ChannelTalkingFinished", duration=milliseconds)

    # Its thread

    async def wait(
        self, seconds: float | None = None, until: asyncio.Future[Any] | None = None
    ) -> bool:
        """Wait for a time, or until something is done. Returns whether it is done.

        Raises HungUp, Redirected.
        """
        self.check()
        first: set[asyncio.Future[Any]] = {self._ends}
        if until is not None:
            first.add(until)
        await asyncio.wait(first, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self.check()
        return until is not None and until.done()

    def check(self) -> None:
        """Raises HungUp or Redirected when that is what the thread has to do now."""
        if not self._ends.done():
            return
        if self._redirect is None:
            raise HungUp
        self.context, self.exten, self.priority = self._redirect
        self._redirect = None
        self.runs(self.app_name, self.app_data)
        self._ends = self.machine.loop.create_future()
        raise Redirected

    @property
    def ending(self) -> bool:
        """Whether it was hung up."""
        return self._ends.done() and self._redirect is None

    def limit(self, seconds: float) -> None:
        """TIMEOUT(absolute): hang it up in so many seconds from now; 0 for no limit any more."""
        if self.absolute is not None:
            self.absolute.cancel()
        self.absolute = None
        if seconds > 0:
            self.absolute = self.machine.later(seconds, lambda: self.soft_hangup(16))

    def soft_hangup(self, cause: int, why: int = EXPLICIT) -> None:
        """Hang it up from this side. why: as Asterisk flags it; `SHUTDOWN` when it ends itself."""
        if self.ending or self.gone:
            return
        self.cause = cause
        self.tell("ChannelHangupRequest", cause=why, soft=True)
        self.end()

    def queue_hangup(self, cause: int) -> None:
        """Its far end has hung up."""
        if self.ending or self.gone:
            return
        self.cause = cause or self.cause
        self.tell("ChannelHangupRequest", cause=cause)
        if self.dialling is not None:
            self.dialling.refused(cause)
        self.end()

    def redirect(self, context: str, exten: str, priority: int) -> None:
        """Send it elsewhere in the dialplan, whatever it does."""
        if not self._ends.done():
            self._redirect = (context, exten, priority)
            self._ends.set_result(None)

    def end(self) -> None:
        """Its thread ends, and so does it; nothing is told of why."""
        self._redirect = None
        if not self._ends.done():
            self._ends.set_result(None)
        if not self._started:
            self.destroy()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start its thread; when that ends, so does the channel."""
        self._started = True
        task = self.machine.spawn(self._live(work), f"simulated {self.id}")
        # The server may stop before the thread has had its first turn.
        task.add_done_callback(lambda _: work.close())

    async def _live(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except HungUp:
            pass
        finally:
            self.destroy()

    def destroy(self) -> None:
        """It is gone."""
        if self.gone:
            return
        self.gone = True
        if self.bridge is not None:
            self.bridge.remove(self)
        for each in list(self.snooped):
            each.end()
        if self.spies is not None:
            self.spies[0].snooped.remove(self)
        far, self.far = self.far, None
        if far is not None:
            far.hung_up(self.cause)
        fields: dict[str, Any] = {
            "cause": self.cause,
            "cause_txt": CAUSES.get(self.cause, "Unknown"),
        }
        self.tell("ChannelDestroyed", **fields)
        self.machine.channels.pop(self.id, None)
        self.machine.bus.forget(self.topic)
        self.machine.devices.follow(self.name)


def spoken(what: str) -> int:
    """The milliseconds of sound before a pause in it is heard; 0 when there is none.

    A voice has one, and a tone with its cadence, such as `tone:440/600,0/1400`. Anything else ends
    without a frame, so that nobody hears that it is silent.
    """
    kind, _, cadence = what.partition(":")
    if kind == "voice":
        return round(float(cadence) * 1000)
    first, _, rest = cadence.partition(",")
    tone, slash, milliseconds = first.partition("/")
    if kind != "tone" or not slash or not rest.startswith("0/") or not milliseconds.isdecimal():
        return 0
    return int(milliseconds)


def party(name: str, number: str) -> dict[str, str]:
    """As ARI's model CallerID. What is no UTF-8 is left out."""
    return {
        "name": name if is_utf8(name) else "",
        "number": number if is_utf8(number) else "",
    }
