"""Sizes and counts as people write them: `24GB`, `512MiB`, `14B`, `128k`."""

from __future__ import annotations

import re

_SIZE = r"(?i)^\s*(\d+(?:\.\d+)?)\s*([KMGT])(i?)B\s*$"
_COUNT = r"^\s*(\d+(?:\.\d+)?)\s*([kKmMbBtT]?)\s*$"
_POWER = {"K": 1, "M": 2, "G": 3, "T": 4}
_FACTOR = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
LARGEST = 1 << 60
"""Bytes beyond which no machine goes."""
MOST = 10**15
"""Tokens, users or dollars beyond which nothing goes."""


def parse_size(text: str) -> int:
    """Return the bytes of `24GB` (decimal) or `24GiB` (binary).

    Raises:
        ValueError: with what is wrong and what is expected.
    """
    match = re.match(_SIZE, text)
    if not match:
        raise ValueError(f"'{text}' is not a size; write it like 24GB, 24GiB or 512MiB")
    number, prefix, binary = match.groups()
    size: float = float(number) * (1024 if binary else 1000) ** _POWER[prefix.upper()]
    if not 1 <= size <= LARGEST:
        raise ValueError(f"'{text}' is an impossible size" + ("" if size else "; leave it out where there is none"))
    return round(size)


def parse_count(text: str | int) -> int:
    """Return the number that `14B`, `128k` or `8192` stands for; the suffixes are decimal.

    Raises:
        ValueError: with what is wrong and what is expected.
    """
    match = re.match(_COUNT, str(text))
    if not match:
        raise ValueError(f"'{text}' is not a number; write it like 8192, 128k or 14B")
    number = float(match[1]) * _FACTOR[match[2].upper()]
    if number > MOST:
        raise ValueError(f"'{text}' is beyond everything that occurs")
    if number != int(number):
        raise ValueError(f"'{text}' must be a whole number")
    return parse_whole(int(number))


def parse_whole(number: int) -> int:
    """Return a whole number above zero that is not beyond everything that occurs.

    Raises:
        ValueError: where it is not.
    """
    if number <= 0:
        raise ValueError(f"{number} must be above zero")
    if number > MOST:
        raise ValueError(f"{number} is beyond everything that occurs")
    return number


def format_size(size: float) -> str:
    """Return a size in bytes for people: `4.7 GiB`, `512 MiB`, `27 bytes`."""
    gib = size / 1024**3
    if gib >= 1:
        return f"{gib:.1f} GiB" if gib < 100 else f"{gib:,.0f} GiB"
    return f"{size / 1024**2:.0f} MiB" if size >= 1024**2 else counted(round(size), "byte")


def size_text(size: int) -> str:
    """Return bytes as one types them, in the unit in which they are a whole number: `24GB`, `36GiB`."""
    for unit, factor in (("GiB", 1024**3), ("GB", 10**9), ("MiB", 1024**2), ("MB", 10**6)):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size / 1000!r}kB"


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 model`, `2 models`."""
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def format_count(number: float) -> str:
    """Return a count of parameters for people: `14.8B`, `135M`."""
    for factor, suffix in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= 0.9995 * factor:
            return f"{number / factor:.3g}{suffix}"
    return str(number)
