"""A sentence hidden in a long text has to be found: does the context that was asked for really work?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from advisor.catalog.schema import Record, Text
from advisor.smoke.bench import Bench, Judgement
from advisor.smoke.checks.text import folded, quoted

RESERVE = 160
"""Tokens of the context that are left for template, question and answer."""
SHARE_OF_TIME = 0.5
"""Of the time that is left, what all needles together may take."""
SMALLEST = 256


class Needle(Record, frozen=True, kw_only=True):
    """`filler` is repeated around `needle`; `depths` are places in the text from 0 to 1."""

    filler: Annotated[tuple[Text, ...], Meta(min_length=1)]
    needle: Text
    question: Text
    answer: Text
    depths: Annotated[tuple[float, ...], Meta(min_length=1)] = (0.1, 0.5, 0.9)
    at_least: Annotated[float, Meta(gt=0, le=1)] = 1.0


def needle(bench: Bench, asked: Needle) -> Iterator[Judgement]:
    """The needle must be found at every depth, in a text as long as context and time allow."""
    per_filler = sum(bench.count(line) or len(line) // 4 for line in asked.filler) / len(asked.filler)
    wanted = bench.context - RESERVE
    size = min(wanted, _fits_time(bench, len(asked.depths)))
    lines = int(size / (per_filler + 1))
    found, tokens, missed = 0, 0, ""
    for depth in asked.depths:
        text = [asked.filler[i % len(asked.filler)] for i in range(lines)]
        text.insert(int(depth * lines), asked.needle)
        given = bench.ask("\n".join([*text, "", asked.question]), max_tokens=48, case=f"needle-{depth:g}")
        tokens = max(tokens, given.reply.prompt_tokens or size)
        hit = folded(asked.answer) in folded(given.text)
        found += hit
        missed = missed if hit else f"; at {depth:.0%} depth it said {quoted(given.text)}"
    scaled = f" ({bench.context:,} do not fit the time)" if size < wanted else ""
    told = f"found {found} of {len(asked.depths)} needles in {tokens:,} tokens{scaled}{missed}"
    share = round(found / len(asked.depths), 3)
    details = {"tokens": tokens, "context": bench.context, "depths": list(asked.depths)}
    yield Judgement("pass" if share >= asked.at_least else "fail", told, share, asked.at_least, details)


def _fits_time(bench: Bench, times: int) -> int:
    """Return how many tokens of prompt the time allows, by the slowest prompt so far."""
    rates = [e.reply.prompt_tokens / e.reply.ttft_seconds for e in bench.exchanges
             if e.reply.prompt_tokens and e.reply.ttft_seconds and e.reply.prompt_tokens >= SMALLEST]  # fmt: skip
    if not rates:
        filler = "The office opens at nine and closes at five. "
        probe = bench.ask(filler * (SMALLEST // 8) + "What time does it open?", max_tokens=4, case="rate").reply
        if not probe.prompt_tokens or not probe.ttft_seconds:
            return SMALLEST
        rates = [probe.prompt_tokens / probe.ttft_seconds]
    return max(int(min(rates) * bench.seconds_left() * SHARE_OF_TIME / times), SMALLEST)
