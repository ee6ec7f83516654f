"""How many tokens are texts for a model? Told by its file alone: a child process loads the vocabulary, no weights."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from advisor.catalog.schema import Record
from advisor.engine.child import Child, Leash
from advisor.engine.diagnosis import FILE_OR_BUILD, fault

SECONDS = 120.0
_PROGRAM = Path(__file__).with_name("vocabulary_program.py")


class Counted(Record, frozen=True, kw_only=True):
    """Tokens of one text without special ones, and the letters that do not come back from them."""

    tokens: int
    lost: int


class Vocabulary(Record, frozen=True, kw_only=True):
    """The size of a vocabulary in tokens, and what it makes of each text."""

    vocabulary: int
    texts: dict[str, Counted]


def count(file: Path, texts: Mapping[str, str], seconds: float = SECONDS, program: Path = _PROGRAM) -> Vocabulary:
    """Return how many tokens each text is by the vocabulary of `file`.

    Raises:
        EngineFailure: where the engine is missing, refuses the file, crashes or takes longer than `seconds`.
    """
    child = Child([sys.executable, "-P", str(program)], Leash(cpu_seconds=int(seconds) + 1))
    try:
        child.send({"file": str(file.absolute()), "texts": dict(texts)})
        told = child.receive(seconds)
    finally:
        child.end()
    if isinstance(told, dict) and "refused" in told:
        raise fault("refused-file", str(told["refused"]), FILE_OR_BUILD)
    try:
        return msgspec.convert(told, Vocabulary)
    except msgspec.ValidationError as error:
        raise fault("garbage", f"the engine answered with something else ({error})", FILE_OR_BUILD) from None
