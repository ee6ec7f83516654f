"""The command line as its callers meet it: in this process for speed, in one of its own where that is the point.

The small catalog of this folder (`catalog/`, `seeds/`) never changes with the shipped one. All of it is made up.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from advisor import paths
from advisor.cli.main import run

FOLDER = Path(__file__).parent
CHECKOUT = FOLDER.parent.parent
_SURROUNDINGS = ("COLUMNS", "NO_COLOR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "ADVISOR_DEBUG")


class Ran(NamedTuple):
    """What a caller sees of one run."""

    exit_code: int
    stdout: str
    stderr: str


Console = Callable[..., Ran]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return where a run keeps its cache and its logs."""
    return {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "XDG_DATA_HOME": str(tmp_path_factory.mktemp("data")),
        "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state")),
    }


@pytest.fixture(scope="session")
def console(folders: Mapping[str, str]) -> Console:
    """Return a function that runs a command in this process, on the small catalog or the shipped one."""

    def ran(*arguments: str, shipped: bool = False, **surroundings: str) -> Ran:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            for name in _SURROUNDINGS:
                patch.delenv(name, raising=False)
            for name, value in {**folders, **surroundings}.items():
                patch.setenv(name, value)
            patch.setattr(paths, "checkout", lambda: CHECKOUT if shipped else FOLDER)
            patch.setattr(paths, "COMPILED", FOLDER / "no such file")
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            exit_code = run(list(arguments))
        for stream in (out, err):
            stream.seek(0)
        return Ran(exit_code, out.read(), err.read())

    return ran


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout of the program with the small catalog."""
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(Path(paths.__file__).parent, root / "advisor", ignore=shutil.ignore_patterns("_data"))
    for name in ("catalog", "seeds"):
        shutil.copytree(FOLDER / name, root / name)
    return root


class Process:
    """Starts `advisor` as a process of its own on the small catalog, cache warm after the first run."""

    def __init__(self, house: Path, folders: Mapping[str, str]) -> None:
        self.house = house
        self.folders = dict(folders)

    def environment(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """Return the environment of a run; a change to None takes a variable away."""
        kept = {name: value for name, value in os.environ.items() if name not in (*_SURROUNDINGS, "PYTHONPATH")}
        merged: dict[str, str | None] = {**kept, **self.folders, "PYTHONPATH": str(self.house), **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "advisor", *arguments]

    def __call__(self, *arguments: str, cwd: Path | None = None, **changes: str | None) -> Ran:
        """Run to the end with UTF-8 streams into pipes."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment({"PYTHONIOENCODING": "utf-8", **changes}),
            cwd=cwd or self.house,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def shell(self, script: str, cwd: Path, **changes: str | None) -> Ran:
        """Run a script of bash in which `advisor` stands for the program."""
        line = f'advisor() {{ "{sys.executable}" -m advisor "$@"; }}\n{script}'
        done = subprocess.run(
            ["bash", "-c", line], env=self.environment(changes), cwd=cwd, capture_output=True, timeout=60
        )
        return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


@pytest.fixture(scope="session")
def process(house: Path, folders: Mapping[str, str]) -> Process:
    """Return a function that runs the program in a process of its own."""
    return Process(house, folders)


@pytest.fixture(scope="session")
def due(process: Process) -> str:
    """Return what `recommend --lang ja --ram 16GiB` gives where nothing is in the way; the cache is warm then."""
    ran = process("recommend", "--lang", "ja", "--ram", "16GiB")
    assert (ran.exit_code, ran.stderr) == (0, "")
    return ran.stdout


@pytest.fixture(scope="session")
def picture() -> Callable[..., dict[str, Any]]:
    """Return a function that makes of a run what a snapshot holds: the digest of the catalog is left out."""

    def of(ran: Ran, files: Path | None = None) -> dict[str, Any]:
        found = (
            {path.name: _steady(path.read_text(encoding="utf-8")) for path in sorted(files.iterdir())} if files else {}
        )
        return {
            "exit_code": ran.exit_code,
            "stdout": _steady(ran.stdout),
            "stderr": _steady(ran.stderr, files),
            "files": found,
        }

    return of


def _steady(text: str, folder: Path | None = None) -> str:
    text = re.sub(r'("digest": ")[0-9a-f]{64}', r"\1<digest>", text)
    return text.replace(str(folder), "<folder>") if folder else text


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file below the test's folder and returns its path."""

    def wrote(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return wrote
