"""Where results are kept: in the user's data folder, by the file's sha256 and the machine, the newest last."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from advisor.atomic import replace_file
from advisor.catalog.schema import Record
from advisor.errors import DataError, ExternalError, UserError
from advisor.local_evidence import host_id
from advisor.paths import data_folder, read_whole
from advisor.smoke.document import SCHEMA, SmokeResult
from advisor.smoke.sheet import Key


def folder() -> Path | None:
    """Return where results are kept, or None where there is no home."""
    data = data_folder()
    return data / "smoke" if data else None


def keep(result: SmokeResult) -> Path | None:
    """Store a result and return its file; None where there is no place for it, or nothing to know it by.

    Raises:
        ExternalError: where the disk does not let us.
    """
    place = folder()
    key = result.model.sha256 or _endpoint_key(result)
    if place is None or key is None:
        return None
    content = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    name = f"{result.date}-{hashlib.sha256(content).hexdigest()[:12]}.json"
    return _write(place / key / host_id(result.host) / name, content)


def kept() -> Iterator[tuple[SmokeResult, str]]:
    """Yield the results with the sha256 of their files, in order of day; damaged ones are passed over."""
    place = folder()
    found = []
    for path in sorted(place.glob("*/*/*.json")) if place else ():
        with contextlib.suppress(DataError, OSError, ExternalError):
            result, digest = read(path)
            found.append((result.date, path.stat().st_mtime_ns, digest, result))
    for _, _, digest, result in sorted(found, key=lambda row: row[:3]):
        yield result, digest


def read(path: Path) -> tuple[SmokeResult, str]:
    """Return a stored result and the sha256 of its file.

    Raises:
        UserError: where it is not there.
        DataError: where it is no result.
        ExternalError: where it cannot be read.
    """
    try:
        content = read_whole(path)
    except FileNotFoundError:
        raise UserError(f"there is no file {path}") from None
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}") from None
    try:
        result = msgspec.json.decode(content, type=SmokeResult)
    except (ValueError, RecursionError) as error:
        raise DataError([f"{path}:1: no result of a smoke test: {error}"]) from None
    if result.schema != SCHEMA:
        raise DataError([f"{path}:1: its schema is '{result.schema}', not {SCHEMA}"])
    return result, hashlib.sha256(content).hexdigest()


def _endpoint_key(result: SmokeResult) -> str | None:
    if result.model.endpoint is None:
        return None
    told = f"{result.model.endpoint}\0{result.model.served}".encode()
    return "endpoint-" + hashlib.sha256(told).hexdigest()[:32]


class Preference(Record, frozen=True, kw_only=True):
    """What people preferred of one result: comparisons won (ties count half) and made."""

    document: str
    won: float
    made: int


class SheetKey(Record, frozen=True, kw_only=True):
    """Whose answers stand on a sheet, kept away from those who rate: the documents of its two results."""

    documents: tuple[str, str]
    key: Key

    @property
    def name(self) -> str:
        """Return the name by which key and ratings are kept."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


def keep_key(key: SheetKey) -> None:
    """Store the key of a sheet.

    Raises:
        ExternalError: where there is no place for it.
    """
    _write_beside("sheets", key.name, key)


def keys() -> Iterator[SheetKey]:
    """Yield the keys of all sheets that were printed here."""
    place = folder()
    for path in sorted((place / "sheets").glob("*.json")) if place else ():
        with contextlib.suppress(OSError, ValueError, RecursionError):
            yield msgspec.json.decode(path.read_bytes(), type=SheetKey)


def keep_ratings(sheet: str, preferences: tuple[Preference, ...]) -> None:
    """Store what people preferred on a sheet, in the place of what was read from it before.

    Raises:
        ExternalError: where there is no place for it.
    """
    _write_beside("ratings", sheet, preferences)


def preferences() -> dict[str, tuple[float, int]]:
    """Return by document the comparisons won (ties count half) and made, over all sheets that were read back in."""
    total: dict[str, tuple[float, int]] = {}
    place = folder()
    for path in sorted((place / "ratings").glob("*.json")) if place else ():
        with contextlib.suppress(OSError, ValueError, RecursionError):
            for row in msgspec.json.decode(path.read_bytes(), type=tuple[Preference, ...]):
                won, made = total.get(row.document, (0.0, 0))
                total[row.document] = (won + row.won, made + row.made)
    return total


def _write_beside(kind: str, name: str, data: object) -> None:
    place = folder()
    if place is None:
        raise ExternalError("there is no folder to keep it in; set XDG_DATA_HOME")
    _write(place / kind / f"{name}.json", msgspec.json.encode(data))


def _write(target: Path, content: bytes) -> Path:
    """Write a file whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, content)
    except OSError as error:
        raise ExternalError(f"nothing can be kept in {target.parent}: {error.strerror}") from None
    return target
