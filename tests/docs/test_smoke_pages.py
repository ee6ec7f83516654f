"""The pages on suites and on languages: their examples are suites, their figures are those that are measured."""

from __future__ import annotations

import importlib.util
import os
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from gguf_files import needs_vocabularies, vocabulary_folder

from advisor.engine import vocabulary
from advisor.smoke.checks.registry import PROBES, RULES
from advisor.smoke.fertility import cost_of, reference_texts
from advisor.smoke.intervals import wilson
from advisor.smoke.politeness import accuracy
from advisor.smoke.politeness.register import Classify, by_suffix, by_words
from advisor.smoke.politeness.words import mecab, sudachi
from advisor.smoke.suites import load_suite, read_suite
from advisor.smoke.viewpoint import CLASSES

ROOT = Path(__file__).parents[2]
WRITING = (ROOT / "docs" / "writing-a-suite.md").read_text(encoding="utf-8")
LANGUAGES = (ROOT / "docs" / "smoke-languages.md").read_text(encoding="utf-8")
BENCHES = ROOT / "tests" / "bench"
Row = list[str]


def rows(page: str, first: str) -> list[Row]:
    """Return the rows of the table whose head begins with `first`, and its head."""
    lines = page[page.index(f"| {first} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("| ---")]


def bench(name: str) -> ModuleType:
    """Return a benchmark as a module."""
    found = importlib.util.spec_from_file_location(f"bench_{name}", BENCHES / f"{name}.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", WRITING, re.DOTALL))
def test_the_examples_are_suites(example: str) -> None:
    assert read_suite(example, "example.yaml", "example").suite.name


def test_the_table_holds_every_rule_and_the_page_every_probe_that_others_may_call() -> None:
    named = {name for row in rows(WRITING, "rule")[1:] for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(RULES)
    called = set(re.findall(r"^`(\w+)` takes|`(\w+)` your own", WRITING, re.MULTILINE))
    assert {one or other for one, other in called} <= set(PROBES)


def test_what_a_share_is_worth() -> None:
    for kept, of, low, high in ((4, 5, 38, 96), (40, 50, 67, 89)):
        assert [round(100 * bound) for bound in wilson(kept, of)] == [low, high]
        assert f"{kept} of {of}" in WRITING and f"{low} to {high} %" in WRITING
    assert round(100 * wilson(0, 8)[1]) == 32


def test_the_groups_of_the_battery() -> None:
    questions = load_suite("viewpoint").suite.probes[0].given["questions"]
    assert {row[0].strip("`"): int(row[1]) for row in rows(LANGUAGES, "group")[1:]} == {
        group: len(asked) for group, asked in questions.items()
    }
    assert f"{sum(map(len, questions.values()))} questions" in LANGUAGES


MEASURES = {"SudachiPy": lambda: by_words(sudachi()), "fugashi": lambda: by_words(mecab()), "last": lambda: by_suffix}


@pytest.mark.parametrize("row", rows(LANGUAGES, "measure")[1:], ids=lambda row: row[0].split()[0].strip(","))
def test_politeness_is_measured_as_often_right_as_the_page_says(row: Row) -> None:
    name = row[0].split()[0].strip(",")
    needed = {"SudachiPy": "sudachipy", "fugashi": "unidic_lite"}.get(name)
    if needed and find_spec(needed) is None:
        assert not (os.environ.get("CI") and needed == "sudachipy"), "CI needs the extra `ja`"
        pytest.skip(f"needs {needed}")
    classify: Classify = MEASURES[name]()
    parts: tuple[accuracy.Part, ...] = ("held-out", "hard")
    found = [accuracy.scores(classify, part)[kind] for part in parts for kind in ("polite", "plain", "mixed")]
    for cell, score in zip(row[1:], found, strict=True):
        precision, recall = map(float, cell.split("/"))
        assert (score.precision, score.recall) == pytest.approx((precision, recall), abs=0.06)  # dictionaries change


def test_how_many_sentences_are_labelled() -> None:
    counts = {part: sum(map(len, accuracy.sentences(part).values())) for part in ("tuning", "held-out", "hard")}
    assert f"On {counts['held-out'] + counts['hard']} sentences" in LANGUAGES
    assert f"({counts['held-out']}\nordinary ones" in LANGUAGES
    assert f"{counts['hard']} with traps" in LANGUAGES
    assert f"{counts['tuning']} more" in LANGUAGES


def test_languages_are_told_as_often_as_the_page_says() -> None:
    pytest.importorskip("pycld2")
    measure = bench("languages")
    every = list(measure.sentences())
    assert f"on {len(every)} sentences" in LANGUAGES
    for cut, texts, right, undecided, wrong, alone in rows(LANGUAGES, "cut at")[1:]:
        letters = int(cut.split()[0])
        parts = [(tag, part) for tag, text in every if (part := measure.cut(text, letters))]
        told = Counter(measure.told(tag, part) for tag, part in parts)
        assert [len(parts), told["right"], told["open"], told["wrong"]] == list(
            map(int, (texts, right, undecided, wrong))
        )
        shared = [(tag, part) for tag, part in parts if measure.main_script(part) not in measure.OF_SCRIPT]
        assert abs(sum(measure.alone(*one) == "wrong" for one in shared) - int(alone.split()[0])) <= 1


def test_classes_of_answers_are_right_as_often_as_the_page_says() -> None:
    measure = bench("viewpoint")
    judged = measure.judged()
    for name, precision, recall, of in rows(LANGUAGES, "class")[1:]:
        assert name in CLASSES
        score = measure.score(judged, name)
        assert (f"{score.precision:.2f}", f"{score.recall:.2f}", str(score.labelled)) == (precision, recall, of)


@needs_vocabularies
@pytest.mark.skipif(find_spec("llama_cpp") is None and not os.environ.get("CI"), reason="needs the extra `engine`")
def test_what_languages_cost_is_what_the_page_says(smollm2: Path) -> None:
    texts = reference_texts()
    head, *table = rows(LANGUAGES, "file")
    for name, *ratios in table:
        file = smollm2 if name.startswith("SmolLM2") else vocabulary_folder() / f"ggml-vocab-{name}.gguf"
        counted = vocabulary.count(file, texts).texts
        found = {tag: f"{cost_of(tag, counted, texts[tag]).ratio:.2f}" for tag in head[1:]}
        assert found == dict(zip(head[1:], ratios, strict=True)), name
