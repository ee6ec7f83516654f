"""A requirements file as the questionnaire writes it: every requirement under the answer that it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.catalog.schema.questions import QuestionSet, UiLanguage
from advisor.needs.answers import scalar
from advisor.needs.interview import said
from advisor.needs.prompts.interface import Phrases
from advisor.needs.questions import Answers, requirements_of, sets
from advisor.needs.schema import SCHEMA, RequirementsFile


def requirements_text(
    questions: QuestionSet, answers: Answers, given: Mapping[str, Any], language: UiLanguage, day: str
) -> str:
    """Return the text of a requirements file: what was `given`, then the answers as comments over what they set.

    `day` is the catalog's. A key that several answers set stands under the last of them.
    """
    phrases = Phrases(questions.words, language)
    blocks = [
        f"# {_line(phrases('file_head', set=questions.id, day=day))}\n# advisor recommend -r FILE\nschema: {SCHEMA}"
    ]
    found = requirements_of(questions, answers)
    kept = {name: value for name, value in given.items() if name not in found}
    if kept:
        blocks.append(f"# {_line(phrases('file_given'))}\n{_keys(kept)}")
    asked = [question for question in questions.questions if question.id in answers]
    last = {name: question.id for question in asked for name in sets(question, answers[question.id])}
    for question in asked:
        value = answers[question.id]
        own = {name: found[name] for name in found if last[name] == question.id}
        lines = [f"# {_line(question.text.in_(language))}", f"#   {_line(said(question, value, language, phrases))}"]
        blocks.append("\n".join([*lines, _keys(own)] if own else lines))
    return "\n\n".join(blocks) + "\n"


def _keys(values: Mapping[str, Any]) -> str:
    ordered = [name for name in RequirementsFile.__struct_fields__ if name in values]
    return "\n".join(f"{name}: {scalar(values[name])}" for name in ordered)


def _line(text: str) -> str:
    """Return text on one line, so that a comment stays one."""
    return " ".join(text.split())
