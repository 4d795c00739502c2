"""ARI's channels: looked at and hung up; and how an operation finds the one it is for."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.control import Control
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__ = ["channel_of", "control_of"]

REASONS = {
    "normal": 16,
    "busy": 17,
    "congestion": 34,
    "no_answer": 19,
    "timeout": 102,
    "rejected": 21,
    "unallocated": 1,
    "normal_unspecified": 31,
    "number_incomplete": 28,
    "codec_mismatch": 58,
    "interworking": 127,
    "failure": 38,
    "answered_elsewhere": 26,
}
# In these states a channel takes no commands that need media.
NOT_UP = ("Down", "Rsrvd", "Ringing")


def channel_of(call: Call, message: str = "Channel not found") -> Channel:
    """The channel that the path names. message: of the refusal. Raises Refusal (404)."""
    channel = call.machine.channels.get(call.path["channel"])
    if channel is None:
        raise Refusal(404, message)
    return channel


def control_of(call: Call, *, down: bool = False) -> Control:
    """The control of a channel in Stasis. down: also of one that is not up.

    Raises Refusal (404, 409, 412).
    """
    channel = channel_of(call)
    if channel.control is None:
        raise Refusal(409, "Channel not in Stasis application")
    if not down and channel.state in NOT_UP:
        raise Refusal(412, "Channel in invalid state")
    return channel.control


@operation("GET", "channels")
def list_(call: Call) -> Answer:
    """Every channel."""
    return Answer(200, [channel.json() for channel in call.machine.channels.values()])


@operation("GET", "channels/{channel}")
def get(call: Call) -> Answer:
    """One channel."""
    return Answer(200, channel_of(call).json())


@operation("DELETE", "channels/{channel}")
def hangup(call: Call) -> None:
    """Hang it up, with a reason."""
    channel = channel_of(call)
    cause = 16
    if call.has("reason_code"):
        try:
            cause = int(call.text("reason_code"))
        except ValueError:
            raise Refusal(400, "Invalid Reason Code") from None
    elif call.has("reason"):
        if call.text("reason") not in REASONS:
            what = "hangup reason" if call.machine.version.major > 18 else "hangup"
            raise Refusal(400, f"Invalid reason for {what} provided")
        cause = REASONS[call.text("reason")]
    channel.soft_hangup(cause)
