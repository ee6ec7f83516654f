"""Text of a file in, a typed record out; or every problem in it, each with its line."""

from __future__ import annotations

import re
import types
import typing
from typing import Any, NamedTuple, TypeVar

import msgspec

from advisor.errors import nearest

T = TypeVar("T")
Path = tuple[str | int, ...]
MOST_PROBLEMS = 50
"""How many problems of one file are told."""


class Problem(NamedTuple):
    """Something wrong at a line of a file."""

    line: int
    message: str


class RecordError(Exception):
    """A text that is not the record it should be."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = problems

    def listed(self, name: str) -> list[str]:
        """Return the problems as `name:line: message`."""
        return [f"{name}:{p.line}: {p.message}" for p in self.problems]


def read_record(text: str, record_type: type[T]) -> T:
    """Parse strict YAML into `record_type`; an empty text is an empty record.

    Raises:
        RecordError: with all problems found.
    """
    data = read_data(text)
    return convert(text, {} if data is None else data, record_type)


def read_data(text: str) -> Any:
    """Parse strict YAML into plain data.

    Raises:
        RecordError: with the line where the text is not acceptable YAML.
    """
    from advisor import strict_yaml

    try:
        return strict_yaml.parse(text)
    except strict_yaml.YamlProblem as problem:
        raise RecordError([Problem(problem.line, problem.message)]) from None


def convert(text: str, data: Any, record_type: type[T], stated: set[str] | None = None) -> T:
    """Convert `data` to `record_type`; problems are placed in `text`, and told only of the keys `stated`, if given.

    Raises:
        RecordError: with all problems found.
    """
    from advisor import strict_yaml

    try:
        return msgspec.convert(data, record_type)
    except msgspec.ValidationError:
        lines = strict_yaml.Lines(text)
        found = [(p, m) for p, m in problems_in(data, record_type) if stated is None or not p or str(p[0]) in stated]
        told = sorted({Problem(lines.of(path), placed(path, message)) for path, message in found[: MOST_PROBLEMS + 1]})
        if len(found) > MOST_PROBLEMS:
            told = [*told[:MOST_PROBLEMS], Problem(told[-1].line, f"and {len(found) - MOST_PROBLEMS} problems more")]
        raise RecordError(told) from None


def problems_in(data: Any, expected: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """Return every place where `data` is not an `expected`, deepest cause first, as (path, message)."""
    try:
        msgspec.convert(data, expected)
    except msgspec.ValidationError as error:
        message = str(error).split(" - at ")[0]
    else:
        return []
    inner = _inside(data, expected, path)
    return inner or [(path, _plain(message))]


def placed(path: Path, message: str) -> str:
    """Put the place inside the record before a message."""
    where = ".".join(str(step) for step in path)
    return f"{where}: {message}" if where else message


def _inside(data: Any, expected: Any, path: Path) -> list[tuple[Path, str]]:
    """Return the problems of the parts of `data`, where its own kind is right."""
    expected = _bare(expected)
    if isinstance(expected, types.UnionType) or typing.get_origin(expected) is typing.Union:
        return _inside_union(data, expected, path)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct) and isinstance(data, dict):
        return _inside_struct(data, expected, path)
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (tuple, list) and isinstance(data, list):
        return [p for i, item in enumerate(data) for p in problems_in(item, arguments[0], (*path, i))]
    if origin is dict and isinstance(data, dict):
        keys = [((*path, k), f"'{k}' is not allowed here") for k in data if problems_in(k, arguments[0])]
        return keys + [p for k, v in data.items() for p in problems_in(v, arguments[1], (*path, k))]
    return []


def _inside_union(data: Any, expected: Any, path: Path) -> list[tuple[Path, str]]:
    members = [m for m in typing.get_args(expected) if m is not type(None)]
    structs = [m for m in members if isinstance(_bare(m), type) and issubclass(_bare(m), msgspec.Struct)]
    if len(members) == 1:
        return _inside(data, members[0], path)
    if isinstance(data, dict) and structs:
        tags = {m.__struct_config__.tag: m for m in structs}
        field = structs[0].__struct_config__.tag_field
        kind = data.get(field)
        if isinstance(kind, str) and kind in tags:
            return _inside(data, tags[kind], path)
        offered = ", ".join(str(t) for t in tags)
        return [((*path, field) if field in data else path, f"'{field}' must be one of {offered}")]
    return []


def _inside_struct(data: dict[Any, Any], expected: Any, path: Path) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    known = {f.encode_name: f for f in msgspec.structs.fields(expected)}
    for key in data:
        if key not in known and key != expected.__struct_config__.tag_field:
            near = nearest(str(key), known, count=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            found.append(((*path, key), f"unknown key '{key}'{hint}"))
    for name, field in known.items():
        if name in data:
            found += problems_in(data[name], field.type, (*path, name))
        elif field.required:
            found.append((path, f"'{name}' is missing"))
    return found


def _bare(expected: Any) -> Any:
    """Strip `Annotated[...]`."""
    return expected.__origin__ if hasattr(expected, "__metadata__") else expected


_KINDS = {"array": "a list", "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
          "object": "keys with values", "null": "nothing"}  # fmt: skip


def _plain(message: str) -> str:
    """Say msgspec's message in words that the writer of a YAML file knows."""
    message = message.replace("`str` matching regex", "text like")
    message = re.sub(r"`([a-z |]+)`", lambda m: " or ".join(_KINDS.get(k, k) for k in _wanted(m[1])), message)
    return message.replace("`", "'").replace("Expected", "expected").replace("Invalid enum value", "unknown value")


def _wanted(kinds: str) -> list[str]:
    """Split `array | null`; that a value may be left out need not be told."""
    parts = kinds.split(" | ")
    return [k for k in parts if k != "null"] or parts
