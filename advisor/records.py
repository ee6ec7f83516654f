"""Text of a file in, a typed record out; or every problem in it, each with its line."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from advisor.errors import nearest

T = TypeVar("T")
Path = tuple[str | int, ...]
MOST_PROBLEMS = 50
"""How many problems of one file are told."""
LARGEST = 2**63 - 1
"""The largest whole number that what is compiled, and JSON, can hold."""


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
    found = list(unlike(data, record_type))
    try:
        record = msgspec.convert(data, record_type)
    except msgspec.ValidationError:
        found += problems_in(data, record_type)
    else:
        if not found:
            return record
    from advisor import strict_yaml

    lines = strict_yaml.Lines(text)
    found = [(p, m) for p, m in found if stated is None or not p or str(p[0]) in stated]
    told = sorted({Problem(lines.of(path), placed(path, message)) for path, message in found[: MOST_PROBLEMS + 1]})
    if len(found) > MOST_PROBLEMS:
        told = [*told[:MOST_PROBLEMS], Problem(told[-1].line, f"and {len(found) - MOST_PROBLEMS} problems more")]
    raise RecordError(told)


def problems_in(data: Any, expected: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """Return every place where `data` is not an `expected`, deepest cause first, as (path, message)."""
    try:
        msgspec.convert(data, expected)
    except msgspec.ValidationError as error:
        message = str(error).split(" - at ")[0]
    else:
        return []
    inner = _inside(data, expected, path)
    return inner or [(path, _unchosen(data, expected) or _plain(message))]


def _unchosen(data: Any, expected: Any) -> str | None:
    """Say what a text that is none of the words allowed may be, or None where it is not about words."""
    expected = _bare(expected)
    members = map(_bare, typing.get_args(expected)) if _is_union(expected) else [expected]
    words = [w for m in members if typing.get_origin(m) is typing.Literal for w in typing.get_args(m)]
    if not words or not isinstance(data, str):
        return None
    near = nearest(data, words, count=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown value '{data}'; {hint}one of: {', '.join(words)}"


def unlike(data: Any, expected: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text that does not match the pattern its type describes, and every number beyond 64 bits.

    What is of another kind is passed over.
    """
    pattern, called, is_day = _pattern(expected)
    expected = _bare(expected)
    if isinstance(data, int) and abs(data) > LARGEST:
        yield path, f"{data} is beyond everything that occurs"
    elif pattern is not None:
        if isinstance(data, str) and not (re.fullmatch(pattern, data) and (not is_day or _is_in_the_calendar(data))):
            yield path, f"{data!r} is no {called}" if called else f"expected text like '{pattern}'"
    elif isinstance(data, dict):
        for key, kind in _kinds_of_values(data, expected):
            yield from unlike(data[key], kind, (*path, key))
    elif _is_union(expected):
        for member in typing.get_args(expected):
            yield from unlike(data, member, path)
    elif isinstance(data, list) and typing.get_origin(expected) in (tuple, list):
        for index, item in enumerate(data):
            yield from unlike(item, typing.get_args(expected)[0], (*path, index))


def _kinds_of_values(data: dict[Any, Any], expected: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the keys of `data` that are known, each with the type that its value should have."""
    if _is_union(expected):
        expected = _member(data, typing.get_args(expected))
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        yield from ((name, kind) for name, kind in _fields(expected) if name in data)
    elif typing.get_origin(expected) is dict:
        yield from ((key, typing.get_args(expected)[1]) for key in data)


def _pattern(expected: Any) -> tuple[str | None, str | None, bool]:
    """Return the pattern that an annotated type describes its texts by, what such a text is called, if it is a day."""
    for meta in getattr(expected, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra_json_schema:
            more = meta.extra_json_schema
            return more.get("pattern"), meta.description, more.get("format") == "date"
    return None, None, False


def _is_in_the_calendar(day: str) -> bool:
    """Say whether there is such a day: the pattern lets 2026-02-30 through."""
    from datetime import date

    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _member(data: dict[Any, Any], members: tuple[Any, ...]) -> Any:
    """Return the record type of a union that keys with values are for: the only one, or the one that they name."""
    structs = [m for m in map(_bare, members) if isinstance(m, type) and issubclass(m, msgspec.Struct)]
    named = [m for m in structs if m.__struct_config__.tag == data.get(m.__struct_config__.tag_field)]
    return named[0] if named else structs[0] if len(structs) == 1 else None


@cache
def _fields(record_type: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple((field.encode_name, field.type) for field in msgspec.structs.fields(record_type))


def placed(path: Path, message: str) -> str:
    """Put the place inside the record before a message."""
    where = ".".join(str(step) for step in path)
    return f"{where}: {message}" if where else message


def _inside(data: Any, expected: Any, path: Path) -> list[tuple[Path, str]]:
    """Return the problems of the parts of `data`, where its own kind is right."""
    expected = _bare(expected)
    if _is_union(expected):
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


def _is_union(expected: Any) -> bool:
    return isinstance(expected, types.UnionType) or typing.get_origin(expected) is typing.Union


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
