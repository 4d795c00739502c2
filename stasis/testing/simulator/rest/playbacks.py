"""ARI's playbacks: looked at, stopped and wound."""

from __future__ import annotations

from stasis.testing.simulator.playback import Playback
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []

OPERATIONS = ("restart", "pause", "unpause", "reverse", "forward")


def playback_of(call: Call) -> Playback:
    """The playback that the path names. Raises Refusal (404)."""
    playback = call.machine.playbacks.get(call.path["playback"])
    if playback is None:
        raise Refusal(404, "Playback not found")
    return playback


@operation("GET", "playbacks/{playback}")
def get(call: Call) -> Answer:
    """One playback that has not ended."""
    return Answer(200, playback_of(call).json())


@operation("DELETE", "playbacks/{playback}")
def stop(call: Call) -> None:
    """Stop it."""
    playback = playback_of(call)
    if not playback.stoppable:
        raise Refusal(500, "Could not stop playback")
    playback.stop()


@operation("POST", "playbacks/{playback}/control")
def control(call: Call) -> None:
    """Pause it, or wind it."""
    playback = playback_of(call)
    name = call.text("operation")
    if not name:
        raise Refusal(400, "Missing operation")
    if name not in OPERATIONS:
        raise Refusal(400, f"Invalid operation {name}")
    if not playback.stoppable:
        raise Refusal(500, f"Could not {name} playback")
    if not playback.control(name):
        raise Refusal(409, f"Can only {name} while media is playing")
