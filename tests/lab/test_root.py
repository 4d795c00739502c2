"""Roots: built once however many ask at once, whole or not there, from a mirror that answers.

`mmdebstrap` and `chroot` are scripts here; the real ones build in test_lab.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from stasis.lab import root as module
from stasis.lab.fault import LabError
from stasis.lab.root import host_mirrors, mirrors, root

# Notes that it was called, takes its time, and makes what the packages would.
BUILDER = """#!/bin/sh
for last; do mirror=$last; done
echo "$mirror" >> {log}
case "$mirror" in *broken*) echo "E: unable to fetch"; exit 25;; esac
eval "part=\\${{$(($# - 1))}}"
mkdir -p "$part/run" "$part/etc" "$part/usr/lib/x/asterisk/modules"
touch "$part/usr/lib/x/asterisk/modules/b.so" "$part/usr/lib/x/asterisk/modules/a.so"
sounds="$part/usr/share/asterisk/sounds/en_US_f_Allison"
mkdir -p "$sounds/digits"
for name in hello-world demo-instruct vm-password digits/1; do touch "$sounds/$name.gsm"; done
echo "I: installing"
sleep 0.3
"""

ASK = "from stasis.lab.root import root; print(root('22'))"


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of our own and a builder of our own. Returns the builder's log."""
    programs = tmp_path / "programs"
    programs.mkdir()
    log = tmp_path / "log"
    (programs / "mmdebstrap").write_text(BUILDER.format(log=log))
    (programs / "chroot").write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    for each in programs.iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("STASIS_LAB_MIRROR", "http://mirror.example/debian")
    monkeypatch.setattr(module.packages, "ensure", lambda names, report: None)
    return log


def test_a_root_is_built_with_progress_and_then_cached(builder: Path) -> None:
    told: list[str] = []
    place = root("22", told.append)
    assert place.is_dir()
    assert "installing" in told
    assert root("22") == place
    assert builder.read_text().splitlines() == ["deb http://mirror.example/debian sid main"]


def test_two_processes_at_once_build_it_once(builder: Path) -> None:
    asked = [
        subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE) for _ in range(2)
    ]
    places = {process.communicate(timeout=20)[0] for process in asked}
    assert len(places) == 1
    assert len(builder.read_text().splitlines()) == 1


def test_versions_do_not_share_a_root(
    builder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = root("22")
    (tmp_path / "programs/chroot").write_text("#!/bin/sh\necho Asterisk 16.28.0\n")
    assert root("16") != first


def test_a_changed_recipe_is_built_anew(builder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = root("22")
    monkeypatch.setattr(module, "FORMAT", 999)
    assert root("22") != first


def test_a_build_that_fails_leaves_no_root_and_shows_what_was_said(
    builder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STASIS_LAB_MIRROR", "http://broken.example/debian")
    with pytest.raises(LabError, match=r"(?s)STASIS_LAB_MIRROR.*unable to fetch"):
        root("22")
    assert not list((tmp_path / "cache/stasis/lab").glob("asterisk-*"))


def test_the_next_mirror_is_tried(builder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "mirrors", lambda: iter(["http://broken/debian", "http://good/debian"])
    )
    assert root("22").is_dir()
    assert len(builder.read_text().splitlines()) == 2


def test_a_suite_that_has_moved_on_is_told_and_not_cached(builder: Path, tmp_path: Path) -> None:
    (tmp_path / "programs/chroot").write_text("#!/bin/sh\necho Asterisk 23.1.0\n")
    with pytest.raises(LabError, match=r"sid has Asterisk 23\.1\.0, not Asterisk 22"):
        root("22")


def test_an_unknown_version_names_those_there_are() -> None:
    with pytest.raises(LabError, match="no Asterisk 18 in the lab; there are 22, 16"):
        root("18")


def test_modules_are_found_wherever_the_architecture_puts_them(builder: Path) -> None:
    assert module.modules(root("22")) == ["a.so", "b.so"]


def test_a_lab_asks_no_name_server(builder: Path) -> None:
    assert (root("22") / "etc/resolv.conf").read_text() == ""


def test_mirrors_of_the_machine_come_first_in_both_notations(tmp_path: Path) -> None:
    folder = tmp_path / "apt/sources.list.d"
    folder.mkdir(parents=True)
    (tmp_path / "apt/sources.list").write_text(
        "# deb http://old.example/debian bookworm main\n"
        "deb [signed-by=/k.gpg] http://one.example/debian/ bookworm main\n"
        "deb http://one.example/debian-security bookworm-security main\n"
    )
    (folder / "debian.sources").write_text(
        "Types: deb\nURIs: https://two.example/debian\nSuites: bookworm\n"
    )
    (folder / "other.list").write_text("deb https://vendor.example/apt stable main\n")
    assert host_mirrors(tmp_path) == ["http://one.example/debian", "https://two.example/debian"]


def test_without_a_choice_the_known_mirrors_are_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STASIS_LAB_MIRROR", raising=False)
    assert list(mirrors())[-2:] == [module.MIRROR, module.ARCHIVE]
    monkeypatch.setenv("STASIS_LAB_MIRROR", "http://mine/debian")
    assert list(mirrors()) == ["http://mine/debian"]
