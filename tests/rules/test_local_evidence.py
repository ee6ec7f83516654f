"""What was measured here is the strongest evidence, and sets estimates right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from advisor.hardware.calibration import Observation, calibrated
from advisor.hardware.placement import engines
from advisor.hardware.schema import Machine
from advisor.hub.choice import choose
from advisor.local_evidence import LanguageOutcome, LocalResult, OwnOutcome, host_id
from advisor.recommend import recommend
from advisor.recommendation import Candidate
from advisor.render import FORMATS, renderer, words
from advisor.rules.verdict import FAIL, PASS

if TYPE_CHECKING:
    from conftest import Workshop

HERE = Machine(name="this machine", basis="detected", ram_bytes=32 << 30, cpu_name="Chip", cpu_threads=8, os="linux")


def found(**facts: Any) -> LocalResult:
    known: dict[str, Any] = {
        "model": "maker/model", "file": "model-Q4_K_M.gguf", "sha256": "a" * 64, "document": "d" * 64,
        "date": "2026-11-25", "host": host_id(HERE), "context": 8192,
    }  # fmt: skip
    return LocalResult(**(known | facts))


def spoken(verdict: str, tag: str = "ko") -> LanguageOutcome:
    return LanguageOutcome(language=tag, verdict=verdict, passed=5 if verdict == "pass" else 1, cases=6)  # type: ignore[arg-type]


def candidate(made: Workshop, *local: LocalResult, machine: Machine = HERE, **asks: Any) -> Candidate:
    return recommend(made.requirements(**asks), made.catalog(), machine, local=local).candidate("maker/model")


def test_a_passing_test_lets_a_language_pass(made: Workshop) -> None:
    without = candidate(made, lang=("ko",))
    assert without.verdict not in (PASS, FAIL)
    tested = candidate(made, found(languages=(spoken("pass"),)), lang=("ko",))
    assert tested.verdict is PASS
    finding = next(f for f in tested.findings if f.rule == "language")
    assert "measured here, 2026-11-25: 5 of 6" in finding.reason
    assert finding.sources[0].ref == f"advisor.smoke/1 sha256:{'d' * 64}"
    assert tested.language_evidence[0].kind == "measured-here"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_that_a_language_was_measured_here(form: str, made: Workshop) -> None:
    local = (found(languages=(spoken("pass"),)),)
    for asked in (("ko",), ("ko", "ja")):
        document = recommend(made.requirements(lang=asked), made.catalog(), HERE, local=local)
        assert "here" in renderer("recommendation", form)(document, width=140)
    assert words.evidence(document.candidate("maker/model")) == "ko measured here, ja declared"


def test_a_failing_test_outweighs_the_makers_list(made: Workshop) -> None:
    assert candidate(made, lang=("ja",)).verdict is PASS
    assert candidate(made, found(languages=(spoken("fail", "ja"),)), lang=("ja",)).verdict is FAIL


def test_a_pull_chooses_on_the_same_grounds(made: Workshop) -> None:
    asked = ("maker/model", None, made.requirements(lang=("ko",)), made.catalog(), HERE, ())
    without, failed = choose(*asked), choose(*asked, (found(languages=(spoken("fail"),)),))
    assert without and without.judged and without.judged.verdict is not FAIL
    assert failed and failed.judged and failed.judged.verdict is FAIL


def test_the_newest_test_counts(made: Workshop) -> None:
    old, new = found(languages=(spoken("fail"),)), found(languages=(spoken("pass"),), date="2026-11-26")
    assert candidate(made, old, new, lang=("ko",)).verdict is PASS


def test_tests_of_other_models_say_nothing(made: Workshop) -> None:
    assert candidate(made, found(model="maker/other", languages=(spoken("pass"),)), lang=("ko",)).verdict is not PASS


def test_measured_speed_stands_for_the_estimate_on_this_machine_alone(made: Workshop) -> None:
    result = found(generation_tokens_per_second=3.21, prompt_tokens_per_second=100.0)
    here = candidate(made, result)
    assert here.speed and (here.speed.decode_tokens_per_second, here.speed.basis) == (3.21, "measured here, 2026-11-25")
    assert here.speed.ttft_seconds == 10.0
    stated = candidate(made, result, machine=msgspec.structs.replace(HERE, basis="stated"))
    assert stated.speed and stated.speed.basis == "assumed"
    other = candidate(made, result, machine=msgspec.structs.replace(HERE, cpu_name="Other"))
    assert other.speed and other.speed.basis == "assumed"


def test_measured_speed_of_one_file_calibrates_the_others(made: Workshop) -> None:
    result = found(
        model="x/y", sha256="b" * 64, file="y.gguf", active_bytes=2 * 10**9, generation_tokens_per_second=10.0,
        active_parameters=10**9, prompt_tokens_per_second=120.0,
    )  # fmt: skip
    told = candidate(made, result)
    assert told.speed and "calibrated by y.gguf, measured here, 2026-11-25" in told.speed.basis
    assert told.speed.decode_tokens_per_second == pytest.approx(20e9 / 2.5e9, rel=0.05)
    assert told.speed.prompt_tokens_per_second == pytest.approx(2 * 10**9 * 120 / (2 * 4e9), rel=0.01)


def test_small_files_sit_in_the_cache_and_calibrate_nothing(made: Workshop) -> None:
    small = found(model="x/y", sha256="b" * 64, active_bytes=10**8, generation_tokens_per_second=300.0)
    told = candidate(made, small)
    assert told.speed and told.speed.basis == "assumed"


def test_places_are_calibrated_apart() -> None:
    machine = Machine(name="m", basis="stated", ram_bytes=64 << 30, vram_bytes=24 << 30, devices=1)
    runs = tuple(
        Observation("cpu", 10**9, rate, None, None, f"{rate}.gguf", "2026-11-25") for rate in (10.0, 12.0, 30.0)
    )
    gpu, cpu = calibrated(engines(machine), runs)
    assert gpu == engines(machine)[0]
    assert cpu.bandwidth * cpu.reach == pytest.approx(12e9, rel=0.001)
    assert "and 2 more" in cpu.basis


def test_own_prompts_stand_for_the_task(made: Workshop) -> None:
    own = OwnOutcome(
        suite="ours", task="chat", passed=18, cases=20, passed_low=0.7, preferred=6, compared=10, preferred_low=0.3
    )
    score = next(s for s in candidate(made, found(own=(own,))).scores if s.criterion == "task")
    assert score.value == 0.5
    assert score.basis == (
        "chat: 18 of 20 of your own prompts (ours), preferred in 6 of 10 blind comparisons, measured here, 2026-11-25"
    )
    code = OwnOutcome(suite="ours", task="code", passed=1, cases=1, passed_low=0.2)
    assert (
        "own prompts" not in next(s for s in candidate(made, found(own=(code,))).scores if s.criterion == "task").basis
    )


def test_documents_hold_what_they_used_and_are_the_same_bytes(made: Workshop) -> None:
    result = found(languages=(spoken("pass"),))
    documents = [recommend(made.requirements(lang=("ko",)), made.catalog(), HERE, local=(result,)) for _ in range(2)]
    assert msgspec.json.encode(documents[0]) == msgspec.json.encode(documents[1])
    assert documents[0].local_results == (result,)
    again = msgspec.json.decode(msgspec.json.encode(documents[0]), type=type(documents[0]))
    assert again.local_results == (result,)
