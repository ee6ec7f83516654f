"""An organisation's own records laid over the shipped ones, fact group by fact group."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from advisor import strict_yaml
from advisor.catalog import files, schema
from advisor.catalog.cache import cached
from advisor.catalog.compile import FAMILY_FACTS, build
from advisor.catalog.references import ReferenceProblem, problems_of
from advisor.catalog.snapshot import Snapshot
from advisor.errors import DataError, UserError
from advisor.records import RecordError, convert, read_data


class Overlaid(schema.Record, frozen=True, kw_only=True):
    """A snapshot with overlays; `layers` says by kind, id and fact group which folder stated it."""

    snapshot: Snapshot
    layers: dict[str, dict[str, dict[str, str]]]


def lay_over(base: Snapshot, folders: tuple[Path, ...]) -> Overlaid:
    """Return what results from `folders` in order; a later one wins.

    Raises:
        UserError: where a folder does not exist.
        DataError: with every problem, also of references that an overlay breaks.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"--catalog {folder}: no such folder; it should hold models/, providers/ …")
    resolved = tuple(folder.resolve() for folder in folders)
    return cached("overlay", resolved, base.digest, Overlaid, lambda: _overlaid(base, [(f, _read(f)) for f in folders]))


def _read(folder: Path) -> list[files.CatalogFile]:
    found = files.read_folder(folder)
    if not found:
        raise UserError(f"--catalog {folder}: holds no records; they stand in models/ORG/NAME.yaml and the like")
    return found


def _overlaid(base: Snapshot, layers: list[tuple[Path, list[files.CatalogFile]]]) -> Overlaid:
    records = {kind: dict(getattr(base, kind)) for kind in files.KINDS}
    families = {file.id for _, found in layers for file in found if file.kind == "families"}
    records["models"] = _without_family_facts(base, families)
    stated_in: dict[str, dict[str, dict[str, str]]] = {}
    places: dict[tuple[str, str], files.CatalogFile] = {}
    problems = [f"{name}:1: {files.STRAY}" for folder, _ in layers for name in files.strays(folder)]
    for folder, found in layers:
        for file in found:
            try:
                records[file.kind][file.id], stated = merged(file, records[file.kind].get(file.id))
            except RecordError as error:
                problems += error.listed(file.name)
            except DataError as error:
                problems += error.problems
            else:
                facts = stated_in.setdefault(file.kind, {}).setdefault(file.id, {})
                facts.update(dict.fromkeys(stated, _shown(folder)))
                places[file.kind, file.id] = file
    if problems:
        raise DataError(problems)
    contents = [base.digest, *(files.digest(found) for _, found in layers)]
    snapshot = build(hashlib.sha256("\n".join(contents).encode()).hexdigest(), records)
    broken = problems_of(snapshot)
    if broken:
        raise DataError([_located(p, places.get((p.kind, p.id)), layers[-1][0]) for p in broken])
    return Overlaid(snapshot=snapshot, layers=stated_in)


def _shown(folder: Path) -> str:
    """Return a folder's name as text, also where its bytes are none."""
    return os.fsencode(folder).decode("utf-8", "replace")


def _without_family_facts(base: Snapshot, families: set[str]) -> dict[str, schema.Model]:
    """Return the models; those of `families` give back what they have from their family, so that it can change."""
    found = {}
    for model_id, model in base.models.items():
        found[model_id] = model
        if model.family in families:
            family = base.families[model.family]
            shared = [fact for fact in FAMILY_FACTS if getattr(model, fact) == getattr(family, fact)]
            found[model_id] = msgspec.structs.replace(model, **dict.fromkeys(shared))
    return found


def merged(file: files.CatalogFile, below: Any) -> tuple[Any, list[str]]:
    """Return a record with the file's fact groups over those below, and which ones the file states.

    Raises:
        RecordError: with all problems of what the file states.
    """
    text = file.text()
    record_type = files.KINDS[file.kind]
    data = read_data(text)
    data = {} if data is None else data
    stated = [str(key) for key in data] if isinstance(data, dict) else []
    if below is None or not isinstance(data, dict):
        return convert(text, data, record_type), stated
    return convert(text, msgspec.to_builtins(below) | data, record_type, set(stated)), stated


def _located(problem: ReferenceProblem, file: files.CatalogFile | None, folder: Path) -> str:
    """Place a problem in the overlay's file; one that the overlay brings to a shipped record, in its folder."""
    if file is None:
        return f"{folder}:1: breaks {problem.kind}/{problem.id}: {problem.message}"
    return f"{file.name}:{strict_yaml.line_of(file.text(), problem.path)}: {problem.message}"
