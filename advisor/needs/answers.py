"""Answers as a file (`advisor.answers/1`): what is kept of a questionnaire that was left, or handed in by a script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from advisor.catalog.schema import Record, Text
from advisor.catalog.schema.questions import QuestionSet
from advisor.errors import UserError, nearest
from advisor.needs.questions import (
    Answers,
    Judge,
    Value,
    answered,
    checked,
    implied,
    next_question,
    proposed,
    reasons,
)
from advisor.paths import read_whole
from advisor.records import Problem, RecordError, convert, read_data

if TYPE_CHECKING:
    from advisor.strict_yaml import Lines

SCHEMA = "advisor.answers/1"


class AnswersFile(Record, frozen=True, kw_only=True):
    """An answers file as it is written: answers by id of the question, of one set of questions."""

    schema: Literal["advisor.answers/1"]
    questions: Text
    """The id of the set of questions that were answered."""
    answers: dict[str, str | int | tuple[str | int, ...]] = msgspec.field(default_factory=dict)


class Written(NamedTuple):
    """An answers file with its text, for line numbers."""

    file: AnswersFile
    text: str


def read(path: Path) -> Written:
    """Return the answers file at `path`.

    Raises:
        UserError: with every problem of its shape as `file:line: message`.
    """
    try:
        text = read_whole(path).decode("utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}:1: is not UTF-8 text") from None
    try:
        data = read_data(text)
        return Written(convert(text, {} if data is None else data, AnswersFile), text)
    except RecordError as error:
        raise UserError("\n".join(error.listed(str(path)))) from None


def is_answers(path: Path) -> bool:
    """Say whether a file holds answers, as far as its beginning tells."""
    try:
        with open(path, encoding="utf-8") as file:
            return f"schema: {SCHEMA}" in file.read(500)
    except (OSError, UnicodeDecodeError):
        return False


def text_of(questions: QuestionSet, answers: Answers) -> str:
    """Return answers as the text of an answers file."""
    lines = [f"schema: {SCHEMA}", f"questions: {scalar(questions.id)}"]
    lines += ["answers:", *(f"  {name}: {scalar(value)}" for name, value in answers.items())] if answers else []
    return "\n".join(lines) + "\n"


_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def scalar(value: Any) -> str:
    """Return a value on one line of YAML; text that any reader could take for something else is quoted."""
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {scalar(held)}' for name, held in value.items())}}}"
    if isinstance(value, str):
        plain = value.isascii() and value.replace("-", "").replace("_", "").isalpha() and value[0].isalpha()
        if plain and value.casefold() not in _RESERVED:
            return value
        quoted = json.dumps(value, ensure_ascii=False)
        return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
    return json.dumps(value)


def followed(questions: QuestionSet, path: Path, given: Mapping[str, Any], judge: Judge) -> dict[str, Value]:
    """Walk the questions with the answers of a file; one that is left out takes its default.

    Raises:
        UserError: with every problem as `file:line: message`.
    """
    from advisor.strict_yaml import Lines

    written = read(path)
    lines = Lines(written.text)
    if written.file.questions != questions.id:
        raise UserError(
            f"{path}:{lines.of(('questions',))}: answers to the questions '{written.file.questions}'; "
            f"these are '{questions.id}': answer again with 'advisor ask'"
        )
    problems = list(_unasked(questions, written.file, lines))
    answers: dict[str, Value] = {}
    standing = judge(answers)
    while question := next_question(questions, answers, given, standing.stakes):
        known = {**implied(questions, given), **answers}
        value = proposed(question, known)
        try:
            if question.id in written.file.answers:
                value = checked(question, known, written.file.answers[question.id])
            standing = judge(answered(answers, question, value))
        except (ValueError, UserError) as error:
            line = lines.of(("answers", question.id))
            problems += [Problem(line, f"{question.id}: {reason}") for reason in reasons(error)]
            value = proposed(question, known)
        answers[question.id] = value
    if problems:
        raise UserError("\n".join(RecordError(sorted(problems)).listed(str(path))))
    return answers


def _unasked(questions: QuestionSet, file: AnswersFile, lines: Lines) -> Iterator[Problem]:
    """Yield the answers to questions that there are not."""
    known = {question.id for question in questions.questions}
    for name in file.answers:
        if name not in known:
            near = nearest(name, known, count=1, cutoff=0.5)
            hint = f"; did you mean '{near[0]}'?" if near else f"; the questions are {', '.join(sorted(known))}"
            yield Problem(lines.of(("answers", name)), f"no question '{name}'{hint}")


def unneeded(written: AnswersFile, answers: Answers) -> list[str]:
    """Return the answers of a file whose questions were not asked."""
    return [name for name in written.answers if name not in answers]
