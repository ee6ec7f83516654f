"""Models in several files: which files belong together, and whether all are there."""

from __future__ import annotations

import re
from collections.abc import Callable

from advisor.gguf.header import Header
from advisor.gguf.problem import Problem
from advisor.gguf.source import HeaderSource

_NAME = re.compile(r"^(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$")
MOST_SHARDS = 1024


def shard_names(name: str) -> tuple[str, ...]:
    """Return the names of all files of the model that `name` is a part of; only `name` where it is whole.

    llama.cpp's form: `model-00001-of-00003.gguf`.
    """
    match = _NAME.match(name)
    if not match or not 1 <= int(match["count"]) <= MOST_SHARDS:
        return (name,)
    count = int(match["count"])
    return tuple(f"{match['stem']}-{n:05}-of-{count:05}.gguf" for n in range(1, count + 1))


def check_shards(names: tuple[str, ...], headers: dict[str, Header]) -> list[Problem]:
    """Compare what the parts say of the whole with what is there; `headers` lacks the files that are missing."""
    problems = []
    first = next(iter(headers.values()))
    stated = first.integer("split.count") or 1
    if stated != len(names):
        problems.append(_of("split-count", f"the header counts {stated}, the name {len(names)}", names[0]))
    for number, name in enumerate(names):
        header = headers.get(name)
        if header is None:
            problems.append(_of("split-missing", f"{name} is missing: the model cannot be loaded", name))
            continue
        own = header.integer("split.no")
        if len(names) > 1 and own != number:
            told = "no part of a model" if own is None else f"part {own + 1}"
            problems.append(_of("split-order", f"{name} calls itself {told}", name))
    total = first.integer("split.tensors.count")
    found = sum(len(header.tensors) for header in headers.values())
    whole = len(headers) == len(names) and all(header.complete for header in headers.values())
    if total is not None and whole and total != found:
        problems.append(_of("split-tensors", f"{found:,} tensors in all files where {total:,} are due", names[0]))
    seen: dict[str, str] = {}
    for name, header in headers.items():
        twice = next((t.name for t in header.tensors if t.name in seen), None)
        if twice is not None:
            problems.append(_of("duplicate-tensor", f"{twice!r} stands in {seen[twice]} too", name))
        seen.update((tensor.name, name) for tensor in header.tensors)
    return problems


def _of(code: str, message: str, file: str) -> Problem:
    return Problem(code=code, message=message, offset=0, severity="fail", file=file)


Opener = Callable[[str], HeaderSource | None]
"""Opens a file beside the first by its name; None where there is none."""
