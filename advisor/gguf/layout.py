"""Where the tensors lie: aligned, inside the file, one after another, and nothing left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.gguf.problem import Problem

if TYPE_CHECKING:
    from advisor.gguf.header import Entry, Tensor

DEFAULT_ALIGNMENT = 32
LARGEST_ALIGNMENT = 1024**2
MOST_MISPLACED = 20
"""After so many the rest of the table is not worth telling."""


def alignment_of(entry: Entry | None, problems: list[Problem]) -> int:
    """Return the alignment of the data in bytes; what is wrong with it goes into `problems`."""
    if entry is None:
        return DEFAULT_ALIGNMENT
    value = entry.value
    if entry.kind != "uint32" or not isinstance(value, int):
        message = f"general.alignment is {entry.kind} where uint32 is due"
    elif value == 0 or value & (value - 1) or value > LARGEST_ALIGNMENT:
        message = f"general.alignment is {value:,}, not a power of two up to {LARGEST_ALIGNMENT:,}"
    else:
        return value
    problems.append(Problem(code="alignment", message=message, offset=entry.offset, severity="fail"))
    return DEFAULT_ALIGNMENT


def check_layout(tensors: Sequence[Tensor], alignment: int, start: int, size: int, problems: list[Problem]) -> None:
    """Compare the tensor table with the size of the file; `start` is where the data begins.

    llama.cpp takes only tensors that follow one another in the order of the table, each padded to the alignment.
    """
    if any(tensor.encoding is None for tensor in tensors):
        return  # the unknown type is told; without its size no place can be checked
    expected = misplaced = 0
    for tensor in tensors:
        if tensor.offset != expected:
            misplaced += 1
            if misplaced > MOST_MISPLACED:
                return
            problems.append(_misplaced(tensor, tensors, alignment, expected))
        if start + tensor.offset + tensor.size > size:
            problems.append(_outside(tensor, start, size))
            return
        expected = max(expected, tensor.offset + tensor.size)
        expected += -expected % alignment
    trailing = size - start - expected
    if trailing > 0:
        message = f"{trailing:,} bytes follow the last tensor; nothing says what they are"
        problems.append(Problem(code="trailing-bytes", message=message, offset=start + expected, severity="warn"))


def _misplaced(tensor: Tensor, tensors: Sequence[Tensor], alignment: int, expected: int) -> Problem:
    """Say in which way a tensor does not lie where llama.cpp expects it."""
    if tensor.offset % alignment:
        code, how = "offset-alignment", f"offset {tensor.offset:,} is no multiple of {alignment}"
    else:
        end = tensor.offset + tensor.size
        over = next(
            (t for t in tensors if t is not tensor and t.offset < end and tensor.offset < t.offset + t.size), None
        )
        if over:
            code, how = "overlap", f"its data overlap those of {over.name!r}"
        else:
            code, how = "gap", f"offset {tensor.offset:,} where {expected:,} is due"
    return Problem(code=code, message=f"tensor {tensor.name!r}: {how}", offset=tensor.place, severity="fail")


def _outside(tensor: Tensor, start: int, size: int) -> Problem:
    missing = start + tensor.offset + tensor.size - size
    message = f"tensor {tensor.name!r} ends {missing:,} bytes behind the end of the file; a part of it is missing"
    return Problem(code="missing-bytes", message=message, offset=tensor.place, severity="fail")
