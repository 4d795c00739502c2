"""The keys of a member's phone: which keys together are which action. Pure.

Rules: keys that no longer key of the menu could mean count at once; those that one could, when
the menu's pause is over. What is no key of the menu is wrong as soon as that is sure.
"""

from __future__ import annotations

from stasis import Matcher
from stasis_conference.profile import Menu

__all__ = ["WRONG", "Keys"]

WRONG = "wrong"
"""What `Keys` gives for what the menu does not have; no action is called so."""


class Keys:
    """What one member presses. pressed: the keys so far, of which more may come."""

    def __init__(self, menu: Menu) -> None:
        self.menu = menu
        self.pressed = ""
        self._matcher = Matcher(menu.keys) if menu.keys else None

    def press(self, digit: str) -> str | None:
        """Take the next key. Returns the name of an action, WRONG, or None: nothing yet."""
        if self._matcher is None:
            return None
        self.pressed += digit
        match = self._matcher.match(self.pressed)
        if match.more:
            return None
        self.pressed = ""
        return WRONG if match.key is None else self.menu.keys[match.key]

    def pause(self) -> str | None:
        """No further key came for the menu's pause. Returns as `press`."""
        pressed, self.pressed = self.pressed, ""
        if not pressed or self._matcher is None:
            return None
        key = self._matcher.match(pressed).key
        return WRONG if key is None else self.menu.keys[key]
