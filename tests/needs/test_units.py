"""Sizes and counts as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.needs.units import format_count, format_size, parse_count, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("24GB", 24 * 10**9),
        ("24GiB", 24 * 2**30),
        ("512MiB", 512 * 2**20),
        ("1.5TB", 1_500_000_000_000),
        (" 16 gib ", 16 * 2**30),
        ("64KB", 64_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


HUGE = "9" * 400
DIGITS = pytest.mark.xfail(strict=True, raises=OverflowError, reason="defect: hundreds of digits end in a traceback")


@pytest.mark.parametrize(
    "text",
    ["24", "24G", "-1GB", "0GB", "0.0000001KB", "GB", "24 GB free", "2000000TB", "", "nanGB", "1e3GB",
     pytest.param(f"{HUGE}GB", marks=DIGITS)],
)  # fmt: skip
def test_what_is_not_a_size_is_refused_with_its_own_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"is (not a|an impossible) size") as refused:
        parse_size(text)
    assert f"'{text}'" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [("8192", 8192), (8192, 8192), ("128k", 128_000), ("14B", 14 * 10**9), ("1.5M", 1_500_000), ("1T", 10**12)],
)
def test_counts(text: str | int, number: int) -> None:
    assert parse_count(text) == number


@pytest.mark.parametrize(
    "text", ["", "many", "-8", "0", "0.1", "8 192", "8,192", "14BB", pytest.param(HUGE, marks=DIGITS)]
)
def test_what_is_not_a_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a number|above zero"):
        parse_count(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(4.7 * 2**30, "4.7 GiB"), (512 * 2**20, "512 MiB"), (2**30, "1.0 GiB"), (1500 * 2**30, "1,500 GiB")],
)
def test_sizes_for_people(size: float, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(14_800_000_000, "14.8B"), (135_000_000, "135M"), (10**12, "1T"), (671 * 10**9, "671B"), (8192, "8.19k"),
     (12, "12")],
)  # fmt: skip
def test_counts_for_people(number: int, text: str) -> None:
    assert format_count(number) == text


@given(st.integers(min_value=1, max_value=2**20))
def test_whole_gibibytes_survive_being_written_down(gib: int) -> None:
    assert parse_size(f"{gib}GiB") == gib * 2**30
