"""Every locked file against its size and sha256, without a network (`advisor.verification/1`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from advisor.hub import cache
from advisor.hub.download import partial_path
from advisor.hub.hashing import hash_file
from advisor.hub.interface import Progress
from advisor.hub.lock import Lock, LockedFile, LockedModel, file_path

SCHEMA = "advisor.verification/1"
_LOADABLE = (".gguf", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npz", ".py", ".so", ".dll",
             ".jinja")  # fmt: skip
"""Endings of what an engine could load: beside a locked file such a file is worth a word."""
Status = Literal["ok", "missing", "changed", "unreadable", "extra"]


class CheckedFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file with what was found; sizes in bytes."""

    model: str
    path: str
    status: Status
    size_bytes: int | None = None
    sha256: str | None = None
    """What the lock says."""
    found_size_bytes: int | None = None
    found_sha256: str | None = None
    reason: str | None = None


class Verification(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in a lock, held against the disk."""

    schema: str = msgspec.field(name="schema")
    lock: str
    lock_sha256: str
    verdict: Literal["pass", "fail"]
    signature: Literal["valid"] | None = None
    models: int
    files: tuple[CheckedFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 0 if every file is there and right."""
        return 0 if self.verdict == "pass" else 1


def verify(
    path: Path, lock: Lock, models: tuple[LockedModel, ...], hub_cache: Path, progress: Progress, signed: bool = False
) -> Verification:
    """Read every file of `models` and say which are missing, changed, or more than there should be.

    Extra is what an engine could load and the lock does not name. In a folder of the lock's own (`pull --to`) it fails;
    the hub cache is shared with other programs and other locks, so that one there is only told. A lock that names
    nothing fails too: nothing was verified.
    """
    import hashlib

    checked: list[CheckedFile] = []
    progress.start("verifying", sum(model.size_bytes for model in models))
    for model in models:
        checked += [_checked(path, model, file, hub_cache, progress) for file in model.files]
    progress.finish()
    extra = list(_extra(path, lock, models, hub_cache))
    bad = not models or any(file.status != "ok" for file in checked) or any(own for _, own in extra)
    return Verification(
        schema=SCHEMA,
        lock=str(path),
        lock_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        verdict="fail" if bad else "pass",
        signature="valid" if signed else None,
        models=len(models),
        files=(*checked, *(file for file, _ in extra)),
        notes=() if models else ("the lock names no model",),
    )


def _checked(lock: Path, model: LockedModel, file: LockedFile, hub_cache: Path, progress: Progress) -> CheckedFile:
    place = file_path(lock, model, file, hub_cache)
    told = CheckedFile(
        model=model.model, path=str(place), status="ok", size_bytes=file.size_bytes, sha256=file.sha256
    )  # fmt: skip
    try:
        size = place.stat().st_size
        if not place.is_file():
            return msgspec.structs.replace(told, status="changed", reason="is no file")
        if size != file.size_bytes:
            reason = f"has {size} bytes in the place of {file.size_bytes}"
            return msgspec.structs.replace(told, status="changed", found_size_bytes=size, reason=reason)
        found = hash_file(place, progress).sha256
    except FileNotFoundError:
        where = "pull it again" if model.folder is None else "pull it again with --to"
        return msgspec.structs.replace(told, status="missing", reason=f"is not there; {where}")
    except OSError as error:
        return msgspec.structs.replace(told, status="unreadable", reason=error.strerror or str(error))
    if found != file.sha256:
        return msgspec.structs.replace(told, status="changed", found_sha256=found, reason="has another sha256")
    return told


def _extra(
    path: Path, lock: Lock, models: tuple[LockedModel, ...], hub_cache: Path
) -> Iterator[tuple[CheckedFile, bool]]:
    """Yield files that lie among the locked ones and are not, each with whether its folder is the lock's own."""
    known = {file_path(path, model, file, hub_cache) for model in lock.models for file in model.files}
    known |= {partial_path(file) for file in known}
    folders: dict[Path, tuple[str, bool]] = {}
    for model in models:
        own = model.folder is not None
        folder = path.parent / model.folder if model.folder is not None else _snapshot(model, hub_cache)
        folders.setdefault(folder, (model.model, own))
    for folder, (name, own) in folders.items():
        for found in _files_below(folder):
            if found in known or found.suffix.lower() not in _LOADABLE:
                continue
            reason = "is not in the lock" + ("" if own else " (told only: the hub cache is shared)")
            yield CheckedFile(model=name, path=str(found), status="extra", reason=reason), own


def _snapshot(model: LockedModel, hub_cache: Path) -> Path:
    return cache.repository_folder(hub_cache, model.repository) / "snapshots" / model.revision


def _files_below(folder: Path) -> Iterator[Path]:
    for place, _, names in sorted(os.walk(folder)):
        yield from (Path(place, name) for name in sorted(names))
