"""The container engine against a `docker` that notes what it is asked; no daemon is needed."""

import json
from pathlib import Path

import pytest

from stasis.lab import docker
from stasis.lab.chroot import MOUNTS
from stasis.lab.docker import Docker
from stasis.lab.fault import LabError

STUB = """#!/bin/sh
echo "$*" >> {folder}/log
case "$1" in
version) [ -e {folder}/daemon ] ;;
image) [ -e {folder}/image ] ;;
build) cat > {folder}/dockerfile; touch {folder}/image ;;
run) case "$*" in *find*) printf 'b.so\\na.so\\n' ;; *--detach*) touch {folder}/up ;; esac ;;
create) echo warning; echo c0ffee ;;
cp) mkdir -p "$3"; touch "$3/hello-world.wav" ;;
inspect) [ -e {folder}/up ] || exit 1; echo '{state}' ;;
rm) rm -f {folder}/up ;;
exec) echo "said: $5" ;;
esac
"""


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with that docker. Returns the folder of its log and state."""
    programs = tmp_path / "programs"
    programs.mkdir()
    state = json.dumps([{"State": {"Pid": 4711, "Running": True}}])
    (programs / "docker").write_text(STUB.format(folder=tmp_path, state=state))
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def asked(stub: Path) -> list[str]:
    """The first words docker was called with."""
    return [line.split()[0] for line in (stub / "log").read_text().splitlines()]


def test_a_command_without_a_daemon_is_no_docker(stub: Path) -> None:
    assert not docker.answers()
    (stub / "daemon").touch()
    assert docker.answers()


def test_no_command_is_no_docker(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(stub))
    assert not docker.answers()


def test_the_image_is_built_once_from_the_versions_suite(stub: Path) -> None:
    told: list[str] = []
    engine = Docker.prepare("16", told.append)
    assert Docker.prepare("16", told.append) == engine
    assert asked(stub).count("build") == len(told) == 1
    text = (stub / "dockerfile").read_text()
    assert text.startswith("FROM debian:bullseye\n")
    assert "asterisk-core-sounds-en-wav" in text


def test_an_unknown_version_is_refused(stub: Path) -> None:
    with pytest.raises(LabError, match="no Asterisk 18"):
        Docker.prepare("18", print)


def test_it_runs_on_the_labs_folder_and_the_hosts_network(stub: Path) -> None:
    engine, folder = Docker("22", "image"), stub / "mine"
    assert engine.pids(folder) == []
    engine.start(folder)
    assert engine.pids(folder) == [4711]
    run = next(line for line in (stub / "log").read_text().splitlines() if "--detach" in line)
    assert "--name stasis-lab-mine" in run
    assert "--network host" in run
    for ours, theirs in MOUNTS.items():
        assert f"--volume {folder}/{ours}:{theirs}" in run


def test_a_command_line_goes_inside(stub: Path) -> None:
    assert Docker("22", "image").cli(stub / "mine", "core show uptime") == (
        0,
        "said: core show uptime\n",
    )


def test_stopping_is_polite_unless_it_is_killed(stub: Path) -> None:
    engine, folder = Docker("22", "image"), stub / "mine"
    engine.start(folder)
    (stub / "log").unlink()
    engine.stop(folder)
    assert asked(stub) == ["stop", "rm"]
    (stub / "log").unlink()
    engine.stop(folder, kill=True)
    assert asked(stub) == ["rm"]
    assert engine.pids(folder) == []


def test_the_folder_is_emptied_by_its_owner_and_then_deleted(stub: Path) -> None:
    folder = stub / "mine"
    folder.mkdir()
    Docker("22", "image").remove(folder)
    assert not folder.exists()
    assert "rm -rf /etc/asterisk/*" in (stub / "log").read_text()


def test_sounds_are_copied_out_once(stub: Path) -> None:
    engine = Docker("22", "stasis-lab:22-x")
    assert (engine.sounds / "hello-world.wav").exists()
    assert engine.sounds.name == "sounds-22-x"
    assert asked(stub).count("cp") == 1


def test_modules_come_from_the_image(stub: Path) -> None:
    assert Docker("22", "image").modules == ["a.so", "b.so"]


def test_a_command_that_fails_is_told_with_its_words(stub: Path) -> None:
    (stub / "programs/docker").write_text("#!/bin/sh\necho no space left; exit 1\n")
    with pytest.raises(LabError, match="docker run failed: no space left"):
        Docker("22", "image").start(stub / "mine")
