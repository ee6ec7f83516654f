"""What reading costs: bounded memory and time, whatever a file says; mutated headers; those that once broke it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from gguf_files import needs_smollm2, smollm2
from hostile import FILES, LARGE

FOLDER = Path(__file__).parent
REGRESSIONS = sorted((FOLDER / "regressions").glob("*.gguf.gz"))
CASES = int(os.environ.get("ADVISOR_FUZZ", "2000"))
SEED = int(os.environ.get("ADVISOR_FUZZ_SEED", "20261125"))
READ = """
import json, resource, sys, time
from pathlib import Path
from advisor.gguf.header import read_header
from advisor.gguf.source import FileSource
start = time.process_time()
header = read_header(FileSource(Path(sys.argv[1])))
seconds = time.process_time() - start
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps({"seconds": seconds, "peak": peak, "problems": len(header.problems), "size": header.size}))
"""
LAUNCH = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
"""A small parent: the peak of a process counts what its parent held when it was started."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="measures with getrusage and files with holes")


def measured(path: Path) -> Mapping[str, Any]:
    """Read a file's header in a process of its own."""
    command = [sys.executable, "-S", "-c", LAUNCH, sys.executable, "-c", READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_cost_little(name: str, tmp_path: Path) -> None:
    cost = measured(FILES[name](tmp_path / "model.gguf"))
    assert cost["peak"] < 64 * 2**20
    assert cost["seconds"] < 2


def test_a_model_of_435_gb_is_read_in_under_a_second(tmp_path: Path) -> None:
    cost = measured(FILES["large"](tmp_path / "model.gguf"))
    assert cost["size"] >= LARGE
    assert cost["problems"] == 0
    assert cost["seconds"] < 1


@needs_smollm2
def test_the_real_model_costs_little() -> None:
    path = smollm2()
    assert path
    cost = measured(path)
    assert cost["peak"] < 64 * 2**20
    assert cost["problems"] == 0


def _fuzzed(kind: str, tmp_path: Path) -> Mapping[str, Any]:
    command = [
        sys.executable,
        "-S",
        "-c",
        LAUNCH,
        sys.executable,
        str(FOLDER / "fuzzing.py"),
        kind,
        str(CASES),
        str(SEED),
    ]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parents[1])}
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, timeout=60 + CASES / 10, check=False, env=environment
    )
    assert done.returncode == 0, f"{sorted(p.name for p in tmp_path.iterdir())}: {done.stderr[-2000:]}"
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def test_mutated_headers_are_told_clearly(tmp_path: Path) -> None:
    found = _fuzzed("headers", tmp_path)
    assert found["cases"] == CASES
    assert found["slowest_seconds"] < 2
    assert found["peak_mib"] < 256
    assert found["clean"] < CASES / 4, "most mutations break something"
    assert len(found["codes"]) > 20, "the mutations reach every kind of problem"


def test_mutated_templates_are_told_clearly(tmp_path: Path) -> None:
    found = _fuzzed("templates", tmp_path)
    assert found["cases"] == CASES
    assert found["slowest_seconds"] < 2
    assert found["peak_mib"] < 256
    assert len(found["codes"]) > 8


def test_what_once_broke_it_breaks_it_no_more(tmp_path: Path) -> None:
    found = _fuzzed("regressions", tmp_path)
    assert found["cases"] == len(REGRESSIONS)
    assert found["clean"] == 0


def test_there_are_regressions() -> None:
    assert REGRESSIONS
    assert all(path.stat().st_size < 4096 for path in REGRESSIONS)
