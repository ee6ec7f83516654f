"""Builds llama-server from the source that llama-cpp-python carries, and prints where it is kept.

`python tests/build_llama_server.py`; needs cmake, ninja and a C++ compiler, and some minutes once. CI names the program
to the tests by ADVISOR_LLAMA_SERVER.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gguf_files import VOCABULARIES, kept

OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS_RELEASE": "-O1", "BUILD_SHARED_LIBS": "OFF", "GGML_NATIVE": "OFF",
    "LLAMA_CURL": "OFF", "LLAMA_OPENSSL": "OFF", "LLAMA_BUILD_TESTS": "OFF", "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_SERVER": "ON", "LLAMA_BUILD_UI": "OFF", "LLAMA_USE_PREBUILT_UI": "OFF",
}  # fmt: skip
"""Of llama.cpp; what speaks to a network is left out, and -O1 is the quicker build."""


def llama_server() -> Path:
    """Return the program; build it where it is not kept yet."""
    program = kept() / VOCABULARIES.replace("==", "-") / "llama-server"
    if program.is_file():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python"]
        _run(*pip, "-d", scratch, VOCABULARIES)
        (package,) = Path(scratch).glob("*.tar.gz")
        shutil.unpack_archive(package, scratch, filter="data")
        (source,) = Path(scratch).glob("*/vendor/llama.cpp")
        build = f"{scratch}/build"
        _run("cmake", "-S", str(source), "-B", build, "-G", "Ninja", *(f"-D{k}={v}" for k, v in OPTIONS.items()))
        _run("cmake", "--build", build, "--target", "llama-server")
        made = program.with_suffix(".new")
        shutil.move(f"{build}/bin/llama-server", made)
        made.replace(program)
    return program


def _run(*command: str) -> None:
    """Run one step; what it prints goes to stderr."""
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    sys.stdout.write(f"{llama_server()}\n")
