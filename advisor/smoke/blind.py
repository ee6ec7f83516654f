"""Blind comparison of a bake-off's answers by people: a sheet for each pair of models, and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import msgspec

from advisor.errors import DataError, ExternalError, UserError
from advisor.paths import read_whole
from advisor.smoke import store
from advisor.smoke.checks.politeness import SITUATION
from advisor.smoke.document import SmokeResult
from advisor.smoke.evidence import cases_of
from advisor.smoke.sheet import POLITENESS, Answered, Outcome, Ratings, is_of, print_sheet, read_sheets
from advisor.smoke.store import Preference, SheetKey

SCHEMA = "advisor.smoke-ratings/1"
QUESTIONS = ("better",)


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """What people said about one pair of results; `documents` are their sha256, the first model's first."""

    models: tuple[str, str]
    documents: tuple[str, str]
    sheets: int
    outcomes: tuple[Outcome, ...]


class RatedSheets(msgspec.Struct, frozen=True, kw_only=True):
    """Sheets that were read back in, by pair of results (`advisor.smoke-ratings/1`)."""

    schema: str = SCHEMA
    rated: tuple[Rated, ...]

    @property
    def exit_code(self) -> int:
        """Return 0: they were read and kept."""
        return 0


def print_sheets(results: Sequence[tuple[SmokeResult, str]], target: Path) -> dict[Path, str]:
    """Return the sheets by file: `target` for two results, one numbered file a pair for more; their keys are kept.

    Raises:
        UserError: where two results have no case in common.
        ExternalError: where the keys cannot be kept.
    """
    sheets = {}
    for (i, (first, one)), (j, (second, other)) in combinations(enumerate(results, 1), 2):
        questions = POLITENESS if "ja" in first.asked.lang else QUESTIONS
        seed = int(one[:8], 16) ^ int(other[:8], 16)
        names = (_name(first), _name(second))
        sheet = print_sheet(names, (_answers(first), _answers(second)), seed, questions)
        store.keep_key(SheetKey(documents=(one, other), key=sheet.key))
        path = target if len(results) == 2 else target.with_name(f"{target.stem}-{i}-{j}{target.suffix}")
        sheets[path] = sheet.table
    return sheets


def rate(paths: Sequence[Path]) -> RatedSheets:
    """Read filled-in sheets back in and keep what they say; sheets of one key are counted together.

    Raises:
        UserError: where a sheet was not printed on this machine, or nothing is marked.
        DataError: with every cell that is no mark.
        ExternalError: where a file cannot be read, or nothing can be kept.
    """
    by_key: dict[str, tuple[SheetKey, dict[str, str]]] = {}
    known = list(store.keys())
    for path in paths:
        text = _text(path)
        key = next((key for key in known if is_of(text, key.key)), None)
        if key is None:
            raise UserError(f"{path}: no sheet that was printed on this machine; its key is not here")
        by_key.setdefault(key.name, (key, {}))[1][str(path)] = text
    rated = [(key, read_sheets(texts, key.key)) for key, texts in by_key.values()]
    if not any(outcome.first + outcome.second + outcome.ties for _, told in rated for outcome in told.outcomes):
        raise UserError("nothing is marked on these sheets; write A, B or same under the questions")
    for key, told in rated:
        store.keep_ratings(key.name, _preferences(key, told))
    return RatedSheets(rated=tuple(_rated(key, told) for key, told in rated))


def _preferences(key: SheetKey, told: Ratings) -> tuple[Preference, Preference]:
    counts = Counter[str]()
    for outcome in told.outcomes:
        counts.update(first=outcome.first, second=outcome.second, ties=outcome.ties)
    made = counts.total()
    first, second = (
        Preference(document=document, won=counts[place] + counts["ties"] / 2, made=made)
        for document, place in zip(key.documents, ("first", "second"), strict=True)
    )
    return first, second


def _rated(key: SheetKey, told: Ratings) -> Rated:
    return Rated(models=told.models, documents=key.documents, sheets=told.sheets, outcomes=told.outcomes)


def _name(result: SmokeResult) -> str:
    model = result.model
    return " ".join(part for part in (model.name, model.quantization) if part)


def _answers(result: SmokeResult) -> list[Answered]:
    """Return the answers to the cases of the suites, and to customers of a shop: other probes ask for other ends."""
    cases = cases_of(result.checks)
    return [
        Answered(f"{said.suite}.{said.case}", said.prompt, said.reply)
        for said in result.transcripts
        if (said.suite, said.case) in cases or said.case.startswith(SITUATION)
    ]


def _text(path: Path) -> str:
    try:
        return read_whole(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"there is no file {path}") from None
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError([f"{path}:1: is not UTF-8 text; save the sheet as CSV in UTF-8"]) from None
