"""The questionnaire held with a person whose answers are written down beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.ask import Questionnaire
from advisor.catalog.load import Catalog
from advisor.catalog.schema.questions import UiLanguage
from advisor.needs.interview import ANOTHER, Interview, LeftError
from advisor.needs.prompts.interface import Move, Prompt, move_in
from advisor.needs.prompts.lines import LineAsker
from advisor.needs.questions import NOT_SURE, Answers, Standing, Value

BACK, QUIT = Move.BACK, Move.QUIT


class Script:
    """Answers in order; what it was asked and told is kept. Where the script is empty, it takes what is proposed."""

    def __init__(self, replies: Iterable[Any]) -> None:
        self.replies = list(replies)
        self.prompts: list[Prompt] = []
        self.told: list[str] = []

    def one(self, prompt: Prompt) -> Any:
        self.prompts.append(prompt)
        reply = self.replies.pop(0) if self.replies else None
        return prompt.proposed[0] if reply is None else reply

    def many(self, prompt: Prompt) -> Any:
        self.prompts.append(prompt)
        reply = self.replies.pop(0) if self.replies else None
        return prompt.proposed if reply is None else reply

    def typed(self, prompt: Prompt) -> Any:
        self.prompts.append(prompt)
        reply = self.replies.pop(0) if self.replies else None
        return " ".join(prompt.proposed) if reply is None else reply

    def tell(self, text: str) -> None:
        self.told.append(text)

    def titles(self) -> list[str]:
        return [prompt.title for prompt in self.prompts]


@pytest.fixture(scope="module")
def asked(shipped: Catalog) -> Questionnaire:
    return Questionnaire(shipped, {}, None)


class Held:
    """One interview: the person's script, the answers, and every state that was kept."""

    def __init__(
        self, asked: Questionnaire, replies: Iterable[Any], start: Answers | None = None, language: UiLanguage = "en"
    ) -> None:
        self.script = Script(replies)
        self.kept: list[dict[str, Value]] = []
        self.left = False
        self.answers: dict[str, Value] = {}
        interview = Interview(
            asked.questions, language, self.script, asked.judge, lambda a: self.kept.append(dict(a)), asked.given
        )
        try:
            self.answers = interview.held(start or {})
        except LeftError:
            self.left = True


def test_enter_alone_leads_to_the_end(asked: Questionnaire) -> None:
    held = Held(asked, [])
    assert held.answers["purpose"] == ("chat",)
    assert held.answers["members"] == NOT_SURE
    assert held.kept[-1] == held.answers
    assert [len(state) for state in held.kept] == list(range(1, len(held.answers) + 1))


def test_questions_are_numbered_and_say_why(asked: Questionnaire) -> None:
    prompts = Held(asked, []).script.prompts
    assert [p.title.split(". ")[0] for p in prompts] == [str(n) for n in range(1, len(prompts) + 1)]
    assert all(p.why and p.why.endswith(".") for p in prompts)


def test_after_each_answer_the_number_of_models_left_is_told(asked: Questionnaire) -> None:
    held = Held(asked, [])
    counted = [line for line in held.script.told if "models are still in" in line]
    assert len(counted) == len(held.answers)
    total = asked.judge({}).total
    left = [int(line.split()[0]) for line in counted]
    assert all(f"of {total} models" in line for line in counted)
    assert left == sorted(left, reverse=True)
    assert left[-1] < left[0] < total
    final = asked.judge(held.answers)
    assert f"{final.left} of {final.total} models are still in, {final.undecided} of them" in counted[-1]


def test_none_left_is_said_and_can_be_mended(shipped: Catalog) -> None:
    asked = Questionnaire(shipped, {"origin": ("CH",)}, None)
    everything = tuple(o.id for o in asked.questions.questions[0].options if not o.alone)
    held = Held(asked, [everything, BACK, ("chat",)])
    assert held.script.told[1].startswith(f"None of the {asked.judge({}).total} models is left. Go back")
    assert held.answers["purpose"] == ("chat",)
    assert asked.judge(held.answers).left > 0


def test_back_proposes_what_was_answered(asked: Questionnaire) -> None:
    held = Held(asked, [("code",), "research", BACK, BACK, None, None])
    assert held.script.titles()[:5] == [
        "1. What should it do for you?",
        "2. Who will read the answers?",
        "3. Which languages will people write and read?",
        "2. Who will read the answers?",
        "1. What should it do for you?",
    ]
    assert held.script.prompts[3].proposed == ("research",)
    assert held.script.prompts[4].proposed == ("code",)
    assert held.kept[:4] == [
        {"purpose": ("code",)}, {"purpose": ("code",), "readers": "research"}, {"purpose": ("code",)}, {},
    ]  # fmt: skip
    assert (held.answers["purpose"], held.answers["readers"]) == (("code",), "research")


def test_back_at_the_first_question_stays_there(asked: Questionnaire) -> None:
    held = Held(asked, [BACK, ("code",)])
    assert held.script.told[0] == "This is the first question."
    assert held.answers["purpose"] == ("code",)


ALL_AT_STAKE = Standing(total=9, left=9, undecided=0, stakes=frozenset({"users", "revenue", "territory", "seat"}))


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_going_back_and_forth_ends_where_going_straight_does(asked: Questionnaire, data: st.DataObject) -> None:
    detours = data.draw(st.lists(st.integers(0, 3), max_size=12))
    replies: list[Any] = []
    for steps in detours:
        replies += [None] * steps + [BACK] * data.draw(st.integers(0, steps + 1))
    quick = Questionnaire.__new__(Questionnaire)
    quick.questions, quick.given = asked.questions, {}
    quick.judge = lambda answers: ALL_AT_STAKE  # type: ignore[method-assign]
    straight, wandering = Held(quick, []), Held(quick, replies)
    assert wandering.answers == straight.answers
    assert wandering.kept[-1] == wandering.answers


def test_quitting_keeps_what_was_answered_and_going_on_ends_alike(asked: Questionnaire) -> None:
    first = Held(asked, [("code",), "research", ("ja",), QUIT])
    assert first.left
    rest = Held(asked, [], start=first.kept[-1])
    assert rest.script.titles()[0].startswith("4. ")
    assert rest.answers == Held(asked, [("code",), "research", ("ja",)]).answers


def test_kept_answers_that_do_not_hold_any_more_are_proposed_or_asked_again(asked: Questionnaire) -> None:
    held = Held(asked, [], start={"purpose": ("code",), "readers": "martians", "languages": ("ja",)})
    assert held.script.titles()[0].startswith("2. ")
    assert held.script.prompts[1].proposed == ("ja",)


def test_another_language_is_typed(asked: Questionnaire) -> None:
    held = Held(asked, [None, None, ("ja", ANOTHER), "Thai, nl"])
    assert held.answers["languages"] == ("ja", "th", "nl")


def test_a_typed_language_that_is_none_is_asked_again(asked: Questionnaire) -> None:
    held = Held(asked, [None, None, (ANOTHER,), "jp", ("ja",)])
    assert any("unknown language tag 'jp'; did you mean ja" in line for line in held.script.told)
    assert not any(line.startswith("--") for line in held.script.told)
    assert held.answers["languages"] == ("ja",)


def test_back_from_typing_leads_to_the_list(asked: Questionnaire) -> None:
    held = Held(asked, [None, None, (ANOTHER,), BACK, ("ko",)])
    assert held.script.titles()[2] == held.script.titles()[4]
    assert held.answers["languages"] == ("ko",)


def test_a_typed_answer_is_offered_when_the_question_comes_again(asked: Questionnaire) -> None:
    held = Held(asked, [None, None, (ANOTHER,), "Thai, nl", BACK])
    again = held.script.prompts[5]
    assert again.proposed == ("th", "nl")
    assert "nl" in {choice.id for choice in again.choices}
    assert held.answers["languages"] == ("th", "nl")


@pytest.mark.parametrize(
    ("reply", "answer"),
    [(("chat", NOT_SURE), NOT_SURE), ((NOT_SURE,), NOT_SURE), (Move.NOT_SURE, NOT_SURE)],
)
def test_not_sure_beside_a_default_is_not_sure(asked: Questionnaire, reply: Any, answer: str) -> None:
    held = Held(asked, [reply])
    assert held.answers["purpose"] == answer
    assert "Purpose: Not sure (taken as answering questions)" in held.script.told


def test_what_is_marked_beside_a_proposed_not_sure_counts(asked: Questionnaire) -> None:
    held = Held(asked, [None, None, None, None, None, None, None, None, ("JP", NOT_SURE)])
    assert "countries will it be used" in held.script.titles()[8]
    assert held.script.prompts[8].proposed == (NOT_SURE,)
    assert held.answers["countries"] == ("JP",)


@pytest.mark.parametrize(
    ("machine", "typed", "told"),
    [(None, ["many"], "1以上の整数を入力してください"), ("sizes", ["much", "8GB"], "容量を入力してください")],
)
def test_what_is_no_number_is_told_in_the_person_s_language(
    asked: Questionnaire, machine: str | None, typed: list[str], told: str
) -> None:
    held = Held(asked, [None, None, None, None, None, machine, *typed], language="ja")
    assert any(line.startswith(told) for line in held.script.told)


@pytest.mark.parametrize("typed", [Move.NOT_SURE, "not-sure", "Not sure"])
def test_not_sure_can_be_typed(asked: Questionnaire, typed: Any) -> None:
    held = Held(asked, [None, None, None, None, None, "this", typed])
    assert held.answers["at-once"] == NOT_SURE


def test_what_stands_alone_is_asked_again_in_words(asked: Questionnaire) -> None:
    held = Held(asked, [("chat", "embedding"), ("embedding",)])
    assert held.script.told[0].startswith("'Only find similar texts in an archive' needs models of its own")
    assert held.answers["purpose"] == ("embedding",)


def test_what_contradicts_an_option_is_told_and_asked_again(shipped: Catalog) -> None:
    few = Questionnaire(shipped, {"monthly_users": 5}, None)
    held = Held(few, [None, None, None, None, None, "this", "6", "5"])
    assert any("contradict each other: more at once than in a month" in line for line in held.script.told)
    assert held.answers["at-once"] == 5


def test_in_japanese(asked: Questionnaire) -> None:
    held = Held(asked, [], language="ja")
    assert held.answers["languages"] == ("ja",)
    assert held.script.titles()[0] == "1. 何に使いますか。"
    assert "言語: 日本語" in held.script.told
    assert any(line.startswith("残り") for line in held.script.told)


def test_the_machine_at_hand_is_measured(asked: Questionnaire) -> None:
    held = Held(asked, [])
    choices = next(p for p in held.script.prompts if "Which machine" in p.title).choices
    assert choices[0].text.startswith("This one: ")
    assert "{" not in choices[0].text


class TestLines:
    """The prompts that need nothing of a terminal."""

    def held(self, asked: Questionnaire, lines: str) -> tuple[dict[str, Value], str]:
        waiting, said = lines.splitlines(), []

        def say(text: str, indent: str = "", first: str | None = None) -> None:
            said.append((indent if first is None else first) + text)

        def read(prompt: str) -> str:
            if not waiting:
                raise EOFError
            return waiting.pop(0) + "\n"

        from advisor.needs.prompts.interface import Phrases

        asker = LineAsker(say, read, Phrases(asked.questions.words, "en"))
        interview = Interview(asked.questions, "en", asker, asked.judge, lambda _: None, asked.given)
        return interview.held({}), "\n".join(said)

    def test_numbers_ids_and_enter(self, asked: Questionnaire) -> None:
        answers, said = self.held(asked, "1,2\nresearch\n２　1\n\n\n\n4\n" + "\n" * 20)
        assert answers["purpose"] == ("chat", "summarization")
        assert answers["readers"] == "research"
        assert answers["languages"] == ("ja", "en")
        assert answers["at-once"] == 4
        assert "  1. Answer questions and talk" in said
        assert "  Enter alone: Only people in our organisation" in said

    @pytest.mark.parametrize("nonsense", ["99", "0", "dance", "1,99", "-1", "1 2", "１．５"])
    def test_what_is_no_choice_is_asked_again(self, asked: Questionnaire, nonsense: str) -> None:
        answers, said = self.held(asked, f"\n{nonsense}\n4\n" + "\n" * 20)
        assert "That is not one of the answers." in said
        assert answers["readers"] == "research"

    def test_not_sure_back_and_the_end_of_input(self, asked: Questionnaire) -> None:
        answers, _ = self.held(asked, "?\n4\nb\n?\n" + "\n" * 20)
        assert (answers["purpose"], answers["readers"]) == (NOT_SURE, NOT_SURE)
        with pytest.raises(EOFError):
            self.held(asked, "1\n")
        with pytest.raises(LeftError):
            self.held(asked, "1\nq\n")


@pytest.mark.parametrize(
    ("line", "move"),
    [("b", Move.BACK), (" B \n", Move.BACK), ("戻る", Move.BACK), ("q", Move.QUIT), ("？", Move.NOT_SURE), ("x", None)],
)
def test_moves(line: str, move: Move | None) -> None:
    assert move_in(line) is move
