"""What speaks for a language or a task: which tags cover one, whose word a result is, and which benchmark ranks."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from advisor.catalog import codes
from advisor.catalog.load import Catalog
from advisor.catalog.schema import Benchmark, Model, Result
from advisor.needs.schema import Requirements


def covers(declared: str, asked: str) -> bool:
    """Say whether a declared tag holds the asked one: `zh` covers `zh-Hans`, not the other way round."""
    return declared == asked or asked.startswith(declared + "-")


def names(declared: Collection[str], asked: str) -> bool:
    """Say whether the declared tags cover the asked one.

    `zh` asked means Chinese in either script: `zh-Hans` and `zh-Hant` together cover it, one alone does not. A tag
    of several languages is covered by the one that is usually meant: `ar` by Standard Arabic, `arb`.
    """
    if asked in declared or (asked == "zh" and {"zh-Hans", "zh-Hant"} <= set(declared)):
        return True
    if asked in codes.INDIVIDUAL_LANGUAGES and any(tag in declared for tag in codes.INDIVIDUAL_LANGUAGES[asked]):
        return True
    while "-" in asked:
        asked = asked.rpartition("-")[0]
        if asked in declared:
            return True
    return False


def voice(benchmark: Benchmark, model: Model) -> str:
    """Return whose word a result is: that of the publisher's type, but `vendor` on the publisher's own model.

    An organisation that measured somebody else's models itself is as independent of their makers as anybody.
    """
    if benchmark.maker == model.provider:
        return "vendor"
    return "independent" if benchmark.publisher_type == "own" else benchmark.publisher_type


class Scored(msgspec.Struct, frozen=True, gc=False):
    """One result of a model, and whose word it is."""

    benchmark_id: str
    benchmark: Benchmark
    result: Result
    voice: str


Evidence = dict[str, dict[str, list[Scored]]]
"""Results by language or task asked and by model, the newest benchmark first."""


def gather(catalog: Catalog, asked: Requirements) -> Evidence:
    """Return what was measured in the languages and tasks asked."""
    found: Evidence = {name: {} for name in (*asked.lang, *asked.task)}
    newest_first = sorted(catalog.snapshot.benchmarks.items(), key=lambda item: (item[1].date, item[0]), reverse=True)
    for benchmark_id, benchmark in newest_first:
        about = [tag for tag in asked.lang if benchmark.language and covers(benchmark.language, tag)]
        about += [task for task in asked.task if task in benchmark.tasks]
        for model_id, result in benchmark.results.items() if about else ():
            if model_id in catalog.models:
                scored = Scored(benchmark_id, benchmark, result, voice(benchmark, catalog.models[model_id]))
                for name in about:
                    found[name].setdefault(model_id, []).append(scored)
    return found


def harnesses(evidence: Evidence) -> dict[tuple[str, str], str]:
    """Return by voice, and by language or task asked, the one benchmark that ranks it.

    That is the one with most results between its floor and its ceiling: the most models that it tells apart. Among
    equals it is the newest. Two harnesses are never mixed in one ranking; others decide verdicts and are not compared.
    """
    apart: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for name, by_model in evidence.items():
        for scored in (scored for results in by_model.values() for scored in results):
            benchmark = scored.benchmark
            counts = apart.setdefault((scored.voice, name), {})
            between = benchmark.floor <= scored.result.score < benchmark.ceiling
            place = benchmark.date, scored.benchmark_id
            counts[place] = counts.get(place, 0) + between
    return {key: max(counts, key=lambda place: (counts[place], place))[1] for key, counts in apart.items()}
