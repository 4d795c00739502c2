"""What users and their passwords may be. Pure.

A name is part of PJSIP's names and is dialled, so it is plain and is no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from stasis import StasisError
from stasis_webrtc.grant import grant_problem
from stasis_webrtc.rows import UserRow

__all__ = ["AccountError", "canonical", "check_user", "password_problem"]

NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
EXTENSION = re.compile(r"([0-9]{2,10})?")
OUTSIDE = re.compile(r"(\+?[0-9]{3,15})?")
DIALLED = re.compile(r"[-+*#./() 0-9A-Za-z_]{0,64}")

SHORTEST, LONGEST, BESIDE = 10, 256, 6


class AccountError(StasisError):
    """A user that cannot be as it is wanted. code: what is wrong, for programs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def canonical(name: str) -> str:
    """The name of a user, however somebody has written it."""
    return name.strip().lower()


def text_of(longest: int) -> Callable[[str], bool]:
    """Whether a text is one line of so many characters at most."""
    return lambda text: len(text) <= longest and text.isprintable()


def form(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    """Whether a text is of this form."""
    return lambda text: pattern.fullmatch(text) is not None


NUMBER = "must be a number or name as it would be dialled, of at most 64 characters"
RULES: Mapping[str, tuple[str, Callable[[str], bool], str]] = {
    "name": (
        "bad_name",
        form(NAME),
        "must begin with a letter and have at most 32 of a-z, 0-9, dot, hyphen and underscore",
    ),
    "title": ("bad_title", text_of(80), "must be one line of at most 80 characters"),
    "extension": ("bad_extension", form(EXTENSION), "must be 2 to 10 digits, or empty"),
    "outside": ("bad_number", form(OUTSIDE), "must be a number such as +4930123456, or empty"),
    "forward_always": ("bad_number", form(DIALLED), NUMBER),
    "forward_busy": ("bad_number", form(DIALLED), NUMBER),
    "forward_no_answer": ("bad_number", form(DIALLED), NUMBER),
    "greeting": ("bad_greeting", text_of(200), "must be a media URI such as sound:hello"),
}


def check_user(user: UserRow) -> None:
    """Look whether a user can be as it is. Raises AccountError, which names the field."""
    for field, (code, fits, text) in RULES.items():
        if not fits(getattr(user, field)):
            raise AccountError(code, f"{field} {text}")
    if problem := grant_problem(user.grants.patterns):
        raise AccountError("bad_grant", problem)


def password_problem(password: str, user: UserRow) -> str | None:
    """What is wrong with the password that a user is to have, without saying it; None: nothing."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password must have {SHORTEST} to {LONGEST} characters"
    beside = password.casefold()
    for each in (user.name, user.title.casefold(), user.extension):
        beside = beside.replace(each, "") if each else beside
    if len(beside) < BESIDE:
        return f"a password must have {BESIDE} characters beside the user's name"
    return None
