"""Kleene's logic: the strongest answer decides, and what is not known never counts as a pass."""

from __future__ import annotations

import pytest

from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict, all_of, any_of

AND = [
    (PASS, PASS, PASS), (PASS, UNKNOWN, UNKNOWN), (PASS, FAIL, FAIL),
    (UNKNOWN, UNKNOWN, UNKNOWN), (UNKNOWN, FAIL, FAIL), (FAIL, FAIL, FAIL),
]  # fmt: skip
OR = [
    (PASS, PASS, PASS), (PASS, UNKNOWN, PASS), (PASS, FAIL, PASS),
    (UNKNOWN, UNKNOWN, UNKNOWN), (UNKNOWN, FAIL, UNKNOWN), (FAIL, FAIL, FAIL),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "both"), AND)
def test_and(left: Verdict, right: Verdict, both: Verdict) -> None:
    assert left & right is both
    assert right & left is both
    assert all_of((left, right)) is both


@pytest.mark.parametrize(("left", "right", "either"), OR)
def test_or(left: Verdict, right: Verdict, either: Verdict) -> None:
    assert left | right is either
    assert right | left is either
    assert any_of((left, right)) is either


def test_nothing_asked_passes_and_no_alternative_fails() -> None:
    assert all_of(()) is PASS
    assert any_of(()) is FAIL
