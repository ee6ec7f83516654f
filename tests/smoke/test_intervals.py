"""Wilson's interval against published values."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.smoke.intervals import told, wilson


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (0, 0, 0, 1)],
)
def test_published_values(count: int, total: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    assert wilson(count, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
@example(0, 125)
def test_it_holds_the_share_and_stays_inside(count: int, more: int) -> None:
    total = count + more
    low, high = wilson(count, total)
    assert 0 <= low <= count / total <= high <= 1


def test_words() -> None:
    assert told(3, 8) == "3 of 8 (38 %; 14 to 69 %)"
    assert told(0, 0) == "0 of 0"
