"""What `moh show classes` and `moh show files` print, 16 and 22 alike."""

from __future__ import annotations

from stasis.pbx.moh_shown import MusicClass, MusicFile, classes_of, files_of

CLASSES = """Class: default
\tMode: files
\tDirectory: /var/lib/asterisk/moh
Class: radio
\tMode: custom
\tDirectory: nodir
\tApplication: /usr/bin/mpg123 -q http://radio.example/x: y
\tKill Escalation Delay: 100 ms
\tKill Method: process_group
\tFormat: slin
Class: list
\tMode: playlist
\tDirectory: nodir
\tAnnouncement: hello-world
\tFormat: slin
""".splitlines()
FILES = """Class: default
\tFile: /var/lib/asterisk/moh/one
\tFile: /var/lib/asterisk/moh/two: the second
Class: jazz
\tFile: /srv/jazz/one
""".splitlines()


def test_classes_with_their_source():
    assert classes_of(CLASSES) == [
        MusicClass(name="default", mode="files", source="/var/lib/asterisk/moh"),
        MusicClass(
            name="radio",
            mode="custom",
            source="/usr/bin/mpg123 -q http://radio.example/x: y",
            format="slin",
        ),
        MusicClass(name="list", mode="playlist", format="slin"),
    ]


def test_files_of_classes():
    assert files_of(FILES) == [
        MusicFile(music_class="default", path="/var/lib/asterisk/moh/one"),
        MusicFile(music_class="default", path="/var/lib/asterisk/moh/two: the second"),
        MusicFile(music_class="jazz", path="/srv/jazz/one"),
    ]


def test_other_lines_are_left_out():
    assert classes_of(["", "No classes", "\tMode: files", "Class: a"]) == [
        MusicClass(name="a", mode="")
    ]
    assert files_of([]) == []
