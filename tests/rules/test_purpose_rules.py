"""Rules `status`, `task`, `context` and `parameters`."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog import schema
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict


@pytest.mark.parametrize(
    ("weights", "status", "verdict", "words"),
    [
        ("open", "active", PASS, "active"),
        ("open", "superseded", PASS, "superseded"),
        ("open", "retired", FAIL, "retired"),
        ("announced", "active", FAIL, "announced"),
    ],
)
def test_status(made: Any, weights: str, status: str, verdict: Verdict, words: str) -> None:
    found = made.finding("status", made.model(availability=made.availability(weights, status)))
    assert (found.verdict, found.observed) == (verdict, words)
    assert bool(found.conditions) == (status == "superseded")
    assert found.sources == made.sources


@pytest.mark.parametrize(
    ("stated", "instruction_tuned", "asked", "verdict", "passes_at"),
    [
        (("chat", "code"), True, ("chat",), PASS, None),
        (("chat", "code"), None, ("chat", "code"), PASS, None),
        (("chat", "code"), True, ("chat", "vision"), FAIL, ["chat"]),
        (("code",), False, ("chat", "code"), FAIL, ["code"]),
        (("reasoning",), False, ("reasoning",), PASS, None),
        (("embedding",), False, ("embedding",), PASS, None),
        (None, True, ("chat",), UNKNOWN, None),
        (None, False, ("code",), UNKNOWN, None),
        (None, False, ("chat",), FAIL, None),
        (None, False, ("chat", "code"), FAIL, None),
        (("code",), False, ("chat", "vision", "code"), FAIL, ["code"]),
        (("chat",), False, ("chat", "vision"), FAIL, None),
        (("code",), True, ("vision",), FAIL, None),
    ],
)
def test_task(
    made: Any,
    stated: tuple[str, ...] | None,
    instruction_tuned: bool | None,
    asked: tuple[str, ...],
    verdict: Verdict,
    passes_at: list[str] | None,
) -> None:
    model = made.model(tasks=made.tasks(*stated) if stated else None, instruction_tuned=instruction_tuned)
    found = made.finding("task", model, {"task": asked})
    assert (found.verdict, found.required, found.passes_at) == (verdict, list(asked), passes_at)
    assert found.missing == (("tasks",) if verdict is UNKNOWN else ())
    assert found.option == ("task" if passes_at else None)


def test_a_base_model_is_told_apart_from_a_model_for_something_else(made: Any) -> None:
    base = made.finding("task", made.model(tasks=made.tasks(), instruction_tuned=False))
    other = made.finding("task", made.model(tasks=made.tasks("code")))
    assert "base model" in base.reason
    assert "does not state chat" in other.reason


@pytest.mark.parametrize(
    ("asked", "verdict", "observed", "conditional"),
    [
        (32_768, PASS, 32_768, False),
        (32_769, PASS, 131_072, True),
        (131_072, PASS, 131_072, True),
        (131_073, FAIL, 131_072, False),
    ],
)
def test_context_is_native_extended_or_out_of_reach(
    made: Any, asked: int, verdict: Verdict, observed: int, conditional: bool
) -> None:
    found = made.finding("context", asks={"context": asked})
    assert (found.verdict, found.observed, found.required) == (verdict, observed, asked)
    assert bool(found.conditions) == conditional
    assert found.passes_at == (131_072 if verdict is FAIL else None)


def test_context_that_nobody_recorded_is_unknown(made: Any) -> None:
    found = made.finding("context", made.model(context=None))
    assert (found.verdict, found.missing, found.required) == (UNKNOWN, ("context.native",), 8192)


@pytest.mark.parametrize(
    ("total", "active", "verdict", "passes_at"),
    [
        (14_000_000_000, None, PASS, None),
        (14_800_000_000, None, FAIL, 14_800_000_000),
        (30_000_000_000, 3_000_000_000, FAIL, 30_000_000_000),
    ],
)
def test_all_parameters_count_not_the_active_ones(
    made: Any, total: int, active: int | None, verdict: Verdict, passes_at: int | None
) -> None:
    model = made.model(parameters=made.parameters(total, active))
    found = made.finding("parameters", model, {"max_parameters": 14_000_000_000})
    assert (found.verdict, found.observed, found.passes_at) == (verdict, total, passes_at)


def test_a_size_that_is_not_recorded_is_unknown_and_not_asked_for_is_silent(made: Any) -> None:
    sizeless = made.model(parameters=None)
    assert made.finding("parameters", sizeless, {"max_parameters": 10**9}).missing == ("parameters.total",)
    assert made.finding("parameters", sizeless) is None


@pytest.mark.parametrize(
    ("released", "as_of", "verdict"),
    [
        ("2026-05-01", None, PASS),
        ("2026-05-01", "2026-05-01", PASS),
        ("2026-05-02", "2026-05-01", FAIL),
        ("2026-05", "2026-04-30", FAIL),
        ("2026-05", "2026-05-10", UNKNOWN),
        ("2026-05", "2026-06-01", PASS),
        ("2026-11", "2026-11-01", PASS),
        (None, "2026-05-01", UNKNOWN),
        (None, None, PASS),
    ],
)
def test_what_was_not_yet_released_on_the_day(
    made: Any, released: str | None, as_of: str | None, verdict: Verdict
) -> None:
    """The workshop's sources were read on 2026-11-01: what was read of by then is released."""
    stated = schema.Released(date=released, sources=made.sources) if released else None
    found = made.finding("status", made.model(released=stated), {"as_of": as_of})
    assert found.verdict is verdict
    assert found.missing == (("released.date",) if verdict is UNKNOWN else ())
