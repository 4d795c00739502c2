"""Telling webhooks what happens in rooms. Messages of one room go out in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from stasis.web import PATIENCE, KeptMessages, Patience
from stasis.web import Hooks as AnyHooks
from stasis_conference.hook import Hook
from stasis_conference.live import RoomEvent
from stasis_conference.roster import Roster

__all__ = ["Hooks"]


class Hooks(AnyHooks[Hook]):
    """The webhooks.

    kept: where messages wait. roster: how events are told. now: the time.
    """

    def __init__(
        self,
        hooks: Sequence[Hook],
        kept: KeptMessages,
        roster: Roster,
        now: Callable[[], datetime],
        patience: Patience = PATIENCE,
    ) -> None:
        super().__init__(hooks, kept, now, patience)
        self._roster = roster

    def hear(self, event: RoomEvent) -> None:
        """Something has happened in a room."""
        for hook in self.hooks:
            if hook.wants(event):
                self.put(hook, hook.message(event, self._roster), event.kind)
