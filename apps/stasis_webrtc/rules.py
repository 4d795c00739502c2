"""The rules of calls: what the configuration says of them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from stasis_webrtc.target import NumberPlan

__all__ = ["Rules"]

WORDS: Mapping[str, tuple[str, ...]] = {
    "forbidden": ("sound:im-sorry", "sound:ss-noservice"),
    "unavailable": ("sound:cannot-complete-as-dialed",),
    "failed": ("sound:im-sorry", "sound:tt-somethingwrong"),
    "greeting": ("sound:vm-nobodyavail", "sound:vm-intro"),
    "saved": ("sound:vm-msgsaved",),
}


@frozen
class Rules:
    """How calls are handled.

    plan: what numbers mean. outside: how an outside number is dialled, such as
    `PJSIP/{number}@trunk`; empty for not at all. emergency: the same for emergency numbers; empty
    takes `outside`. number: what outside phones see of a user without one of its own. ring: seconds
    to ring a user. outside_ring: seconds to ring outside. hops: so many users are tried for one
    call, by forwarding. limit: calls that a user may have at once. rejoin: seconds in which a
    device that was lost may come back into its call. message_seconds: longest message; 0 for no
    messages. message_silence: seconds of silence that end one. message_least: shorter ones are
    dropped, in seconds. message_folder, record_folder: of the stored recordings. format: theirs.
    music: the class that who is on hold hears; empty for the usual. conference: the Stasis
    application of rooms. words: what is said to a caller: by the reason
    that a call ends, `greeting` before a message, and `saved` after one. language: of all words.
    """

    plan: NumberPlan = NumberPlan()
    outside: str = ""
    emergency: str = ""
    number: str = ""
    ring: int = 25
    outside_ring: int = 60
    hops: int = 5
    limit: int = 4
    rejoin: float = 20.0
    message_seconds: int = 180
    message_silence: int = 10
    message_least: float = 1.0
    message_folder: str = "webrtc/messages"
    record_folder: str = "webrtc/recordings"
    format: str = "wav"
    music: str = ""
    conference: str = "conference"
    words: Mapping[str, tuple[str, ...]] = field(factory=lambda: WORDS)
    language: str = ""

    def dial(self, number: str, *, emergency: bool = False) -> str:
        """The endpoint of an outside number; empty when that is not said. Pure."""
        template = self.emergency or self.outside if emergency else self.outside
        return template.replace("{number}", number)
