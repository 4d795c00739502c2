"""Feature codes out of `features show` and features.conf."""

from __future__ import annotations

import re
import typing

import pytest

from stasis.pbx.config_file import ConfigFile, Line, Section
from stasis.pbx.feature import (
    CODES,
    SETTINGS,
    FeatureApplication,
    FeatureName,
    FeatureOption,
    applications_of,
    codes_of,
    settings_of,
)

# As 16 prints it; 22 lacks One Touch Monitor.
SHOWN = """Builtin Feature           Default Current
---------------           ------- -------
Pickup                    *8      *8     
Blind Transfer            #       *2     
Attended Transfer                 *3     
One Touch Monitor                        
Disconnect Call           *              
Park Call                         #7272727272
One Touch MixMonitor              *4     

Dynamic Feature           Default Current
---------------           ------- -------
hello                     no def  #9     

Feature Groups:
---------------
(none)
"""  # noqa: W291


def file(**sections: dict[str, str]) -> ConfigFile:
    """A features.conf."""
    return ConfigFile(
        name="features.conf",
        sections=[
            Section(name=name, lines=[Line(name=key, value=value) for key, value in lines.items()])
            for name, lines in sections.items()
        ],
    )


def test_codes_with_their_defaults():
    found = {each.feature: (each.default, each.digits) for each in codes_of(SHOWN.splitlines())}
    assert found == {
        "pickupexten": ("*8", "*8"),
        "blindxfer": ("#", "*2"),
        "atxfer": ("", "*3"),
        "automon": ("", ""),
        "disconnect": ("*", ""),
        "parkcall": ("", "#7272727272"),
        "automixmon": ("", "*4"),
    }


def test_applications():
    found = applications_of(
        file(
            applicationmap={
                "one": "#9,self/caller,Playback,hello-world,jazz",
                "two": "#8,peer,Set(A=(1,2),b),jazz",
                "three": '#7, self , Set , "X=1,2"',
                "bad": "#6",
            }
        )
    )
    assert found == [
        FeatureApplication(
            feature="one",
            digits="#9",
            on="self/caller",
            application="Playback",
            arguments="hello-world",
            music_class="jazz",
        ),
        FeatureApplication(
            feature="two",
            digits="#8",
            on="peer",
            application="Set(A=(1,2),b)",
            arguments="jazz",
        ),
        FeatureApplication(
            feature="three", digits="#7", on="self", application="Set", arguments="X=1,2"
        ),
        FeatureApplication(feature="bad", digits="#6", on="", application=""),
    ]
    assert applications_of(file()) == []


def test_settings_that_are_known():
    found = settings_of(file(general={"PickupSound": "beep", "pickupexten": "*8"}))
    assert [(each.option, each.value) for each in found] == [("pickupsound", "beep")]
    assert settings_of(file()) == []


def test_tables_and_types_name_the_same():
    assert set(typing.get_args(FeatureName)) == set(CODES)
    assert set(typing.get_args(FeatureOption)) == set(SETTINGS)


@pytest.mark.parametrize("pattern", sorted(set(SETTINGS.values())))
def test_no_pattern_lets_a_line_go_on(pattern):
    for value in ("1;2", "1\n2", "1\n", "#exec x", "> 1", "../x", "a b", ""):
        assert not re.fullmatch(pattern, value)
