"""A sheet for blind comparison by people: two answers to one prompt, without names; and reading it back in."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from advisor.errors import DataError, ExternalError, UserError
from advisor.smoke import store
from advisor.smoke.document import SmokeResult, Transcript
from advisor.smoke.select import ALWAYS

HEADER = ("sheet", "row", "prompt", "answer A", "answer B", "better", "remark")
CHOICES = {"a": (1.0, 0.0), "b": (0.0, 1.0), "=": (0.5, 0.5)}
"""What A and B get for each word under `better`; empty: not rated."""

Rows = list[dict[str, str]]


def blind(results: Sequence[tuple[SmokeResult, str]]) -> tuple[str, list[list[str]], Rows]:
    """Return the sheet's name, its lines, and the key that says whose answers they are.

    Every pair of results is compared on every case both have; which answer is A follows from hashes, so that
    nobody can guess it and equal results give equal sheets.
    """
    rows: Rows = []
    for (first, first_digest), (second, second_digest) in combinations(results, 2):
        for one, other in _pairs(first, second):
            sides = [(one.reply, first_digest), (other.reply, second_digest)]
            order = hashlib.sha256("\0".join([one.suite, one.case, first_digest, second_digest]).encode()).digest()
            if order[0] % 2:
                sides.reverse()
            row = {"suite": one.suite, "case": one.case, "prompt": _prompt(one), "order": order.hex()}
            rows.append(row | {"A": sides[0][0], "B": sides[1][0], "a": sides[0][1], "b": sides[1][1]})
    rows.sort(key=lambda row: row["order"])
    name = hashlib.sha256("".join(row["order"] for row in rows).encode()).hexdigest()[:12]
    lines = [[name, str(number), row["prompt"], row["A"], row["B"], "", ""] for number, row in enumerate(rows, 1)]
    key = [{field: row[field] for field in ("suite", "case", "a", "b")} for row in rows]
    return name, [list(HEADER), *lines], key


def read_back(path: Path) -> tuple[str, dict[tuple[str, str], tuple[float, int]]]:
    """Return the sheet's name, and by (document, suite) comparisons won (ties count half) and made.

    Raises:
        UserError: where its key is not on this machine, or nothing is rated.
        DataError: with every line that says something else than A, B or =.
        ExternalError: where it cannot be read.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError([f"{path}:1: no sheet: {error}"]) from None
    name = (rows[0].get("sheet") or "") if rows else ""
    key = store.key_of(name) if name.isalnum() else None
    if key is None:
        raise UserError(f"{path}: which answer is whose is not known on this machine (sheet '{name[:40]}')")
    return name, _counted(path, rows, key)


def _counted(path: Path, rows: list[dict[str, str | None]], key: Rows) -> dict[tuple[str, str], tuple[float, int]]:
    counted: dict[tuple[str, str], tuple[float, int]] = {}
    problems = []
    for place, row in enumerate(rows, 1):
        number, said = (row.get("row") or "").strip(), (row.get("better") or "").strip().casefold()
        if not said:
            continue
        if said not in CHOICES or not number.isdecimal() or not 1 <= int(number) <= len(key):
            problems.append(f"{path}:{place + 1}: 'better' must be A, B or = (or empty), and 'row' a row of the sheet")
            continue
        of = key[int(number) - 1]
        for side, points in zip(("a", "b"), CHOICES[said], strict=True):
            won, made = counted.get((of[side], of["suite"]), (0.0, 0))
            counted[of[side], of["suite"]] = (won + points, made + 1)
    if problems:
        raise DataError(problems)
    if not counted:
        raise UserError(f"{path}: nothing is rated; write A, B or = under 'better'")
    return counted


def _pairs(first: SmokeResult, second: SmokeResult) -> Iterator[tuple[Transcript, Transcript]]:
    """Yield the answers of two results to the same prompt of a case; equal answers need no people."""
    theirs = {(said.suite, said.case): said for said in second.transcripts}
    for said in first.transcripts:
        other = theirs.get((said.suite, said.case))
        is_case = said.suite not in ALWAYS
        if is_case and other and other.prompt == said.prompt and other.reply != said.reply:
            yield said, other


def _prompt(said: Transcript) -> str:
    return f"[{said.system}]\n{said.prompt}" if said.system else said.prompt
