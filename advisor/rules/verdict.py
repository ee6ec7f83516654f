"""The three answers a rule can give, and how they combine."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Verdict(enum.Enum):
    """Pass, fail, or not known; `&` and `|` follow Kleene's logic."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"

    def __and__(self, other: Verdict) -> Verdict:
        return all_of((self, other))

    def __or__(self, other: Verdict) -> Verdict:
        return any_of((self, other))


PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return fail if any fails, else unknown if any is unknown, else pass."""
    answer = PASS
    for verdict in verdicts:
        if verdict is FAIL:
            return FAIL
        if verdict is UNKNOWN:
            answer = UNKNOWN
    return answer


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return pass if any passes, else unknown if any is unknown, else fail."""
    answer = FAIL
    for verdict in verdicts:
        if verdict is PASS:
            return PASS
        if verdict is UNKNOWN:
            answer = UNKNOWN
    return answer
