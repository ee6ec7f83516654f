"""A bundle brought into place, without any network: all of it is verified before any of it is moved."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from advisor.errors import DataError, ExternalError, UserError
from advisor.hub import archive, cache
from advisor.hub.failures import UnverifiedError
from advisor.hub.hashing import CHUNK, hash_file
from advisor.hub.header import TEMPLATE, check_headers
from advisor.hub.interface import Progress, Silent, check_path
from advisor.hub.lock import (
    LICENSES,
    CheckedAgainst,
    Lock,
    LockedFile,
    LockedModel,
    add,
    folder_from,
    owners,
    problems_of,
    read_lock,
)
from advisor.hub.manifest import (
    LARGEST_MANIFEST,
    MANIFEST,
    RECORD_ENDINGS,
    RECORDS,
    Imported,
    ImportedModel,
    Manifest,
    Packed,
)
from advisor.needs.units import format_size


class Place(NamedTuple):
    """Where an import goes: the hub cache, or a folder; and the lock that it is written into."""

    hub_cache: Path
    folder: Path | None
    lock: Path

    def of(self, model: LockedModel, file: LockedFile) -> Path:
        """Return where a file of the bundle is found afterwards."""
        if self.folder:
            return self.folder / file.path
        repository, revision = file.repository or model.repository, file.revision or model.revision
        return cache.snapshot_path(self.hub_cache, repository, revision, file.path)


def import_bundle(path: Path, place: Place, expected: str | None, dry_run: bool, progress: Progress) -> Imported:
    """Verify a bundle, then move its files into place and write the lock; interrupted, the next call continues.

    A second import of the same file waits, for both bring its bytes to one place.

    Raises:
        UserError: where there is no such file, or the folder holds another model's under the same name.
        DataError: where it is no bundle, or holds what a bundle may not hold; where the lock is wrong.
        UnverifiedError: where its bytes are not what it says, or its manifest is not the one expected.
        ExternalError: where the disk is in the way.
    """
    if not path.is_file():
        raise UserError(f"{path} is a folder; name the bundle in it" if path.is_dir() else f"there is no bundle {path}")
    if place.lock.is_file():
        read_lock(place.lock)  # what is wrong with it is better known before anything is moved
    try:
        with cache.alone_in(path), open(path, "rb") as stream:
            manifest, digest = _manifest(stream, path)
            if expected is not None and digest != expected.strip().lower():
                raise UnverifiedError(f"the manifest of {path} has sha256 {digest} in the place of {expected}")
            stage = (place.folder or place.hub_cache).absolute() / f".advisor-import-{digest[:16]}"
            _check_places(manifest, place)
            _check_room(path, stage, manifest)
            _stage(stream, path, stage, manifest, progress)
            models = _inspected(stage, manifest, place)
            if not dry_run:
                _settle(stage, manifest, models, place)
            shutil.rmtree(stage, ignore_errors=True)
    except OSError as error:
        raise ExternalError(
            f"cannot import {path}: {error.filename or ''} {error.strerror or error}. Run it again: it continues."
        ) from None
    records = place.lock.parent / RECORDS / digest[:16]
    return Imported(
        schema="advisor.import/1",
        bundle=str(path),
        manifest_sha256=digest,
        manifest_checked=expected is not None,
        models=tuple(_told(model, place) for model in models),
        records=tuple(str(records / record.path) for record in manifest.records),
        lock=str(place.lock),
        locked=not dry_run,
        dry_run=dry_run,
    )


def _manifest(stream: BinaryIO, path: Path) -> tuple[Manifest, str]:
    """Return the manifest and its hash.

    Raises:
        DataError: where there is none, or it contradicts itself or names what may not be.
    """
    first = archive.read_member(stream, str(path))
    if first is None or first.name != MANIFEST or first.size > LARGEST_MANIFEST:
        raise DataError([f"{path}: no bundle of this program: it does not begin with a {MANIFEST}"])
    content = stream.read(first.size)
    stream.read(archive.padding(first.size))
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (ValueError, RecursionError) as error:
        raise DataError([f"{path}: {MANIFEST}: {error}"]) from None
    problems = list(_problems(manifest))
    if problems:
        raise DataError([f"{path}: {MANIFEST}: {problem}" for problem in problems])
    size = archive.stored_size(first.size) + sum(archive.stored_size(e.size_bytes) for e in manifest.packed())
    found = path.stat().st_size
    if found != size + len(archive.end()):
        raise DataError([f"{path}: has {found} bytes in the place of {size + len(archive.end())}; carry it over again"])
    return manifest, hashlib.sha256(content).hexdigest()


def _problems(manifest: Manifest) -> list[str]:
    """Return what in a manifest contradicts itself, or would lead out of the places it may fill."""
    found = [message for _, _, message in problems_of(Lock(schema="advisor.lock/1", models=manifest.models))]
    sizes = {entry.sha256: entry.size_bytes for entry in manifest.files}
    for model in manifest.models:
        for file in model.files:
            if sizes.get(file.sha256) != file.size_bytes:
                found.append(f"{file.path[:200]} is locked and not in the bundle with that size")
            if file.role != "license" and not file.path.endswith(".gguf"):
                found.append(f"{file.path[:200]} is no GGUF file")
            if file.role == "license" and file.path not in LICENSES:
                found.append(f"{file.path[:200]} is no licence text under a usual name")
    used = {file.sha256 for model in manifest.models for file in model.files}
    found += [f"{sha256} belongs to no model" for sha256 in sizes if sha256 not in used]
    for record in manifest.records:
        try:
            check_path(record.path)
        except UserError as error:
            found.append(str(error))
        if record.path.split("/")[0] not in ("catalog", "records") or not record.path.endswith(RECORD_ENDINGS):
            found.append(f"'{record.path[:200]}' is no record")
    paths = [record.path.casefold() for record in manifest.records]
    found += [f"'{path[:200]}' stands twice" for path in sorted({p for p in paths if paths.count(p) > 1})]
    return found


def _check_room(path: Path, stage: Path, manifest: Manifest) -> None:
    staged = sum(file.stat().st_size for file in stage.glob("*")) if stage.is_dir() else 0
    needed, free = manifest.size_bytes - staged, cache.free_bytes(stage.parent)
    if needed > free:
        raise ExternalError(
            f"{path} needs {format_size(needed)} and {stage.parent} has {format_size(free)} free; make room, or name "
            f"another place with --to FOLDER or HF_HUB_CACHE"
        )


def _check_places(manifest: Manifest, place: Place) -> None:
    """Refuse a folder in which files of two models would have one name.

    Raises:
        UserError: where one would overwrite the other.
    """
    found: dict[Path, str] = {}
    for model in manifest.models if place.folder else ():
        for file in model.files:
            target = place.of(model, file)
            locked = [kept.sha256 for _, kept in owners(place.lock, target, model.key)]
            if {file.sha256} != {found.setdefault(target, file.sha256), *(locked or [file.sha256])}:
                raise UserError(f"{target} would be another model's file; name another folder with --to, or none")


def _stage(stream: BinaryIO, path: Path, stage: Path, manifest: Manifest, progress: Progress) -> None:
    """Bring all bytes beside their place, each held against its hash; those of an earlier try are taken over.

    Raises:
        DataError, UnverifiedError: where the bundle is not what it says; nothing is left then.
    """
    stage.mkdir(parents=True, exist_ok=True)
    progress.start(path.name, manifest.size_bytes)
    try:
        for entry in manifest.packed():
            member = archive.read_member(stream, str(path))
            if member is None or member.name != f"files/{entry.sha256}" or member.size != entry.size_bytes:
                seen = f"'{member.name[:100]}'" if member else "the end"
                raise DataError([f"{path}: {seen} in the place of files/{entry.sha256}"])
            after = stream.tell() + entry.size_bytes + archive.padding(entry.size_bytes)
            _take(stream, path, stage / entry.sha256, entry, progress)
            stream.seek(after)
        if any(stream.read(len(archive.end()))):
            raise DataError([f"{path}: there is more than its manifest says"])
    except (DataError, UnverifiedError):
        shutil.rmtree(stage, ignore_errors=True)
        raise
    finally:
        progress.finish()


def _take(stream: BinaryIO, path: Path, target: Path, entry: Packed, progress: Progress) -> None:
    if target.is_file() and hash_file(target, Silent()) == (entry.size_bytes, entry.sha256):
        progress.advance(entry.size_bytes)
        return
    found, left, partial = hashlib.sha256(), entry.size_bytes, target.with_name(f"{entry.sha256}.part")
    with open(partial, "wb") as file:
        while left and (chunk := stream.read(min(CHUNK, left))):
            found.update(chunk)
            file.write(chunk)
            left -= len(chunk)
            progress.advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())
    if left or found.hexdigest() != entry.sha256:
        raise UnverifiedError(f"{path}: the bytes of files/{entry.sha256} are damaged; carry the bundle over again")
    os.replace(partial, target)


def _inspected(stage: Path, manifest: Manifest, place: Place) -> tuple[LockedModel, ...]:
    """Return the models as they are to be locked here.

    Raises:
        UnverifiedError: where a header does not pass.
    """
    found = []
    for model in manifest.models:
        check = check_headers({f.path: stage / f.sha256 for f in model.files if f.role != "license"})
        if check.verdict(excused=TEMPLATE in (model.override.rules if model.override else ())) == "fail":
            shutil.rmtree(stage, ignore_errors=True)
            raise UnverifiedError(f"{model.model}: its header does not pass: {'; '.join(check.told)}")
        files = tuple(msgspec.structs.replace(f, checked_against=_with_bundle(f)) for f in model.files)
        found.append(msgspec.structs.replace(model, files=files, folder=folder_from(place.lock, place.folder)))
    return tuple(found)


def _with_bundle(file: LockedFile) -> tuple[CheckedAgainst, ...]:
    return tuple(dict.fromkeys((*file.checked_against, "bundle")))


def _settle(stage: Path, manifest: Manifest, models: tuple[LockedModel, ...], place: Place) -> None:
    """Move everything into place and write the lock last."""
    left = {entry.sha256: 0 for entry in manifest.packed()}
    for model in models:
        for file in model.files:
            left[file.sha256] += 1
    for model in models:
        for file in model.files:
            left[file.sha256] -= 1
            _into_place(stage / file.sha256, model, file, place, last=not left[file.sha256])
    digest = stage.name.rpartition("-")[2]
    for record in manifest.records:
        target = place.lock.parent / RECORDS / digest / record.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stage / record.sha256, target)
    add(place.lock, models)


def _into_place(staged: Path, model: LockedModel, file: LockedFile, place: Place, last: bool) -> None:
    name = place.of(model, file)
    repository = file.repository or model.repository
    target = name if place.folder else cache.blob_path(place.hub_cache, repository, file.sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    if last:
        os.replace(staged, target)
    else:
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(staged, beside)
        os.replace(beside, target)
    if not place.folder:
        cache.name_blob(target, name)


def _told(model: LockedModel, place: Place) -> ImportedModel:
    return ImportedModel(
        model=model.model, repository=model.repository, revision=model.revision, quantization=model.quantization,
        size_bytes=model.size_bytes, files=tuple(str(place.of(model, file)) for file in model.files),
    )  # fmt: skip
