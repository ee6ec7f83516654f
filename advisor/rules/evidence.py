"""What speaks for a language or a task: which tags cover one, whose word a result is, and which benchmark ranks."""

from __future__ import annotations

from collections.abc import Collection

from advisor.catalog import codes
from advisor.catalog.load import Catalog
from advisor.catalog.schema import Benchmark, Model
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
    if any(individual in declared for individual in codes.INDIVIDUAL_LANGUAGES.get(asked, ())):
        return True
    parts = asked.split("-")
    return any("-".join(parts[:count]) in declared for count in range(1, len(parts)))


def voice(benchmark: Benchmark, model: Model) -> str:
    """Return whose word a result is: that of the publisher's type, but `vendor` on the publisher's own model."""
    return "vendor" if benchmark.maker == model.provider else benchmark.publisher_type


def harnesses(catalog: Catalog, asked: Requirements) -> dict[tuple[str, str], str]:
    """Return by voice, and by language or task asked, the one benchmark that ranks it: that with most results.

    Two harnesses are never mixed in one ranking; the others decide verdicts and are not compared.
    """
    counts: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for benchmark_id, benchmark in catalog.snapshot.benchmarks.items():
        ranks = [tag for tag in asked.lang if benchmark.language and covers(benchmark.language, tag)]
        ranks += [task for task in asked.task if task in benchmark.tasks]
        measured = [catalog.models[m] for m in benchmark.results if m in catalog.models] if ranks else []
        voices = [voice(benchmark, model) for model in measured]
        for name in ranks:
            for kind in set(voices):
                counts.setdefault((kind, name), []).append((-voices.count(kind), benchmark_id))
    return {key: min(rows)[1] for key, rows in counts.items()}
