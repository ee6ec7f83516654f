"""The questionnaire held with a person: asks, goes back, keeps what was answered, tells how many models are left."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from advisor.catalog.schema.questions import Question, QuestionSet, UiLanguage
from advisor.errors import UserError
from advisor.needs.prompts.interface import Asker, Choice, Move, Phrases, Prompt
from advisor.needs.questions import (
    NOT_SURE,
    Answers,
    Judge,
    Standing,
    Value,
    answered,
    before,
    checked,
    implied,
    next_question,
    offered,
    proposed,
    reasons,
)

ANOTHER = "another"
"""The line of a list that leads to typing."""

_EXPECTED = {"whole": "not_a_number", "size": "not_a_size"}
"""What is said of a typed answer that is none."""


class LeftError(Exception):
    """The person has left before the end; the answers so far are kept."""


class Interview:
    """One run of the questionnaire."""

    def __init__(
        self,
        questions: QuestionSet,
        language: UiLanguage,
        asker: Asker,
        judge: Judge,
        keep: Callable[[Answers], None],
        given: Mapping[str, Any],
    ) -> None:
        """Take the questions, how they are put, how models are judged, how answers are kept, what need not be asked."""
        self._questions = questions
        self._language: UiLanguage = language
        self._asker = asker
        self._judge = judge
        self._keep = keep
        self._given = given
        self._implied = implied(questions, given)
        self._phrases = Phrases(questions.words, language)
        self._earlier: dict[str, Value] = {}
        """Answers that were taken back: what is proposed when the question comes again."""

    def held(self, start: Answers) -> dict[str, Value]:
        """Ask from where `start` ends and return all answers.

        Raises:
            LeftError: where the person leaves.
        """
        answers, standing = self._as_far_as_they_hold(start)
        while question := next_question(self._questions, answers, self._given, standing.stakes):
            reply = self._reply(question, answers)
            if reply is Move.QUIT:
                raise LeftError
            if isinstance(reply, Move):
                answers, standing = self._back(answers, standing)
                continue
            accepted = self._accepted(question, answers, reply)
            if accepted is None:
                continue
            answers, standing = accepted
            self._keep(answers)
            self._tell_standing(standing)
        return answers

    def _as_far_as_they_hold(self, start: Answers) -> tuple[dict[str, Value], Standing]:
        """Walk earlier answers again; what does not follow any more (other options or catalog) is only proposed."""
        answers: dict[str, Value] = {}
        standing = self._judge(answers)
        self._earlier = dict(start)
        while question := next_question(self._questions, answers, self._given, standing.stakes):
            if question.id not in start:
                break
            try:
                value = checked(question, {**self._implied, **answers}, start[question.id])
                standing = self._judge(answered(answers, question, value))
            except (ValueError, UserError):
                break
            answers[question.id] = value
        return answers, standing

    def _back(self, answers: Answers, standing: Standing) -> tuple[dict[str, Value], Standing]:
        if not answers:
            self._asker.tell(self._phrases("nothing_before"))
            return {}, standing
        self._earlier.update(answers)
        left = before(answers)
        self._keep(left)
        return left, self._judge(left)

    def _accepted(
        self, question: Question, answers: Answers, reply: str | tuple[str, ...]
    ) -> tuple[dict[str, Value], Standing] | None:
        """Return the answers with one more, or None where it cannot be: the reason is told."""
        alone = [option for option in question.options if option.alone and option.id in reply]
        if isinstance(reply, tuple) and len(reply) > 1 and alone:
            self._asker.tell(self._phrases("only_alone", option=alone[0].text.in_(self._language)))
            return None
        try:
            value = checked(question, {**self._implied, **answers}, reply)
            more = answered(answers, question, value)
            standing = self._judge(more)
        except ValueError:
            self._asker.tell(self._phrases(_EXPECTED.get(question.kind, "not_offered")))
            return None
        except UserError as error:
            for reason in reasons(error):
                self._asker.tell(reason)
            return None
        told = said(question, value, self._language, self._phrases)
        self._asker.tell(f"{question.topic.in_(self._language)}: {told}")
        return more, standing

    def _reply(self, question: Question, answers: Answers) -> str | tuple[str, ...] | Move:
        prompt = self._prompt(question, answers)
        if question.kind in ("whole", "size"):
            typed = self._asker.typed(prompt)
            return NOT_SURE if typed in (Move.NOT_SURE, self._phrases("not_sure")) else typed
        reply = self._asker.one(prompt) if question.kind == "one" else self._asker.many(prompt)
        if isinstance(reply, tuple) and NOT_SURE in reply:
            reply = _unsure_or_not(reply, prompt.proposed)
        if reply is Move.NOT_SURE:
            return NOT_SURE
        if isinstance(reply, tuple) and ANOTHER in reply:
            return self._with_others(question, answers, tuple(item for item in reply if item != ANOTHER))
        return reply

    def _with_others(
        self, question: Question, answers: Answers, marked: tuple[str, ...]
    ) -> str | tuple[str, ...] | Move:
        """Ask for what stands in no list; going back leads to the list."""
        title = self._phrases(f"another_{question.other}")
        typed = self._asker.typed(Prompt(title, question.why.in_(self._language), ()))
        if typed is Move.BACK:
            return self._reply(question, answers)
        if isinstance(typed, Move):
            return NOT_SURE if typed is Move.NOT_SURE else typed
        words = [word.strip() for word in re.split(r"[,、，;]", typed)]
        return tuple(dict.fromkeys([*marked, *(word for word in words if word)]))

    def _prompt(self, question: Question, answers: Answers) -> Prompt:
        known = {**self._implied, **answers}
        choices = [Choice(option.id, option.text.in_(self._language)) for option in offered(question, known)]
        usual = proposed(question, known, self._language)
        value = self._earlier.get(question.id, usual)
        shown = value if isinstance(value, tuple) else (str(value),)
        if question.kind in ("one", "many"):
            typed = [item for item in shown if item != NOT_SURE and item not in {c.id for c in choices}]
            if question.other:
                choices += [Choice(item, item) for item in typed]
                choices.append(Choice(ANOTHER, self._phrases("another")))
            choices.append(Choice(NOT_SURE, self._phrases("not_sure")))
            if not all(item in {c.id for c in choices} for item in shown):
                shown = usual if isinstance(usual, tuple) else (str(usual),)
        elif value == NOT_SURE:
            shown = (self._phrases("not_sure"),)
        number = len(answers) + 1
        return Prompt(
            f"{number}. {question.text.in_(self._language)}", question.why.in_(self._language), shown, tuple(choices)
        )

    def _tell_standing(self, standing: Standing) -> None:
        if standing.left:
            told = {"left": standing.left, "total": standing.total, "open": standing.undecided}
            self._asker.tell(self._phrases("still_in", **told))
        else:
            self._asker.tell(self._phrases("none_left", total=standing.total))


def _unsure_or_not(marked: tuple[str, ...], proposed: tuple[str, ...]) -> tuple[str, ...] | Move:
    """Return what is meant where "not sure" is marked beside others: what was marked anew counts."""
    others = tuple(item for item in marked if item != NOT_SURE)
    return others if others and NOT_SURE in proposed else Move.NOT_SURE


def said(question: Question, value: Value, language: UiLanguage, phrases: Phrases) -> str:
    """Return an answer in the words in which it was offered."""
    if value == NOT_SURE:
        return f"{phrases('not_sure')} ({question.unsure.says.in_(language)})"
    texts = {option.id: option.text.in_(language) for option in question.options}
    items = value if isinstance(value, tuple) else (str(value),)
    return "; ".join(texts.get(item, item) for item in items)
