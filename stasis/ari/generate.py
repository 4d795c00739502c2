"""The tool that writes the generated modules of `stasis.ari`, and checks them against servers.

    python -m stasis.ari.generate --url http://NAME:PASSWORD@127.0.0.1:8088/ari --url …
    python -m stasis.ari.generate --folder 22.10.1=/usr/share/asterisk/rest-api --folder 16.28.0=…
    python -m stasis.ari.generate --check --url …

Writing takes the oldest and the newest version to support. Checking takes any one of them, or
several: it prints what the server has and the client lacks, and exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stasis.ari.generator.describe import Description, merge, read_folder, read_url
from stasis.ari.generator.names import module_name
from stasis.ari.generator.verify import verify
from stasis.ari.generator.write import module, stale

__all__ = ["differences", "main", "modules"]

HERE = Path(__file__).parent


def modules(whole: Description) -> dict[str, str]:
    """The text of every generated module by file name, formatted.

    Raises ValueError when a table of `rules.py` does not fit the description any more.
    """
    problems = stale(whole)
    if problems:
        raise ValueError("\n".join(problems))
    return {
        f"{module_name(each.name)}.py": formatted(module(each, whole)) for each in whole.sections
    }


def formatted(text: str) -> str:
    """The text as ruff leaves it, with the imports that nothing uses taken out."""
    # The same text wherever the tool runs, so no configuration file is looked for.
    settled = ["--isolated", "--line-length", "100", "--target-version", "py311", "-"]
    tidy = ["--fix-only", "--quiet", "--select", "F401,I"]
    ours = ["--config", 'lint.isort.known-first-party=["stasis"]']
    for step in (["check", *tidy, *ours], ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603 - our own tool, on our own text
            [sys.executable, "-m", "ruff", *step, *settled],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        text = done.stdout
    return text


def differences(descriptions: Sequence[Description]) -> list[str]:
    """What is wrong with the committed modules, judged by these servers; empty when nothing is.

    Each server alone: all it has must be in the client. The modules' own text is compared when
    the servers are just the versions that the modules were written from.
    """
    problems = [
        f"{'/'.join(each.versions)}: {line}"
        for each in descriptions
        for line in asyncio.run(verify(each))
    ]
    whole = merge(descriptions)
    written = (HERE / "channels.py").read_text()
    if all(version in written for version in whole.versions) and len(whole.versions) > 1:
        problems += [
            f"{name}: differs from what the generator writes"
            for name, text in modules(whole).items()
            if (HERE / name).read_text() != text
        ]
    return problems


def read(arguments: argparse.Namespace) -> list[Description]:
    """The descriptions that the command line names."""
    found = []
    for text in arguments.folder:
        version, _, folder = text.partition("=")
        found.append(read_folder(Path(folder), version))
    for text in arguments.url:
        url = urlsplit(text)
        address = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
        found.append(read_url(address, unquote(url.username or ""), unquote(url.password or "")))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 when all is well, 1 for differences, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m stasis.ari.generate", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "--url", action="append", default=[], help="an ARI, with user and password in it"
    )
    parser.add_argument(
        "--folder", action="append", default=[], help="VERSION=FOLDER with its files"
    )
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    if not given.url and not given.folder:
        parser.error("give --url or --folder at least once")
    try:
        descriptions = read(given)
        if given.check:
            problems = differences(descriptions)
        else:
            problems = []
            for name, text in modules(merge(descriptions)).items():
                (HERE / name).write_text(text)
    except (OSError, ValueError) as error:
        problems = [str(error)]
    except subprocess.CalledProcessError as error:
        problems = [f"ruff could not format the modules (is it installed?): {error.stderr}"]
    for line in problems:
        print(line, file=sys.stderr)  # noqa: T201 - it is what the command says
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
