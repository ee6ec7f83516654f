"""Probes of what every model must do, whatever it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from advisor.catalog.schema import Record, Text
from advisor.engine.interface import RefusedError
from advisor.smoke.bench import Bench, Judgement
from advisor.smoke.checks.text import folded, quoted

Share = Annotated[float, Meta(gt=0, le=1)]
Prompts = Annotated[tuple[Text, ...], Meta(min_length=1)]


class Nothing(Record, frozen=True):
    """No parameters."""


def template(bench: Bench, asked: Nothing) -> Iterator[Judgement]:
    """The file's own chat template must be there, render, and keep what user and system say."""
    found = bench.facts.template
    if found is None:
        yield Judgement("info", "the server does not show its template")
    elif not found.present:
        yield Judgement("fail", "the file has no chat template: a base model, or one that was stripped", False, True)
    elif not found.renders:
        yield Judgement("fail", f"the chat template does not render: {found.error}", False, True)
    elif not found.keeps_user:
        yield Judgement("fail", "the chat template drops what the user says", False, True)
    elif not found.keeps_system:
        told = (
            "the chat template knows no system prompt" if found.error else "the chat template drops the system prompt"
        )
        yield Judgement("warn", told, False, True)
    else:
        yield Judgement("pass", "the chat template renders and keeps system and user turns", True, True)


class Stops(Record, frozen=True, kw_only=True):
    """Prompts with short answers; `at_least` of them must end by themselves within `max_tokens`."""

    prompts: Prompts
    max_tokens: int = 200
    at_least: Share = 1.0


def stops(bench: Bench, asked: Stops) -> Iterator[Judgement]:
    """The model must end its answers by itself."""
    ended = [bench.ask(prompt, max_tokens=asked.max_tokens).reply.finish == "stop" for prompt in asked.prompts]
    told = f"{sum(ended)} of {len(ended)} short answers ended by themselves within {asked.max_tokens} tokens"
    yield _share(sum(ended), len(ended), asked.at_least, told)


class NoLeak(Record, frozen=True, kw_only=True):
    """`patterns` are regular expressions of turn markers, for servers that do not name their tokens."""

    prompts: Prompts
    patterns: tuple[Text, ...] = ()


def no_leak(bench: Bench, asked: NoLeak) -> Iterator[Judgement]:
    """No answer of the run so far may hold a token of the template."""
    for prompt in asked.prompts:
        bench.ask(prompt, max_tokens=64)
    tokens = [re.escape(token) for token in bench.facts.special_tokens]
    pattern = re.compile("|".join([*tokens, *asked.patterns]) or "(?!)")
    leaks = []
    for exchange in bench.exchanges:
        said = " ".join(message.content for message in exchange.messages)
        found = (match.group() for match in pattern.finditer(exchange.reply.text))
        leaks += [marker for marker in found if marker not in said]
    if leaks:
        shown = ", ".join(sorted(set(leaks))[:5])
        yield Judgement("fail", f"template tokens in {len(leaks)} places of its answers: {shown}", len(leaks), 0)
    else:
        yield Judgement("pass", f"no template token in {len(bench.exchanges)} answers", 0, 0)


class SameTwice(Record, frozen=True, kw_only=True):
    """A prompt to be asked twice."""

    prompt: Text
    max_tokens: int = 64


def same_twice(bench: Bench, asked: SameTwice) -> Iterator[Judgement]:
    """At temperature 0 the same question must have the same answer."""
    first, second = (bench.ask(asked.prompt, max_tokens=asked.max_tokens).reply.text for _ in range(2))
    if first == second:
        yield Judgement("pass", "the same question had the same answer at temperature 0", True, True)
    else:
        at = next(
            (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
        )
        yield Judgement("fail", f"two answers at temperature 0 differ from character {at + 1} on", False, True)


class Order(Record, frozen=True, kw_only=True):
    """A system prompt, a question, and what the answer holds only if the system prompt was obeyed."""

    system: Text
    prompt: Text
    contains: Text


class ObeysSystem(Record, frozen=True, kw_only=True):
    """`at_least` of the orders must be obeyed."""

    orders: Annotated[tuple[Order, ...], Meta(min_length=1)]
    max_tokens: int = 60
    at_least: Share = 1.0


def obeys_system(bench: Bench, asked: ObeysSystem) -> Iterator[Judgement]:
    """What the system prompt orders must be seen in the answers."""
    obeyed, last = 0, ""
    for order in asked.orders:
        text = bench.ask(order.prompt, system=order.system, max_tokens=asked.max_tokens).text
        kept = folded(order.contains) in folded(text)
        obeyed += kept
        last = last if kept else f"; lacks “{order.contains}”: {quoted(text)}"
    told = f"obeyed {obeyed} of {len(asked.orders)} orders of the system prompt{last}"
    yield _share(obeyed, len(asked.orders), asked.at_least, told)


class OddInput(Record, frozen=True, kw_only=True):
    """A text `times` repeated; `beyond_context`: as often as it takes to be longer than the context."""

    id: Text
    text: str
    times: int = 1
    beyond_context: bool = False


class Survives(Record, frozen=True, kw_only=True):
    """Inputs that must not end the engine."""

    inputs: Annotated[tuple[OddInput, ...], Meta(min_length=1)]
    max_tokens: int = 16


def survives(bench: Bench, asked: Survives) -> Iterator[Judgement]:
    """Every input must be answered or refused; a crash is told by the runner."""
    for odd in asked.inputs:
        text = odd.text * odd.times
        if odd.beyond_context:
            text = odd.text * (bench.context // max(bench.count(odd.text) or len(odd.text) // 4, 1) + 64)
        try:
            reply = bench.ask(text, max_tokens=asked.max_tokens, case=odd.id).reply
        except RefusedError as error:
            yield Judgement("pass", f"refused and lives on: {str(error)[:120]}", True, True, part=odd.id)
            continue
        yield Judgement("pass", f"answered {len(reply.text)} characters", True, True, part=odd.id)


def _share(kept: int, of: int, at_least: float, told: str) -> Judgement:
    reached = kept / of
    return Judgement("pass" if reached >= at_least else "fail", told, round(reached, 3), at_least)
