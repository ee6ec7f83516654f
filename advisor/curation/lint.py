"""Every problem of a catalog's files as `file:line: message`: shape, references, values that cannot be."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from advisor.catalog import codes, files, schema
from advisor.catalog.compile import build, placed_sources
from advisor.catalog.freshness import FACTS
from advisor.catalog.load import Catalog
from advisor.catalog.overlay import merged
from advisor.catalog.references import problems_of
from advisor.catalog.schema.policy import Policy
from advisor.catalog.schema.questions import QuestionSet
from advisor.catalog.snapshot import Snapshot
from advisor.curation import plausibility
from advisor.curation.values import Finding, Path, of_day, of_source, of_tags
from advisor.errors import DataError
from advisor.needs.policies import read_policy
from advisor.needs.soundness import problems_of as unaskable
from advisor.records import RecordError


def lint(catalog: pathlib.Path, articles: pathlib.Path | None, base: Snapshot | None = None) -> list[str]:
    """Return every problem below a catalog folder, in order of file and line.

    With a `base` the folder is an overlay: a record may leave out what the base states.

    Raises:
        DataError: where the folder cannot be read.
    """
    found = files.read_folder(catalog, articles)
    problems: list[tuple[str, int, str]] = []
    if not found:
        problems.append((str(catalog), 1, files.EMPTY))
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
            record = records[kind][record_id]
            problems += [_placed(file, path, told) for path, told in _values(kind, record_id, record, snapshot)]
    problems += [(name, 1, files.STRAY) for name in files.strays(catalog)]
    return [f"{name}:{line}: {message}" for name, line, message in sorted(set(problems))]


def _placed(file: files.CatalogFile, path: Path, message: str) -> tuple[str, int, str]:
    from advisor.strict_yaml import line_of

    return file.name, line_of(file.text(), path), message


def _values_everywhere(record: Any) -> Iterator[Finding]:
    """Look at what every kind of record has: days on which sources were read, codes of countries."""
    country = getattr(record, "country", None)
    if country is not None and country not in codes.countries():
        yield ("country",), f"unknown country '{country}'"
    for path, source in placed_sources(record):
        yield from of_source(path, source)


def _values(kind: str, record_id: str, record: Any, snapshot: Snapshot) -> Iterator[Finding]:
    yield from _values_everywhere(record)
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(record_id, record, snapshot)


def _license(license_id: str, record: schema.License, snapshot: Snapshot) -> Iterator[Finding]:
    if len(record.short) > 16:
        yield ("short",), f"'{record.short}' is longer than 16 characters"


def _benchmark(benchmark_id: str, record: schema.Benchmark, snapshot: Snapshot) -> Iterator[Finding]:
    if record.language is None and not record.tasks:
        yield (), "measures neither a language nor a task"
    yield from of_tags(("language",), (record.language,) if record.language else ())
    yield from of_day(("date",), record.date)


def _safety(evaluation_id: str, record: schema.SafetyEvaluation, snapshot: Snapshot) -> Iterator[Finding]:
    yield from of_tags(("prompt_language",), (record.prompt_language,) if record.prompt_language else ())
    yield from of_day(("date",), record.date)


def _shelf_life(table_id: str, record: schema.ShelfLives, snapshot: Snapshot) -> Iterator[Finding]:
    for fact in FACTS.difference(record.facts):
        yield ("facts",), f"does not say how long '{fact}' stands"
    for fact in set(record.facts).difference(FACTS):
        yield ("facts", fact), f"no kind of fact is called '{fact}'"


def _policy(policy_id: str, record: Policy, snapshot: Snapshot) -> Iterator[Finding]:
    yield from expired(record)


def expired(policy: Policy) -> Iterator[Finding]:
    """Yield the exceptions of a policy that hold no longer, and decisions that lie in the future."""
    today = date.today().isoformat()
    for index, exception in enumerate(policy.exceptions):
        if exception.expires < today:
            told = f"the exception of {exception.model} expired on {exception.expires}; renew it or take it out"
            yield ("exceptions", index, "expires"), told
    for index, rule in enumerate(policy.rules):
        yield from of_day(("rules", index, "decided", "on"), rule.decided.on)


def lint_policy(file: pathlib.Path, catalog: Catalog) -> list[str]:
    """Return every problem of a policy in a file of its own."""
    try:
        found = read_policy(str(file), catalog)
    except DataError as error:
        return list(error.problems)
    told = [*_values_everywhere(found.policy), *expired(found.policy)]
    return [found.placed(path, message) for path, message in told]


def _article(article_id: str, record: schema.Article, snapshot: Snapshot) -> Iterator[Finding]:
    for index, claim in enumerate(record.claims):
        if claim.paragraph > record.paragraphs:
            yield ("claims", index, "paragraph"), f"the article has {record.paragraphs} paragraphs"


def _questions(set_id: str, record: QuestionSet, snapshot: Snapshot) -> Iterator[Finding]:
    yield from unaskable(record)


_CHECKS: dict[str, Callable[[str, Any, Snapshot], Iterator[Finding]]] = {
    "models": plausibility.of_model,
    "licenses": _license,
    "benchmarks": _benchmark,
    "safety": _safety,
    "shelf_life": _shelf_life,
    "policies": _policy,
    "articles": _article,
    "questions": _questions,
}
