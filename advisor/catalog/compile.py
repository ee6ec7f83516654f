"""From files to a snapshot: records read and checked, families merged into their models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from advisor.catalog import files, schema
from advisor.catalog.freshness import fresh_until
from advisor.catalog.snapshot import Snapshot
from advisor.errors import DataError
from advisor.records import RecordError, read_record


def compile_files(found: list[files.CatalogFile]) -> Snapshot:
    """Read all records of `found`.

    Raises:
        DataError: with every problem of every file as `file:line: message`.
    """
    records: dict[str, dict[str, Any]] = {kind: {} for kind in files.KINDS}
    problems: list[str] = []
    for file in found:
        try:
            records[file.kind][file.id] = read_record(file.text(), files.KINDS[file.kind])
        except RecordError as error:
            problems += error.listed(file.name)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return build(files.digest(found), records)


def build(digest: str, records: dict[str, dict[str, Any]]) -> Snapshot:
    """Make a snapshot of typed records by kind and id, in order of id."""
    ordered = {kind: dict(sorted(by_id.items())) for kind, by_id in records.items()}
    families = ordered["families"]
    ordered["models"] = {
        model_id: _with_family(model, families.get(model.family)) for model_id, model in ordered["models"].items()
    }
    as_of = _newest_reading(ordered)
    for kind in ("policies", "questions"):
        ordered[kind] = {record_id: msgspec.to_builtins(record) for record_id, record in ordered[kind].items()}
    return Snapshot(digest=digest, as_of=as_of, fresh_until=fresh_until(ordered), **ordered)


FAMILY_FACTS = ("license", "languages", "tasks", "modalities")


def _with_family(model: schema.Model, family: schema.Family | None) -> schema.Model:
    """Fill the fact groups that the model does not state with those of its family."""
    shared = {
        fact: getattr(family, fact)
        for fact in FAMILY_FACTS
        if family is not None and getattr(model, fact) is None and getattr(family, fact) is not None
    }
    return msgspec.structs.replace(model, **shared) if shared else model


def _newest_reading(records: dict[str, dict[str, Any]]) -> str:
    """Return the newest day on which a source of any fact was read: the day the catalog stands for."""
    facts = [by_id.values() for kind, by_id in records.items() if kind != "policies"]
    days = [source.accessed for found in facts for record in found for source in sources_of(record)]
    return max(days, default="1970-01-01")


def sources_of(record: Any) -> list[schema.Source]:
    """Return all sources anywhere in a record."""
    return [source for _, source in placed_sources(record)]


def placed_sources(
    record: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], schema.Source]]:
    """Yield all sources anywhere in a record, each with its place."""
    if isinstance(record, schema.Source):
        yield path, record
    elif isinstance(record, msgspec.Struct):
        for name in record.__struct_fields__:
            yield from placed_sources(getattr(record, name), (*path, name))
    elif isinstance(record, (tuple, list)):
        for index, item in enumerate(record):
            yield from placed_sources(item, (*path, index))
