"""The table `[plugin.webrtc]` of stasis.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import phonenumbers
from attrs import evolve, frozen

from stasis import ConfigError, Secret, key
from stasis_webrtc.account import LogInRules
from stasis_webrtc.device import DeviceRules, is_device
from stasis_webrtc.policy import canonical
from stasis_webrtc.rules import Rules
from stasis_webrtc.session import SessionRules
from stasis_webrtc.store import DATABASE
from stasis_webrtc.target import NumberPlan
from stasis_webrtc.token import TokenRules
from stasis_webrtc.turn import Turn

__all__ = ["WebrtcConfig"]

HOUR = 3600.0
HOST = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
WEBSOCKET = rf"wss?://{HOST}(/[A-Za-z0-9._~/-]*)?"
ORIGIN = rf"https?://{HOST}"


@frozen
class WebrtcConfig:
    """The table `[plugin.webrtc]`."""

    app: str = key("webrtc", "the Stasis application: Stasis(webrtc,dial|ring,…)")
    database: Secret = key(
        Secret(DATABASE),
        "where users, sessions and history are kept: sqlite:///FILE, or"
        " postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    # How browsers reach Asterisk
    websocket: str = key(
        "",
        "Asterisk's SIP over WebSocket, as browsers reach it, wss:// from other machines; empty:"
        " /ws of `asterisk.url`",
    )
    domain: str = key("", "the domain of SIP addresses; empty: the host of `websocket`")
    origins: list[str] = key(
        [], "other origins whose pages may log in, such as https://phone.example.org"
    )
    stun: list[str] = key([], "STUN servers for browsers, such as stun:stun.example.org")
    turn: list[str] = key([], "TURN servers, such as turn:turn.example.org:3478?transport=udp")
    turn_secret: Secret = key(Secret(""), "static-auth-secret of the TURN server")
    turn_seconds: int = key(
        43_200, "how long a TURN credential lasts", minimum=300, maximum=604_800
    )
    # Devices
    context: str = key("stasis-webrtc", "the dialplan context of what devices dial")
    codecs: list[str] = key(["opus", "g722", "ulaw", "alaw"], "codecs of devices, the best first")
    silence: int = key(
        60, "seconds without sound until a device counts as lost; 0: never", minimum=0
    )
    endpoint_fields: dict[str, str] = key({}, "further fields of a device's endpoint")
    static: dict[str, str] = key({}, "endpoints of pjsip.conf by name, and whose telephone each is")
    static_passwords: dict[str, Secret] = key(
        {}, "passwords of those among them that browsers may use, instead of a device of their own"
    )
    # Sessions
    access_seconds: float = key(900.0, "how long an access token is valid", minimum=60)
    idle_hours: float = key(
        24.0, "a session ends when it is not refreshed for so long", minimum=0.1
    )
    longest_hours: float = key(720.0, "a session ends after so long in any case", minimum=0.1)
    sessions: int = key(10, "sessions of one user; the oldest gives way", minimum=1, maximum=1000)
    log_in_window: float = key(600.0, "seconds that a wrong password counts", minimum=1)
    log_in_address: int = key(20, "wrong ones from one address, then none is heard", minimum=1)
    log_in_user: int = key(50, "wrong ones for one user, then none is heard", minimum=1)
    keep_days: int = key(
        365, "days that the history of calls and the audit log go back; 0: for ever", minimum=0
    )
    # Numbers and calls
    country: str = key("", "of numbers without a country, such as DE; empty: only +… is outside")
    prefix: str = key("", "what is dialled before an outside number")
    emergency: list[str] = key([], "numbers that anybody may call; empty: those of `country`")
    messages: str = key("*97", "the number of the own messages")
    outside: str = key("", "how outside numbers are dialled, such as PJSIP/{number}@trunk")
    emergency_endpoint: str = key("", "the same for emergency numbers; empty: as `outside`")
    number: str = key("", "what outside phones see of a user without a number of its own")
    ring: int = key(25, "seconds to ring a user", minimum=1, maximum=600)
    outside_ring: int = key(60, "seconds to ring outside", minimum=1, maximum=600)
    limit: int = key(4, "calls of one user at once", minimum=1, maximum=100)
    rejoin: float = key(20.0, "seconds in which a lost device may come back", minimum=0)
    message_seconds: int = key(180, "longest message; 0: no messages", minimum=0, maximum=3600)
    music: str = key("", "the music class for who is on hold; empty: Asterisk's default")
    services: dict[str, str] = key(
        {}, "numbers of other Stasis applications, and their names, such as 8001 of ivr"
    )
    rooms: str = key(
        "", "a regular expression of rooms that nobody has planned, such as 8[0-9]{2}; empty: none"
    )
    conference: str = key("conference", "the Stasis application of conference rooms")
    language: str = key("", "language of what is said; empty: the channel's")
    # Trying it out
    demo: dict[str, Secret] = key(
        {},
        "users for trying it out, with their passwords, which are told at the terminal; all may"
        " record, and carol is an administrator",
    )

    def check(self) -> None:
        """What the types alone do not say. Raises ConfigError, with all that is wrong."""
        if lines := [f"[plugin.webrtc] {line}" for line in self.problems()]:
            raise ConfigError(*lines)
        self.turn_rules().check()

    def problems(self) -> Iterator[str]:
        """What is wrong, each as the key and what to do."""
        if self.websocket and not re.fullmatch(WEBSOCKET, self.websocket):
            yield "websocket: must be a URL such as wss://pbx.example.org:8089/ws"
        for origin in self.origins:
            if not re.fullmatch(ORIGIN, origin):
                yield f"origins: {origin!r} is none: https://phone.example.org, with no path behind"
        try:
            re.compile(self.rooms)
        except re.error as error:
            yield f"rooms: no regular expression: {error}"
        for endpoint in self.static:
            if is_device(endpoint):
                yield f"static: {endpoint}: names of this form are of devices that come and go"
        for endpoint in self.static_passwords:
            if endpoint not in self.static:
                yield f"static_passwords: {endpoint}: say in `static` whose it is"
        if not self.codecs:
            yield "codecs: name one at least, such as ulaw"
        if self.country and self.country not in phonenumbers.SUPPORTED_REGIONS:
            yield f"country: {self.country!r} is none; two capital letters such as DE"
        if self.outside and "{number}" not in self.outside:
            yield "outside: must have {number} in it, such as PJSIP/{number}@trunk"
        if self.idle_hours * HOUR <= self.access_seconds:
            yield "idle_hours: must be longer than access_seconds, or sessions end in between"

    def reached(self, url: str) -> WebrtcConfig:
        """The same, with a `websocket` where none is given. url: of ARI."""
        return self if self.websocket else evolve(self, websocket=websocket_of(url))

    @property
    def owners(self) -> dict[str, str]:
        """The endpoints of pjsip.conf, and the name of whose telephone each is."""
        return {endpoint: canonical(user) for endpoint, user in self.static.items()}

    @property
    def sip_domain(self) -> str:
        """The domain of SIP addresses."""
        return self.domain or urlsplit(self.websocket).hostname or "localhost"

    def turn_rules(self) -> Turn:
        """Of STUN and TURN."""
        return Turn(tuple(self.stun), tuple(self.turn), self.turn_secret, self.turn_seconds)

    def device_rules(self) -> DeviceRules:
        """Of devices."""
        extra: Mapping[str, str] = self.endpoint_fields
        return DeviceRules(self.context, tuple(self.codecs), self.silence, extra=extra)

    def session_rules(self) -> SessionRules:
        """Of sessions."""
        return SessionRules(self.idle_hours * HOUR, self.longest_hours * HOUR, most=self.sessions)

    def token_rules(self) -> TokenRules:
        """Of access tokens."""
        return TokenRules(self.access_seconds)

    def log_in_rules(self) -> LogInRules:
        """Of log-ins."""
        return LogInRules(self.log_in_window, self.log_in_address, self.log_in_user)

    def rules(self) -> Rules:
        """Of calls."""
        plan = NumberPlan(
            self.country, self.prefix, self.messages, tuple(self.emergency) or None, self.services
        )
        return Rules(
            plan=plan,
            outside=self.outside,
            emergency=self.emergency_endpoint,
            number=self.number,
            ring=self.ring,
            outside_ring=self.outside_ring,
            limit=self.limit,
            rejoin=self.rejoin,
            message_seconds=self.message_seconds,
            music=self.music,
            conference=self.conference,
            language=self.language,
        )


def websocket_of(url: str) -> str:
    """The WebSocket for SIP of the server at an address of ARI: ws://HOST:PORT/ws, and wss:// of
    https://. Pure.
    """
    parts = urlsplit(url)
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/ws"
