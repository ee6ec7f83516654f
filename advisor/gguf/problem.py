"""What is wrong with a file, where, and whether it may be loaded all the same."""

from __future__ import annotations

from typing import Literal

from advisor.catalog.schema import Record

Severity = Literal["fail", "warn"]


class Problem(Record, frozen=True, kw_only=True):
    """One thing that is wrong: a stable `code`, words, and the byte of the file at which it stands."""

    code: str
    message: str
    offset: int
    severity: Severity
    file: str | None = None
    """The part of a split file that it concerns."""


class HeaderError(Exception):
    """The header cannot be read any further."""

    def __init__(self, code: str, message: str, offset: int) -> None:
        self.problem = Problem(code=code, message=message, offset=offset, severity="fail")
        super().__init__(f"{message} (at byte {offset})")
