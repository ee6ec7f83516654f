"""A real hub on loopback: olah in an environment of its own, over git repositories, with no hub behind it.

`python tests/hub/olah_hub.py` makes the environment ahead of time; the tests make it where it is missing. It is kept
in the user's cache folder, since making it takes a while.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

VERSION = "0.5.4"
CONFIGURATION = """\
[basic]
host = "127.0.0.1"
port = {port}
ssl-key = ""
ssl-cert = ""
repos-path = "{folder}/cache"
hf-scheme = "http"
hf-netloc = "127.0.0.1:9"
hf-lfs-netloc = "127.0.0.1:9"
mirror-scheme = "http"
mirror-netloc = "127.0.0.1:{port}"
mirror-lfs-netloc = "127.0.0.1:{port}"
mirrors-path = ["{folder}/mirrors"]
[accessibility]
offline = true
[[accessibility.proxy]]
repo = "*"
allow = true
use_re = false
"""
GIT = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": "2026-11-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_COMMITTER_DATE": "2026-11-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


def environment() -> Path:
    """Return the folder of olah's own virtual environment, made if it is not there.

    Raises:
        subprocess.CalledProcessError: where it cannot be installed.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "advisor-tests" / f"olah-{VERSION}-py{sys.version_info.major}{sys.version_info.minor}"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", f"olah=={VERSION}"]
        subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
        (folder / "complete").touch()
    return folder


def repository(folder: Path, name: str, files: Mapping[str, bytes | Path]) -> str:
    """Make a repository below `folder/mirrors` and return its commit; what is given as a path is stored as LFS."""
    place = folder / "mirrors" / "models" / name
    place.mkdir(parents=True)
    for path, content in files.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
            continue
        digest = hashlib.sha256(content.read_bytes()).hexdigest()
        size = content.stat().st_size
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"
        target.write_text(pointer, encoding="ascii")
        stored = place / ".git" / "lfs" / "objects" / digest[:2] / digest[2:4] / digest
        stored.parent.mkdir(parents=True, exist_ok=True)
        os.link(content, stored) if content.stat().st_dev == stored.parent.stat().st_dev else stored.write_bytes(
            content.read_bytes()
        )
    for line in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "files"]):
        subprocess.run(["git", *line], cwd=place, env={**os.environ, **GIT}, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=place, capture_output=True, check=True)
    return done.stdout.decode().strip()


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(venv: Path, folder: Path, port: int, probe: str) -> subprocess.Popen[bytes]:
    """Start the hub and wait until it answers for the repository `probe`."""
    (folder / "olah.toml").write_text(CONFIGURATION.format(folder=folder, port=port), encoding="utf-8")
    log = open(folder / "olah.log", "wb")  # noqa: SIM115  # the process writes into it
    running = subprocess.Popen(
        [str(venv / "bin" / "olah-cli"), "-c", "olah.toml"],
        cwd=folder,
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
    )
    log.close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/models/{probe}/revision/main", timeout=2):
                return running
        except OSError:
            time.sleep(0.1)
    running.kill()
    raise RuntimeError(f"olah does not answer:\n{(folder / 'olah.log').read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    sys.stdout.write(f"{environment()}\n")
