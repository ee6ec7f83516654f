"""The suites of languages and of the shop: what they hold, and what a real model of 135M parameters makes of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench_of_answers import exchange

from advisor.smoke.checks.language import language
from advisor.smoke.suites import load_suite, shipped

LANGUAGES = {"ja", "ko", "zh-Hans", "zh-Hant", "th", "vi", "id", "ms", "ta", "hi", "en", "de", "fr", "es"}
KINDS = ("question", "explanation", "foreign-document", "foreign-customer")
TOKENS = 64
LONGEST = 400.0
"""Seconds for the real model, on a slow and busy machine."""


def test_every_language_has_the_same_cases() -> None:
    suite = load_suite("language").suite
    assert {case.language for case in suite.cases} == LANGUAGES
    for tag in LANGUAGES:
        assert {c.id for c in suite.cases if c.language == tag} == {f"{tag.lower()}-{kind}" for kind in KINDS}
    assert {probe.language for probe in suite.probes} == LANGUAGES - {"en"}


def test_every_case_asks_for_its_own_language_in_it() -> None:
    for case in load_suite("language").suite.cases:
        assert {"language": case.language} in case.rules
        told = case.system or (case.prompt or "").partition("\n\n")[0]
        assert language(exchange(told), case.language or "").verdict == "pass", case.id


def test_documents_and_customers_speak_another_language() -> None:
    for case in load_suite("language").suite.cases:
        if case.id.endswith("foreign-document"):
            foreign = (case.prompt or "").partition("\n\n")[2]
        elif case.id.endswith("foreign-customer"):
            foreign = case.prompt or ""
        else:
            continue
        assert language(exchange(foreign), case.language or "").verdict == "fail", case.id


def test_no_answer_of_ours_is_without_a_bound() -> None:
    for name in ("language", "politeness", "tasks"):
        text = shipped()[name].read_text(encoding="utf-8")
        assert text.count("max_tokens:") == len(load_suite(name).suite.cases) + (name == "politeness")


def test_the_shop_asks_in_japanese_and_judges_politeness() -> None:
    suite = load_suite("politeness").suite
    assert {item.language for item in (*suite.cases, *suite.probes)} == {"ja"}
    assert len(suite.probes[0].given["situations"]) >= 10
    for case in suite.cases:
        assert any("polite" in rule for rule in case.rules)


def shorter(name: str, folder: Path) -> Path:
    """Write one of our suites with answers of few tokens: a model that never stops takes minutes otherwise."""
    text = re.sub(r"max_tokens: \d+", f"max_tokens: {TOKENS}", shipped()[name].read_text(encoding="utf-8"))
    target = folder / f"{name}.yaml"
    target.write_text(text, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def japanese(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the smoke test says of SmolLM2 in Japanese, by our suites with shorter answers."""
    home = tmp_path_factory.mktemp("data")
    suites = [arguments for name in ("language", "politeness") for arguments in ("--suite", str(shorter(name, home)))]
    command = [sys.executable, "-m", "advisor", "smoke", str(smollm2), "--lang", "ja", *suites,
               "--context", "1024", "--no-store", "--format", "json"]  # fmt: skip
    surroundings = {**os.environ, "XDG_DATA_HOME": str(home)}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, env=surroundings)
    assert ran.returncode == 1, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def test_what_a_small_english_model_cannot_do_in_japanese_is_a_fail_with_reasons(japanese: dict[str, Any]) -> None:
    checks = {check["id"]: check for check in japanese["checks"]}
    assert japanese["verdict"] == "fail"
    assert "failure" not in japanese
    failed = [check for name, check in checks.items() if name.startswith("language.ja-") and check["verdict"] == "fail"]
    assert len({check["case"] for check in failed}) >= 2
    assert all("“" in check["reason"] for check in failed), "a reason quotes what the model wrote"
    assert checks["language.fertility-ja"]["verdict"] == "warn"
    assert checks["politeness.shop.usable"]["verdict"] == "fail"
    assert checks["politeness.shop.endings"]["verdict"] == "unknown"
    for name, check in checks.items():
        if name.endswith(".polite"):
            assert check["verdict"] in ("fail", "warn", "unknown"), check


def test_its_replies_stand_in_the_transcripts(japanese: dict[str, Any]) -> None:
    cases = {said["case"] for said in japanese["transcripts"]}
    assert {"ja-question", "politeness.broken", "shop-hours"} <= cases
