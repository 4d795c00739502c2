"""The API description of a real Asterisk, for the clients that make their methods of it."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from urllib.request import Request, urlopen

from bench.peers import ENVIRONMENTS
from stasis.lab.lab import Lab

__all__ = ["described"]

FOLDER = ENVIRONMENTS / "api-docs"
INDEX = "resources.json"


def described(lab: Lab | None) -> Path | None:
    """The folder with it, fetched if it is not there; None when there is no Asterisk to ask.

    ARI: GET /api-docs/resources.json, and what that names.
    """
    if (FOLDER / INDEX).is_file():
        return FOLDER
    if lab is None:
        return None
    index = fetched(lab, INDEX)
    found = {
        (name := each["path"].rpartition("/")[2].replace("{format}", "json")): fetched(lab, name)
        for each in json.loads(index)["apis"]
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in {**found, INDEX: index}.items():  # the index last: then it is whole
        (FOLDER / name).write_bytes(text)
    return FOLDER


def fetched(lab: Lab, name: str) -> bytes:
    """One file. Raises OSError."""
    pair = b64encode(f"{lab.username}:{lab.password}".encode()).decode()
    request = Request(f"{lab.url}/api-docs/{name}", headers={"Authorization": f"Basic {pair}"})
    with urlopen(request, timeout=10) as answer:
        found: bytes = answer.read()
    return found
