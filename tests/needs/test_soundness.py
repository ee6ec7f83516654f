"""Questions that could not be asked are refused, each with its place in the file."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from advisor.ask import questions_of
from advisor.catalog.load import Catalog
from advisor.catalog.schema.questions import QuestionSet
from advisor.needs.soundness import problems_of

Plain = dict[str, Any]


@pytest.fixture
def plain(shipped: Catalog) -> Plain:
    """Return the shipped questions as they stand in the file."""
    data: Plain = msgspec.to_builtins(questions_of(shipped))
    return data


def told(data: Plain) -> list[str]:
    problems = problems_of(msgspec.convert(data, QuestionSet))
    return [f"{'.'.join(map(str, path))}: {message}" for path, message in problems]


def at(data: Plain, name: str) -> tuple[int, Plain]:
    return next((i, q) for i, q in enumerate(data["questions"]) if q["id"] == name)


@pytest.mark.parametrize(
    ("name", "change", "place", "message"),
    [
        ("readers", {"id": "purpose"}, "id", "question 'purpose' stands twice"),
        ("readers", {"options": []}, "options", "a choice needs two options or more"),
        ("readers", {"field": "users"}, "field", "no requirement 'users'; did you mean"),
        ("readers", {"default": "nobody"}, "default", "'nobody' is none of the options"),
        ("readers", {"other": "country"}, "other", "only a question of kind 'many'"),
        ("readers", {"when": [{"question": "data", "among": ["public"]}]}, "when.0.question", "no earlier question"),
        ("readers", {"when": [{"question": "purpose"}]}, "when.0", "names no answers"),
        ("readers", {"when": [{"question": "purpose", "among": ["talk"]}]}, "when.0.among.0", "'talk' is no answer"),
        ("languages", {"default": ["xx"]}, "default.0", "'xx' is none of the options"),
        ("languages", {"default": "en"}, "default", "the default of a question of kind 'many' is a list"),
        ("languages", {"default_in": {"ja": ["nihongo"]}}, "default_in.ja.0", "'nihongo' is none of the options"),
        ("at-once", {"default": 0}, "default", "0 must be above zero"),
        ("at-once", {"field": None}, "field", "needs the field that it answers"),
        ("memory", {"default": "big"}, "default", "'big' is not a size"),
        ("memory", {"unsure": {"says": {"en": "a", "ja": "b"}, "sets": {"hard": 1}}}, "unsure.sets.hard", "no requ"),
    ],
)
def test_a_question(plain: Plain, name: str, change: Plain, place: str, message: str) -> None:
    index, question = at(plain, name)
    question.update(change)
    if change.get("field", "") is None:
        del question["field"]
    found = told(plain)
    assert any(line.startswith(f"questions.{index}.{place}: ") and message in line for line in found), found


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"id": "public"}, "id", "option 'public' stands twice"),
        ({"id": "q"}, "id", "'q' means something else at the prompt"),
        ({"id": "not-sure"}, "id", "means something else"),
        ({"id": "7"}, "id", "means something else"),
        ({"sets": {"privvacy": "x"}}, "sets.privvacy", "did you mean 'privacy'?"),
        ({"when": [{"question": "place", "outside": ["own"]}]}, "when.0.question", "no earlier question 'place'"),
    ],
)
def test_an_option(plain: Plain, change: Plain, place: str, message: str) -> None:
    index, question = at(plain, "data")
    question["options"][1].update(change)
    found = told(plain)
    assert any(line.startswith(f"questions.{index}.options.1.{place}: ") and message in line for line in found), found


@pytest.mark.parametrize(
    ("word", "text", "message"),
    [
        ("still_in", "{left} models", "must hold {left} and {open} and {total}"),
        ("not_sure", "Not {sure}", "must hold nothing in braces"),
    ],
)
def test_words(plain: Plain, word: str, text: str, message: str) -> None:
    plain["words"][word]["en"] = text
    assert told(plain) == [f"words.{word}.en: {message}"]


def test_a_number_has_no_options(plain: Plain) -> None:
    _, question = at(plain, "at-once")
    question["options"] = at(plain, "readers")[1]["options"]
    assert any("a question of kind 'whole' has no options" in line for line in told(plain))


def test_all_problems_at_once(plain: Plain) -> None:
    at(plain, "readers")[1]["default"] = "nobody"
    at(plain, "languages")[1]["field"] = "tongue"
    at(plain, "at-once")[1]["default"] = 0
    assert len(told(plain)) == 3
