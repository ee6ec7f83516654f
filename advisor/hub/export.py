"""Models, licences, records and the lock in one file, to be carried into a network without a way out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from advisor import __version__
from advisor.catalog.lineage import resolve
from advisor.catalog.load import Catalog
from advisor.errors import ExternalError, UserError
from advisor.hub import archive
from advisor.hub.cache import free_bytes
from advisor.hub.failures import UnverifiedError
from advisor.hub.hashing import CHUNK
from advisor.hub.interface import Progress, check_path
from advisor.hub.lock import LockedModel, file_path
from advisor.hub.manifest import MANIFEST, RECORD_ENDINGS, Exported, Manifest, Packed, PackedRecord
from advisor.needs.policies import CATALOG as POLICY_OF_CATALOG
from advisor.needs.units import format_size

LARGEST_RECORD = 256 << 20


def export(
    target: Path, lock: Path, models: tuple[LockedModel, ...], records: tuple[Path, ...], catalog: Catalog,
    hub_cache: Path, progress: Progress,
) -> Exported:  # fmt: skip
    """Write a bundle of locked models; every byte is held against the lock on its way.

    Raises:
        UserError: where there is nothing to pack, a record is not there, or the target is a folder.
        UnverifiedError: where a file is missing or not the locked one; no bundle is left.
        ExternalError: where the disk is in the way.
    """
    if not models:
        raise UserError(f"{lock} names no model; there is nothing to pack")
    if target.is_dir():
        raise UserError(f"{target} is a folder; name the file to write, for example {target / 'models.tar'}")
    _check_names(records)
    places = {f.sha256: file_path(lock, m, f, hub_cache) for m in models for f in m.files}
    texts = dict(_slice(models, catalog)) | {f"records/{p.name}": _record(p) for p in records}
    packed = [_packed(path, content) for path, content in texts.items()]
    contents = {entry.sha256: content for entry, content in zip(packed, texts.values(), strict=True)}
    files = {f.sha256: Packed(sha256=f.sha256, size_bytes=f.size_bytes) for m in models for f in m.files}
    manifest = Manifest(
        schema="advisor.bundle/1", made_by=f"advisor {__version__}", models=models, files=tuple(files.values()),
        records=tuple(packed),
    )  # fmt: skip
    head = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    _check_room(target, len(head) + manifest.size_bytes)
    partial = target.with_name(f".{target.name}.advisor-part")
    try:
        with open(partial, "wb") as bundle:
            progress.start(target.name, manifest.size_bytes)
            _write(bundle, MANIFEST, head)
            for entry in manifest.packed():
                name = f"files/{entry.sha256}"
                if entry.sha256 in contents:
                    _write(bundle, name, contents[entry.sha256])
                else:
                    _copy(bundle, name, places[entry.sha256], entry, progress)
            bundle.write(archive.end())
            bundle.flush()
            os.fsync(bundle.fileno())
            progress.finish()
        os.replace(partial, target)
    except OSError as error:
        raise ExternalError(f"cannot write {target}: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return Exported(
        schema="advisor.export/1", bundle=str(target), size_bytes=target.stat().st_size,
        manifest_sha256=hashlib.sha256(head).hexdigest(), models=tuple(m.model for m in models), files=len(files),
        records=len(packed),
    )  # fmt: skip


def _packed(path: str, content: bytes) -> PackedRecord:
    kind: Literal["catalog", "record"] = "catalog" if path.startswith("catalog/") else "record"
    return PackedRecord(path=path, kind=kind, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def _check_names(records: tuple[Path, ...]) -> None:
    """Refuse records that an import would not take.

    Raises:
        UserError: where a file is no document, or two have one name.
    """
    names = [path.name.casefold() for path in records]
    for path in records:
        check_path(path.name)
        if path.suffix not in RECORD_ENDINGS:
            raise UserError(f"{path} is no record: its name must end in {' or '.join(RECORD_ENDINGS)}")
        if names.count(path.name.casefold()) > 1:
            raise UserError(f"two records are called {path.name}; rename one of them")


def _record(path: Path) -> bytes:
    """Return a document to be carried along.

    Raises:
        UserError: where it cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST_RECORD:
            raise UserError(f"{path} is too large for a record")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def _slice(models: tuple[LockedModel, ...], catalog: Catalog) -> Iterator[tuple[str, bytes]]:
    """Yield the records of the catalog that the models rest on, policies too, as the files of an overlay."""
    snapshot, wanted = catalog.snapshot, dict[tuple[str, str], Any]()
    for locked in models:
        for policy in locked.policies:
            if policy.origin == POLICY_OF_CATALOG and policy.id in snapshot.policies:
                wanted["policies", policy.id] = snapshot.policies[policy.id]
        if locked.model not in catalog.models:
            continue
        chain = resolve(catalog, locked.model)
        for link in chain.links:
            wanted["models", link.id] = link.model
            wanted["providers", link.model.provider] = snapshot.providers[link.model.provider]
            _families(link.model.family, catalog, wanted)
        for term in chain.terms:
            if term.license is not None:
                wanted["licenses", term.id] = term.license
        if locked.publisher in snapshot.providers:
            wanted["providers", locked.publisher] = snapshot.providers[locked.publisher]
    for (kind, name), record in sorted(wanted.items()):
        yield f"catalog/{kind}/{name}.yaml", _yaml(record)


def _families(name: str | None, catalog: Catalog, wanted: dict[tuple[str, str], Any]) -> None:
    while name and ("families", name) not in wanted:
        family = catalog.snapshot.families[name]
        wanted["families", name] = family
        wanted["providers", family.provider] = catalog.snapshot.providers[family.provider]
        name = family.parent


def _yaml(record: Any) -> bytes:
    import yaml

    data = msgspec.to_builtins(record)
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)).encode()


def _check_room(target: Path, size: int) -> None:
    free = free_bytes(target.absolute().parent)
    if size > free:
        raise ExternalError(
            f"the bundle takes {format_size(size)} and {target.absolute().parent} has {format_size(free)} free; "
            f"name another place"
        )


def _write(bundle: BinaryIO, name: str, content: bytes) -> None:
    bundle.write(archive.header(name, len(content)) + content + bytes(archive.padding(len(content))))


def _copy(bundle: BinaryIO, name: str, source: Path, entry: Packed, progress: Progress) -> None:
    """Copy a locked file into the bundle and hold it against its hash meanwhile.

    Raises:
        UnverifiedError: where it is not the locked one.
        ExternalError: where it cannot be opened.
    """
    found, size = hashlib.sha256(), 0
    bundle.write(archive.header(name, entry.size_bytes))
    try:
        file = open(source, "rb", buffering=0)  # noqa: SIM115 - what fails below may be the bundle
    except FileNotFoundError:
        raise UnverifiedError(
            f"{source} is not there; pull it again ('advisor verify' lists what is missing)"
        ) from None
    except OSError as error:
        raise ExternalError(f"{source} cannot be read: {error.strerror}") from None
    with file:
        while (chunk := file.read(CHUNK)) and size <= entry.size_bytes:
            found.update(chunk)
            bundle.write(chunk)
            size += len(chunk)
            progress.advance(len(chunk))
    if size != entry.size_bytes or found.hexdigest() != entry.sha256:
        raise UnverifiedError(f"{source} is not the file that is locked; pull it again. No bundle was written.")
    bundle.write(bytes(archive.padding(size)))
