"""What has to hold in a set of questions so that it can be asked: every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from advisor.catalog.schema.questions import Condition, Question, QuestionSet, Sets, Texts, Words
from advisor.needs.questions import NOT_SURE, checked, fields_of
from advisor.needs.schema import RequirementsFile

Path = tuple[str | int, ...]
Problem = tuple[Path, str]
_BLANKS = {
    "proposed": {"default"}, "still_in": {"left", "total", "open"}, "none_left": {"total"}, "only_alone": {"option"},
    "resumed": {"count"}, "kept": {"file"}, "written": {"file"}, "open_answers": {"topics"},
    "file_head": {"set", "day"},
}  # fmt: skip
"""What each sentence around the questions has put into it."""
_RESERVED = frozenset({"b", "q", "?", NOT_SURE})


def problems_of(questions: QuestionSet) -> Iterator[Problem]:
    """Yield every reason why these questions could not be asked, each with its path in the file."""
    yield from _of_words(questions.words)
    seen: dict[str, Question] = {}
    for index, question in enumerate(questions.questions):
        path: Path = ("questions", index)
        if question.id in seen:
            yield (*path, "id"), f"question '{question.id}' stands twice"
        yield from _placed(path, _of_question(question, seen))
        seen[question.id] = question


def _placed(path: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    for inner, message in problems:
        yield (*path, *inner), message


def _of_words(words: Words) -> Iterator[Problem]:
    for name in words.__struct_fields__:
        texts: Texts = getattr(words, name)
        for language in ("en", "ja"):
            blanks = set(re.findall(r"\{(\w*)\}", texts.in_(language)))
            wanted = _BLANKS.get(name, set())
            if blanks != wanted:
                told = " and ".join(f"{{{blank}}}" for blank in sorted(wanted)) or "nothing in braces"
                yield ("words", name, language), f"must hold {told}"


def _of_question(question: Question, earlier: dict[str, Question]) -> Iterator[Problem]:
    ids = [option.id for option in question.options]
    listed = question.kind in ("one", "many")
    if listed and len(ids) < 2 and not question.options_from:
        yield ("options",), "a choice needs two options or more"
    if not listed and (ids or question.options_from):
        yield ("options",), f"a question of kind '{question.kind}' has no options"
    if not listed and question.field is None:
        yield ("field",), f"a question of kind '{question.kind}' needs the field that it answers"
    if question.other and question.kind != "many":
        yield ("other",), "only a question of kind 'many' takes what is typed beside its options"
    if question.other and question.field is None:
        yield ("field",), "what is typed beside the options needs the field that it answers"
    if question.field is not None:
        yield from _of_fields(("field",), (question.field,))
    yield from _of_sets(("unsure", "sets"), question.unsure.sets)
    yield from _of_conditions(("when",), question.when, earlier)
    for index, option in enumerate(question.options):
        path: Path = ("options", index)
        if option.id in ids[:index]:
            yield (*path, "id"), f"option '{option.id}' stands twice"
        if option.id.casefold() in _RESERVED or option.id.isdigit():
            yield (*path, "id"), f"'{option.id}' means something else at the prompt"
        yield from _of_sets((*path, "sets"), option.sets or {})
        yield from _of_conditions((*path, "when"), option.when, earlier)
    for path, default in [
        (("default",), question.default),
        *((("default_in", k), v) for k, v in question.default_in.items()),
    ]:
        yield from _placed(path, _of_default(question, default))
    if question.kind == "many" and not fields_of(question):
        yield (), "no answer to it changes anything"


def _of_default(question: Question, default: str | int | tuple[str, ...]) -> Iterator[Problem]:
    if default == NOT_SURE:
        return
    ids = {option.id for option in question.options}
    if question.kind == "many":
        if not isinstance(default, tuple):
            yield (), "the default of a question of kind 'many' is a list"
            return
        yield from (
            ((place,), f"'{item}' is none of the options") for place, item in enumerate(default) if item not in ids
        )
    elif question.kind == "one":
        if default not in ids and not question.options_from:
            yield (), f"'{default}' is none of the options"
    else:
        try:
            checked(question, {}, default)
        except ValueError as error:
            yield (), str(error)


def _of_sets(path: Path, values: Sets) -> Iterator[Problem]:
    yield from _of_fields(path, values, inside=True)


def _of_fields(path: Path, names: Iterable[str], inside: bool = False) -> Iterator[Problem]:
    known = set(RequirementsFile.__struct_fields__) - {"schema"}
    for name in names:
        if name not in known:
            from advisor.errors import nearest

            near = nearest(name, known, count=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            yield (*path, name) if inside else path, f"no requirement '{name}'{hint}"


def _of_conditions(path: Path, conditions: tuple[Condition, ...], earlier: dict[str, Question]) -> Iterator[Problem]:
    for index, condition in enumerate(conditions):
        question = earlier.get(condition.question)
        if question is None:
            yield (*path, index, "question"), f"no earlier question '{condition.question}'"
            continue
        if not condition.among and not condition.outside:
            yield (*path, index), "names no answers: give 'among' or 'outside'"
        ids = {NOT_SURE, *(option.id for option in question.options)}
        for key, answers in (("among", condition.among), ("outside", condition.outside)):
            for place, answer in enumerate(answers):
                if answer not in ids and not question.other:
                    yield (*path, index, key, place), f"'{answer}' is no answer to '{condition.question}'"
