"""Killed at any moment, interrupted, twice at once: no lock is ever wrong, and the final file is right."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gguf_files import needs_smollm2, smollm2
from hub_files import CHECKOUT, LARGE, overlay, sha256
from hub_server import Hub

from advisor.hub.lock import read_lock

KILLS = int(os.environ.get("ADVISOR_KILLS", "12"))
"""How often a pull is killed; `ADVISOR_KILLS=50` takes two minutes more."""
PULL = ("pull", "tiny", "--ram", "16GiB")


def _pull_killed(start: Any, delay: float, **changes: str) -> int | None:
    """Start a pull, kill it after `delay` seconds, and return its exit code; None where it was killed."""
    running: subprocess.Popen[bytes] = start(**changes)
    try:
        running.communicate(timeout=delay)
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()
    return None if running.returncode == -signal.SIGKILL else running.returncode


def _bad(lock: Path, stored: Path, digest: str) -> str | None:
    """Say what is wrong with a lock and the file that it names, or None."""
    if not lock.exists():
        return None
    for locked in read_lock(lock).models:
        weights = locked.files[0]
        if weights.sha256 != digest:
            return f"locked {weights.sha256}"
        found = [p for p in stored.rglob(weights.path) if hashlib.sha256(p.read_bytes()).hexdigest() == digest]
        if not found:
            return "locked, and the file is not there"
    return None


def _killed_again_and_again(
    start: Any, lock: Path, stored: Path, digest: str, kills: int, seed: int, **changes: str
) -> tuple[int, int]:
    """Kill a pull at random moments of its whole time and return how many were killed and how many had ended."""
    began = time.monotonic()
    assert _pull_killed(start, 120, **changes) == 0
    whole = time.monotonic() - began
    chance, killed, ended = random.Random(seed), 0, 0
    while killed < kills:
        _forget(lock, stored)
        for _ in range(4):  # the later ones continue what the first left
            code = _pull_killed(start, chance.uniform(0.1, whole * 1.1), **changes)
            assert code in (None, 0), f"exit code {code}"
            killed, ended = killed + (code is None), ended + (code == 0)
            wrong = _bad(lock, stored, digest)
            assert wrong is None, f"after {killed} kills: {wrong}"
            if killed >= kills:
                break
    assert _pull_killed(start, 120, **changes) == 0
    assert _bad(lock, stored, digest) is None
    assert lock.exists()
    return killed, ended


def _forget(lock: Path, stored: Path) -> None:
    lock.unlink(missing_ok=True)
    for path in stored.rglob("*"):
        if path.is_file() or path.is_symlink():
            path.unlink()


def test_killed_at_random_moments(olah: Any, process: Any, own: Path, work: Path, tmp_path: Path) -> None:
    def start(**changes: str) -> Any:
        return process(*PULL, "--catalog", str(own), HF_ENDPOINT=olah.url, **changes)

    lock, stored = work / "advisor.lock", tmp_path / "hf"
    killed, _ = _killed_again_and_again(start, lock, stored, sha256(LARGE), KILLS, seed=1)
    assert killed == KILLS
    left = [p.name for p in work.iterdir() if p != lock and not p.name.startswith(".advisor.lock-")]
    assert left == []


@needs_smollm2
def test_the_real_model_killed_at_random_moments(process: Any, work: Path, tmp_path: Path) -> None:
    """With a server that answers ranges, so that the next call continues where the killed one was."""
    real = smollm2()
    assert real is not None
    content = real.read_bytes()
    serving = Hub({"model-Q4_1.gguf": content})
    serving.bytes_a_second = 50e6
    try:
        own = overlay(
            tmp_path / "own", [{"quantization": "Q4_1", "file": "model-Q4_1.gguf", "sha256": sha256(content)}]
        )

        def start(**changes: str) -> Any:
            asked = ("pull", "tiny", "--quant", "Q4_1", "--ram", "16GiB", "--catalog", str(own))
            return process(*asked, HF_ENDPOINT=serving.url, **changes)

        lock, stored = work / "advisor.lock", tmp_path / "hf"
        _killed_again_and_again(start, lock, stored, sha256(content), max(4, KILLS // 10), seed=2)
        assert any("range" in seen.headers for seen in serving.gets(".gguf")), "no pull continued another"
    finally:
        serving.stop()


def test_interrupted_by_the_user(hub: Hub, process: Any, own: Path, work: Path, tmp_path: Path) -> None:
    hub.bytes_a_second = 4e6
    running = process(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    parts: list[Path] = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (parts and parts[0].stat().st_size):
        parts = list((tmp_path / "hf").rglob("*.advisor-part"))
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, b"")
    assert err.splitlines()[-1] == b"Interrupted."
    assert not (work / "advisor.lock").exists()
    had = parts[0].stat().st_size
    hub.bytes_a_second = None
    again = process(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert hub.gets("Q8_0.gguf")[-1].headers["range"] == f"bytes={had}-"


def test_two_pulls_of_the_same_at_once(hub: Hub, process: Any, own: Path, work: Path, tmp_path: Path) -> None:
    hub.bytes_a_second = 8e6
    both = [process(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url) for _ in range(2)]
    told = [running.communicate(timeout=60) for running in both]
    assert [running.returncode for running in both] == [0, 0], told
    assert _bad(work / "advisor.lock", tmp_path / "hf", sha256(LARGE)) is None
    assert len(read_lock(work / "advisor.lock").models) == 1
    assert len(hub.gets("Q8_0.gguf")) == 1
    assert sum(b"another program is fetching" in err for _, err in told) == 1


def test_two_pulls_of_different_models_both_get_into_the_lock(hub: Hub, process: Any, own: Path, work: Path) -> None:
    both = [
        process(*PULL, "--quant", quantization, "--catalog", str(own), HF_ENDPOINT=hub.url)
        for quantization in ("Q8_0", "Q4_K_M")
    ]
    for running in both:
        running.communicate(timeout=60)
    assert [m.quantization for m in read_lock(work / "advisor.lock").models] == ["Q4_K_M", "Q8_0"]


def test_two_pulls_into_one_folder_at_once(hub: Hub, process: Any, own: Path, work: Path) -> None:
    hub.bytes_a_second = 8e6
    asked = (*PULL, "--to", "models", "--catalog", str(own))
    both = [process(*asked, HF_ENDPOINT=hub.url) for _ in range(2)]
    told = [running.communicate(timeout=60) for running in both]
    assert [running.returncode for running in both] == [0, 0], told
    assert (work / "models" / "tiny-Q8_0.gguf").read_bytes() == LARGE
    assert sorted(p.name for p in (work / "models").iterdir()) == ["LICENSE", "tiny-Q8_0.gguf"]


def test_many_writers_of_one_lock(work: Path) -> None:
    """The lock is read, changed and written by one at a time."""
    script = (
        "import sys; from pathlib import Path; from advisor.hub.lock import *\n"
        "f = LockedFile(path='m.gguf', role='weights', size_bytes=1, sha256='a' * 64)\n"
        "c = LockedCatalog(digest='b' * 64, as_of='2026-11-01')\n"
        "for n in range(10):\n"
        "    m = LockedModel(model=f'{sys.argv[1]}-{n}', repository='a/b', revision='c' * 40, quantization='Q8_0',\n"
        "                    files=(f,), catalog=c, verdict='pass')\n"
        "    add(Path('advisor.lock'), (m,))\n"
    )
    line = [sys.executable, "-c", script]
    running = [
        subprocess.Popen([*line, str(n)], cwd=work, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}) for n in range(4)
    ]
    assert [each.wait(timeout=60) for each in running] == [0] * 4
    assert len(read_lock(work / "advisor.lock").models) == 40
    assert [p.name for p in work.iterdir()] == ["advisor.lock"]
