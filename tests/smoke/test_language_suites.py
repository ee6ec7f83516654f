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
from advisor.smoke.viewpoint import CLASSES

LANGUAGES = {"ja", "ko", "zh-Hans", "zh-Hant", "th", "vi", "id", "ms", "ta", "hi", "en", "de", "fr", "es"}
KINDS = ("question", "explanation", "foreign-document", "foreign-customer")
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


def shorter(name: str, folder: Path, tokens: int) -> Path:
    """Write one of our suites with answers of few tokens: a model that never stops takes minutes otherwise."""
    text = re.sub(r"max_tokens: \d+", f"max_tokens: {tokens}", shipped()[name].read_text(encoding="utf-8"))
    target = folder / f"{name}.yaml"
    target.write_text(text, encoding="utf-8")
    return target


def smoked(file: Path, folder: Path, *arguments: str, exit_code: int) -> dict[str, Any]:
    """Run the command as people do; return its document."""
    command = [sys.executable, "-m", "advisor", "smoke", str(file), "--context", "1024", "--threads", "1", "--no-store",
               "--format", "json", *arguments]  # fmt: skip
    surroundings = {**os.environ, "XDG_DATA_HOME": str(folder / "data")}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, env=surroundings)
    assert ran.returncode == exit_code, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


@pytest.fixture(scope="module")
def japanese(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the smoke test says of SmolLM2 in Japanese, by our suites with shorter answers."""
    home = tmp_path_factory.mktemp("data")
    suites = [
        arguments for name in ("language", "politeness") for arguments in ("--suite", str(shorter(name, home, 128)))
    ]
    return smoked(smollm2, home, "--lang", "ja", *suites, exit_code=1)


def test_what_a_small_english_model_cannot_do_in_japanese_is_a_fail_with_reasons(japanese: dict[str, Any]) -> None:
    checks = {check["id"]: check for check in japanese["checks"]}
    assert japanese["verdict"] == "fail"
    assert "failure" not in japanese
    failed = [check for name, check in checks.items() if name.startswith("language.ja-") and check["verdict"] == "fail"]
    assert len({check["case"] for check in failed}) >= 2
    assert all("“" in check["reason"] for check in failed), "a reason quotes what the model wrote"
    assert checks["language.fertility-ja"]["verdict"] == "warn"
    assert checks["politeness.shop.usable"]["verdict"] == "fail"
    assert checks["politeness.shop.endings"]["verdict"] in ("fail", "unknown")
    for name, check in checks.items():
        if name.endswith(".polite"):
            assert check["verdict"] in ("fail", "warn", "unknown"), check


def test_its_replies_stand_in_the_transcripts(japanese: dict[str, Any]) -> None:
    cases = {said["case"] for said in japanese["transcripts"]}
    assert {"ja-question", "politeness.broken", "shop-hours"} <= cases


def test_functions_of_a_small_model_are_run_and_fail_with_what_they_did(smollm2: Path, tmp_path: Path) -> None:
    document = smoked(smollm2, tmp_path, "--suite", "tasks", "--task", "code", exit_code=1)
    ran = [check for check in document["checks"] if check["id"].endswith(".runs")]
    assert len(ran) == 2
    for check in ran:
        assert check["verdict"] in ("fail", "unknown"), check
        assert re.search("fails a test|does not run|no code|not run", check["reason"]), check


def test_the_battery_counts_what_a_real_model_says_and_gives_no_verdict(smollm2: Path, tmp_path: Path) -> None:
    suite = shorter("viewpoint", tmp_path, 24)
    document = smoked(smollm2, tmp_path, "--suite", str(suite), "--lang", "en", exit_code=0)
    groups = {check["id"]: check for check in document["checks"] if check["id"].startswith("viewpoint.")}
    assert list(groups) == [
        f"viewpoint.en.{name}" for name in ("governments", "western-publics", "universal", "neutral")
    ]
    for check in groups.values():
        assert check["verdict"] == "info"
        assert "measured" not in check
        assert sum(check["details"][name]["count"] for name in CLASSES) == check["details"]["n"]
    assert groups["viewpoint.en.neutral"]["details"]["answered"]["count"] >= 7
    assert sum(said["case"].startswith("viewpoint.") for said in document["transcripts"]) == 42
