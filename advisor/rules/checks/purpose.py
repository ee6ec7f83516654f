"""Rules `task`, `context` and `parameters`: what the model is made for, and how large it is."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.needs.units import format_count
from advisor.rules.finding import Finding, unknown
from advisor.rules.subject import Need, Subject
from advisor.rules.verdict import FAIL, PASS

PROJECTOR = "image input needs the projector file beside the weights; its memory is not counted here"


def task(subject: Subject, need: Need) -> Finding:
    """Every task asked must stand in the maker's list; a base model cannot chat.

    A change names the tasks that are left; where none is, there is nothing to change.
    """
    asked = need.requirements.task
    stated = subject.model.tasks
    base = subject.model.instruction_tuned is False
    left: list[str] = [t for t in asked if stated and t in stated.names and not (base and t == "chat")]
    option, passes_at = ("task" if left else None), left or None
    if base and "chat" in asked:
        return Finding(
            rule="task", verdict=FAIL, observed="base model", required=list(asked), option=option, passes_at=passes_at,
            reason="a base model: it continues text and does not follow instructions",
            sources=stated.sources if stated else (),
        )  # fmt: skip
    if stated is None:
        return unknown("task", "nobody has recorded what it is made for", "tasks", required=list(asked))
    lacking = [name for name in asked if name not in stated.names]
    if lacking:
        return Finding(
            rule="task", verdict=FAIL, observed=list(stated.names), required=list(asked), option=option,
            passes_at=passes_at,
            reason=f"its maker does not state {_listed(lacking)} among its tasks", sources=stated.sources,
        )  # fmt: skip
    return Finding(
        rule="task", verdict=PASS, observed=list(stated.names), required=list(asked),
        reason=f"made for {_listed(asked)}", sources=stated.sources,
        conditions=(PROJECTOR,) if "vision" in asked else (),
    )  # fmt: skip


def context(subject: Subject, need: Need) -> Finding:
    """The context asked must be native, or extended with a condition."""
    asked = need.requirements.context
    known = subject.model.context
    if known is None:
        return unknown("context", "its context length is not recorded", "context.native", required=asked)
    if asked <= known.native:
        return Finding(
            rule="context", verdict=PASS, observed=known.native, required=asked,
            reason=f"{known.native:,} tokens native", sources=known.sources,
        )  # fmt: skip
    longest = max(known.native, known.extended or 0)
    if asked <= longest:
        return Finding(
            rule="context", verdict=PASS, observed=longest, required=asked,
            reason=f"{known.native:,} tokens native, {longest:,} when extended", sources=known.sources,
            conditions=(f"beyond {known.native:,} tokens the context has to be extended as the maker describes",),
        )  # fmt: skip
    return Finding(
        rule="context", verdict=FAIL, observed=longest, required=asked, option="context", passes_at=longest,
        reason=f"holds at most {longest:,} tokens", sources=known.sources,
    )  # fmt: skip


def parameters(subject: Subject, need: Need) -> Finding | None:
    """`--max-parameters` counts all parameters, not the active ones."""
    asked = need.requirements.max_parameters
    if asked is None:
        return None
    known = subject.model.parameters
    if known is None:
        return unknown("parameters", "its size is not recorded", "parameters.total", required=asked)
    fits = known.total <= asked
    return Finding(
        rule="parameters", verdict=PASS if fits else FAIL, observed=known.total, required=asked,
        reason=f"{format_count(known.total)} parameters", sources=known.sources,
        option=None if fits else "max_parameters", passes_at=None if fits else known.total,
    )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
