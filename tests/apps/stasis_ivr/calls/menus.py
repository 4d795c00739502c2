"""Calls through menus: keys, wrong keys, silence, repeats, barge-in and type-ahead."""

from __future__ import annotations

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["CODES", "MENUS", "TYPED"]

MENUS = (
    # What a key does, and when it counts.
    Row("a key cuts the prompt short", "menu:main", "1s #", "main@0 bye@1.1", "hung-up@3.1"),
    Row("a key after the prompt", "menu:main", "6s #", "main@0 bye@6.1"),
    Row("a key in the last moment", "menu:main", "8.8s #", "main@0 bye@8.9"),
    Row(
        "a moment too late, a key counts for the next try",
        *("menu:main", "9s #", "main@0 silent@9 bye@9.1"),
    ),
    Row("a key that hangs up", "menu:main", "1s 0", "main@0", "hung-up@1.1"),
    Row("a key that goes on", "menu:main", "1s 9", "main@0 dialplan@1.1", "goes-on@2.1"),
    Row("a key of the fourth column", "menu:main", "1s A", "main@0 open@1.1"),
    Row("giving up during the prompt", "menu:main", "1s hangs-up", "main@0", "gave-up@1"),
    Row("giving up after it", "menu:main", "7s hangs-up", "main@0", "gave-up@7"),
    # Silence and wrong keys.
    Row(
        "silence is told, and three tries are given",
        *("menu:main", "", "main@0 silent@9 main@11 silent@20 main@22 bye@31", "hung-up@33"),
    ),
    Row(
        "a wrong key is told",
        *("menu:main", "1s 7 3s #", "main@0 wrong@1.6 main@3.6 bye@4.3"),
    ),
    Row(
        "a key of the fourth column that nobody offers",
        *("menu:main", "1s D 3s #", "main@0 wrong@1.6 main@3.6 bye@4.3"),
    ),
    Row(
        "three wrong keys lead out",
        *("menu:main", "1s 7 2s 7 2s 7", "main@0 wrong@1.6 wrong@3.8 bye@6"),
    ),
    Row(
        "a wrong number costs one try",
        *("menu:main", "1s 7777 4s #", "main@0 wrong@2.2 main@4.2 bye@5.9"),
    ),
    Row(
        "silence and wrong keys are counted together",
        *("menu:main", "1s 7 11.5s 7", "main@0 wrong@1.6 main@3.6 silent@12.6 bye@13.3"),
    ),
    Row(
        "half a number is a wrong key",
        *("menu:main", "1s 51 4s #", "main@0 wrong@3.3 main@5.3 bye@5.5"),
    ),
    Row(
        "a key that is stuck asks only twice",
        *("menu:codes", "7" * 40, "codes@0 wrong@6.3 bye@8.4"),
    ),
    # Repeats.
    Row("repeat says it again", "menu:main", "1s * 1s #", "main@0 main@1.1 bye@2.3"),
    Row(
        "repeat gives all tries again",
        "menu:main",
        "1s 7 4s *",
        "main@0 wrong@1.6 main@3.6 main@5.3 silent@14.3 main@16.3 silent@25.3 main@27.3 bye@36.3",
    ),
    # From menu to menu.
    Row(
        "both prompts of a sub-menu",
        "menu:main",
        "1s 1 4s 2 1s 2",
        "main@0 sub@1.1 options@4.1 deep@5.3 bye@6.5",
    ),
    Row(
        "a key during the first of two prompts leaves out the second",
        *("menu:main", "1s 1 1s 2 1s 2", "main@0 sub@1.1 deep@2.3 bye@3.5"),
    ),
    Row(
        "there and back and out",
        *("menu:main", "1s 1 1s 1 1s #", "main@0 sub@1.1 main@2.3 bye@3.5"),
    ),
    Row(
        "silence leads on to another menu, and out of that",
        "menu:sub",
        "",
        "sub@0 options@3 sub@7 options@10 deep@14 dialplan@21",
        "goes-on@22",
    ),
    Row(
        "round three menus, tries are counted anew in each",
        "menu:sub",
        "1s 7 6s 2 1s 1 1s 7",
        "sub@0 sub@1.6 options@4.6 deep@7.3 sub@8.5 sub@10.2 options@13.2 deep@17.2 dialplan@24.2",
        "goes-on",
    ),
    Row(
        "an announcement leads to a menu",
        "play:news",
        "4s 2 1s 2",
        "news@0 options@2 sub@3 deep@4.1 bye@5.3",
    ),
    Row("a single try, nothing said, and hung up", "menu:hasty", "", "codes@0", "hung-up@7"),
    Row("a patient menu waits a minute", "menu:patient", "60s 1", "main@0 one@60.1"),
    Row("and no longer", "menu:patient", "", "main@0", "hung-up@64"),
    # Prompts that are heard out.
    Row("a prompt without barge-in is heard out", "menu:firm", "1s 12", "firm@0 two@2"),
    Row("where a key may grow, it waits after the prompt", "menu:firm", "1s 1", "firm@0 one@4"),
    Row("what follows the prompt counts at once", "menu:firm", "3s 12", "firm@0 two@3.3"),
    Row(
        "a wrong key without barge-in",
        *("menu:firm", "1s 5 6s 12", "firm@0 wrong@2.5 sorry@4.5 firm@6.5 two@8.5"),
    ),
    Row(
        "silence without barge-in",
        *("menu:firm", "", "firm@0 silent@6 sorry@8 firm@10", "hung-up@16"),
    ),
    # Prompts that cannot be played, or stopped.
    Row("a missing prompt does not take the choice away", "menu:unsaid", "1s 1", "one@1.1"),
    Row("nor the end", "menu:unsaid", "", ends="hung-up@2"),
    Row(
        "numbers cannot be stopped, and are heard out",
        *("menu:numbers", "4.1s 1", "main@0 digits:12@4 one@5"),
    ),
    Row("before them, the prompt can be stopped", "menu:numbers", "1s 1", "main@0 one@1.1"),
    # Languages.
    Row(
        "a prompt in the file's language",
        "menu:main",
        "",
        "main@0 silent@11 main@13 silent@24 main@26 bye@37",
        file="german",
    ),
    Row(
        "and in English where there is none",
        "play:news",
        "hangs-up",
        "news@0",
        "gave-up",
        file="german",
    ),
)

CODES = (
    Row("a number that could grow waits", "menu:codes", "1s 1", "codes@0 one@4.1"),
    Row("one that is complete does not", "menu:codes", "1s 12", "codes@0 two@1.3"),
    Row("digits may come slowly", "menu:codes", "1s 1 2.5s 2", "codes@0 two@3.8"),
    Row("but not too slowly", "menu:codes", "1s 1 3.5s 2", "codes@0 one@4.1", "hung-up@6.1"),
    Row("a pattern of three", "menu:codes", "1s 250", "codes@0 three@1.5"),
    Row("an exact number goes before a pattern", "menu:codes", "1s 211", "codes@0 one@1.5"),
    Row(
        "a pattern that is not filled",
        "menu:codes",
        "1s 25 5s 12",
        "codes@0 wrong@4.3 codes@6.3 two@6.7",
    ),
    Row("Z has no nought", "menu:codes", "1s 30 4s 12", "codes@0 wrong@1.8 codes@3.8 two@5.7"),
    Row("Z has a one", "menu:codes", "1s 31", "codes@0 two@1.3"),
    Row("N is narrower than Z", "menu:codes", "1s 35", "codes@0 three@1.3"),
    Row("a digit of a set", "menu:codes", "1s 41", "codes@0 one@1.3"),
    Row("a digit of a range in a set", "menu:codes", "1s 71", "codes@0 one@1.3"),
    Row("a digit beside both", "menu:codes", "1s 51 4s 12", "codes@0 wrong@1.8 codes@3.8 two@5.7"),
    Row("an open pattern ends with a pause", "menu:codes", "1s 95", "codes@0 two@4.3"),
    Row(
        "it takes one digit at least",
        "menu:codes",
        "1s 9 6s 12",
        "codes@0 wrong@4.1 codes@6.1 two@7.5",
    ),
    Row("and many", "menu:codes", "1s 95123456789", "codes@0 two@6.1"),
    Row("the narrower of two open patterns", "menu:codes", "1s 915", "codes@0 three@4.5"),
    Row(
        "the wider one, while the narrower is not filled", "menu:codes", "1s 91", "codes@0 two@4.3"
    ),
    Row("a star and a digit", "menu:codes", "1s *1", "codes@0 one@1.3"),
    Row("a star alone", "menu:codes", "1s * 6s 12", "codes@0 wrong@4.1 codes@6.1 two@7.5"),
    Row("two hashes", "menu:codes", "1s ##", "codes@0 two@1.3"),
    Row("a hasty menu takes what is there", "menu:hasty", "1s 1 0.5s 2", "codes@0 one@1.5"),
    Row("unless the next digit is hasty too", "menu:hasty", "1s 12", "codes@0 two@1.3"),
    Row(
        "its pause after a wrong key is short as well",
        "menu:hasty",
        "1s 5",
        "codes@0",
        "hung-up@1.5",
    ),
)

TYPED = (
    Row(
        "a key typed ahead leaves the prompt out",
        "play:news",
        "1s 1 2s #",
        "news@0 options@2 main@3 bye@3.3",
    ),
    Row("keys typed ahead lead through two menus", "play:news", "1s 22", "news@0 options@2 bye@3"),
    Row(
        "a wrong key typed ahead costs a try",
        *("play:news", "1s 7 3s 2 1s 2", "news@0 options@2 sub@3.5 deep@4.3 bye@5.5"),
    ),
    Row(
        "a burst of keys goes as far as it leads",
        *("menu:main", "1s 1212#", "main@0 sub@1.1 deep@1.3 sub@1.5 deep@1.7 dialplan@2.4"),
        "goes-on",
    ),
    Row(
        "an announcement is not cut by keys",
        "play:leaving",
        "1s 5",
        "bye@0 dialplan@2",
        "goes-on@3",
    ),
    Row(
        "keys while a desk rings count in the menu after it",
        *("desk:back", "1s 2", "bye@5"),
        rings="alice@0",
    ),
    Row(
        "keys in a conversation are for whoever is there",
        "desk:back",
        "alice:answers 1s 2 1s alice:hangs-up 2s #",
        "main@2.2 bye@4.3",
        rings="alice@0",
    ),
    Row(
        "the key that ends a message is no choice",
        *("message:free", "3s says:3 #", "intro@0 kept@6.1 deep@8.1 dialplan@15.1", "goes-on"),
        keeps=1,
    ),
    Row(
        "but one pressed after it is",
        *("message:free", "3s says:3 # 1s 2", "intro@0 kept@6.1 bye@8.1"),
        keeps=1,
    ),
)
