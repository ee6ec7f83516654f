"""An answers file: read, followed, refused with every problem and its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import strict_yaml
from advisor.ask import Questionnaire
from advisor.catalog.load import Catalog
from advisor.errors import UserError
from advisor.needs.answers import AnswersFile, followed, is_answers, read, scalar, text_of, unneeded

HEAD = "schema: advisor.answers/1\nquestions: advisor-1\n"


@pytest.fixture(scope="module")
def asked(shipped: Catalog) -> Questionnaire:
    return Questionnaire(shipped, {"hardware": "unknown"}, None)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "answers.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def follow(asked: Questionnaire, path: Path) -> dict[str, Any]:
    return dict(followed(asked.questions, path, asked.given, asked.judge))


def problems(asked: Questionnaire, path: Path) -> list[str]:
    with pytest.raises(UserError) as refused:
        follow(asked, path)
    assert refused.value.exit_code == 2
    return str(refused.value).replace(str(path), "<file>").splitlines()


def test_what_is_left_out_takes_its_default_in_no_ones_language(asked: Questionnaire, written: Any) -> None:
    answers = follow(asked, written(HEAD + "answers:\n  readers: research\n"))
    assert answers["purpose"] == ("chat",)
    assert answers["languages"] == ("en",)
    assert answers["countries"] == "not-sure"
    assert answers["readers"] == "research"


def test_what_was_written_is_read_again(asked: Questionnaire, written: Any) -> None:
    answers = follow(asked, written(HEAD + "answers: {languages: [ja, Thai], at-once: 20, data: not-sure}\n"))
    again = follow(asked, written(text_of(asked.questions, answers)))
    assert again == answers
    assert again["languages"] == ("ja", "th")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema: advisor.answers/1\n\nquestions: bank-7\n", "<file>:3: answers to the questions 'bank-7'; these are"),
        (HEAD + "answers:\n  redears: internal\n", "<file>:4: no question 'redears'; did you mean 'readers'?"),
        (HEAD + "answers:\n  zzzz: internal\n", "<file>:4: no question 'zzzz'; the questions are at-once,"),
        (HEAD + "answers:\n  purpose: [chat]\n  readers: all\n", "<file>:5: readers: 'all' is no answer; one of:"),
        (HEAD + "answers:\n  languages: [jp]\n", "<file>:4: languages: unknown language tag 'jp'; did you mean ja"),
        (HEAD + "answers:\n  countries: [UK]\n", "<file>:4: countries: unknown country 'UK'; did you mean GB"),
        (HEAD + "answers:\n  at-once: 0\n", "<file>:4: at-once: 0 must be above zero"),
        (HEAD + "answers:\n  at-once: 1.5\n", "<file>:4: answers.at-once: "),
        (HEAD + "answers:\n  at-once: true\n", "<file>:4: answers.at-once: "),
        (HEAD + "answers:\n  purpose: [chat]\n  purpose: [code]\n", "<file>:5: key 'purpose' stands twice"),
        (HEAD + "answers:\n  data: confidential\n  place: anywhere\n", "<file>:5: place: 'anywhere' does not go with"),
        (HEAD + "answer: {}\n", "<file>:3: answer: unknown key 'answer'; did you mean 'answers'?"),
        ("schema: advisor.requirements/1\nlang: [ja]\n", "<file>:1: "),
        ("schema: advisor.answers/2\nquestions: advisor-1\n", "<file>:1: schema: unknown value"),
        ("", "<file>:1: 'questions' is missing"),
        ("- a\n", "<file>:1: "),
        (b"\xff\xfe", "<file>:1: is not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(asked: Questionnaire, written: Any, text: str | bytes, told: str) -> None:
    assert problems(asked, written(text))[0].startswith(told)


def test_every_problem_is_told_at_once(asked: Questionnaire, written: Any) -> None:
    lines = problems(
        asked, written(HEAD + "answers:\n  priority: fun\n  languages: [jp, cn]\n  at-one: 1\n  purpose: [dance]\n")
    )
    assert [line.split(": ")[0] for line in lines] == ["<file>:4", "<file>:5", "<file>:5", "<file>:6", "<file>:7"]


def test_answers_that_contradict_each_other(asked: Questionnaire, shipped: Catalog, written: Any) -> None:
    both = Questionnaire(shipped, {"hardware": "unknown", "monthly_users": 5}, None)
    path = written(HEAD + "answers:\n  at-once: 6\n")
    assert problems(both, path) == ["<file>:4: at-once: --concurrency and --monthly-users contradict each other: "
                                    "more at once than in a month"]  # fmt: skip


def test_answers_to_questions_that_are_not_asked_are_no_error(asked: Questionnaire, written: Any) -> None:
    path = written(HEAD + "answers: {data: restricted, place: anywhere}\n")
    answers = follow(asked, path)
    assert "place" not in answers
    assert unneeded(read(path).file, answers) == ["place"]


@pytest.mark.parametrize(
    ("make", "told"),
    [(lambda f: f / "absent.yaml", "No such file"), (lambda f: f, "Is a directory")],
)
def test_a_file_that_cannot_be_read(asked: Questionnaire, tmp_path: Path, make: Any, told: str) -> None:
    path = make(tmp_path)
    assert told in problems(asked, path)[0]
    assert not is_answers(path)


VALUES = st.recursive(
    st.one_of(st.text(), st.integers(-(10**12), 10**12), st.booleans(), st.floats(0.01, 100)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(value=VALUES)
def test_a_value_on_one_line_is_read_as_the_same(value: Any) -> None:
    line = scalar(value)
    assert "\n" not in line
    assert strict_yaml.parse(f"key: {line}") == {"key": value}


def test_codes_that_other_readers_take_for_no_are_quoted() -> None:
    assert scalar(("NO", "on", "JP", "nvidia-l4")) == '["NO", "on", JP, "nvidia-l4"]'


def test_only_the_beginning_of_a_file_tells_what_it_is(written: Any) -> None:
    assert is_answers(written(HEAD))
    assert not is_answers(written("schema: advisor.requirements/1\n"))
    assert AnswersFile(schema="advisor.answers/1", questions="x").answers == {}
