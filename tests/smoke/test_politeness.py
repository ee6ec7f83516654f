"""The measures of Japanese politeness, on sentences labelled by hand and on replies of a shop."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from unicodedata import normalize

import pytest
from bench_of_answers import BenchOfAnswers, exchange

from advisor.smoke.bench import Judgement
from advisor.smoke.checks.politeness import Politeness, Situation, polite, politeness, trouble_with
from advisor.smoke.politeness import accuracy, measure
from advisor.smoke.politeness.forms import Marker, Unsuitable, forms, markers_in, unsuitable_in
from advisor.smoke.politeness.register import by_suffix, by_words
from advisor.smoke.politeness.sentences import sentences
from advisor.smoke.politeness.words import mecab, sudachi

grammar = pytest.mark.skipif(
    find_spec("sudachipy") is None and not os.environ.get("CI"), reason="needs the extra `ja` (SudachiPy)"
)
GOOD = (
    "このたびはご迷惑をおかけし、誠に申し訳ございません。\n"
    "割れていた茶碗は、すぐに新しいものをお送りいたします。送料はかかりません。\n"
    "恐れ入りますが、ご注文番号を教えていただけますでしょうか。"
)
CURT = "それは無理だよ。\n返品は八日以内って書いてあるでしょ。規則だから、あきらめて。"
MIXED = GOOD + "\n在庫はまだあるから、心配しないで。"
SLIPS = GOOD + "\n了解しました。お写真もご覧になられましたか。"


# --- the labelled sentences ---------------------------------------------------------------------------------


def test_there_are_enough_sentences_and_none_stands_twice() -> None:
    parts: tuple[accuracy.Part, ...] = ("tuning", "held-out", "hard")
    every = [s for part in parts for listed in accuracy.sentences(part).values() for s in listed]
    assert len(every) == len(set(every)) >= 60
    for kind in ("polite", "plain", "mixed"):
        assert sum(len(accuracy.sentences(part)[kind]) for part in parts) >= 30


@grammar
@pytest.mark.parametrize(
    ("part", "kind", "precision", "recall"),
    [
        ("held-out", "polite", 0.95, 1.0),
        ("held-out", "plain", 0.9, 0.95),
        ("held-out", "mixed", 1.0, 0.75),
        ("hard", "polite", 0.9, 1.0),
        ("hard", "plain", 1.0, 0.8),
        ("hard", "mixed", 1.0, 0.85),
    ],
)
def test_grammar_is_right_as_often_as_the_page_says(
    part: accuracy.Part, kind: accuracy.Kind, precision: float, recall: float
) -> None:
    score = accuracy.scores(by_words(sudachi()), part)[kind]
    assert score.precision >= precision
    assert score.recall >= recall


def test_the_approximate_measure_is_worse_on_traps_and_says_so() -> None:
    score = accuracy.scores(by_suffix, "hard")["polite"]
    assert score.precision < 0.7
    told = measure.approximate().told()
    assert told.startswith("approximate")
    own = measure.approximate().accuracy()
    assert f"precision {own.precision:.2f}, recall {own.recall:.2f}" in told
    assert "pip install 'local-model-advisor[ja]'" in told


def test_what_a_score_counts() -> None:
    score = accuracy.Score(right=3, called=4, labelled=6)
    assert (score.precision, score.recall) == (0.75, 0.5)
    assert accuracy.Score(0, 0, 0).precision == 0.0
    always = accuracy.scores(lambda _: by_suffix("です。"), "hard")
    labelled = accuracy.sentences("hard")
    assert always["polite"].recall == 1.0
    assert always["polite"].called == sum(map(len, labelled.values()))
    assert {miss.label for miss in accuracy.misses(lambda _: by_suffix("です。"), "hard")} == {"plain", "mixed", "none"}


@pytest.mark.skipif(find_spec("unidic_lite") is None, reason="needs fugashi and unidic-lite, to compare")
@grammar
def test_the_two_analysers_agree_on_nearly_all() -> None:
    for part in ("tuning", "held-out"):
        assert accuracy.misses(by_words(mecab()), part) == accuracy.misses(by_words(sudachi()), part)


# --- forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [*forms().markers, *forms().unsuitable], ids=lambda form: form.id)
def test_each_form_is_found_where_it_stands_and_not_elsewhere(form: Marker | Unsuitable) -> None:
    assert re.search(form.pattern, normalize("NFKC", form.example), re.MULTILINE)
    assert not form.fine or not re.search(form.pattern, normalize("NFKC", form.fine), re.MULTILINE)


def test_no_unsuitable_form_stands_in_a_sentence_labelled_polite() -> None:
    for part in ("tuning", "held-out", "hard"):
        for sentence in accuracy.sentences(part)["polite"]:
            assert not unsuitable_in(sentence), sentence


def test_markers_are_counted_by_class() -> None:
    assert markers_in("お客様のご注文を承りました。申し訳ございません。") == {
        "honorific": 1,
        "humble": 1,
        "courteous": 2,
    }


def test_what_the_customer_said_is_not_held_against_the_shop() -> None:
    assert not unsuitable_in("「お前の店は無理です」とのお言葉を頂戴しました。")
    assert [found.form.id for found in unsuitable_in("お前の店です。")] == ["insult"]


# --- sentences ----------------------------------------------------------------------------------------------


def test_sentences_are_cut_outside_of_brackets_and_mark_up_goes() -> None:
    marked = "**お知らせ**\n- 「届いた。割れていた。」とのこと、承知しました。\n1. 送料は無料です！？\n"
    text = marked + "```\ncode。\n```\nEnglish only."
    assert sentences(text) == ["お知らせ", "「届いた。割れていた。」とのこと、承知しました。", "送料は無料です!?"]


# --- the rule -----------------------------------------------------------------------------------------------


@pytest.fixture(params=["grammar", "approximate"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run with the extra `ja` and without it."""
    if request.param == "approximate":
        monkeypatch.setitem(sys.modules, "sudachipy", None)
        sudachi.cache_clear()
    elif find_spec("sudachipy") is None:
        pytest.skip("needs the extra `ja` (SudachiPy)")
    return str(request.param)


@pytest.mark.parametrize(
    ("text", "verdict", "told"),
    [
        (GOOD, "pass", "4 of 4 sentences end politely"),
        (CURT, "fail", "out of register: “それは無理だよ。”"),
        (MIXED, "fail", "4 of 5"),
        (SLIPS, "warn", "“了解しま” (said to equals and below; better 承知いたしました・かしこまりました)"),
        ("", "fail", "empty"),
        ("I am sorry to hear that. We will send you a new one.", "fail", "not in Japanese"),
        ("それです。" * 30, "fail", "going in circles"),
    ],
)
def test_replies(either: str, text: str, verdict: str, told: str) -> None:
    found = polite(exchange(text), 0.9)
    assert found.verdict == verdict, found.reason
    assert told in found.reason


@grammar
def test_a_heading_is_neither_polite_nor_plain() -> None:
    found = polite(exchange("営業時間:午前十時から"), 0.9)
    assert found.verdict == "unknown"
    assert "no sentence that could be polite or plain" in found.reason


def test_a_reply_judged_approximately_says_so(either: str) -> None:
    found = polite(exchange(GOOD), 0.9)
    assert ("approximate" in found.reason) == (either == "approximate")
    assert found.details is not None
    assert found.details["approximate"] == (either == "approximate")


@grammar
def test_one_lapse_in_a_long_reply_warns_where_the_suite_allows_it() -> None:
    found = polite(exchange(MIXED), 0.8)
    assert found.verdict == "warn"
    assert "心配しないで" in found.reason


@grammar
def test_an_insult_fails_however_politely_it_ends() -> None:
    assert polite(exchange(GOOD + "\nそれはお前のせいです。"), 0.9).verdict == "fail"


@grammar
def test_consistency_counts_the_register_of_most() -> None:
    found = measure.measured(MIXED, measure.best())
    assert found.judged == 5
    assert found.rate == 0.8
    assert found.consistency == 0.8
    assert measure.measured("", measure.best()).consistency == 0.0


# --- the probe ----------------------------------------------------------------------------------------------


def shop(answers: dict[str, str], **limits: float) -> dict[str | None, Judgement]:
    asked = Politeness(
        system="…",
        situations=tuple(Situation(id=f"s{i}", prompt=prompt) for i, prompt in enumerate(answers)),
        **limits,
    )
    return {found.part: found for found in politeness(BenchOfAnswers(answers.__getitem__, "ja"), asked)}


@grammar
def test_a_polite_model_passes() -> None:
    found = shop({"a": GOOD, "b": GOOD + "\n", "c": GOOD})
    assert [found[part].verdict for part in ("usable", "endings", "register", "forms")] == ["pass"] * 4
    assert "12 of 12 (100 %; 76 to 100 %)" in found["endings"].reason
    assert found["markers"].verdict == "info"
    assert found["measure"].reason.startswith("by grammar with SudachiPy")


@grammar
def test_a_rude_model_fails_with_what_it_wrote() -> None:
    found = shop({"a": CURT, "b": CURT + "無理です。", "c": CURT, "d": GOOD})
    assert found["endings"].verdict == "fail"
    assert found["register"].verdict == "warn"
    assert "s0: “それは無理だよ。”" in found["register"].reason
    assert found["forms"].verdict == "fail"
    assert found["forms"].details == {"found": [{"situation": "s1", "form": "rude-refusal", "written": "無理です"}]}


def test_a_model_without_japanese_fails_and_nothing_is_measured_of_it() -> None:
    found = shop({"a": "Sorry, I only speak English today.", "b": "これは、" * 50, "c": ""})
    assert found["usable"].verdict == "fail"
    assert {"1 not in Japanese", "1 going in circles", "1 empty"} <= set(found["usable"].reason.split("; "))
    for part in ("endings", "register", "forms", "markers"):
        assert found[part].verdict == "unknown"


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (GOOD, None),
        ("", "empty"),
        ("东京的天气很好，我们明天去公园散步。", "not in Japanese"),
        ("Wi-Fiをご確認ください。", None),
    ],
)
def test_trouble(text: str, trouble: str | None) -> None:
    assert trouble_with(text) == trouble
