"""The smallest changes of the requirements that let something pass; each is tried before it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from advisor.hardware.schema import Machine
from advisor.needs.schema import Requirements
from advisor.needs.units import parse_size, size_text
from advisor.ranking.schema import Relaxation, RelaxedOption
from advisor.rules.evaluate import Judged, evaluate, prepare
from advisor.rules.finding import Value
from advisor.rules.subject import Need
from advisor.rules.verdict import PASS

TRIED = 12
"""How many changes are tried at most, those that would settle most models first."""
SIZES_TOLD = 3
"""How many amounts of memory are told at most: the smallest that helps, then larger ones that let more pass."""
_SIZES = ("ram", "vram")


class _Step(NamedTuple):
    """One requirement set to another value."""

    option: str
    to: Value


_Blocked = Sequence[tuple[Judged, frozenset[_Step]]]
"""Models that do not pass, each with the steps after which it might."""


def relaxations(judged: Sequence[Judged], need: Need) -> list[Relaxation]:
    """Return the smallest sets of changes (one, else two) after which a model passes; none where one does."""
    if any(j.verdict is PASS for j in judged):
        return []
    blocked = [(j, steps) for j in judged if (steps := _steps(j, need)) is not None]
    for size in (1, 2):
        found = _tried(blocked, need, size)
        if found:
            return found
    return []


def changes_for(judged: Judged, need: Need) -> list[Relaxation]:
    """Return the change of up to two requirements that lets this one model pass."""
    steps = _steps(judged, need)
    return _tried([(judged, steps)], need, len(steps)) if steps else []


def _steps(judged: Judged, need: Need) -> frozenset[_Step] | None:
    """Return what would have to change for a model to pass; None where no change of requirements does it."""
    steps = {}
    for finding in judged.findings:
        if finding.verdict is PASS:
            continue
        change = finding.change()
        if change is None:
            return None
        steps[change.option] = _Step(change.option, _frozen(change.to))
    return frozenset(steps.values()) if 0 < len(steps) <= 2 else None


def _frozen(value: Value) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tried(blocked: _Blocked, need: Need, size: int) -> list[Relaxation]:
    """Return those sets of exactly `size` changes that let something pass: without new memory, then with the least."""
    found: dict[tuple[_Step, ...], tuple[str, ...]] = {}
    counts = Counter(tuple(sorted(steps, key=str)) for _, steps in blocked if len(steps) == size)
    ordered = sorted(counts, key=lambda steps: (_bytes(steps), -counts[steps], str(steps)))
    for steps in [s for s in ordered if not _bytes(s)][:TRIED]:
        passing = _passing(blocked, need, steps)
        if passing and passing not in found.values():
            found[steps] = passing
    most = told = 0
    for steps in [s for s in ordered if _bytes(s)][:TRIED]:
        passing = _passing(blocked, need, steps)
        if told < SIZES_TOLD and len(passing) > most:
            found[steps] = passing
            most, told = len(passing), told + 1
    return [Relaxation(relax=tuple(_told(step, need) for step in steps), passes=ids) for steps, ids in found.items()]


def _passing(blocked: _Blocked, need: Need, steps: tuple[_Step, ...]) -> tuple[str, ...]:
    """Return the models that pass with `steps`, of those that need no other option changed."""
    options = {step.option for step in steps}
    models = [j.subject.id for j, own in blocked if {s.option for s in own} <= options]
    return tuple(j.subject.id for j in evaluate(_apply(need, steps), models) if j.verdict is PASS)


def _bytes(steps: tuple[_Step, ...]) -> int:
    """Return the memory that changes ask for; 0 where they ask for none."""
    return sum(parse_size(str(step.to)) for step in steps if step.option in _SIZES)


def _apply(need: Need, steps: tuple[_Step, ...]) -> Need:
    """Return the need with the requirements (and the machine) changed."""
    requirements: Requirements = need.requirements
    machine: Machine = need.machine
    for step in steps:
        to: Any = step.to
        if step.option in _SIZES:
            to = parse_size(str(to))
            machine = msgspec.structs.replace(machine, **{f"{step.option}_bytes": to})
        requirements = msgspec.structs.replace(requirements, **{step.option: to})
    return prepare(requirements, need.catalog, machine, local=need.local)._replace(policies=need.policies)


def _told(step: _Step, need: Need) -> RelaxedOption:
    before = getattr(need.requirements, step.option) or None
    if step.option in _SIZES:
        size = getattr(need.machine, f"{step.option}_bytes")
        before = size_text(size) if size else None
    return RelaxedOption(option=step.option, from_=_thawed(before), to=_thawed(step.to))


def _thawed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
