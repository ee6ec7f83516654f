"""Benchmarks of reading headers: python tests/bench/header.py

Needs the `gguf` package and the real model (python tests/gguf_files.py). Both readers run in turn in
one process, so that a machine that slows down slows both; the ratio is the median over the pairs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "gguf"))

import gguf
from gguf_files import smollm2
from hostile import FILES

from advisor.gguf.header import read_header
from advisor.gguf.source import FileSource

RUNS = 7
INSPECT = """
import json, resource, sys, time
start = time.perf_counter()
from advisor.cli.main import run
code = run(["inspect", sys.argv[1], "--format", "json", "-o", sys.argv[2]])
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps({"seconds": seconds, "own": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20,
                  "children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 2**20}))
"""
LAUNCH = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


def timed(work: Callable[[], object]) -> float:
    """Return the wall time of one call in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ours(path: Path) -> None:
    source = FileSource(path)
    read_header(source)
    source.close()


def say(name: str, value: str, bar: str) -> None:
    """Print one line of the report."""
    sys.stdout.write(f"{name:<58}  {value:<40}  bar: {bar}\n")
    sys.stdout.flush()


def speed(path: Path) -> None:
    """Compare with the `gguf` package's reader on the real model."""
    timed(lambda: ours(path))
    pairs = [(timed(lambda: ours(path)), timed(lambda: gguf.GGUFReader(path))) for _ in range(RUNS)]
    ratio = statistics.median(b / a for a, b in pairs)
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    say("gguf.GGUFReader / read_header", f"{ratio:.0f} ({theirs:.2f} s / {1000 * mine:.1f} ms)", "at least 100")


def whole(name: str, path: Path) -> None:
    """Print time and peak memory of a whole `advisor inspect`, in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-c", INSPECT, str(path), f"{scratch}/inspection.json"]
        launched = [sys.executable, "-S", "-c", LAUNCH, *command]
        subprocess.run(launched, check=True, capture_output=True)
        done = subprocess.run(launched, check=True, capture_output=True)
    cost = json.loads(done.stdout)
    value = f"{cost['seconds']:.2f} s, {cost['own']:.0f} MiB, the engine {cost['children']:.0f} MiB"
    say(f"inspect: {name}", value, "64 MiB" + ("; 1 s" if name == "large" else ""))


def main() -> None:
    """Run all of them."""
    real = smollm2()
    if real is None:
        sys.exit("fetch the model first: python tests/gguf_files.py")
    speed(real)
    whole("SmolLM2-135M", real)
    with tempfile.TemporaryDirectory() as scratch:
        for name, make in FILES.items():
            whole(name, make(Path(scratch, f"{name}.gguf")))


if __name__ == "__main__":
    main()
