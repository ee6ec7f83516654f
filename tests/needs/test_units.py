"""Sizes and counts as people write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.needs.units import MOST, format_count, format_size, parse_count, parse_size, parse_whole, size_text


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


@pytest.mark.parametrize(
    "text",
    ["24", "24G", "-1GB", "0GB", "0.0000001KB", "GB", "24 GB free", "2000000TB", "", "nanGB", "1e3GB", "0.0001KB",
     f"{HUGE}GB"],
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
    ("text", "told"),
    [
        ("", "'' is not a number"),
        ("many", "'many' is not a number"),
        ("-8", "'-8' is not a number"),
        ("8 192", "'8 192' is not a number"),
        ("8,192", "is not a number"),
        ("14BB", "is not a number"),
        ("0", "0 must be above zero"),
        ("0.0B", "0 must be above zero"),
        (0, "0 must be above zero"),
        ("0.1", "'0.1' must be a whole number"),
        ("1.0000000005B", "must be a whole number"),
        (HUGE, "is beyond everything that occurs"),
        (f"{HUGE}T", "is beyond everything that occurs"),
        ("1001T", "'1001T' is beyond everything that occurs"),
        (10**15 + 1, "is beyond everything that occurs"),
    ],
)
def test_what_is_not_a_count_is_refused(text: str | int, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        parse_count(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (4.7 * 2**30, "4.7 GiB"),
        (512 * 2**20, "512 MiB"),
        (2**30, "1.0 GiB"),
        (1500 * 2**30, "1,500 GiB"),
        (2**20, "1 MiB"),
        (27, "27 bytes"),
        (1, "1 byte"),
        (0, "0 bytes"),
    ],
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


@pytest.mark.parametrize("number", [1, 30, MOST])
def test_whole_numbers(number: int) -> None:
    assert parse_whole(number) == number


@pytest.mark.parametrize(("number", "told"), [(0, "above zero"), (-1, "above zero"), (MOST + 1, "beyond everything")])
def test_what_is_no_whole_number_that_occurs(number: int, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{number} .*{told}"):
        parse_whole(number)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (24 * 10**9, "24GB"),
        (36 * 2**30, "36GiB"),
        (125 * 2**30, "125GiB"),
        (1536 * 2**20, "1536MiB"),
        (1_500_000_000, "1500MB"),
        (1_234_567_000, "1234567.0kB"),
        (1, "0.001kB"),
    ],
)
def test_sizes_as_one_types_them(size: int, text: str) -> None:
    assert size_text(size) == text
    assert parse_size(text) == size


@given(st.integers(min_value=1, max_value=1 << 40), st.sampled_from([10**6, 2**20, 10**9, 2**30]))
def test_sizes_in_whole_units_survive_being_typed(number: int, unit: int) -> None:
    size = number % ((1 << 50) // unit) * unit or unit
    assert parse_size(size_text(size)) == size


@pytest.mark.parametrize("size", [1001, parse_size("0.245GiB"), parse_size("0.249GiB")])
def test_bytes_survive_being_typed(size: int) -> None:
    assert parse_size(size_text(size)) == size
