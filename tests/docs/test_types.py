"""What the pages show passes a strict type checker; files of tests are left out."""

from __future__ import annotations

from pathlib import Path

from mypy import api

from tests.docs.pages import PAGES, ROOT, blocks, code_of

# What the guide's examples have.
START = "import stasis.pbx\n"


def modules(folder: Path) -> list[str]:
    """Each page's Python as a module, and each file of its own that is no test as another."""
    found: dict[str, str] = {}
    for page in PAGES:
        for block in blocks(page, "python"):
            (file,) = block.marks.get("file", [""])
            # A file in a folder is of a project, which test_plugins.py makes and checks.
            if not file.startswith(("test_", "conftest")) and "/" not in file:
                name = Path(file).stem or f"page_{page.stem.replace('-', '_').lower()}"
                code = "\n".join(code_of(page, block))
                found[name] = f"{found.get(name, START)}\n{code}\n"
    for name, text in found.items():
        (folder / f"{name}.py").write_text(text)
    return [str(folder / f"{name}.py") for name in found]


def test_a_reader_may_copy_them(tmp_path: Path) -> None:
    files = modules(tmp_path)
    names = {Path(each).stem for each in files}
    assert {"page_readme", "page_flows", "reception"} <= names
    untyped = ("--allow-untyped-defs", "--allow-incomplete-defs", "--allow-untyped-calls")
    cache = ("--config-file=", "--cache-dir", str(ROOT / ".mypy_cache"))
    told, problem, code = api.run(["--strict", *untyped, *cache, *files])
    assert code == 0, told + problem
