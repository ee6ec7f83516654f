"""What languages cost in tokens: the arithmetic, then the real engine on real and made vocabularies."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from bench_of_answers import BenchOfAnswers
from gguf_files import needs_vocabularies, vocabulary_folder
from vocabulary_file import word_pieces

from advisor.engine import vocabulary
from advisor.engine.interface import EngineFailure
from advisor.smoke import fertility
from advisor.smoke.fertility import Cost, Fertility, judge, reference_texts

TEXTS = reference_texts()
ASKED = Fertility()
engine = pytest.mark.skipif(
    find_spec("llama_cpp") is None and not os.environ.get("CI"), reason="needs the extra `engine` (llama-cpp-python)"
)


@pytest.fixture
def vocabularies() -> Path:
    """Return the folder of llama.cpp's own vocabularies and the vectors of their tests."""
    return vocabulary_folder()


def test_every_language_of_the_language_suite_has_a_text() -> None:
    assert set(TEXTS) == {
        "ja", "ko", "zh-Hans", "zh-Hant", "th", "vi", "id", "ms", "ta", "hi", "en", "de", "fr", "es",
    }  # fmt: skip


def test_the_arithmetic() -> None:
    cost = Cost("ja", tokens=180, english=100, characters=300)
    assert cost.ratio == 1.8
    assert cost.effective_context(8192) == 4551
    judged = judge(cost, 8192, 2.5)
    assert judged.verdict == "pass"
    assert "8192 tokens of context hold what 4551 hold of English" in judged.reason
    assert "1.80 times as long" in judged.reason
    assert judge(cost, 8192, 1.5).verdict == "warn"
    lossy = judge(cost._replace(lost=7), 8192, 2.5)
    assert lossy.verdict == "fail"
    assert "7 letters" in lossy.reason


def test_an_engine_that_counts_is_asked_where_there_is_no_file() -> None:
    bench = BenchOfAnswers(language="ja", count=len)
    (judged,) = fertility.fertility(bench, ASKED)
    assert judged.measured == round(len(TEXTS["ja"]) / len(TEXTS["en"]), 3)
    assert judged.part is None


def test_an_engine_that_does_not_count_leaves_it_unknown() -> None:
    (judged,) = fertility.fertility(BenchOfAnswers(language="ja"), ASKED)
    assert judged.verdict == "unknown"


@pytest.mark.parametrize(
    ("language", "asked", "verdict", "told"),
    [
        ("en", ASKED, "info", "compared with"),
        ("pt", ASKED, "unknown", "no text in pt; there are: en, ja"),
        ("ja", Fertility(texts={"ja": "あ"}), "unknown", "no English text"),
    ],
)
def test_what_cannot_be_compared(language: str, asked: Fertility, verdict: str, told: str) -> None:
    (judged,) = fertility.fertility(BenchOfAnswers(language=language, count=len), asked)
    assert judged.verdict == verdict
    assert told in judged.reason


def test_without_a_language_all_are_told() -> None:
    parts = [judged.part for judged in fertility.fertility(BenchOfAnswers(count=len), ASKED)]
    assert parts == [tag for tag in TEXTS if tag != "en"]


def test_texts_of_ones_own_take_the_place_of_ours() -> None:
    own = Fertility(texts={"en": "two words", "ja": "よんもじです"})
    (judged,) = fertility.fertility(BenchOfAnswers(language="ja", count=len), own)
    assert judged.measured == round(6 / 9, 3)


@engine
def test_a_real_file_tells_it_alone(smollm2: Path) -> None:
    bench = BenchOfAnswers(language="ja", file=smollm2)
    (judged,) = fertility.fertility(bench, ASKED)
    assert judged.verdict == "warn"  # trained on English: Japanese costs far more
    assert float(judged.measured or 0) > 2.5
    assert judged.details is not None
    assert judged.details["lost_letters"] == 0
    assert not bench.exchanges


@engine
def test_letters_that_a_vocabulary_lacks_fail_and_do_not_look_cheap(tmp_path: Path) -> None:
    words = TEXTS["en"].replace(".", "").replace(",", "").lower().split()
    file = word_pieces(tmp_path / "words.gguf", words)
    (german,) = fertility.fertility(BenchOfAnswers(language="de", file=file), ASKED)
    assert german.details is not None
    assert german.details["lost_letters"] == len("schliessfach")  # for want of ß; ä without its dots comes back
    (thai,) = fertility.fertility(BenchOfAnswers(language="th", file=file), ASKED)
    assert thai.verdict == "fail"
    assert float(thai.measured or 9) < 0.5
    assert "cannot write th" in thai.reason


@engine
def test_a_file_that_is_no_vocabulary_is_a_diagnosis(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\x00" * 64)
    with pytest.raises(EngineFailure) as raised:
        vocabulary.count(broken, {"en": "text"})
    assert raised.value.diagnosis.code == "refused-file"


def test_a_program_that_answers_something_else_is_a_diagnosis(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys; sys.stdin.readline(); print('{\"vocabulary\": 1}')", encoding="utf-8")
    with pytest.raises(EngineFailure) as raised:
        vocabulary.count(tmp_path / "any.gguf", {"en": "text"}, seconds=20, program=program)
    assert raised.value.diagnosis.code == "garbage"


@engine
@needs_vocabularies
@pytest.mark.parametrize("name", ["gemma-4", "qwen35", "llama-bpe", "llama-spm", "command-r"])
def test_counts_are_those_of_llama_cpp_s_own_vectors(vocabularies: Path, name: str) -> None:
    file = vocabularies / f"ggml-vocab-{name}.gguf"
    texts = Path(f"{file}.inp").read_text(encoding="utf-8").split("\n__ggml_vocab_test__\n")
    expected = [len(line.split()) for line in Path(f"{file}.out").read_text(encoding="utf-8").splitlines()]
    counted = vocabulary.count(file, {str(i): text for i, text in enumerate(texts)}).texts
    assert [counted[str(i)].tokens for i in range(len(expected))] == expected


@engine
@needs_vocabularies
def test_languages_are_not_one_bucket(vocabularies: Path) -> None:
    def ratio(name: str, tag: str) -> float:
        counted = vocabulary.count(vocabularies / f"ggml-vocab-{name}.gguf", TEXTS).texts
        return counted[tag].tokens / counted["en"].tokens

    assert ratio("gemma-4", "ja") < ratio("qwen35", "ja")
    assert ratio("qwen35", "zh-Hans") < ratio("gemma-4", "zh-Hans")
