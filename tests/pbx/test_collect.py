"""What goes into a support archive."""

from __future__ import annotations

from pathlib import Path

from stasis.pbx.ailments import RULES
from stasis.pbx.collect import FILES, LOG_BYTES, ends


def test_the_files_of_the_guide_are_in_it():
    assert set(RULES) <= set(FILES)
    assert len(set(FILES)) == len(FILES)


def test_of_a_log_the_end_is_taken(tmp_path: Path):
    (tmp_path / "messages").write_bytes(b"old\n" + b"x" * LOG_BYTES + "Zoë\n".encode())
    found = ends(tmp_path)
    assert set(found) == {"messages"}
    assert found["messages"].endswith("Zoë\n") and "old" not in found["messages"]


def test_without_a_log_there_is_none(tmp_path: Path):
    assert ends(tmp_path / "nowhere") == {}
