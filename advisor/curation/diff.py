"""What changed between two catalogs, record by record and fact by fact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from advisor.catalog import files
from advisor.catalog.compile import compile_files
from advisor.catalog.load import load
from advisor.catalog.snapshot import Snapshot
from advisor.errors import DataError, UserError

SCHEMA = "advisor.catalog-diff/1"
_NAMES = ("repo", "file", "id", "fact", "relation", "number")
"""What the members of a list are told apart by, the first that they have; others by their place.

Of several members of one name the second is `[name (2)]`.
"""


class ChangedFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact at its path in the record; absent on the side that does not state it."""

    path: str
    old: Any = None
    new: Any = None


class ChangedRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record that came, went or changed."""

    kind: str
    id: str
    change: Literal["added", "removed", "changed"]
    facts: list[ChangedFact] = []


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two catalogs."""

    digest: str
    as_of: str
    records: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """All changes from an old catalog to a new one (`advisor.catalog-diff/1`)."""

    schema: str = msgspec.field(name="schema")
    old: Side
    new: Side
    records: list[ChangedRecord]


def diff(old: Path, new: Path) -> Difference:
    """Compare two catalog folders; articles are compared where a folder `seeds` stands beside both.

    Folders that do not stand alone are overlays, and compared as laid over the catalog that is shipped.

    Raises:
        UserError: where a folder does not exist or holds no records.
        DataError: with every problem of a catalog that cannot be read.
    """
    articles = [folder.parent / "seeds" for folder in (old, new)]
    both = all(folder.is_dir() for folder in articles)
    try:
        before, after = (_read(*pair) for pair in zip((old, new), articles if both else (None, None), strict=True))
    except DataError:
        before, after = (load((folder,)).snapshot for folder in (old, new))
    changed = [r for kind in files.KINDS for r in _records(kind, getattr(before, kind), getattr(after, kind))]
    return Difference(schema=SCHEMA, old=_side(before), new=_side(after), records=changed)


def _read(folder: Path, articles: Path | None) -> Snapshot:
    found = files.read_folder(folder, articles)
    if not found:
        raise UserError(f"{folder}: {files.EMPTY}")
    return compile_files(found)


def _side(snapshot: Snapshot) -> Side:
    records = sum(len(getattr(snapshot, kind)) for kind in files.KINDS)
    return Side(digest=snapshot.digest, as_of=snapshot.as_of, records=records)


def _records(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[ChangedRecord]:
    for record_id in sorted(old.keys() | new.keys()):
        if record_id not in old:
            yield ChangedRecord(kind=kind, id=record_id, change="added")
        elif record_id not in new:
            yield ChangedRecord(kind=kind, id=record_id, change="removed")
        elif old[record_id] != new[record_id]:
            before, after = (dict(_leaves(msgspec.to_builtins(side[record_id]))) for side in (old, new))
            paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
            facts = [ChangedFact(path=path, old=before.get(path), new=after.get(path)) for path in paths]
            yield ChangedRecord(kind=kind, id=record_id, change="changed", facts=facts)


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every fact with its dotted path; the sources of a group count as one fact, the list of their addresses."""
    if path.endswith("sources"):
        yield path, [f"{source['ref']} ({source['accessed']})" for source in data]
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, (list, tuple)) and any(isinstance(item, dict) for item in data):
        names = [next((item[key] for key in _NAMES if key in item), index) for index, item in enumerate(data)]
        for index, (name, item) in enumerate(zip(names, data, strict=True)):
            again = names[:index].count(name)
            yield from _leaves(item, f"{path}[{name}{f' ({again + 1})' if again else ''}]")
    else:
        yield path, data
