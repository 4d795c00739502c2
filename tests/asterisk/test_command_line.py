"""The commands on a real server that is as it should be."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.command_line import running, stasis
from tests.asterisk.deployed import until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


def test_the_doctor_finds_every_hop_open(lab: Lab, tmp_path: Path) -> None:
    """A test channel enters and leaves, without any dialplan; nothing of it stays."""
    done = stasis(tmp_path, lab, "doctor", "--json", "--extension", "8000@default")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (0, True)
    states = {hop["name"]: hop["state"] for hop in report["hops"]}
    assert states.pop("version") == ("ok" if lab.version == "22" else "warning")
    assert states.pop("credentials") == "warning", "the lab has the example's password"
    assert set(states.values()) == {"ok"}
    # Asterisk tells that it has left a moment before it is gone.
    until(lambda: "Local/s@stasis-doctor" not in lab.cli("core show channels concise"))


def test_the_doctor_misses_an_extension_that_is_not_there(lab: Lab, tmp_path: Path) -> None:
    done = stasis(tmp_path, lab, "doctor", "--json", "--extension", "no-such@default")
    last = json.loads(done.stdout)["hops"][-1]
    assert (done.returncode, last["name"], last["state"]) == (1, "dialplan", "failed")
    assert "exten => no-such,1,Stasis(APP)" in last["fix"]


def test_check_knows_the_sounds_of_the_server(lab: Lab, tmp_path: Path) -> None:
    done = stasis(tmp_path, lab, "check", "seeded:hello", "--json")
    report = json.loads(done.stdout)
    assert (report["ok"], report["sounds"]["checked"]) == (True, True)
    flow = 'async def lost(channel):\n    await channel.play("sound:no-such-sound")\n'
    (tmp_path / "lost.py").write_text(flow)
    done = stasis(tmp_path, lab, "check", "lost:lost", "--json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["code"]) == (1, "missing-sound")


def test_version_names_asterisks(lab: Lab, tmp_path: Path) -> None:
    report = json.loads(stasis(tmp_path, lab, "version", "--json").stdout)
    assert report["asterisk"].startswith(f"{lab.version}.")


def test_a_call_is_run_and_its_prompt_heard(lab: Lab, tmp_path: Path) -> None:
    """`stasis run` answers, `stasis call` hears the greeting by its sound, and SIGTERM ends it."""
    with running(tmp_path, lab, "seeded:hello", "--app", "greeting"):
        words = ("--name", lab.name, "--expect", "hello-world", "--json", "--save", "heard.wav")
        done = stasis(tmp_path, lab, "call", "stasis-greeting", *words)
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (0, True), done.stderr
    assert report["prompts"]["hello-world"] > 0.75
    assert (report["ended"], report["nobody"]) == ("the flow hung up", "")
    assert (tmp_path / "heard.wav").stat().st_size > 8_000


def test_a_run_that_ends_says_that_the_lab_stays(lab: Lab, tmp_path: Path) -> None:
    with running(tmp_path, lab, "seeded:hello", "--app", "ending") as process:
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        told = process.stderr.read()
    assert "stopped\n" in told
    assert f"the lab {lab.name} is still up: " in told
    assert f"lab down --name {lab.name}\n" in told


def test_a_prompt_that_is_not_heard_fails_the_call(lab: Lab, tmp_path: Path) -> None:
    done = stasis(
        tmp_path,
        lab,
        "call",
        "tone",
        "--name",
        lab.name,
        "--expect",
        "hello-world",
        "--listen",
        "2",
    )
    assert done.returncode == 1
    assert "prompt hello-world: not heard" in done.stdout
    assert "tone 440 Hz" in done.stdout


def test_keys_reach_the_flow(lab: Lab, tmp_path: Path) -> None:
    """A flow that says the digit it was given says 5 after a pressed 5."""
    flow = (
        "async def says(channel):\n    await channel.answer()\n"
        "    digit = await channel.ask(digits=1, timeout=5)\n"
        '    playback = await channel.play(f"digits:{digit}")\n    await playback.finished()\n'
    )
    (tmp_path / "digit.py").write_text(flow)
    with running(tmp_path, lab, "digit:says"):
        words = ("stasis-says", "--name", lab.name, "--press", ",5", "--json")
        report = json.loads(stasis(tmp_path, lab, "call", *words).stdout)
    assert list(report["prompts"]) == ["digits/5"]
    assert report["seconds"] > 0.3


def test_a_call_that_no_program_answers_is_told(lab: Lab, tmp_path: Path) -> None:
    done = stasis(tmp_path, lab, "call", "stasis-nobody", "--name", lab.name)
    assert done.returncode == 1
    assert "no program runs for the application nobody" in done.stdout
    assert "Connection reset" not in done.stdout


def test_an_extension_that_is_not_there_is_told(lab: Lab, tmp_path: Path) -> None:
    done = stasis(tmp_path, lab, "call", "nowhere", "--name", lab.name)
    assert done.returncode == 1
    assert "404" in done.stderr
