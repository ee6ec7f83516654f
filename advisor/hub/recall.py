"""What rests on a file: every lock and saved document that names its sha256 (`advisor.recall/1`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from advisor.errors import UserError
from advisor.hub.interface import SHA256
from advisor.hub.lock import NAME
from advisor.paths import data_folder

SCHEMA = "advisor.recall/1"
LARGEST = 256 << 20
"""Bytes of a document beyond which it is not read; such files are counted."""
_PASSED_OVER = {".git", ".venv", "node_modules", "__pycache__"}


class Resting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document that names the file, and where in it."""

    file: str
    kind: str
    """The document's schema: a lock, a recommendation, a smoke test …"""
    places: tuple[str, ...]
    about: str | None = None
    """The model that the first of these places is about, and those of others like it (a lock names several)."""


class Recall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything found below some folders that rests on one file."""

    schema: str = msgspec.field(name="schema")
    sha256: str
    folders: tuple[str, ...]
    read: int
    """Documents of this program that were read."""
    found: tuple[Resting, ...]
    unread: tuple[str, ...] = ()
    """Documents and folders that could not be read: what they rest on is not known."""

    @property
    def exit_code(self) -> int:
        """Return 0 if something rests on the file."""
        return 0 if self.found else 1


def usual_folders() -> tuple[Path, ...]:
    """Return where a recall looks if nothing is said: the working folder, and the results of smoke tests."""
    data = data_folder()
    kept = data / "smoke" if data else None
    return (Path(), kept) if kept and kept.is_dir() else (Path(),)


def recall(sha256: str, folders: tuple[Path, ...]) -> Recall:
    """Read every lock and every JSON document of this program below `folders` and name those that rest on the file.

    Raises:
        UserError: where the hash is none, or a folder is not there.
    """
    wanted = sha256.strip().lower().removeprefix("sha256:")
    if not SHA256.match(wanted):
        raise UserError(f"'{sha256}' is not a sha256: 64 hexadecimal digits")
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing:
        raise UserError(f"no such folder: {', '.join(missing)}")
    found, unread, read = [], list[str](), 0
    for path in {os.path.realpath(path): path for folder in folders for path in _documents(folder, unread)}.values():
        try:
            document = _document(path)
        except (OSError, ValueError, RecursionError):
            unread.append(str(path))
            continue
        if document is None:
            continue
        read += 1
        places = list(_places(document, wanted))
        if places:
            paths = tuple(".".join(map(str, place)) for place in places)
            alike = [place for place in places if place[0] == places[0][0]]
            about = ", ".join(dict.fromkeys(name for place in alike if (name := _about(document, place)))) or None
            found.append(Resting(file=str(path), kind=str(document["schema"]), places=paths, about=about))
    return Recall(
        schema=SCHEMA, sha256=wanted, folders=tuple(map(str, folders)), read=read, found=tuple(found),
        unread=tuple(unread),
    )  # fmt: skip


def _documents(folder: Path, unread: list[str]) -> Iterator[Path]:
    """Yield what may be a document below a folder; folders that cannot be listed go into `unread`."""

    def closed(error: OSError) -> None:
        unread.append(str(error.filename))

    for place, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(set(folders) - _PASSED_OVER)
        yield from (Path(place, name) for name in sorted(names) if name == NAME or name.endswith(".json"))


def _document(path: Path) -> dict[str, Any] | None:
    """Return a document of this program, or None for any other file.

    Raises:
        ValueError: where it is ours and cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError("too large")
    content = path.read_bytes()
    if b"advisor." not in content:
        return None
    if path.name == NAME:
        from advisor import strict_yaml

        data = strict_yaml.parse(content.decode("utf-8"))
    else:
        data = msgspec.json.decode(content)
    ours = isinstance(data, dict) and str(data.get("schema", "")).startswith("advisor.")
    return data if ours else None


def _places(value: Any, wanted: str, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where in a document the hash stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, wanted, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, wanted, (*path, index))
    elif isinstance(value, str) and value.lower() == wanted:
        yield path


def _about(document: dict[str, Any], place: tuple[str | int, ...]) -> str | None:
    """Return the model named nearest above a place."""
    value: Any = document
    named: str | None = None
    for step in place:
        if isinstance(value, dict):
            name = value.get("model") or value.get("id") or value.get("repository")
            named = name if isinstance(name, str) else named
        value = value[step]
    return named
