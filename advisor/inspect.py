"""The use case: a model's files and the catalog in, one immutable inspection out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from advisor.catalog.load import Catalog
from advisor.errors import ExternalError
from advisor.gguf import claims, identity
from advisor.gguf.encoding import FILE_TYPES
from advisor.gguf.examination import Examination, examine, worst
from advisor.gguf.shards import Opener
from advisor.gguf.source import FileSource, HeaderSource
from advisor.inspection import SCHEMA, CatalogMatch, FileFormat, InspectedFile, Inspection
from advisor.model_memory import Asked, plan_memory

HASH_BLOCK = 4 * 1024**2


class Subject(NamedTuple):
    """The model to inspect: its (first) file and how to open it and the files beside it."""

    file: str
    open: Opener
    shown: str
    """The file as the user knows it."""
    repository: str | None = None
    revision: str | None = None
    model: str | None = None
    """The catalog's id, where the user named it."""


def on_disk(path: Path, model: str | None = None) -> Subject:
    """Return a local file with those beside it; `model` is the catalog's id, where the user named it."""

    def opened(name: str) -> FileSource | None:
        if name == path.name:
            return FileSource(path)
        beside = path.with_name(name)
        return FileSource(beside) if beside.is_file() else None

    return Subject(path.name, opened, str(path), model=model)


Told = Callable[[int], None]
"""Is told how many bytes more were hashed."""


def inspect(
    subject: Subject, asked: Asked, catalog: Catalog, hash_files: bool = False, told: Told = lambda _: None
) -> Inspection:
    """Read the headers of a model, audit its template, plan its memory and compare it with the catalog.

    Only with `hash_files` is more than the headers read. Nothing native sees a header in which anything is wrong.

    Raises:
        UserError: where there is no such file.
        ExternalError: where a file cannot be read.
    """
    with ExitStack() as stack:
        found = examine(subject.file, subject.open, stack)
        hashes = [_hash(shard.source, told) for shard in found.shards] if hash_files else []
        whole = hashes[0] if len(hashes) == 1 else None
        match = _matched(subject, found, catalog, whole)
        compared, contradictions = claims.compare(found, match, catalog, whole) if match else ([], [])
        problems = (*found.problems, *contradictions)
        memory, notes = plan_memory(found, asked)
    header = found.header
    return Inspection(
        schema=SCHEMA,
        file=subject.shown,
        repository=subject.repository,
        revision=subject.revision,
        size_bytes=found.size,
        sha256=whole,
        verdict=worst(problems, found.template.findings),
        architecture=header.label("general.architecture"),
        parameters=sum(shard.header.elements for shard in found.shards) or None,
        quantization=_quantization(found, match),
        context_length=claims.context_length(header),
        license=claims.license_of(header, catalog),
        languages=claims.languages_of(header),
        memory=memory,
        chat_template=found.template,
        problems=problems,
        format=_format(found),
        files=_files(found, hashes) if len(found.shards) > 1 else (),
        match=_stamp(match, catalog),
        claims=tuple(compared),
        notes=(*_notes(found, asked), *notes),
    )


def _matched(subject: Subject, found: Examination, catalog: Catalog, whole: str | None) -> identity.Match | None:
    if subject.model and subject.repository:
        return identity.of_artifact(catalog, subject.model, subject.repository, subject.file)
    return identity.find(catalog, subject.file, found.header, whole, subject.model)


def _hash(source: HeaderSource, told: Told) -> str:
    """Return the sha256 of a whole file.

    Raises:
        ExternalError: where it becomes shorter meanwhile.
    """
    state, at = sha256(), 0
    while at < source.size:
        block = source.read(at, HASH_BLOCK)
        if not block:
            raise ExternalError("the file has become shorter while it was read")
        state.update(block)
        at += len(block)
        told(len(block))
    return state.hexdigest()


def _quantization(found: Examination, match: identity.Match | None) -> str | None:
    """Return the catalog's or the file name's word, where the header does not contradict it; else the header's."""
    kind = found.header.integer("general.file_type")
    stated = FILE_TYPES.get(kind) if kind is not None else None
    named = (match.quantization if match else None) or identity.quantization_in(found.shards[0].name)
    if named and (stated is None or claims.bits(named) == claims.bits(stated)):
        return named
    return stated or claims.commonest_type(found)


def _format(found: Examination) -> FileFormat:
    header = found.header
    return FileFormat(
        version=header.version,
        keys=len(header.entries),
        tensors=sum(len(shard.header.tensors) for shard in found.shards),
        header_bytes=header.data_offset,
        alignment=header.alignment,
        complete=all(shard.header.complete for shard in found.shards),
    )


def _files(found: Examination, hashes: list[str]) -> tuple[InspectedFile, ...]:
    return tuple(
        InspectedFile(
            file=shard.name,
            size_bytes=shard.header.size,
            tensors=len(shard.header.tensors),
            sha256=hashes[number] if hashes else None,
        )
        for number, shard in enumerate(found.shards)
    )


def _stamp(match: identity.Match | None, catalog: Catalog) -> CatalogMatch | None:
    if match is None:
        return None
    return CatalogMatch(model=match.model, how=match.how, catalog_digest=catalog.snapshot.digest)


def _notes(found: Examination, asked: Asked) -> list[str]:
    """Say what a reader would otherwise have to conclude."""
    header = found.header
    if not header.complete:
        return []
    notes = []
    kind = header.label("general.type")
    if kind and kind != "model":
        notes.append(f"The file calls itself '{kind[:40]}', not a model.")
    if not found.template.present:
        notes.append("It has no chat template: a base model, or one whose template was left out; not made for chat.")
    made_for = claims.context_length(header)
    if asked.context and made_for and asked.context > made_for:
        notes.append(f"Planned for {asked.context:,} tokens; by its header the model was made for {made_for:,}.")
    return notes
