"""Takes the options of llama-server and runs llama-cpp-python's own server with them: the same library behind it.

With LOOKALIKE_WAY in its own file name's folder (`way`), it dies in that way first.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import pairwise
from pathlib import Path

NAMES = {
    "--model": "--model", "--host": "--host", "--port": "--port", "--ctx-size": "--n_ctx",
    "--threads": "--n_threads", "--n-gpu-layers": "--n_gpu_layers", "--seed": "--seed",
}  # fmt: skip


def main() -> None:
    """Become the server, or die."""
    arguments = sys.argv[1:]
    if "--version" in arguments:
        sys.stderr.write("version: 1 (lookalike)\n")
        return
    way = Path(sys.argv[0]).with_name("way")
    if way.is_file():
        os.kill(os.getpid(), getattr(signal, way.read_text().strip()))
    options = []
    for name, value in pairwise(arguments):
        if name in NAMES:
            options += [NAMES[name], value]
    command = [sys.executable, "-m", "llama_cpp.server", *options, "--api_key", os.environ["LLAMA_API_KEY"]]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
