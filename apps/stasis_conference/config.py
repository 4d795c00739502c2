"""The table `[plugin.conference]` of stasis.toml."""

from __future__ import annotations

from attrs import frozen

from stasis import Secret, key
from stasis_conference.hook import WebhookConfig

__all__ = ["ConferenceConfig"]


@frozen
class ConferenceConfig:
    """The table `[plugin.conference]`."""

    file: str = key("", "a TOML file of rooms, profiles and menus; empty: those that come with it")
    app: str = key("conference", "the Stasis application: Stasis(conference,ROOM[,PROFILE])")
    database: Secret = key(
        Secret("sqlite:///conference.db"),
        "where rooms and their history are kept: sqlite:///FILE, or"
        " postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    on_demand: bool = key(True, "whether any name is a room, made when the first comes")
    dial_out: str = key("", "how a room calls a number, such as PJSIP/{number}@trunk; empty: not")
    lockout_window: float = key(600.0, "seconds that a wrong PIN counts", minimum=1, maximum=86_400)
    lockout_caller: int = key(10, "wrong PINs of one caller, then none is looked at", minimum=1)
    lockout_room: int = key(50, "wrong PINs at one room, then none is looked at", minimum=1)
    webhook: list[WebhookConfig] = key([], "who is told over HTTP what happens in rooms")
    demo: dict[str, Secret] = key(
        {}, "rooms for trying it out, with their moderators' PINs, which are told at the terminal"
    )
