"""How sure is a share? Wilson's score interval."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959963984540054
"""The quantile of the normal distribution for 95 %."""


def wilson(count: float, total: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval (low, high) that covers the share behind `count` of `total`; (0, 1) where there is nothing.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
    """
    if total == 0:
        return 0.0, 1.0
    share, square = count / total, z * z
    middle = share + square / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    low = 0.0 if count <= 0 else (middle - spread) / scale  # at the ends rounding would leave a trace
    high = 1.0 if count >= total else (middle + spread) / scale
    return low, high


def told(count: int, total: int) -> str:
    """Say a share with its interval: `3 of 8 (38 %; 14 to 69 %)`."""
    if total == 0:
        return "0 of 0"
    low, high = wilson(count, total)
    return f"{count} of {total} ({100 * count / total:.0f} %; {100 * low:.0f} to {100 * high:.0f} %)"
