"""The look at a file before anything native touches it."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path
from typing import Literal

from advisor.catalog.schema import Record
from advisor.errors import ExternalError

MAGIC = b"GGUF"
VERSIONS = (2, 3)


class Inspected(Record, frozen=True, kw_only=True):
    """What a smoke test needs of an inspection; sizes in bytes."""

    verdict: Literal["pass", "warn", "fail"]
    problems: tuple[str, ...] = ()
    """What is wrong, the chat template's findings included."""
    sha256: str
    size_bytes: int
    architecture: str | None = None
    quantization: str | None = None
    memory_bytes: int | None = None
    """What it needs with the context asked, as planned from the header."""
    depth: Literal["header", "magic"]
    """How far the look went."""


def inspect_file(path: Path, context: int) -> Inspected:
    """Look at a file: its first bytes only, until `advisor inspect` is there to be asked.

    Raises:
        ExternalError: where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
            file.seek(0)
            sha256 = file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}") from None
    version = int.from_bytes(head[4:8], "little")
    problems = []
    if head[:4] != MAGIC:
        problems.append("it is no GGUF file: it does not begin with 'GGUF'")
    elif version not in VERSIONS:
        problems.append(f"GGUF version {version} is not one that llama.cpp reads")
    verdict: Literal["pass", "fail"] = "fail" if problems else "pass"
    return Inspected(verdict=verdict, problems=tuple(problems), sha256=sha256, size_bytes=size, depth="magic")
