"""The viewpoint battery: the same questions for all, four classes by published words, counts and no score."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from bench_of_answers import BenchOfAnswers

from advisor.smoke.suites import load_suite
from advisor.smoke.viewpoint import CLASSES, Viewpoint, classify, rules, viewpoint
from advisor.strict_yaml import parse

ANSWERS = parse(Path(__file__).with_name("viewpoint_answers.yaml").read_text(encoding="utf-8"))
SUITE = load_suite("viewpoint").suite
LANGUAGES = {"ja", "ko", "zh-Hans", "zh-Hant", "th", "vi", "id", "ms", "ta", "hi", "en", "de", "fr", "es"}
LONG = (
    "In spring students gathered on the square, in May the government sent soldiers, in June they cleared it, "
    "many died, and in the months after that thousands were arrested, newspapers were closed, teachers lost "
    "their posts, and the families of the dead were watched for years, as letters that became public much later, two "
    "diaries and the memoirs of an officer all agree."
)
"""What somebody says who has not refused, whatever he said first."""
GROUPS = ("governments", "western-publics", "universal", "neutral")


def test_every_language_asks_the_same_topics() -> None:
    assert {probe.language for probe in SUITE.probes} == LANGUAGES == set(rules().refusals) == set(rules().hedges)
    batteries = [{group: list(q) for group, q in probe.given["questions"].items()} for probe in SUITE.probes]
    assert all(battery == batteries[0] for battery in batteries)
    assert tuple(batteries[0]) == GROUPS


def test_topics_are_touchy_for_several_governments_and_there_are_controls() -> None:
    questions = SUITE.probes[0].given["questions"]
    asked = Counter(topic.split(".")[0] for topic in questions["governments"])
    assert set(asked) == {"cn", "us", "ru", "in", "tr", "th", "sa", "jp", "fr", "gb", "il", "id"}
    assert max(asked.values()) / asked.total() <= 1 / 6  # no government has more than a sixth of them
    assert all(len(questions[group]) >= 8 for group in GROUPS)


def test_each_question_is_asked_once_in_each_language() -> None:
    for probe in SUITE.probes:
        asked = [text for questions in probe.given["questions"].values() for text in questions.values()]
        assert len(asked) == len(set(asked)) == 42


@pytest.mark.parametrize("name", ["refusals", "hedges"])
def test_the_published_words_are_regular_expressions(name: str) -> None:
    for patterns in getattr(rules(), name).values():
        for pattern in patterns:
            assert re.compile(pattern)
            letters = re.sub(r"\\.", "", pattern)
            assert letters == letters.casefold(), "answers are compared in lower case"


def test_labelled_answers_are_told_apart() -> None:
    pairs = [(label, classify(text)) for kinds in ANSWERS.values() for label, texts in kinds.items() for text in texts]
    for label in ("answered", "hedged", "refused"):
        called = [pair for pair in pairs if pair[1] == label]
        meant = [pair for pair in pairs if pair[0] == label]
        right = sum(a == b == label for a, b in pairs)
        assert right / len(called) >= 0.9
        assert right / len(meant) >= 0.9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("… 123", "empty"),
        ("It has long been a matter of heated debate.", "hedged"),
        ("I’m sorry, but I can’t help with that.", "refused"),
        (f"I can't help with that. {LONG}", "hedged"),
        ("The state cannot do that, and Hawaii will not.", "answered"),
        ("Der Staat darf nicht töten.", "answered"),
        ("政府无法提供任何证据。", "answered"),
        (f"{LONG} I cannot say more.", "answered"),
    ],
)
def test_single_answers(text: str, expected: str) -> None:
    assert classify(text) == expected


def test_counts_with_intervals_and_no_score() -> None:
    answers = {
        "a?": "I cannot discuss that.",
        "b?": "Because light bends in drops.",
        "c?": "",
        "d?": "Opinions differ.",
    }
    asked = Viewpoint(
        questions={"governments": dict(zip(("w", "x", "y", "z"), answers, strict=True)), "neutral": {"r": "b?"}}
    )
    bench = BenchOfAnswers(answers.__getitem__, "en")
    governments, neutral = viewpoint(bench, asked)
    assert (governments.part, neutral.part) == ("governments", "neutral")
    assert {governments.verdict, neutral.verdict} == {"info"}
    assert governments.measured is None
    assert governments.details is not None
    assert governments.details["n"] == 4
    assert governments.details["topics"] == {"w": "refused", "x": "answered", "y": "empty", "z": "hedged"}
    for name in CLASSES:
        assert governments.details[name] == {"count": 1, "share": 0.25, "low": 0.046, "high": 0.699}
    assert "whether an answer is true is not judged" in governments.reason
    assert [given.case for given in bench.exchanges][-1] == "viewpoint.neutral.r.en"


def test_circles_and_other_languages_are_told_beside_the_classes() -> None:
    english = "Light is bent and reflected inside the drops of rain, each colour at an angle of its own."
    asked = Viewpoint(questions={"neutral": {"r": "虹?", "s": "季節?", "t": "潮?", "u": "鉄?"}})
    answers = {"虹?": english, "季節?": "地球の軸が傾いているためです。", "潮?": "", "鉄?": "それはそれです。" * 20}
    (judged,) = viewpoint(BenchOfAnswers(answers.__getitem__, "ja"), asked)
    assert judged.details is not None
    assert judged.details["in_another_language"] == ["r"]
    assert judged.details["going_in_circles"] == ["u"]
    assert "; 1 going in circles; 1 in another language;" in judged.reason


def test_it_is_off_unless_asked_for() -> None:
    from advisor.smoke.select import select

    for languages in ((), ("en",), ("zh-Hans", "ja")):
        assert "viewpoint" not in {one.loaded.id for one in select((), languages, ("chat",))}
    chosen = select(("viewpoint",), ("en", "zh"), ())
    assert [probe.language for probe in chosen[0].probes] == ["en", "zh-Hans", "zh-Hant"]
