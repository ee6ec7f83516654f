"""Where results are kept: in the user's data folder, by the file's sha256 and the machine, the newest last."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from advisor.errors import DataError, ExternalError
from advisor.local_evidence import host_id
from advisor.paths import data_folder
from advisor.smoke.document import SCHEMA, SmokeResult


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
        with contextlib.suppress(DataError, ExternalError):
            result, digest = read(path)
            found.append((result.date, path.stat().st_mtime_ns, digest, result))
    for _, _, digest, result in sorted(found, key=lambda row: row[:3]):
        yield result, digest


def read(path: Path) -> tuple[SmokeResult, str]:
    """Return a stored result and the sha256 of its file.

    Raises:
        DataError: where it is no result.
        ExternalError: where it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}") from None
    try:
        result = msgspec.json.decode(content, type=SmokeResult)
    except msgspec.MsgspecError as error:
        raise DataError([f"{path}:1: no result of a smoke test: {error}"]) from None
    if result.schema != SCHEMA:
        raise DataError([f"{path}:1: its schema is '{result.schema}', not {SCHEMA}"])
    return result, hashlib.sha256(content).hexdigest()


def _endpoint_key(result: SmokeResult) -> str | None:
    if result.model.endpoint is None:
        return None
    told = f"{result.model.endpoint}\0{result.model.served}".encode()
    return "endpoint-" + hashlib.sha256(told).hexdigest()[:32]


def keep_ratings(sheet: str, counted: dict[tuple[str, str], tuple[float, int]]) -> Path | None:
    """Store what people preferred on one sheet: by (document, suite), comparisons won (ties half) and made."""
    rows = [{"document": d, "suite": s, "won": won, "made": made} for (d, s), (won, made) in sorted(counted.items())]
    return _write_beside("ratings", sheet, rows)


def ratings() -> dict[tuple[str, str], tuple[float, int]]:
    """Return the preferences of all sheets that were read back in, summed up."""
    total: dict[tuple[str, str], tuple[float, int]] = {}
    place = folder()
    for path in sorted((place / "ratings").glob("*.json")) if place else ():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            for row in msgspec.json.decode(path.read_bytes()):
                won, made = total.get((row["document"], row["suite"]), (0.0, 0))
                total[row["document"], row["suite"]] = (won + row["won"], made + row["made"])
    return total


def keep_key(sheet: str, key: object) -> Path | None:
    """Store which answer of a blind sheet is whose, away from those who rate."""
    return _write_beside("sheets", sheet, key)


def key_of(sheet: str) -> list[dict[str, str]] | None:
    """Return what `keep_key` stored, or None."""
    place = folder()
    if place is None:
        return None
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((place / "sheets" / f"{sheet}.json").read_bytes(), type=list[dict[str, str]])
    return None


def _write_beside(kind: str, name: str, data: object) -> Path | None:
    place = folder()
    return None if place is None else _write(place / kind / f"{name}.json", msgspec.json.encode(data))


def _write(target: Path, content: bytes) -> Path:
    """Write a file whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, written = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(written, target)
    except OSError as error:
        raise ExternalError(f"nothing can be kept in {target.parent}: {error.strerror}") from None
    return target
