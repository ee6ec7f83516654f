"""How fast, how large: repeated runs under llama-bench's names, beside what was predicted."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from advisor.catalog.schema import Record, Text
from advisor.engine.interface import Reply
from advisor.needs.units import format_size
from advisor.smoke.bench import Bench, Judgement, Performance, SpeedTest

FEWEST = 3
"""Runs that a median is taken of."""
REBUILD = "one that emulates AMX does so: rebuild it with CMAKE_ARGS=-DGGML_NATIVE=OFF"
MIN_GENERATED = 8
"""Tokens from which a generation rate is believed."""


class Asked(Record, frozen=True, kw_only=True):
    """`text` is repeated up to `prompt_tokens`; the answer is cut at `max_tokens`.

    `prompt_over_generation`: how many times faster than generation a good build reads prompts, at least.
    """

    text: Text
    question: Text
    prompt_tokens: Annotated[int, Meta(ge=16)] = 512
    max_tokens: Annotated[int, Meta(ge=8)] = 64
    prompt_over_generation: float = 2.0
    memory_over_predicted: float = 1.1
    speed_below_predicted: float = 0.5


def performance(bench: Bench, asked: Asked) -> Iterator[Judgement]:
    """Measure, then hold against what was predicted and what a good build does."""
    replies = list(_runs(bench, asked))
    prompt, generation = [_prompt_rate(r) for r in replies], [_generation_rate(r) for r in replies]
    tests = [_test(rates, [_tokens(r, i) for r in replies], i == 1) for i, rates in enumerate((prompt, generation))]
    measured = Performance(
        load_seconds=bench.facts.load_seconds,
        ttft_seconds=_median([r.ttft_seconds for r in replies]),
        prompt_tokens_per_second=_median(prompt),
        generation_tokens_per_second=_median(generation),
        tests=tuple(test for test in tests if test),
    )
    bench.tell(measured)
    yield _speed(measured, bench.predicted, asked)
    yield _build(measured, asked)
    yield from _memory(bench, asked)


def _runs(bench: Bench, asked: Asked) -> Iterator[Reply]:
    """Yield the measured runs; the first of all is the warm-up and is dropped."""
    each = bench.count(asked.text) or len(asked.text) // 4
    body = " ".join([asked.text] * max(asked.prompt_tokens // max(each, 1), 1))
    for number in range(max(bench.repeat, FEWEST) + 1):
        prompt = f"Run {number}. {body}\n{asked.question}"  # its own beginning: no server may have it in a cache
        reply = bench.ask(prompt, max_tokens=asked.max_tokens, case=f"run-{number}").reply
        if number:
            yield reply


def _prompt_rate(reply: Reply) -> float | None:
    if reply.prompt_tokens_per_second:
        return reply.prompt_tokens_per_second
    return reply.prompt_tokens / reply.ttft_seconds if reply.prompt_tokens and reply.ttft_seconds else None


def _generation_rate(reply: Reply) -> float | None:
    """Return the engine's own rate; else that between first and last token."""
    made = reply.completion_tokens or 0
    if made < MIN_GENERATED:
        return None
    if reply.generation_tokens_per_second:
        return reply.generation_tokens_per_second
    lasted = reply.seconds - (reply.ttft_seconds or reply.seconds)
    return (made - 1) / lasted if lasted > 0 else None


def _tokens(reply: Reply, generated: int) -> int:
    return (reply.completion_tokens if generated else reply.prompt_tokens) or 0


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value]
    return round(statistics.median(known), 4) if known else None


def _test(rates: Sequence[float | None], tokens: Sequence[int], generated: bool) -> SpeedTest | None:
    """Return one row as llama-bench has it."""
    pairs = [(rate, count) for rate, count in zip(rates, tokens, strict=True) if rate and count]
    if not pairs:
        return None
    speeds = [rate for rate, _ in pairs]
    spans = [int(count / rate * 1e9) for rate, count in pairs]
    size = int(statistics.median(count for _, count in pairs))
    return SpeedTest(
        n_prompt=0 if generated else size, n_gen=size if generated else 0,
        avg_ns=int(statistics.mean(spans)), stddev_ns=int(_spread(spans)),
        avg_ts=round(statistics.mean(speeds), 4), stddev_ts=round(_spread(speeds), 4),
        median_ts=round(statistics.median(speeds), 4),
        samples_ns=tuple(spans), samples_ts=tuple(round(speed, 4) for speed in speeds),
    )  # fmt: skip


def _spread(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _speed(measured: Performance, predicted: Performance, asked: Asked) -> Judgement:
    rate, expected = measured.generation_tokens_per_second, predicted.generation_predicted_tokens_per_second
    if rate is None:
        told = f"its answers were too short ({MIN_GENERATED} tokens are needed) to measure generation"
        return Judgement("unknown", told, part="speed")
    told = f"{rate:.1f} tokens/s generated, {measured.prompt_tokens_per_second or 0:.1f} read"
    if expected is None:
        return Judgement("info", told, round(rate, 2), part="speed")
    slow = rate < expected * asked.speed_below_predicted
    told += f"; {expected:.1f} predicted"
    return Judgement("warn" if slow else "pass", told, round(rate, 2), round(expected, 2), part="speed")


def _build(measured: Performance, asked: Asked) -> Judgement:
    read, written = measured.prompt_tokens_per_second, measured.generation_tokens_per_second
    if not read or not written:
        return Judgement("unknown", "rates were not measured", part="build")
    ratio = round(read / written, 2)
    if ratio < asked.prompt_over_generation:
        told = f"reads prompts only {ratio:g} times as fast as it writes: a bad engine build; {REBUILD}"
        return Judgement("warn", told, ratio, asked.prompt_over_generation, part="build")
    told = f"reads prompts {ratio:g} times as fast as it writes"
    return Judgement("pass", told, ratio, asked.prompt_over_generation, part="build")


def _memory(bench: Bench, asked: Asked) -> Iterator[Judgement]:
    peak, expected = bench.peak_rss(), bench.predicted.memory_predicted_bytes
    if peak is None:
        yield Judgement("info", "memory is taken where the server runs, and is not seen from here", part="memory")
        return
    if expected is None:
        yield Judgement("info", f"took {format_size(peak)} at its peak", peak, part="memory")
        return
    most = int(expected * asked.memory_over_predicted)
    told = f"took {format_size(peak)} at its peak, {format_size(expected)} predicted"
    yield Judgement("pass" if peak <= most else "warn", told, peak, most, {"predicted_bytes": expected}, part="memory")


def with_peak(measured: Performance, predicted: Performance, peak: int | None) -> Performance:
    """Return what was measured together with the peak of memory and with what was predicted."""
    return replace(
        measured,
        peak_rss_bytes=peak,
        memory_predicted_bytes=predicted.memory_predicted_bytes,
        generation_predicted_tokens_per_second=predicted.generation_predicted_tokens_per_second,
    )
