"""A recommendation as a table for people, as Markdown and as CSV."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence

from advisor.hardware.memory import GIB
from advisor.needs.options import as_options
from advisor.recommendation import Candidate, Recommendation
from advisor.render import words
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, cut, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv
from advisor.rules.verdict import Verdict

NARROW = 78
"""Below this many cells each model takes two lines in place of a row."""
Column = tuple[str, Callable[[Candidate], str]]


def _columns(document: Recommendation) -> list[Column]:
    """Return the columns of the table; language evidence only where a language was asked."""
    found: list[Column] = [
        ("#", _place),
        ("model", lambda c: c.name),
        ("quant", words.quantization),
        ("GiB", _gib),
        ("licence", words.licence),
        ("provider", words.provider),
        (_evidence_header(document), _evidence),
        ("tok/s", _rate),
        ("score", words.score),
    ]
    return [column for column in found if column[0]]


def _evidence_header(document: Recommendation) -> str:
    """Name the languages where one was asked for; a single one need not stand in every row."""
    asked = document.requirements.lang
    return "" if not asked else f"{asked[0]} evidence" if len(asked) == 1 else " ".join(asked) + " evidence"


def _evidence(candidate: Candidate) -> str:
    if len(candidate.language_evidence) > 1:
        return words.brief_evidence(candidate)
    return words.evidence(candidate).split(" ", 1)[-1]


def _gib(candidate: Candidate) -> str:
    return f"{candidate.memory.total_bytes / GIB:.1f}" if candidate.memory else "?"


def _rate(candidate: Candidate) -> str:
    return words.speed(candidate).removesuffix(" tok/s") if candidate.speed else "?"


def _place(candidate: Candidate) -> str:
    """Return the rank; a question mark says that the verdict is still open."""
    return f"{candidate.rank}{'?' if candidate.verdict is Verdict.UNKNOWN else ''}"


def table(
    document: Recommendation, width: int = WIDTH_WITHOUT_TERMINAL, top: int = 10, catalogs: Sequence[object] = (),
    **_: object,
) -> str:  # fmt: skip
    """Return the ranked models and, under them, why, why not and what next; `catalogs` are the folders laid over."""
    ranked = document.ranked()[:top]
    blocks = []
    if ranked:
        blocks.append(_list(document, ranked, width) if width < NARROW else _table(document, ranked, width))
    blocks += [paragraph(text, width) for text in _notes(document, catalogs)]
    return "\n\n".join(blocks) + "\n"


def _table(document: Recommendation, ranked: list[Candidate], width: int) -> str:
    columns = _columns(document)
    if width < WIDTH_WITHOUT_TERMINAL:
        columns = [c for c in columns if "evidence" not in c[0]]
    rows = [[cut(value(c), 14 if name in ("provider", "licence") else 28) for name, value in columns] for c in ranked]
    names = [name for name, _ in columns]
    right = [i for i, name in enumerate(names) if name in ("#", "GiB", "tok/s", "score")]
    return columns_of(names, rows, width, right)


def _list(document: Recommendation, ranked: list[Candidate], width: int) -> str:
    lines = []
    for c in ranked:
        lines.append(cut(f"{_place(c):>3}. {c.name}  {words.quantization(c)}  score {words.score(c)}", width))
        facts = [words.memory(c), words.speed(c), words.licence(c), words.provider(c), words.evidence(c)]
        lines.append(paragraph(" · ".join(f for f in facts if f), width, "     "))
    return "\n".join(lines)


def _notes(document: Recommendation, catalogs: Sequence[object]) -> Iterator[str]:
    """Yield the sentences under the table."""
    for said in (words.why_first(document), words.firmness(document)):
        if said:
            yield said
    yield from _marks(document)
    if not document.summary.passed:
        yield "Nothing passes every rule."
        if document.relaxations:
            yield "What would change it: " + "; ".join(words.relaxation(r) for r in document.relaxations[:3]) + "."
    for said in (words.rejected(document), words.undecided(document)):
        if said:
            yield said
    yield from (words.report_check(found) for found in document.report_checks if not found.agrees)
    yield from _stale(document)
    yield from map(words.policy, document.policies)
    yield _basis(document)
    yield "Next: " + next_command(document, catalogs)


def _marks(document: Recommendation) -> Iterator[str]:
    ranked = document.ranked()
    told = []
    if any(c.verdict is Verdict.UNKNOWN for c in ranked):
        told.append("? not decided: a fact is missing")
    if any(c.license and c.license.inherited for c in ranked):
        told.append("+ further licences bind, inherited from base models")
    if len(document.requirements.lang) > 1:
        here = any(e.kind == "measured-here" for c in ranked for e in c.language_evidence)
        told.append(
            "evidence: plain figures are measured, (in brackets) not compared, ~ a vendor's, decl declared, "
            f"{'here by your own smoke test, ' if here else ''}- none"
        )
    if told:
        yield "Marks: " + "; ".join(told) + "."


def _stale(document: Recommendation) -> Iterator[str]:
    """Say how many of the ranked rest on facts past their shelf life, and of which kinds."""
    old = [c for c in document.ranked() if c.stale]
    if old:
        kinds = sorted({fact.fact.split(":")[0] for c in old for fact in c.stale})
        names = ", ".join(c.name for c in old[:3]) + (" …" if len(old) > 3 else "")
        yield (
            f"Past their shelf life on {document.as_of}: {', '.join(kinds)} of {len(old)} ranked ({names}); "
            f"'advisor explain' names them, --fresh takes them for unknown."
        )


def _basis(document: Recommendation) -> str:
    asked = document.requirements
    users = f"{asked.concurrency} users at once" if asked.concurrency > 1 else "one user"
    bases = sorted({c.speed.basis for c in document.ranked() if c.speed})
    speeds = f" Speeds are {' and '.join(bases)}." if bases else ""
    return (
        f"For {', '.join(asked.task)}, {asked.use} use, {asked.context:,} tokens of context, {users}, on "
        f"{document.machine.name}. Catalog as of {document.catalog.as_of}.{speeds}"
    )


def next_command(document: Recommendation, catalogs: Sequence[object] = ()) -> str:
    """Return the command that tells more about the first model, or about the one that is nearest to passing."""
    first = [c.id for c in document.ranked()[:1]] + [found.passes[0] for found in document.relaxations[:1]]
    laid_over = "".join(f" --catalog {shlex.quote(str(folder))}" for folder in catalogs)
    if not first:
        return f"advisor catalog list{laid_over}"
    return f"advisor explain {first[0]}{as_options(document.requirements)}{laid_over}"


def markdown(document: Recommendation, top: int = 10, catalogs: Sequence[object] = (), **_: object) -> str:
    """Return the table and the sentences under it as Markdown."""
    columns = _columns(document)
    lines = ["| " + " | ".join(name for name, _ in columns) + " |", "|" + " --- |" * len(columns)]
    rows = [[escaped(value(candidate)) for _, value in columns] for candidate in document.ranked()[:top]]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n\n" + "\n\n".join(escaped(text) for text in _notes(document, catalogs)) + "\n"


def csv(document: Recommendation, **_: object) -> str:
    """Return every model of the catalog as a row, the rejected with the rules that rejected them."""
    header = [
        "rank", "id", "name", "verdict", "score", "provider", "country", "license", "repo", "file", "quantization",
        "size_bytes", "memory_bytes", "decode_tokens_per_second", "language_evidence", "failed_rules", "unknown_rules",
    ]  # fmt: skip
    return rows_as_csv([header, *(_row(candidate) for candidate in document.candidates)])


def _row(c: Candidate) -> list[object]:
    files = c.artifact
    return [
        c.rank, c.id, c.name, c.verdict.value, c.score, c.provider.id, c.provider.country,
        c.license.id if c.license else None,
        *((files.repo, files.file, files.quantization, files.size_bytes) if files else (None,) * 4),
        c.memory.total_bytes if c.memory else None, c.speed.decode_tokens_per_second if c.speed else None,
        words.evidence(c),
        *(" ".join(f.rule for f in c.findings if f.verdict is v) for v in (Verdict.FAIL, Verdict.UNKNOWN)),
    ]  # fmt: skip
