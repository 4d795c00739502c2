"""ARI's recordings: those that run, and those that are stored."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from stasis.testing.simulator.recording import Recording
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []


def live(call: Call) -> Recording:
    """The recording that runs and that the path names. Raises Refusal (404)."""
    recording = call.machine.recordings.get(call.path["recording"])
    if recording is None:
        raise Refusal(404, "Recording not found")
    return recording


def running(call: Call) -> Recording:
    """The same, once its turn has come. Raises Refusal (404, 409)."""
    recording = live(call)
    if not recording.running:
        raise Refusal(409, "Recording not in session")
    return recording


@operation("GET", "recordings/live/{recording}")
def get_live(call: Call) -> Answer:
    """One that runs."""
    return Answer(200, live(call).json())


@operation("DELETE", "recordings/live/{recording}")
def cancel(call: Call) -> None:
    """Stop it, and throw the file away."""
    live(call).stop(keep=False)


@operation("POST", "recordings/live/{recording}/stop")
def stop(call: Call) -> None:
    """Stop it, and keep the file."""
    live(call).stop()


@operation("POST", "recordings/live/{recording}/pause")
def pause(call: Call) -> None:
    """Pause it."""
    running(call).pause(True)


@operation("DELETE", "recordings/live/{recording}/pause")
def unpause(call: Call) -> None:
    """Go on."""
    running(call).pause(False)


@operation("POST", "recordings/live/{recording}/mute")
def mute(call: Call) -> None:
    """Record silence."""
    running(call)


@operation("DELETE", "recordings/live/{recording}/mute")
def unmute(call: Call) -> None:
    """Record what is said."""
    running(call)


def stored(call: Call) -> Path:
    """The stored file that the path names. Raises Refusal (404)."""
    path = call.machine.stored(call.path["recording"])
    if path is None:
        raise Refusal(404, "Recording not found")
    return path


def json(name: str, path: Path) -> dict[str, Any]:
    """As ARI's model StoredRecording."""
    return {"name": name, "format": path.suffix.lstrip(".")}


@operation("GET", "recordings/stored")
def list_stored(call: Call) -> Answer:
    """All that are stored."""
    folder = call.machine.folder
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [json(str(path.relative_to(folder).with_suffix("")), path) for path in paths]
    return Answer(200, found)


@operation("GET", "recordings/stored/{recording}")
def get_stored(call: Call) -> Answer:
    """One that is stored."""
    return Answer(200, json(call.path["recording"], stored(call)))


@operation("DELETE", "recordings/stored/{recording}")
def delete_stored(call: Call) -> None:
    """Delete it."""
    stored(call).unlink()


@operation("GET", "recordings/stored/{recording}/file")
def get_stored_file(call: Call) -> Answer:
    """Its bytes."""
    path = stored(call)
    return Answer(200, file=path.read_bytes(), content_type=f"audio/{path.suffix[1:]}")


@operation("POST", "recordings/stored/{recording}/copy")
def copy_stored(call: Call) -> Answer:
    """Copy it."""
    path = stored(call)
    name = call.needed("destinationRecordingName", "Invalid destination recording name")
    if not call.machine.keeps(call.machine.folder / name):
        raise Refusal(403, "Destination file path is forbidden")
    if call.machine.stored(name) is not None:
        raise Refusal(409, "A recording with the same name already exists on the system")
    copy = call.machine.path_of(name, path.suffix.lstrip("."))
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    return Answer(200, json(name, copy), f"/recordings/stored/{name}")
