"""An explanation as text for people and as Markdown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from advisor.catalog.schema import Source
from advisor.explain import Explanation, SafetyFigure
from advisor.hardware.memory import MemoryPlan
from advisor.hardware.speed import TYPICAL_PROMPT, Speed
from advisor.needs.units import format_count, format_size
from advisor.ranking.schema import CriterionScore
from advisor.render import words
from advisor.render.columns import NARROWEST_COLUMN, WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv
from advisor.rules.finding import Finding
from advisor.rules.verdict import Verdict

NARROW = 60
"""Below this many cells the parts of a score are sentences in place of a table."""
_PARTS = ("criterion", "value", "weight", "adds", "because")
_SIGNS = {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.UNKNOWN: "????"}


def table(document: Explanation, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return the findings with their sources, the score taken apart, and what would change the verdict."""
    candidate = document.candidate
    blocks = [paragraph(_headline(document), width)]
    if document.description:
        blocks.append(paragraph(document.description, width))
    numbers = _numbered(document)
    told: set[str] = set()
    blocks.append("\n".join(_finding(f, numbers, width, told) for f in candidate.findings))
    if candidate.memory:
        blocks.append(paragraph(_memory(candidate.memory), width))
    if candidate.speed:
        blocks.append(paragraph(_speed(candidate.speed), width))
    if candidate.scores:
        blocks.append(_scores(document, width))
    blocks += [paragraph(text, width) for text in (*_beside(document, numbers), *_what_next(document))]
    blocks.append("Sources:\n" + "\n".join(_source(n, s, width) for s, n in _listed(numbers)))
    return "\n\n".join(blocks) + "\n"


def _headline(document: Explanation) -> str:
    candidate = document.candidate
    size = f", {format_count(candidate.parameters_total)} parameters" if candidate.parameters_total else ""
    place = f": rank {candidate.rank} of {document.ranked}, score {words.score(candidate)}" if candidate.rank else ""
    known_as = f"{candidate.name} ({candidate.id}{size}, {words.provider(candidate)})"
    return f"{known_as} {words.VERDICT_WORDS[candidate.verdict]}{place}."


def _numbered(document: Explanation) -> dict[Source, int]:
    """Number every source in the order in which it is used; those that would read alike share a number."""
    found: dict[Source, int] = {}
    alike: dict[tuple[object, ...], int] = {}
    cited = [f.sources for f in document.candidate.findings]
    cited += [part.sources for part in document.disagreements] + [figure.sources for figure in document.safety]
    for source in itertools.chain.from_iterable(cited):
        told = (source.ref, source.kind, source.accessed, source.via)
        found.setdefault(source, alike.setdefault(told, len(alike) + 1))
    return found


def _listed(numbers: dict[Source, int]) -> Iterator[tuple[Source, int]]:
    """Yield each number once, with a source that has it."""
    told: set[int] = set()
    for source, number in numbers.items():
        if number not in told:
            told.add(number)
            yield source, number


def _cited(sources: Sequence[Source], numbers: dict[Source, int]) -> str:
    """Return the numbers of sources, six at most: `[1][4]`."""
    return "".join(f"[{number}]" for number in [*dict.fromkeys(numbers[s] for s in sources)][:6])


def _finding(finding: Finding, numbers: dict[Source, int], width: int, told: set[str]) -> str:
    """Return one finding; a condition that is `told` already, as a policy repeats those of a licence, is not again."""
    line = paragraph(
        f"{finding.reason} {_cited(finding.sources, numbers)}".strip(),
        width,
        " " * 20,
        f"{_SIGNS[finding.verdict]}  {finding.rule:<12}  ",
    )
    extra = [words.ruling(found) for found in finding.rulings]
    extra += [f"condition: {text}" for text in finding.conditions if text != finding.reason and text not in told]
    told.update(finding.conditions)
    if finding.missing:
        extra.append(f"would be settled by: {', '.join(finding.missing)}")
    return "\n".join([line, *(paragraph(text, width, " " * 22, " " * 20) for text in extra)])


def _memory(plan: MemoryPlan) -> str:
    parts = [("weights", plan.weights_bytes), ("KV cache", plan.kv_cache_bytes), ("recurrent state", plan.state_bytes),
             ("compute", plan.compute_bytes), ("overhead", plan.overhead_bytes)]  # fmt: skip
    told = ", ".join(f"{name} {format_size(size)}" for name, size in parts if size)
    budget = f", {format_size(plan.budget_bytes)} granted" if plan.budget_bytes else ""
    return f"Memory: {format_size(plan.total_bytes)}{budget} ({told}; {plan.basis})."


def _speed(speed: Speed) -> str:
    told = [f"{speed.decode_tokens_per_second:g} tokens/s written"]
    if speed.total_decode_tokens_per_second:
        told[0] += f" for each user, {speed.total_decode_tokens_per_second:g} for all together"
    if speed.prompt_tokens_per_second:
        told.append(f"{speed.prompt_tokens_per_second:g} tokens/s read")
    if speed.ttft_seconds:
        told.append(f"{speed.ttft_seconds:g} s to the first token after a prompt of {TYPICAL_PROMPT:,}")
    where = {"cpu": "on the processor alone", "gpu": "on the GPU alone"}.get(speed.placement or "", "")
    return f"Speed: {', '.join(told)} ({where}; {speed.basis})."


def _scores(document: Explanation, width: int) -> str:
    rows = [[words.CRITERIA[s.criterion], *_figures(s), s.basis] for s in document.candidate.scores]
    rows.append(["score", "", "", words.score(document.candidate), ""])
    if width < NARROW:
        lines = [paragraph(f"{words.CRITERIA[s.criterion]} {' x '.join(_figures(s)[:2])} = {_figures(s)[2]}: {s.basis}",
                           width, "  ", "") for s in document.candidate.scores]  # fmt: skip
        return "\n".join([*lines, f"score {words.score(document.candidate)}"])
    narrow = [[*row[:-1], ""] for row in rows]
    figures = max(len(line) for line in columns_of(_PARTS, narrow, width, (1, 2, 3)).splitlines()) - len(_PARTS[-1])
    told = [_wrapped(row, width - figures) for row in rows]
    return columns_of(_PARTS, [line for lines in told for line in lines], width, (1, 2, 3))


def _wrapped(row: list[str], room: int) -> list[list[str]]:
    """Return a row of the score in as many lines as its reason takes: a reason is never cut."""
    first, *more = paragraph(row[-1], max(room, NARROWEST_COLUMN)).splitlines() or [""]
    return [[*row[:-1], first], *([*[""] * (len(row) - 1), line] for line in more)]


def _figures(part: CriterionScore) -> list[str]:
    return [f"{part.value:.2f}", f"{part.weight:.2f}", f"{part.contribution:.3f}"]


def _beside(document: Explanation, numbers: dict[Source, int]) -> Iterator[str]:
    """Yield what stands beside the verdict: policies, sources that differ, stale facts, official measurements."""
    yield from map(words.policy, document.policies)
    for other in document.disagreements:
        where = f" {cited}" if (cited := _cited(other.sources, numbers)) else ""
        yield f"Sources differ on {other.fact}: also {_value(other.other)}{where}. {other.why}"
    if document.candidate.stale:
        yield f"Past their shelf life on {document.as_of}: {words.stale(document.candidate.stale)}."
    if document.safety:
        yield "Measured by official bodies, shown and not scored:"
        yield from (f"{_safety(figure)} {_cited(figure.sources, numbers)}".strip() for figure in document.safety)


def _value(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return " ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _safety(figure: SafetyFigure) -> str:
    better = "" if figure.better == "neither" else f", {figure.better} is better"
    language = f", prompts in {figure.prompt_language}" if figure.prompt_language else ""
    told = f"{figure.evaluation} ({figure.publisher}, {figure.date}): {figure.value:g} ({figure.metric}{better})"
    spread = f"{figure.lowest:g} to {figure.highest:g} over {figure.systems} systems"
    note = f" {figure.note}" if figure.note else ""
    return f"- {told}; {spread}; {figure.weights} weights{language}.{note}"


def _what_next(document: Explanation) -> Iterator[str]:
    if document.changes:
        yield "It would pass " + "; or ".join(
            " and ".join(words.change(o) for o in found.relax) for found in document.changes
        ) + "."  # fmt: skip
    elif document.candidate.verdict is Verdict.FAIL:
        yield (
            "No change of one or two requirements would let it pass; another country and data less private are never "
            "among those tried."
        )
    if document.nearest:
        yield "Nearest open models: " + "; ".join(f"{n.id} ({n.why})" for n in document.nearest) + "."
    if document.candidate.field_reports:
        told = "; ".join(f"{r.place}: {r.says} ({r.verdict})" for r in document.candidate.field_reports)
        yield f"Field reports, shown and not scored: {told}"
    if document.articles:
        yield "Named in the articles at " + ", ".join(document.articles) + "."


def _source(number: int, source: Source, width: int) -> str:
    return paragraph(f"{source.ref} ({_read(source)})", width, "      ", f"[{number}]".ljust(6))


def _read(source: Source) -> str:
    """Say of what kind a source is, and when and where it was read."""
    return f"{source.kind}, {source.accessed}" + (f", read via {source.via}" if source.via else "")


def markdown(document: Explanation, **_: object) -> str:
    """Return the same as Markdown, findings as a table."""
    candidate, numbers = document.candidate, _numbered(document)
    lines = [
        f"## {escaped(_headline(document))}",
        "",
        "| rule | verdict | why | sources |",
        "| --- | --- | --- | --- |",
    ]
    for f in candidate.findings:
        sources = escaped(_cited(f.sources, numbers))
        why = "; ".join([f.reason, *map(words.ruling, f.rulings)])
        lines.append(f"| {f.rule} | {f.verdict.value} | {escaped(why)} | {sources} |")
    if candidate.scores:
        lines += ["", "| criterion | value | weight | adds | because |", "| --- | --- | --- | --- | --- |"]
        rows = [[words.CRITERIA[s.criterion], *_figures(s), escaped(s.basis)] for s in candidate.scores]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
    if candidate.conditions:
        lines += ["", "Conditions:", "", *(f"- {escaped(text)}" for text in candidate.conditions)]
    lines += [part for text in (*_beside(document, numbers), *_what_next(document)) for part in ("", escaped(text))]
    lines += ["", "Sources:", ""]
    for source, number in _listed(numbers):
        ref = f"<{source.ref}>" if source.ref.startswith("http") else escaped(source.ref)
        lines.append(f"- {escaped(f'[{number}]')} {ref} ({escaped(_read(source))})")
    return "\n".join(lines) + "\n"


def csv(document: Explanation, **_: object) -> str:
    """Return one row a finding."""
    rows = [
        [
            document.candidate.id,
            f.rule,
            f.verdict.value,
            f.reason,
            " ".join(f.missing),
            " ".join(dict.fromkeys(s.ref for s in f.sources)),
        ]
        for f in document.candidate.findings
    ]
    header = ["id", "rule", "verdict", "reason", "missing", "sources"]
    if document.policies:
        header.append("policies")
        for row, found in zip(rows, document.candidate.findings, strict=True):
            row.append(" ".join(f"{r.policy}:{r.severity}:{r.outcome}" for r in found.rulings))
    return rows_as_csv([header, *rows])
