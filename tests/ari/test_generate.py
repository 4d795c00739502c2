"""The command tells by its exit status and its lines what is wrong, without a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stasis.ari import generate
from stasis.ari.generator.describe import Description, Section
from stasis.ari.generator.write import module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A description with one operation, which the client has."""
    path = {
        "path": "/channels/{channelId}/answer",
        "operations": [
            {
                "nickname": "answer",
                "httpMethod": "POST",
                "responseClass": "void",
                "parameters": [{"name": "channelId", "paramType": "path", "dataType": "string"}],
            }
        ],
    }
    index = {"apis": [{"path": "/api-docs/channels.{format}"}]}
    (tmp_path / "resources.json").write_text(json.dumps(index))
    (tmp_path / "channels.json").write_text(json.dumps({"apis": [path]}))
    return tmp_path


def test_a_check_without_differences_is_silent(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check", "--folder", f"16.28.0={folder}"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_check_with_differences_lists_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "channels.json").read_text().replace('"answer"', '"levitate"')
    (folder / "channels.json").write_text(text)
    assert generate.main(["--check", "--folder", f"24.0.0={folder}"]) == 1
    assert "24.0.0: channels.levitate: no operation" in capsys.readouterr().err


def test_tables_that_do_not_fit_stop_the_writing(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generate, "HERE", tmp_path)
    assert generate.main(["--folder", f"24.0.0={folder}"]) == 1
    assert "rules: channels.move matches nothing" in capsys.readouterr().err
    assert list(tmp_path.glob("*.py")) == []


def test_a_missing_folder_and_a_dead_server_are_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert generate.main(["--check", "--folder", "1=/nowhere"]) == 1
    assert generate.main(["--check", "--url", "http://name:secret@127.0.0.1:1/ari"]) == 1
    lines = capsys.readouterr().err
    assert "/nowhere" in lines and "refused" in lines
    assert "secret" not in lines and "Traceback" not in lines


def test_nothing_to_read_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        generate.main(["--check"])
    assert caught.value.code == 2 and "--url or --folder" in capsys.readouterr().err


def test_what_is_written_is_formatted_and_has_no_unused_imports() -> None:
    section = Section("sounds", (), (), (("1", "a" * 64),))
    text = generate.formatted(module(section, Description(("1",), (section,))))
    assert "import msgspec" not in text
    assert generate.formatted(text) == text


@pytest.mark.parametrize("path", sorted(generate.HERE.glob("*.py")), ids=lambda path: path.name)
def test_the_committed_modules_are_as_the_formatter_leaves_them(path: Path) -> None:
    text = path.read_text()
    if "do not edit" in text.partition("\n")[0]:
        assert generate.formatted(text) == text
    else:
        assert path.name in {
            "__init__.py",
            "event.py",
            "generate.py",
            "resource.py",
            "structure.py",
            "version.py",
        }
