"""The flow of the questionnaire as pure functions over data: which question is next, what its answers mean.

Answers are kept in the order in which they were given, so that going back is taking the last one away. The next
question follows from the answers alone (and from what was given beside them): every path goes forward and ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from advisor.catalog import codes
from advisor.catalog.schema import HardwareProfile
from advisor.catalog.schema.questions import Condition, Option, Question, QuestionSet, Sets, Stake, Texts, UiLanguage
from advisor.needs.units import parse_count, parse_size, size_text

NOT_SURE = "not-sure"
Value = str | int | tuple[str, ...]
Answers = Mapping[str, Value]
"""Answers by id of the question, in the order in which they were given."""


class Standing(NamedTuple):
    """Where the models stand after some answers, and on which facts of the organisation a licence could depend."""

    total: int
    left: int
    """Models that are not rejected, those included that are not decided."""
    undecided: int
    stakes: frozenset[Stake]


Judge = Callable[[Answers], Standing]
"""Judges the models by answers; raises UserError where these are no requirements."""
_TEN_THOUSANDS = {"万": 10**4, "億": 10**8, "兆": 10**12}
_NONE = re.compile(r"^(0+(\.0+)?\s*([KMGT]i?B)?|none|no|なし|無し)$", re.IGNORECASE)


def filled(questions: QuestionSet, profiles: Mapping[str, HardwareProfile], machine: str) -> QuestionSet:
    """Return the questions with the catalog's options added, and `machine` put where `{machine}` stands."""
    ready = tuple(_filled(question, profiles, machine) for question in questions.questions)
    return msgspec.structs.replace(questions, questions=ready)


def _filled(question: Question, profiles: Mapping[str, HardwareProfile], machine: str) -> Question:
    options = [
        msgspec.structs.replace(
            option,
            text=Texts(
                en=option.text.en.replace("{machine}", machine), ja=option.text.ja.replace("{machine}", machine)
            ),
        )
        for option in question.options
    ]
    if question.options_from == "hardware":
        ordered = sorted(profiles.items(), key=lambda item: (item[1].vendor, item[1].name))
        options += [Option(id=key, text=Texts(en=profile.name, ja=profile.name)) for key, profile in ordered]
    return msgspec.structs.replace(question, options=tuple(options))


def next_question(
    questions: QuestionSet, answers: Answers, given: Mapping[str, Any], stakes: Collection[str]
) -> Question | None:
    """Return the question that follows the last one answered, or None at the end.

    Skipped are those whose conditions do not hold, those that ask for requirements already `given`, and those
    about the organisation on which no licence could depend: `stakes` are the ones on which one could.
    """
    rest = questions.questions
    if answers:
        last = list(answers)[-1]
        place = next(index for index, question in enumerate(rest) if question.id == last)
        rest = rest[place + 1 :]
    known = {**implied(questions, given), **answers}
    for question in rest:
        settled = not fields_of(question).union(question.settled_by).isdisjoint(given)
        at_stake = question.stake is None or question.stake in stakes
        if not settled and at_stake and _hold(question.when, known) and _can_be_answered(question, known):
            return question
    return None


def implied(questions: QuestionSet, given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the answers that requirements given beside the questions amount to."""
    found: dict[str, Value] = {}
    for question in questions.questions:
        value = given.get(question.field or "")
        if question.kind == "one" and value in [option.id for option in question.options]:
            found[question.id] = value
    return found


def before(answers: Answers) -> dict[str, Value]:
    """Return the answers without the last one."""
    return dict(list(answers.items())[:-1])


def answered(answers: Answers, question: Question, value: Value) -> dict[str, Value]:
    """Return the answers with one more."""
    return {**answers, question.id: value}


def reasons(error: Exception) -> list[str]:
    """Return what is wrong with an answer, without the names of options that resolving puts before it."""
    return [re.sub(r"^--[a-z-]+: ", "", line) for line in str(error).splitlines()]


def offered(question: Question, answers: Answers) -> tuple[Option, ...]:
    """Return the options that go with the earlier answers."""
    return tuple(option for option in question.options if _hold(option.when, answers))


def _can_be_answered(question: Question, answers: Answers) -> bool:
    return question.kind in ("whole", "size") or bool(question.other) or len(offered(question, answers)) > 1


def _hold(conditions: Iterable[Condition], answers: Answers) -> bool:
    for condition in conditions:
        value = answers.get(condition.question, ())
        chosen = set(value) if isinstance(value, tuple) else {value}
        if condition.among and chosen.isdisjoint(condition.among):
            return False
        if not chosen.isdisjoint(condition.outside):
            return False
    return True


def proposed(question: Question, answers: Answers, language: UiLanguage | None = None) -> Value:
    """Return the default: of a language where one is given; the first option where it is not offered."""
    value: Value = question.default
    if language is not None:
        value = question.default_in.get(language, value)
    if not question.options or value == NOT_SURE:
        return value
    known = {option.id for option in offered(question, answers)}
    wanted = value if isinstance(value, tuple) else (value,)
    if all(item in known for item in wanted):
        return value
    first = next(option.id for option in question.options if option.id in known)
    return (first,) if question.kind == "many" else first


def checked(question: Question, answers: Answers, value: Any) -> Value:
    """Return an answer in the form in which it is kept: options by id, sizes as `24GB`.

    Raises:
        ValueError: with what is wrong and what is expected.
    """
    if value == NOT_SURE or value in ((NOT_SURE,), [NOT_SURE]):
        return NOT_SURE
    if question.kind == "one":
        return _known(question, answers, value)
    if question.kind == "many":
        return _several(question, answers, value)
    text = _narrow(value)
    if question.kind == "whole":
        return _whole(text)
    if question.or_none and _NONE.match(text):
        return "0"
    return size_text(parse_size(f"{text}GB" if re.fullmatch(r"[\d.]+", text) else text))


def _narrow(value: Any) -> str:
    """Return what was typed with full-width characters made narrow.

    Raises:
        ValueError: where it is neither text nor a number.
    """
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise ValueError(f"'{value}' is not an answer; write text or a whole number")
    return unicodedata.normalize("NFKC", str(value)).strip()


def _whole(text: str) -> int:
    """Read `5000`, `5,000`, `20k`, `3 million`, `500万`."""
    text = text.replace(",", "").replace("_", "")
    text = re.sub(r"\s*(million|billion|thousand)$", lambda m: m[1][0].upper().replace("T", "k"), text.lower())
    for sign, factor in _TEN_THOUSANDS.items():
        if text.endswith(sign):
            number = text.removesuffix(sign).strip()
            if not re.fullmatch(r"\d{1,15}(\.\d{1,4})?", number):
                raise ValueError(f"'{text}' is not a number; write it like 8192, 128k or 500万")
            return parse_count(round(float(number) * factor))
    return parse_count(text)


def _known(question: Question, answers: Answers, value: Any) -> str:
    text = _narrow(value)
    ids = [option.id for option in offered(question, answers)]
    if text in ids:
        return text
    if any(option.id == text for option in question.options):
        raise ValueError(f"'{text}' does not go with the earlier answers; one of: {', '.join([*ids, NOT_SURE])}")
    raise ValueError(f"'{text}' is no answer; one of: {', '.join([*ids, NOT_SURE])}")


def _several(question: Question, answers: Answers, value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, (str, int)) else value
    if not isinstance(given, (list, tuple)):
        raise ValueError(f"'{value}' is not a list of answers")
    ids = {option.id for option in offered(question, answers)}
    found: dict[str, None] = {}
    for item in given:
        text = _narrow(item)
        if text == NOT_SURE:
            raise ValueError(f"'{NOT_SURE}' stands alone")
        if text not in ids and question.other:
            text = _code(question.other, text)
        found[text if question.other else _known(question, answers, text)] = None
    if not found:
        raise ValueError(f"name at least one, or '{NOT_SURE}'")
    alone = [option.id for option in question.options if option.alone and option.id in found]
    if alone and len(found) > 1:
        raise ValueError(f"'{alone[0]}' cannot be chosen together with others")
    return tuple(found)


def _code(kind: str, text: str) -> str:
    """Return the code of a language or country typed by its English name; anything else as it is."""
    known = codes.languages() if kind == "language" else codes.countries()
    by_name = {name.casefold(): code for code, name in known.items()}
    text = by_name.get(text.casefold(), text)
    return text.upper() if kind == "country" else text


def fields_of(question: Question) -> frozenset[str]:
    """Return the requirements that a question may set."""
    found = {name for option in question.options for name in option.sets or ()}
    found |= set(question.unsure.sets)
    return frozenset(found | ({question.field} if question.field else set()))


def sets(question: Question, value: Value) -> Sets:
    """Return the requirements that one answer asks for."""
    if value == NOT_SURE:
        return question.unsure.sets
    if question.kind in ("whole", "size"):
        return {question.field: value} if question.field and value != "0" else {}
    merged: Sets = {}
    by_id = {option.id: option.sets for option in question.options}
    for item in value if isinstance(value, tuple) else (str(value),):
        own = by_id.get(item)
        if own is None:
            own = {question.field: (item,) if question.kind == "many" else item} if question.field else {}
        merged = joined(merged, own)
    return merged


def joined(one: Sets, other: Sets) -> Sets:
    """Return requirements of both: lists one after the other, weights side by side, else the later one."""
    merged = dict(one)
    for name, value in other.items():
        held = merged.get(name)
        if isinstance(held, tuple) and isinstance(value, tuple):
            merged[name] = tuple(dict.fromkeys([*held, *value]))
        elif isinstance(held, dict) and isinstance(value, dict):
            merged[name] = {**held, **value}
        else:
            merged[name] = value
    return merged


def requirements_of(questions: QuestionSet, answers: Answers) -> Sets:
    """Return everything that the answers ask for, under the names of the requirements file."""
    merged: Sets = {}
    for question in questions.questions:
        if question.id in answers:
            merged = joined(merged, sets(question, answers[question.id]))
    return merged


def unsure_in(questions: QuestionSet, answers: Answers) -> list[Question]:
    """Return the questions that were answered with "not sure"."""
    return [question for question in questions.questions if answers.get(question.id) == NOT_SURE]
