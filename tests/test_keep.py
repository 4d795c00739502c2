"""Where a call's record is kept: on its channel, in a folder, or nowhere."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ari import Ari
from stasis.config import KeepConfig
from stasis.errors import FlowError, NotFound, Unreachable
from stasis.keep import VARIABLE, VARIABLE_LIMIT, Folder, Nowhere, Variable, keep_of
from tests.answers import Answers


def made_old(folder: Path) -> None:
    """All files of the folder were written an hour ago."""
    then = time.time() - 3600
    for file in folder.iterdir():
        os.utime(file, (then, then))


class TestVariable:
    async def test_it_is_a_variable_of_the_channel(self, ari: Ari, answers: Answers):
        await Variable(ari).save("c1", '{"state":"menü"}')
        assert answers.requests == ["POST /channels/c1/variable"]
        assert (answers.last["variable"], answers.last["value"]) == (VARIABLE, '{"state":"menü"}')

    async def test_it_is_read_again(self, ari: Ari, answers: Answers):
        answers.answer("GET /channels/c1/variable", 200, {"value": "text"})
        assert await Variable(ari).load("c1") == "text"
        assert answers.last["variable"] == VARIABLE

    async def test_an_empty_one_is_none(self, ari: Ari, answers: Answers):
        answers.answer("GET /channels/c1/variable", 200, {"value": ""})
        assert await Variable(ari).load("c1") is None

    @pytest.mark.parametrize("status", [404, 409, 500], ids=["not set", "has left", "unreadable"])
    async def test_one_that_cannot_be_read_is_none(self, ari: Ari, answers: Answers, status: int):
        answers.refuse("GET /channels/c1/variable", status)
        assert await Variable(ari).load("c1") is None

    async def test_a_server_that_is_not_there_is_not_taken_for_none(
        self, ari: Ari, answers: Answers
    ):
        answers.given = {"GET": Unreachable("GET", "/channels/c1/variable", "down")}
        with pytest.raises(Unreachable):
            await Variable(ari).load("c1")

    @pytest.mark.parametrize(
        "text", [f'"{VARIABLE_LIMIT * "x"}"', '"' * VARIABLE_LIMIT, "ü" * VARIABLE_LIMIT]
    )
    async def test_the_longest_one_is_one_that_asterisk_takes_and_a_longer_one_names_the_folder(
        self, ari: Ari, answers: Answers, text: str
    ):
        fits = next(
            n
            for n in range(VARIABLE_LIMIT, 0, -1)
            if len(json.dumps(text[:n], ensure_ascii=False).encode()) <= VARIABLE_LIMIT
        )
        await Variable(ari).save("c1", text[:fits])
        assert answers.requests == ["POST /channels/c1/variable"]
        with pytest.raises(FlowError, match=rf"takes {VARIABLE_LIMIT}.*store = \"folder\""):
            await Variable(ari).save("c1", text[: fits + 1])
        assert answers.requests == ["POST /channels/c1/variable"]

    async def test_a_channel_that_is_gone_is_told(self, ari: Ari, answers: Answers):
        answers.refuse("POST /channels/c1/variable", 404, "Channel not found")
        with pytest.raises(NotFound):
            await Variable(ari).save("c1", "text")

    async def test_it_ends_with_the_channel_and_nothing_is_sent(self, ari: Ari, answers: Answers):
        await Variable(ari).forget("c1")
        await Variable(ari).prune(["c2"])
        assert answers.requests == []


class TestFolder:
    async def test_what_is_saved_is_read_again(self, tmp_path: Path):
        await Folder(tmp_path).save("c1", "one")
        await Folder(tmp_path).save("c2", "two")
        assert [await Folder(tmp_path).load(id) for id in ("c1", "c2")] == ["one", "two"]

    async def test_it_takes_large_texts_of_any_letters(self, tmp_path: Path):
        text = "ü€😀" * 100_000
        await Folder(tmp_path).save("c1", text)
        assert await Folder(tmp_path).load("c1") == text

    async def test_what_was_never_saved_is_none(self, tmp_path: Path):
        assert await Folder(tmp_path / "not there").load("c1") is None

    async def test_later_texts_replace_earlier_ones_and_leave_nothing(self, tmp_path: Path):
        folder = Folder(tmp_path)
        for text in ("a long first text", "short"):
            await folder.save("c1", text)
        assert await folder.load("c1") == "short"
        assert os.listdir(tmp_path) == ["c1.json"]

    async def test_a_text_that_cannot_be_written_leaves_the_earlier_one_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        folder = Folder(tmp_path)
        await folder.save("c1", "before")

        def full(source: object, target: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            await folder.save("c1", "after")
        assert await folder.load("c1") == "before"

    async def test_nobody_else_may_read_it(self, tmp_path: Path):
        before = os.umask(0)
        try:
            folder = tmp_path / "a" / "keep"
            await Folder(folder).save("c1", "text")
        finally:
            os.umask(before)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "c1.json").stat().st_mode) == 0o600

    async def test_what_is_over_is_forgotten_and_once_more_is_fine(self, tmp_path: Path):
        folder = Folder(tmp_path)
        await folder.save("c1", "text")
        await folder.save("c2", "text")
        await folder.forget("c1")
        await folder.forget("c1")
        assert await folder.load("c1") is None and await folder.load("c2") == "text"

    async def test_pruned_is_what_does_not_live(self, tmp_path: Path):
        folder = Folder(tmp_path)
        long = "x" * 300
        for id in ("c1", "c2", "PJSIP/a;2", long):
            await folder.save(id, id)
        made_old(tmp_path)
        await folder.prune(["c2", "PJSIP/a;2", long, "another"])
        assert [await folder.load(id) for id in ("c1", "c2", "PJSIP/a;2", long)] == [
            None,
            "c2",
            "PJSIP/a;2",
            long,
        ]

    async def test_a_young_one_is_left_it_may_be_of_a_call_that_has_just_come(self, tmp_path: Path):
        """Who lives was asked before it came."""
        await Folder(tmp_path).save("c1", "text")
        await Folder(tmp_path).prune([])
        assert await Folder(tmp_path).load("c1") == "text"

    async def test_what_cannot_be_deleted_keeps_no_other(self, tmp_path: Path):
        for name in ("a.json", "z.json"):
            (tmp_path / name).mkdir()
        await Folder(tmp_path).save("c1", "text")
        made_old(tmp_path)
        await Folder(tmp_path).prune([])
        assert await Folder(tmp_path).load("c1") is None

    async def test_pruning_leaves_other_files_alone(self, tmp_path: Path):
        (tmp_path / "notes.txt").write_text("mine")
        await Folder(tmp_path).prune([])
        assert (tmp_path / "notes.txt").read_text() == "mine"

    async def test_pruning_where_nothing_was_saved_is_fine(self, tmp_path: Path):
        await Folder(tmp_path / "not there").prune(["c1"])

    @given(ids=st.lists(st.text(min_size=1, max_size=300), min_size=2, max_size=2, unique=True))
    def test_every_id_is_a_file_of_its_own_inside_the_folder(self, ids: list[str]):
        folder = Path("/keep")
        files = {Folder(folder)._file(id) for id in ids}
        assert len(files) == 2 and {file.parent for file in files} == {folder}
        assert all(len(file.name.encode()) <= 255 for file in files)


async def test_nowhere_keeps_nothing():
    keep = Nowhere()
    await keep.save("c1", "text")
    assert await keep.load("c1") is None
    await keep.forget("c1")
    await keep.prune([])


class TestConfigured:
    def test_on_the_channel_by_default(self, ari: Ari):
        assert isinstance(keep_of(KeepConfig(), ari, "asterisk"), Variable)

    def test_nowhere(self, ari: Ari):
        assert isinstance(keep_of(KeepConfig(store="off"), ari, "asterisk"), Nowhere)

    def test_a_folder_for_each_asterisk(self, ari: Ari):
        kept = [
            keep_of(KeepConfig(store="folder", folder="calls"), ari, name)
            for name in ("berlin", "../paris")
        ]
        paths = [each.path for each in kept if isinstance(each, Folder)]
        assert paths == [Path("calls/berlin"), Path("calls/..%2Fparis")]
