"""In which language is an answer? Long, short, mixed, strange and empty ones, with pycld2 and without."""

from __future__ import annotations

import sys

import pytest
from bench_of_answers import exchange

from advisor.smoke.checks.language import ENOUGH, language, no_loop, repeated
from advisor.smoke.fertility import reference_texts
from advisor.smoke.language import MissingDetectorError, identify, main_script, same

TEXTS = reference_texts()
GROUP = {"id", "ms"}


def judged(text: str, asked: str) -> tuple[str, str]:
    found = language(exchange(text), asked)
    return found.verdict, found.reason


@pytest.mark.parametrize("tag", TEXTS)
def test_each_language_is_told_from_every_other(tag: str) -> None:
    for asked in TEXTS:
        verdict = language(exchange(TEXTS[tag]), asked).verdict
        alike = asked == tag or {asked, tag} == GROUP
        assert verdict == ("pass" if alike else "fail"), (tag, asked)


@pytest.mark.parametrize("tag", TEXTS)
def test_each_sentence_alone_is_right_or_undecided(tag: str) -> None:
    lines = TEXTS[tag].replace("。", "。\n").replace(". ", ".\n").replace("।", "।\n").split("\n")
    for sentence in lines:
        for found in identify(sentence).shares:
            assert same(found, tag), sentence


@pytest.mark.parametrize(
    ("text", "asked", "verdict"),
    [
        ("はい", "ja", "pass"),
        ("東京", "ja", "unknown"),
        ("Yes, on Monday.", "en", "unknown"),
        ("2026-05-04", "en", "fail"),
        ("😀 👍", "ja", "fail"),
        ("", "ja", "fail"),
        ("Wi-Fiルーターの電源を入れ、https://x.example で Login を押して、iPhone の画面をご覧ください。", "ja", "pass"),
        (
            "支店は月曜日に開きます。\n\n(Translation: The branch opens on Monday; we look forward to seeing you.)",
            "ja",
            "fail",
        ),
        (
            "支店は月曜日に開きます。お待ちしております。ご来店の際は北口からお入りください。\n"
            "The branch opens on Monday at nine o'clock.",
            "ja",
            "warn",
        ),
        ("本店営業時間:月曜日~金曜日\n午前九時から開いています。", "ja", "pass"),
        ("```python\nprint('this is code and says nothing about the language')\n```\n結果を表示します。", "ja", "pass"),
        ("これは、これは、これは、" * 20, "ja", "fail"),
        (TEXTS["zh-Hans"], "zh", "pass"),
        (TEXTS["zh-Hant"], "zh", "pass"),
        (TEXTS["zh-Hant"], "zh-TW", "pass"),
        (TEXTS["zh-Hans"], "zh-TW", "fail"),
        (TEXTS["de"], "de-AT", "pass"),
        (
            "Bukas ang sangay tuwing Lunes hanggang Biyernes mula alas nuwebe ng umaga. Maligayang bati.",
            "tl",
            "pass",
        ),
        (TEXTS["en"], "fr", "fail"),
    ],
)
def test_short_mixed_and_strange_answers(text: str, asked: str, verdict: str) -> None:
    assert judged(text, asked)[0] == verdict, judged(text, asked)


def test_a_reason_says_what_was_found_instead() -> None:
    verdict, reason = judged(TEXTS["en"], "ja")
    assert verdict == "fail"
    assert "100% en" in reason
    assert "Dear customers" in reason
    assert "id and ms are not told apart" in judged(TEXTS["id"], "ms")[1]


def test_a_mixed_answer_tells_both_shares() -> None:
    found = language(exchange(TEXTS["ja"] + "\n" + TEXTS["en"]), "ja")
    assert found.details is not None
    assert set(found.details["shares"]) == {"ja", "en"}
    assert 0 < float(found.measured or 0) < ENOUGH


def test_without_pycld2_scripts_still_tell_and_the_rest_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycld2", None)
    for tag in ("ja", "ko", "th", "ta"):
        assert judged(TEXTS[tag], tag)[0] == "pass"
    for tag in ("en", "hi", "zh-Hans"):
        verdict, reason = judged(TEXTS[tag], tag)
        assert verdict == "unknown"
        assert "pip install 'local-model-advisor[smoke]'" in reason
    with pytest.raises(MissingDetectorError):
        identify(TEXTS["de"])


def test_control_characters_and_lone_surrogates_do_not_stop_it() -> None:
    assert judged("\x00\x07\ud800 " + TEXTS["fr"], "fr")[0] == "pass"


def test_kana_among_characters_make_a_sentence_japanese() -> None:
    assert main_script("営業時間は") == "HIRAGANA"
    assert main_script("營業時間") == "CJK"


def test_loops() -> None:
    assert no_loop(exchange("それです。" * 30), True).verdict == "fail"
    assert no_loop(exchange("それです。"), True).verdict == "pass"
    assert no_loop(exchange(""), True).verdict == "fail"
    assert no_loop(exchange("| a | b |\n|" + "-" * 40 + "|" + "-" * 40 + "|\n| 1 | 2 |"), True).verdict == "pass"
    for text in TEXTS.values():
        assert repeated("".join(text.split())) <= 0.12
        assert no_loop(exchange(text), True).verdict == "pass"
