"""Takes the options of llama-server and runs llama-cpp-python's own server with them: the same library behind it.

Where a file `way` lies beside it, it dies by the signal in it; by two words, only without the option in the second.
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
    name, *unless = way.read_text(encoding="ascii").split() if way.is_file() else [""]
    if name and not set(unless) & set(arguments):
        os.kill(os.getpid(), getattr(signal, name))
    options = []
    for name, value in pairwise(arguments):
        if name in NAMES:
            options += [NAMES[name], value]
    command = [sys.executable, "-m", "llama_cpp.server", *options, "--api_key", os.environ["LLAMA_API_KEY"]]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
