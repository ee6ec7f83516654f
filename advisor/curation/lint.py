"""Every problem of a catalog's files as `file:line: message`: shape, references, values that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from advisor.catalog import codes, files, schema
from advisor.catalog.compile import build, sources_of
from advisor.catalog.overlay import merged
from advisor.catalog.references import problems_of
from advisor.catalog.snapshot import Snapshot
from advisor.errors import DataError
from advisor.records import RecordError

Path_ = tuple[str | int, ...]
Finding = tuple[Path_, str]


def lint(catalog: Path, articles: Path | None, base: Snapshot | None = None) -> list[str]:
    """Return every problem below a catalog folder, in order of file and line.

    With a `base` the folder is an overlay: a record may leave out what the base states.

    Raises:
        DataError: where the folder cannot be read.
    """
    found = files.read_folder(catalog, articles)
    problems: list[tuple[str, int, str]] = []
    records: dict[str, dict[str, Any]] = {k: dict(getattr(base, k)) if base else {} for k in files.KINDS}
    places = {(file.kind, file.id): file for file in found}
    unread: set[str] = set()
    for file in found:
        try:
            records[file.kind][file.id], _ = merged(file, records[file.kind].get(file.id))
        except RecordError as error:
            problems += [(file.name, p.line, p.message) for p in error.problems]
            unread.add(file.id)
        except DataError as error:
            line, message = error.problems[0].removeprefix(f"{file.name}:").split(": ", 1)
            problems.append((file.name, int(line), message))
            unread.add(file.id)
    snapshot = build(files.digest(found), records)
    for problem in problems_of(snapshot):
        place = places.get((problem.kind, problem.id))
        if any(f"'{record_id}'" in problem.message for record_id in unread):
            continue
        if place:
            problems.append(_placed(place, problem.path, problem.message))
        else:
            problems.append((catalog.name, 1, f"breaks {problem.kind}/{problem.id}: {problem.message}"))
    for (kind, record_id), file in places.items():
        if record_id not in unread:
            problems += [_placed(file, path, told) for path, told in _values(kind, records[kind][record_id], snapshot)]
    problems += [(name, 1, files.STRAY) for name in files.strays(catalog)]
    return [f"{name}:{line}: {message}" for name, line, message in sorted(set(problems))]


def _placed(file: files.CatalogFile, path: Path_, message: str) -> tuple[str, int, str]:
    from advisor.strict_yaml import line_of

    return file.name, line_of(file.text(), path), message


def _values_everywhere(record: Any) -> Iterator[Finding]:
    """Look at what every kind of record has: days on which sources were read, codes of countries."""
    country = getattr(record, "country", None)
    if country is not None and country not in codes.countries():
        yield ("country",), f"unknown country '{country}'"
    for source in sources_of(record):
        yield from _day((), source.accessed)


def _values(kind: str, record: Any, snapshot: Snapshot) -> Iterator[Finding]:
    check = _CHECKS.get(kind)
    yield from _values_everywhere(record)
    if check is not None:
        yield from check(record, snapshot)


def _model(model: schema.Model, snapshot: Snapshot) -> Iterator[Finding]:
    yield from _declared(model)
    yield from _parameters(model)
    yield from _architecture(model)
    yield from _artifacts(model, snapshot)
    if model.context and model.context.extended and model.context.extended < model.context.native:
        yield ("context", "extended"), "extended context is shorter than the native one"
    if model.tasks and model.instruction_tuned is False and "chat" in model.tasks.names:
        yield ("tasks",), "a base model has no task 'chat'"
    if model.lineage and model.lineage.trained == "own" and model.lineage.base_models:
        yield ("lineage",), "trained from scratch, and yet with base models"
    if model.availability.weights == "closed" and model.artifacts:
        yield ("artifacts",), "a closed system has no artifacts"


def _declared(model: schema.Model) -> Iterator[Finding]:
    if model.released:
        yield from _day(("released", "date"), model.released.date)
    yield from _tags(("languages", "tags"), model.languages.tags if model.languages else ())


def _parameters(model: schema.Model) -> Iterator[Finding]:
    counts = model.parameters
    if counts is None:
        return
    if counts.active and counts.active > counts.total:
        yield ("parameters", "active"), f"{counts.active:,} active of {counts.total:,}: more than there are"
    if counts.hub_count and not 0.5 < counts.hub_count / counts.total < 2:
        yield ("parameters", "hub_count"), "the hub's count is not near the maker's total"


def _architecture(model: schema.Model) -> Iterator[Finding]:
    shape = model.architecture
    if shape is None:
        return
    told = sum(group.layers for group in shape.cache)
    if shape.cache and told != shape.layers:
        yield ("architecture", "cache"), f"the groups tell of {told} layers, the model has {shape.layers}"
    if shape.experts and shape.experts.used > shape.experts.count:
        yield ("architecture", "experts"), "more experts used than there are"
    if shape.experts and shape.experts.dense_layers > shape.layers:
        yield ("architecture", "experts"), "more dense layers than layers"


def _artifacts(model: schema.Model, snapshot: Snapshot) -> Iterator[Finding]:
    known = {name for table in snapshot.quantizations.values() for name in table.entries}
    seen: set[str] = set()
    for index, repository in enumerate(model.artifacts):
        for place, file in enumerate(repository.files):
            path: Path_ = ("artifacts", index, "files", place)
            if file.quantization not in known:
                yield (*path, "quantization"), f"no table tells the loss of '{file.quantization}'"
            if not file.file.endswith(".gguf"):
                yield (*path, "file"), f"'{file.file}' is no GGUF"
            if not any(word in file.file.casefold() for word in _words(file.quantization)):
                yield (*path, "file"), f"the name does not say {file.quantization}"
            if len(file.shard_sha256) not in (0, file.shards):
                yield (*path, "shard_sha256"), f"{len(file.shard_sha256)} hashes for {file.shards} shards"
            name = f"{repository.repo}/{file.file}"
            if name in seen:
                yield path, f"{name} stands twice"
            seen.add(name)
            bits = _bits(model, file)
            if bits is not None and not 1 < bits < 34:
                yield (*path, "size_bytes"), f"{bits:.1f} bits per parameter cannot be"


def _words(quantization: str) -> tuple[str, ...]:
    """Return what the name of a file of this quantization may hold."""
    word = quantization.removeprefix("UD-").casefold()
    return (word, "fp16") if word == "f16" else (word,)


def _bits(model: schema.Model, file: schema.ArtifactFile) -> float | None:
    counts = model.parameters
    return 8 * file.size_bytes / counts.total if counts and file.size_bytes else None


def _license(record: schema.License, snapshot: Snapshot) -> Iterator[Finding]:
    if len(record.short) > 16:
        yield ("short",), f"'{record.short}' is longer than 16 characters"


def _benchmark(record: schema.Benchmark, snapshot: Snapshot) -> Iterator[Finding]:
    if record.language is None and not record.tasks:
        yield (), "measures neither a language nor a task"
    yield from _tags(("language",), (record.language,) if record.language else ())
    yield from _day(("date",), record.date)


def _tags(path: Path_, tags: tuple[str, ...]) -> Iterator[Finding]:
    for tag in tags:
        if tag in codes.LANGUAGES_OFTEN_MEANT:
            yield path, f"'{tag}' is no language; did you mean {codes.LANGUAGES_OFTEN_MEANT[tag]}?"


def _day(path: Path_, day: str) -> Iterator[Finding]:
    try:
        known = date.fromisoformat(day if len(day) > 7 else f"{day}-01")
    except ValueError:
        yield path, f"there is no {day}"
    else:
        if known > date.today():
            yield path, f"{day} lies in the future"


def _article(record: schema.Article, snapshot: Snapshot) -> Iterator[Finding]:
    for index, claim in enumerate(record.claims):
        if claim.paragraph > record.paragraphs:
            yield ("claims", index, "paragraph"), f"the article has {record.paragraphs} paragraphs"


_CHECKS: dict[str, Callable[[Any, Snapshot], Iterator[Finding]]] = {
    "models": _model,
    "licenses": _license,
    "benchmarks": _benchmark,
    "articles": _article,
}
