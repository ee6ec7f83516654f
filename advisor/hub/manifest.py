"""What a bundle says of itself (`advisor.bundle/1`)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from advisor.catalog.schema import Record, Sha256, Text
from advisor.hub.lock import LockedModel, Size

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 16 << 20
RECORDS = "advisor-records"
"""The folder beside the lock into which a bundle's records go."""
RECORD_ENDINGS = (".yaml", ".json")


class Packed(Record, frozen=True, kw_only=True):
    """Bytes in the bundle: they stand there under their hash, so that no name in it can lead anywhere."""

    sha256: Sha256
    size_bytes: Size


class PackedRecord(Packed, frozen=True, kw_only=True):
    """A small file that goes beside the lock: a record of the catalog, a decision, a test result."""

    path: Text
    kind: Literal["catalog", "record"]


class Manifest(Record, frozen=True, kw_only=True):
    """Everything a bundle holds, in the order in which it stands there."""

    schema: Literal["advisor.bundle/1"]
    made_by: Text
    models: tuple[LockedModel, ...]
    files: Annotated[tuple[Packed, ...], Meta(min_length=1)]
    """The bytes of models and licences, each once."""
    records: tuple[PackedRecord, ...] = ()

    def packed(self) -> tuple[Packed, ...]:
        """Return all bytes that follow the manifest, in order, each hash once."""
        found: dict[str, Packed] = {}
        for entry in (*self.records, *self.files):
            found.setdefault(entry.sha256, entry)
        return tuple(found.values())

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.packed())


class Exported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bundle that was written (`advisor.export/1`)."""

    schema: str = msgspec.field(name="schema")
    bundle: str
    size_bytes: int
    manifest_sha256: str
    """To be carried on another way: who imports can ask for it."""
    models: tuple[str, ...]
    files: int
    records: int

    @property
    def exit_code(self) -> int:
        """Return 0: a bundle that is not whole is not written."""
        return 0


class ImportedModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model of an import, and where its files are."""

    model: str
    repository: str
    revision: str
    quantization: str
    size_bytes: int
    files: tuple[str, ...]


class Imported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bundle that was, or could be, imported (`advisor.import/1`)."""

    schema: str = msgspec.field(name="schema")
    bundle: str
    manifest_sha256: str
    manifest_checked: bool
    """Whether the hash of the manifest was compared with one that was given."""
    models: tuple[ImportedModel, ...]
    records: tuple[str, ...]
    lock: str
    locked: bool
    dry_run: bool

    @property
    def exit_code(self) -> int:
        """Return 0: what does not verify is not imported and raises."""
        return 0
