"""Feature codes as they are shown: built-in ones, those of applications, settings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from stasis.pbx.config_file import ConfigFile

__all__ = [
    "APPLICATIONS",
    "CODES",
    "SETTINGS",
    "FeatureApplication",
    "FeatureCode",
    "FeatureName",
    "FeatureOption",
    "FeatureSetting",
    "applications_of",
    "codes_of",
    "settings_of",
]

FeatureName: TypeAlias = Literal[
    "atxfer", "automixmon", "automon", "blindxfer", "disconnect", "parkcall", "pickupexten"
]
"""The built-in codes, as features.conf names them. automon: 16 alone."""

# The section of each code, and what the command line calls it.
CODES: Mapping[str, tuple[str, str]] = {
    "atxfer": ("featuremap", "Attended Transfer"),
    "automixmon": ("featuremap", "One Touch MixMonitor"),
    "automon": ("featuremap", "One Touch Monitor"),
    "blindxfer": ("featuremap", "Blind Transfer"),
    "disconnect": ("featuremap", "Disconnect Call"),
    "parkcall": ("featuremap", "Park Call"),
    "pickupexten": ("general", "Pickup"),
}
NAMES: Mapping[str, str] = {told: name for name, (_, told) in CODES.items()}

FeatureOption: TypeAlias = Literal[
    "atxferabort",
    "atxfercallbackretries",
    "atxfercomplete",
    "atxferdropcall",
    "atxferloopdelay",
    "atxfernoanswertimeout",
    "atxferswap",
    "atxferthreeway",
    "courtesytone",
    "featuredigittimeout",
    "pickupfailsound",
    "pickupsound",
    "recordingfailsound",
    "transferdialattempts",
    "transferdigittimeout",
    "transferinvalidsound",
    "transferretrysound",
    "xferfailsound",
    "xfersound",
]
"""Settings of `[general]` in features.conf."""

NUMBER, SOUND, DIGITS, SWITCH = (
    r"[0-9]{1,5}",
    r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*",
    r"[0-9A-D*#]{1,10}",
    "yes|no",
)
# What each setting must look like. Times are seconds, but featuredigittimeout is milliseconds.
SETTINGS: Mapping[str, str] = {
    "atxferabort": DIGITS,
    "atxfercallbackretries": NUMBER,
    "atxfercomplete": DIGITS,
    "atxferdropcall": SWITCH,
    "atxferloopdelay": NUMBER,
    "atxfernoanswertimeout": NUMBER,
    "atxferswap": DIGITS,
    "atxferthreeway": DIGITS,
    "courtesytone": SOUND,
    "featuredigittimeout": NUMBER,
    "pickupfailsound": SOUND,
    "pickupsound": SOUND,
    "recordingfailsound": SOUND,
    "transferdialattempts": NUMBER,
    "transferdigittimeout": NUMBER,
    "transferinvalidsound": SOUND,
    "transferretrysound": SOUND,
    "xferfailsound": SOUND,
    "xfersound": SOUND,
}

APPLICATIONS = "applicationmap"


class FeatureCode(msgspec.Struct, frozen=True, kw_only=True):
    """A built-in code. digits: pressed in a call for it; "" when it has none. default: its own."""

    feature: str
    digits: str
    default: str
    description: str


class FeatureApplication(msgspec.Struct, frozen=True, kw_only=True):
    """A code that runs an application of the dialplan, of `[applicationmap]`.

    on: the side that it is run on, `self` or `peer`, and who may press it, such as `self/caller`.
    """

    feature: str
    digits: str
    on: str
    application: str
    arguments: str = ""
    music_class: str = ""


class FeatureSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of features.conf that is written there; what is not has Asterisk's own value."""

    option: str
    value: str


def codes_of(lines: Iterable[str]) -> list[FeatureCode]:
    """What `features show` says of the built-in codes."""
    return [
        FeatureCode(
            feature=NAMES[line[:25].strip()],
            digits=line[34:].strip(),
            default=line[26:33].strip(),
            description=line[:25].strip(),
        )
        for line in lines
        if line[:25].strip() in NAMES
    ]


def settings_of(file: ConfigFile) -> list[FeatureSetting]:
    """The settings of features.conf that we know."""
    section = file.section("general")
    lines = section.lines if section else ()
    return [
        FeatureSetting(option=each.name.casefold(), value=each.value)
        for each in lines
        if each.name.casefold() in SETTINGS
    ]


def applications_of(file: ConfigFile) -> Sequence[FeatureApplication]:
    """`[applicationmap]` of features.conf: `name => digits,on,application[,arguments[,class]]`."""
    section = file.section(APPLICATIONS)
    found = []
    for each in section.lines if section else ():
        digits, on, application, *rest = [part.strip() for part in parted(each.value)] + [""] * 4
        found.append(
            FeatureApplication(
                feature=each.name,
                digits=digits,
                on=on,
                application=application,
                arguments=rest[0],
                music_class=rest[1],
            )
        )
    return found


def parted(value: str) -> list[str]:
    """A line at its commas; those in brackets or in quotes are the arguments' own."""
    parts, depth, quoted = [""], 0, False
    for sign in value:
        quoted ^= sign == '"'
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0 and not quoted:
            parts.append("")
        elif sign != '"':
            parts[-1] += sign
    return parts
