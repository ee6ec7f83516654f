"""A sheet on which people rate two models' answers without knowing whose they are, and the way back from it.

The sheet is a table (CSV) that any spreadsheet opens; which model is A is drawn anew for each row and stands in a key
that is kept apart. Marks go into the sheet: `A`, `B` or `same`; an empty cell is no answer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple
from unicodedata import normalize

from advisor.catalog.schema import Record, Text
from advisor.errors import DataError, UserError
from advisor.smoke.intervals import wilson

POLITENESS = ("politer", "meets what the customer meant", "warmer", "fit to be sent")
"""What a measure cannot tell of a reply in customer care."""
HEAD = ("no", "situation", "answer A", "answer B")
REMARKS = "remarks"
MARKS = {"a": "a", "b": "b", "=": "=", "same": "=", "tie": "=", "ab": "=", "同": "=", "同じ": "="}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
BOM = "\ufeff"


class Answered(NamedTuple):
    """One model's answer to one case."""

    case: str
    asked: str
    text: str


class Row(Record, frozen=True, kw_only=True):
    """Which model stands where in one row: `a` and `b` are 0 or 1."""

    no: int
    case: Text
    a: Literal[0, 1]
    sha256: Text
    """Of the row as it was printed, so that marks are not counted for other answers."""


class Key(Record, frozen=True, kw_only=True):
    """What resolves a sheet; it is not shown to those who rate."""

    schema: Literal["advisor.rating-key/1"]
    models: tuple[Text, Text]
    questions: tuple[Text, ...]
    seed: int
    rows: tuple[Row, ...]


class Sheet(NamedTuple):
    """The table for people and its key."""

    table: str
    key: Key


class Outcome(Record, frozen=True, kw_only=True):
    """What people said to one question: wins of each model, ties, no answer; and the share that the first model won."""

    question: Text
    first: int
    second: int
    ties: int
    unanswered: int
    share: float | None = None
    """Of the decided ones; `low` and `high` are its 95 % interval (Wilson)."""
    low: float
    high: float


class Ratings(Record, frozen=True, kw_only=True):
    """What people said, by question."""

    schema: Literal["advisor.ratings/1"]
    models: tuple[Text, Text]
    sheets: int
    outcomes: tuple[Outcome, ...]


def print_sheet(
    models: tuple[str, str],
    answers: tuple[Sequence[Answered], Sequence[Answered]],
    seed: int,
    questions: tuple[str, ...] = POLITENESS,
) -> Sheet:
    """Pair two models' answers by case and lay them out; cases that only one of them answered are left out.

    Raises:
        UserError: where no case was answered by both.
    """
    second = {answer.case: answer for answer in answers[1]}
    pairs = [(one, second[one.case]) for one in answers[0] if one.case in second]
    if not pairs:
        raise UserError("the two results have no case in common; run both with the same suite")
    draw = random.Random(seed)
    draw.shuffle(pairs)
    rows, lines = [], []
    for no, pair in enumerate(pairs, start=1):
        a: Literal[0, 1] = 1 if draw.random() < 0.5 else 0
        cells = (pair[0].asked, pair[a].text, pair[1 - a].text)
        rows.append(Row(no=no, case=pair[0].case, a=a, sha256=_digest(cells)))
        lines.append([str(no), *map(_harmless, cells), *("" for _ in questions), ""])
    key = Key(schema="advisor.rating-key/1", models=models, questions=questions, seed=seed, rows=tuple(rows))
    return Sheet(_table([[*HEAD, *questions, REMARKS], *lines]), key)


def read_sheets(sheets: Mapping[str, str], key: Key) -> Ratings:
    """Return what people marked; `sheets` are texts by the name of their file, one for each person.

    Raises:
        DataError: with every cell that is no mark, and every row that is not of this key, as `file:line: message`.
    """
    problems: list[str] = []
    marks: dict[str, Counter[str]] = {question: Counter() for question in key.questions}
    for name, text in sheets.items():
        try:
            for question, mark in _marks(name, text, key, problems):
                marks[question][mark] += 1
        except csv.Error as error:
            problems.append(f"{name}:1: is not the table that was printed: {error}")
    if problems:
        raise DataError(problems)
    outcomes = tuple(_outcome(question, marks[question]) for question in key.questions)
    return Ratings(schema="advisor.ratings/1", models=key.models, sheets=len(sheets), outcomes=outcomes)


def is_of(text: str, key: Key) -> bool:
    """Say whether a sheet was printed with this key, whatever was marked on it: one row as it was printed tells."""
    shown = {row.sha256 for row in key.rows}
    text = text.removeprefix(BOM)
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return any(_digest([_plain(row.get(column) or "") for column in HEAD[1:]]) in shown for row in lines)
    except csv.Error:  # a cell longer than any answer: some other file
        return False


def _marks(name: str, text: str, key: Key, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (question, `first`, `second`, `tie` or `none`) for each row of one sheet."""
    text = text.removeprefix(BOM)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    head = [cell.strip() for cell in next(reader, [])]
    missing = [wanted for wanted in (*HEAD, *key.questions) if wanted not in head]
    if missing:
        problems.append(
            f"{name}:1: has no column {', '.join(map(repr, missing))}; keep the first line as it was printed"
        )
        return
    rows = {str(row.no): row for row in key.rows}
    for cells in reader:
        line, row = reader.line_num, dict(zip(head, cells, strict=False))
        if not any(cell.strip() for cell in cells):
            continue
        known = rows.pop(row["no"].strip(), None)
        if known is None:
            problems.append(f"{name}:{line}: there is no row '{row['no']}' in the key, or it stands twice")
        elif _digest([_plain(row.get(column, "")) for column in HEAD[1:]]) != known.sha256:
            problems.append(f"{name}:{line}: row {known.no} is not what was printed; is this the key of this sheet?")
        else:
            yield from _row_marks(f"{name}:{line}", row, known, key, problems)
    problems.extend(f"{name}: row {no} is missing" for no in rows)


def _row_marks(place: str, row: dict[str, str], known: Row, key: Key, problems: list[str]) -> Iterator[tuple[str, str]]:
    for question in key.questions:
        cell = normalize("NFKC", _plain(row.get(question) or "")).strip().casefold()
        mark = MARKS.get(cell)
        if not cell:
            yield question, "none"
        elif mark is None:
            problems.append(f"{place}: '{cell}' under '{question}' is no mark; write A, B or same")
        else:
            yield question, "tie" if mark == "=" else ("first", "second")[known.a if mark == "a" else 1 - known.a]


def _outcome(question: str, marks: Counter[str]) -> Outcome:
    decided = marks["first"] + marks["second"]
    low, high = wilson(marks["first"], decided)
    share = round(marks["first"] / decided, 3) if decided else None
    return Outcome(question=question, first=marks["first"], second=marks["second"], ties=marks["tie"],
                   unanswered=marks["none"], share=share, low=round(low, 3), high=round(high, 3))  # fmt: skip


def _table(rows: list[list[str]]) -> str:
    """Return CSV with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return BOM + out.getvalue()


def _delimiter(text: str) -> str:
    """Return what parts the columns: some spreadsheets save semicolons or tabulators."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from running what a model wrote as a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _digest(cells: Sequence[str]) -> str:
    """Return the sha256 of what was shown; spreadsheets may change blanks and line ends, not letters."""
    shown = "\x00".join("".join(cell.split()) for cell in cells)
    return hashlib.sha256(shown.encode()).hexdigest()
