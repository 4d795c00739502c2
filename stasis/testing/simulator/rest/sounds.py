"""ARI's sounds: the files that can be played."""

from __future__ import annotations

from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []


@operation("GET", "sounds")
def list_(call: Call) -> Answer:
    """All, or those of a language or a format."""
    found = call.machine.sounds.listing(call.text("lang"), call.text("format"))
    if not found:
        raise Refusal(404, "No sounds found that matched the query")
    return Answer(200, found)


@operation("GET", "sounds/{sound}")
def get(call: Call) -> Answer:
    """One. Where no sounds are installed every name is one."""
    name, sounds = call.path["sound"], call.machine.sounds
    found = sounds.listed(name)
    if found is None and not sounds.folders and sounds.find(name) is not None:
        found = {"id": name, "formats": [{"language": "en", "format": "gsm"}]}
    if found is None:
        raise Refusal(404, "Sound not found")
    return Answer(200, found)
