"""The environments of the peers: their own, made once, and a missing one says what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import peers
from bench.peers import PEERS, Peer, PeerMissing


@pytest.fixture(autouse=True)
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(peers, "ENVIRONMENTS", tmp_path)
    return tmp_path


def steps(monkeypatch: pytest.MonkeyPatch, script: str = "") -> None:
    """Have a peer's environment made by a Python program instead of its registry."""
    monkeypatch.setattr(Peer, "_steps", lambda self: [[sys.executable, "-c", script]])


def test_every_peer_has_a_client():
    clients = Path(peers.__file__).parent / "clients"
    for peer in PEERS:
        assert (clients / (f"{peer.name}/client.js" if peer.node else f"{peer.name}.py")).is_file()


def test_a_python_peer_runs_in_its_own_environment(environments: Path):
    command = Peer("one", "a", "1.0").command

    assert command == [str(environments / "one" / "bin" / "python"), "-m", "bench.clients.one"]


def test_an_environment_is_made_once(monkeypatch: pytest.MonkeyPatch):
    peer = Peer("one", "a", "1.0")
    steps(monkeypatch)
    assert not peer.ready

    peer.prepare()

    assert peer.ready
    steps(monkeypatch, "raise SystemExit(1)")
    peer.prepare()


def test_another_version_is_another_environment(monkeypatch: pytest.MonkeyPatch):
    steps(monkeypatch)
    Peer("one", "a", "1.0").prepare()

    assert not Peer("one", "a", "1.1").ready


def test_a_registry_that_refuses_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch):
    steps(monkeypatch, "raise SystemExit('No matching distribution')")
    peer = Peer("one", "a", "1.0")

    with pytest.raises(PeerMissing, match=r"a 1\.0: .* failed: No matching distribution"):
        peer.prepare()
    assert not peer.ready


def test_a_missing_node_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Peer, "_steps", lambda self: [["no-such-npm"]])

    with pytest.raises(PeerMissing, match="no-such-npm is missing; sudo apt-get install nodejs"):
        Peer("one", "a", "1.0", node=True).prepare()


def test_a_registry_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(peers, "PATIENCE", 0.1)
    steps(monkeypatch, "import time; time.sleep(30)")

    with pytest.raises(PeerMissing, match="try again"):
        Peer("one", "a", "1.0").prepare()
