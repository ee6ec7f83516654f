"""Benchmarks of whole processes: python tests/bench/run.py

Each comparison runs both commands in turn, so that a machine that slows down slows both; the ratios are
medians over the pairs of one run and the only figures worth quoting.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["XDG_DATA_HOME"] = os.devnull  # smoke tests of this machine would be read as evidence
ROOT = Path(__file__).parents[2]
RUNS = 15
ADVISOR = Path(sys.executable).with_name("advisor")
RECOMMEND = [str(ADVISOR), "recommend", "--lang", "ja"]
IMPORT_CLICK = [sys.executable, "-c", "import click"]


def timed(command: list[str], cwd: str | None = None) -> float:
    """Return the wall time of one run in seconds; the command must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)
    return time.perf_counter() - start


def ratio(ours: list[str], theirs: list[str]) -> tuple[float, float, float]:
    """Return the medians of both commands in seconds and the median of the ratios pair by pair."""
    timed(ours), timed(theirs)
    pairs = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def say(name: str, value: str, bar: str) -> None:
    """Print one line of the report."""
    sys.stdout.write(f"{name:<58}  {value:<26}  bar: {bar}\n")
    sys.stdout.flush()


def startup() -> None:
    """Compare `advisor recommend --lang ja` with importing click, and with llmfit where that is installed."""
    ours, theirs, times = ratio(RECOMMEND, IMPORT_CLICK)
    say("recommend --lang ja / import click", f"{times:.2f} ({ours:.3f} s / {theirs:.3f} s)", "2.5")
    llmfit = shutil.which("llmfit") or str(Path(sys.executable).with_name("llmfit"))
    if Path(llmfit).exists():
        ours, theirs, times = ratio(RECOMMEND, [llmfit, "recommend", "--json"])
        say("recommend --lang ja / llmfit recommend --json", f"{times:.2f} ({ours:.3f} s / {theirs:.3f} s)", "0.4")
    else:
        say("recommend --lang ja / llmfit recommend --json", "llmfit is not installed", "0.4")


def peak() -> None:
    """Print the peak memory of the largest child so far: nothing but our own command has run before."""
    timed(RECOMMEND)
    unit = 1 if sys.platform == "darwin" else 1024
    mebibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 2**20
    say("recommend --lang ja, peak memory", f"{mebibytes:.0f} MiB", "80 MiB")


def many() -> None:
    """Time catalogs of generated models, laid over ours: the records of the shipped catalog under new names."""
    sources = sorted((ROOT / "catalog" / "models").glob("*/*.yaml"))
    texts = [re.sub(r"(?m)^aliases:.*\n", "", path.read_text(encoding="utf-8")) for path in sources]
    with tempfile.TemporaryDirectory() as scratch:
        for count in (1_000, 2_500, 5_000, 10_000):
            folder = Path(scratch, str(count))
            for index in range(count):
                path = folder / "models" / f"made-{index % 50}" / f"model-{index}.yaml"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(texts[index % len(texts)], encoding="utf-8")
            command = [*RECOMMEND, "--catalog", str(folder)]
            first = timed(command)
            warm = statistics.median(timed(command) for _ in range(3))
            each = f"{warm:.2f} s, {1000 * warm / count:.2f} ms a model"
            say(f"{count:,} generated models (first run, compiling: {first:.1f} s)", each, "10,000: 2 s")


def after_edit() -> None:
    """Time the first run after an edit of a checkout's catalog, in a copy of it."""
    command = [sys.executable, "-m", "advisor", *RECOMMEND[1:]]
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("advisor", "catalog", "seeds"):
            shutil.copytree(ROOT / name, Path(scratch, name), ignore=shutil.ignore_patterns("__pycache__"))
        timed(command, cwd=scratch)
        edited = Path(scratch, "catalog", "providers", "alibaba.yaml")
        edited.write_text(edited.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        say("first run after an edit of the catalog", f"{timed(command, cwd=scratch):.2f} s", "1 s")


if __name__ == "__main__":
    if not ADVISOR.exists():
        sys.exit("install the advisor into this environment first: pip install .")
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    for benchmark in (peak, startup, after_edit, many):
        benchmark()
