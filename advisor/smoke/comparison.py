"""Results side by side (`advisor.smoke-comparison/1`), and the bake-off of several models (`advisor.bakeoff/1`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot
from typing import Literal

import msgspec

from advisor.catalog.schema import Record
from advisor.smoke.bench import Performance, SpeedTest
from advisor.smoke.document import Overall, SmokeResult, TestedModel, UsedSuite, keeps_rules
from advisor.smoke.evidence import cases_of
from advisor.smoke.intervals import wilson

COMPARISON, BAKEOFF = "advisor.smoke-comparison/1", "advisor.bakeoff/1"
SPREADS = 2.0
"""Standard deviations of a difference within which two rates are the same."""
SINGLE_NOISE = 0.1
"""Share by which figures that were measured once may differ without meaning anything."""
ABSENT: Literal["-"] = "-"
"""Stands for the figure, or the verdict and reason of a check, that a result does not have."""


class Compared(Record, frozen=True, kw_only=True):
    """One of the results."""

    document: str
    date: str
    model: TestedModel
    engine: str | None = None
    verdict: Overall


class CheckRow(Record, frozen=True, kw_only=True):
    """One check in all results; `-` where a result has no such check."""

    id: str
    verdicts: tuple[str, ...]
    same: bool
    reasons: tuple[str, ...] = ()


class FigureRow(Record, frozen=True, kw_only=True):
    """One figure in all results (`-` where one has none), how far the last is from the first, whether that is noise."""

    name: str
    values: tuple[float | Literal["-"], ...]
    change: float | None = None
    """Of the last against the first: 0.1 is a tenth more."""
    noise: float | None = None
    """The change below which nothing is said."""
    within_noise: bool | None = None


class SmokeComparison(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two or more results side by side."""

    schema: str = msgspec.field(name="schema")
    results: tuple[Compared, ...]
    figures: tuple[FigureRow, ...]
    checks: tuple[CheckRow, ...]
    notes: tuple[str, ...] = ()
    """What keeps the results from being compared like with like."""

    @property
    def exit_code(self) -> int:
        """Return 0: to compare is a positive answer."""
        return 0


class Contender(Record, frozen=True, kw_only=True):
    """One model of a bake-off: cases that keep their rules, with the 95 % interval of the share."""

    document: str
    model: TestedModel
    verdict: Overall
    passed: int
    cases: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    within_noise_of_best: bool = False
    generation_tokens_per_second: float | None = None
    peak_rss_bytes: int | None = None


class Bakeoff(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Several models on the same suites, the best share first."""

    schema: str = msgspec.field(name="schema")
    date: str
    suites: tuple[UsedSuite, ...]
    contenders: tuple[Contender, ...]
    results: tuple[SmokeResult, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 where some model did not fail, 130 where it was interrupted."""
        if any(result.interrupted for result in self.results):
            return 130
        return 0 if any(contender.verdict != "fail" for contender in self.contenders) else 1


def compare(results: Sequence[tuple[SmokeResult, str]]) -> SmokeComparison:
    """Put results, each with the sha256 of its document, side by side."""
    documents = [result for result, _ in results]
    ids = list(dict.fromkeys(check.id for result in documents for check in result.checks))
    return SmokeComparison(
        schema=COMPARISON,
        results=tuple(
            Compared(document=digest, date=r.date, model=r.model, engine=_engine(r), verdict=r.verdict)
            for r, digest in results
        ),
        figures=tuple(_figures(documents)),
        checks=tuple(_check_row(check_id, documents) for check_id in ids),
        notes=tuple(_notes(documents)),
    )


def bakeoff(results: Sequence[tuple[SmokeResult, str]]) -> Bakeoff:
    """Rank several models that were run on the same suites."""
    contenders = sorted(
        (_contender(r, digest) for r, digest in results), key=lambda c: (-(c.share or 0.0), c.model.name)
    )
    best = next((c for c in contenders if c.low is not None), None)
    marked = [
        msgspec.structs.replace(c, within_noise_of_best=c is not best and c.high is not None and c.high >= best.low)
        if best and best.low is not None else c
        for c in contenders
    ]  # fmt: skip
    return Bakeoff(
        schema=BAKEOFF,
        date=results[0][0].date,
        suites=results[0][0].suites,
        contenders=tuple(marked),
        results=tuple(result for result, _ in results),
    )


def _contender(result: SmokeResult, digest: str) -> Contender:
    kept = [keeps_rules(checks) for checks in cases_of(result.checks).values()]
    low, high = wilson(sum(kept), len(kept)) if kept else (None, None)
    measured = result.performance
    return Contender(
        document=digest, model=result.model, verdict=result.verdict, passed=sum(kept), cases=len(kept),
        share=round(sum(kept) / len(kept), 3) if kept else None, low=low, high=high,
        generation_tokens_per_second=measured.generation_tokens_per_second if measured else None,
        peak_rss_bytes=measured.peak_rss_bytes if measured else None,
    )  # fmt: skip


FIGURES: dict[str, Callable[[Performance], float | None]] = {
    "load_seconds": lambda p: p.load_seconds,
    "ttft_seconds": lambda p: p.ttft_seconds,
    "prompt_tokens_per_second": lambda p: p.prompt_tokens_per_second,
    "generation_tokens_per_second": lambda p: p.generation_tokens_per_second,
    "peak_rss_bytes": lambda p: p.peak_rss_bytes,
}


def _figures(results: Sequence[SmokeResult]) -> list[FigureRow]:
    rows = []
    for name, figure in FIGURES.items():
        found = [figure(result.performance) if result.performance else None for result in results]
        if not any(value is not None for value in found):
            continue
        values = tuple(ABSENT if value is None else value for value in found)
        first, last = found[0], found[-1]
        if not first or last is None:
            rows.append(FigureRow(name=name, values=values))
            continue
        change, noise = round(last / first - 1, 4), round(_noise(name, first, results[0], results[-1]), 4)
        rows.append(FigureRow(name=name, values=values, change=change, noise=noise, within_noise=abs(change) <= noise))
    return rows


def _noise(name: str, value: float, first: SmokeResult, last: SmokeResult) -> float:
    """Return the share of change that repeated runs differ by themselves; a stated one for what was measured once."""
    generated = {"prompt_tokens_per_second": False, "generation_tokens_per_second": True}.get(name)
    tests = [_test(result, generated) for result in (first, last)] if generated is not None else []
    if len(tests) == 2 and all(tests):
        return SPREADS * hypot(*(test.stddev_ts for test in tests if test)) / value
    return SINGLE_NOISE


def _test(result: SmokeResult, generated: bool) -> SpeedTest | None:
    tests = result.performance.tests if result.performance else ()
    return next((test for test in tests if bool(test.n_gen) == generated), None)


def _check_row(check_id: str, results: Sequence[SmokeResult]) -> CheckRow:
    found = [next((c for c in result.checks if c.id == check_id), None) for result in results]
    verdicts = tuple(check.verdict if check else ABSENT for check in found)
    same = len(set(verdicts)) == 1
    reasons = () if same else tuple(check.reason if check else ABSENT for check in found)
    return CheckRow(id=check_id, verdicts=verdicts, same=same, reasons=reasons)


def _engine(result: SmokeResult) -> str | None:
    return f"{result.engine.name} {result.engine.version or ''}".strip() if result.engine else None


def _notes(results: Sequence[SmokeResult]) -> list[str]:
    """Say what differs beside the model: host, engine, flags, context, suites."""
    aspects: dict[str, Callable[[SmokeResult], object]] = {
        "machine": lambda r: r.host,
        "engine": _engine,
        "engine build": lambda r: r.engine.build if r.engine else None,
        "flags of the engine": lambda r: r.engine.flags if r.engine else None,
        "context": lambda r: r.asked.context,
        "list of suites": lambda r: sorted(suite.id for suite in r.suites),
    }
    notes = [f"the {name} is not the same" for name, aspect in aspects.items() if _differ([aspect(r) for r in results])]
    for suite in {s.id for r in results for s in r.suites}:
        hashes = {s.sha256 for r in results for s in r.suites if s.id == suite}
        if len(hashes) > 1:
            notes.append(f"suite '{suite}' was changed between the runs")
    return sorted(notes)


def _differ(values: Sequence[object]) -> bool:
    return any(value != values[0] for value in values[1:])
