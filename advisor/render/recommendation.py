"""A recommendation as a table for people, as Markdown and as CSV."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence

from advisor.hardware.memory import GIB
from advisor.needs.options import as_options
from advisor.recommendation import Candidate, Recommendation
from advisor.render import words
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, cut, paragraph, width_of
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv
from advisor.rules.verdict import Verdict

NARROW = 78
"""Below this many cells each model takes two lines in place of a row."""
MOST_IN_ONE_COLUMN = 2
"""Languages whose evidence one column holds; for more there are tables of their own."""
Column = tuple[str, Callable[[Candidate], str]]


def _columns(document: Recommendation, shown: list[Candidate]) -> list[Column]:
    """Return the columns of the table; language evidence only where a language was asked."""
    mixed = _some_beside_gpu(document, shown)
    found: list[Column] = [
        ("#", _place),
        ("model", lambda c: c.name),
        ("quant", words.quantization),
        ("GiB", _gib),
        ("licence", words.licence),
        ("provider", words.provider),
        (_evidence_header(document), _evidence),
        ("tok/s", lambda c: _rate(c, mixed)),
        ("score", words.score),
    ]
    return [column for column in found if column[0]]


def _evidence_header(document: Recommendation) -> str:
    """Name the languages where one was asked for; a single one need not stand in every row."""
    asked = document.requirements.lang
    return "" if not asked else f"{asked[0]} evidence" if len(asked) == 1 else " ".join(asked) + " evidence"


def _evidence(candidate: Candidate) -> str:
    if len(candidate.language_evidence) > 1:
        return " ".join(words.brief_evidence(candidate))
    for found in candidate.language_evidence:
        if not found.compared:
            return f"({found.score:g}) {words.EVIDENCE[found.kind]}"
    return words.evidence(candidate).split(" ", 1)[-1]


def _gib(candidate: Candidate) -> str:
    return f"{candidate.memory.total_bytes / GIB:.1f}" if candidate.memory else "?"


def _rate(candidate: Candidate, mixed: bool) -> str:
    """Return the tokens per second; where some run on the GPU and some do not, with a mark or room for one."""
    mark = ("c" if words.on_processor(candidate) else " ") if mixed else ""
    return (words.speed(candidate).removesuffix(" tok/s") if candidate.speed else "?") + mark


def _some_beside_gpu(document: Recommendation, shown: list[Candidate]) -> bool:
    """Say whether the machine has a GPU and some of those shown would run on the processor for all that."""
    machine = document.machine
    return bool(machine.vram_bytes and not machine.unified) and any(map(words.on_processor, shown))


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
    if ranked and width < NARROW:
        blocks.append(_list(document, ranked, width))
    elif ranked:
        blocks.append(_table(document, ranked, width))
        blocks += _by_language(document, ranked, width)
    blocks += [paragraph(text, width) for text in _notes(document, ranked, catalogs)]
    return "\n\n".join(blocks) + "\n"


def _table(document: Recommendation, ranked: list[Candidate], width: int) -> str:
    columns = _columns(document, ranked)
    if width < WIDTH_WITHOUT_TERMINAL or _many(document):
        columns = [c for c in columns if "evidence" not in c[0]]
    rows = [[cut(value(c), 14 if name in ("provider", "licence") else 28) for name, value in columns] for c in ranked]
    names = [name for name, _ in columns]
    right = [i for i, name in enumerate(names) if name in ("#", "GiB", "tok/s", "score")]
    return columns_of(names, rows, width, right)


def _many(document: Recommendation) -> bool:
    return len(document.requirements.lang) > MOST_IN_ONE_COLUMN


def _by_language(document: Recommendation, ranked: list[Candidate], width: int) -> Iterator[str]:
    """Yield the evidence for many languages as tables of their own, with as many columns as there is room for."""
    asked = document.requirements.lang if _many(document) else ()
    at_once = max(1, (width - 36) // 10)
    told = [words.brief_evidence(c) for c in ranked]
    for first in range(0, len(asked), at_once):
        languages = asked[first : first + at_once]
        rows = [
            [_place(c), cut(c.name, 28), *cells[first : first + at_once]] for c, cells in zip(ranked, told, strict=True)
        ]
        yield columns_of(["#", "evidence", *languages], rows, width, (0, *range(2, len(languages) + 2)))


def _list(document: Recommendation, ranked: list[Candidate], width: int) -> str:
    lines, mixed = [], _some_beside_gpu(document, ranked)
    for c in ranked:
        told = [f"{_place(c):>3}. {c.name}", words.quantization(c), f"score {words.score(c)}"]
        line = "  ".join(told)
        lines += [line] if width_of(line) <= width else [cut(told[0], width), f"     {told[1]}  {told[2]}"]
        rate = f"{_rate(c, mixed).strip()} tok/s" if c.speed else words.speed(c)
        facts = [words.memory(c), rate, words.licence(c), words.provider(c), words.evidence(c)]
        lines.append(paragraph(" · ".join(f for f in facts if f), width, "     "))
    return "\n".join(lines)


def _notes(document: Recommendation, shown: list[Candidate], catalogs: Sequence[object]) -> Iterator[str]:
    """Yield the sentences under the table of those that are shown."""
    for said in (words.why_first(document), words.firmness(document)):
        if said:
            yield said
    yield from _marks(document, shown)
    if not document.summary.passed:
        yield "Nothing passes every rule."
        if document.relaxations:
            yield "What would change it: " + "; ".join(words.relaxation(r) for r in document.relaxations[:3]) + "."
    for said in (words.passed(document, len(shown)), words.rejected(document), words.undecided(document)):
        if said:
            yield said
    yield from (words.report_check(found) for found in document.report_checks if not found.agrees)
    yield from _stale(document)
    yield from map(words.policy, document.policies)
    yield _basis(document)
    yield "Next: " + next_command(document, catalogs)


def _marks(document: Recommendation, shown: list[Candidate]) -> Iterator[str]:
    """Explain the marks that stand beside those that are shown."""
    told = []
    if any(c.verdict is Verdict.UNKNOWN for c in shown):
        told.append("? not decided: a fact is missing")
    if any(c.license and c.license.inherited for c in shown):
        told.append("+ further licences bind, inherited from base models")
    if _some_beside_gpu(document, shown):
        told.append("c on the processor: the GPU is too small for it")
    if len(document.requirements.lang) == 1 and any(not e.compared for c in shown for e in c.language_evidence):
        told.append("(in brackets) another benchmark than the one that ranks, so not compared")
    if shown and len(document.requirements.lang) > 1:
        here = any(e.kind == "measured-here" for c in shown for e in c.language_evidence)
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
        then = "they are taken" if document.requirements.fresh else "--fresh takes them"
        yield (
            f"Past their shelf life on {document.as_of}: {', '.join(kinds)} of {len(old)} ranked ({names}); "
            f"'advisor explain' names them; {then} for unknown."
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
    shown = document.ranked()[:top]
    columns = _columns(document, shown)
    lines = ["| " + " | ".join(name for name, _ in columns) + " |", "|" + " --- |" * len(columns)]
    rows = [[escaped(value(candidate)) for _, value in columns] for candidate in shown]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n\n" + "\n\n".join(escaped(text) for text in _notes(document, shown, catalogs)) + "\n"


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
