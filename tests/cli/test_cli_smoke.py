"""`advisor smoke` as its callers meet it: mistakes first, then the real engine with the real model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from conftest import Console

SUITE = """schema: advisor.suite/1
name: Ours
at_least: 0.5
cases:
  - {id: sum, prompt: "What is 2 + 3? Answer with the number only.", max_tokens: 16, rules: [{contains: ["5"]}]}
  - {id: tea, prompt: "Write one sentence about tea.", max_tokens: 40, rules: [{contains: [tea]}]}
"""
MISTAKES: dict[tuple[str, ...], str] = {
    (): "name a GGUF file or a model, or an --endpoint",
    ("m.gguf", "--endpoint", "http://127.0.0.1:1"): "and not both",
    ("m.gguf", "--model", "x"): "--model names what an --endpoint serves",
    ("nothing.gguf",): "there is no file 'nothing.gguf'",
    ("alpha",): "Did you mean",
    ("m.gguf", "--context", "many"): "--context: 'many' is not a number",
    ("m.gguf", "--context", "100"): "not from 256",
    ("m.gguf", "--lang", "jpn-X"): "unknown language tag",
    ("m.gguf", "--task", "chatting"): "did you mean chat",
    ("m.gguf", "--max-memory", "lots"): "--max-memory: 'lots' is not a size",
    ("m.gguf", "--suite", "mechanik"): "Did you mean mechanics",
    ("m.gguf", "--suite", "mechanics.yaml"): "--suite: there is no file mechanics.yaml",
    ("m.gguf", "--lang", "jp"): "--lang: unknown language tag 'jp'; did you mean ja (Japanese)?",
    ("m.gguf", "--ca-file", "ca.pem"): "--ca-file vouches for an --endpoint",
    ("m.gguf", "--sheet", "s.csv"): "--sheet is for several models",
    ("--compare", "a.json"): "two or more",
    ("--compare", "a.json", "b.json", "--format", "junit"): "--format junit is for the test of one model",
    ("m.gguf", "n.gguf", "--format", "junit"): "--format junit is for the test of one model",
    ("--ratings", "a.csv", "--format", "junit"): "--format junit is for the test of one model",
    (__file__, "nothing.gguf"): "there is no file 'nothing.gguf'",
    ("--endpoint", "127.0.0.1"): "is not the address of a server",
    ("--endpoint", "http://[bad"): "is not the address of a server",
    ("--endpoint", "http://host:abc"): "is not the address of a server",
    ("--endpoint", "http://host:99999"): "is not the address of a server",
}


@pytest.mark.parametrize("arguments", MISTAKES)
def test_mistakes_end_with_2(arguments: tuple[str, ...], console: Console) -> None:
    ran = console("smoke", *arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert MISTAKES[arguments] in ran.stderr


def test_a_suite_that_is_wrong_ends_with_3(console: Console, tmp_path: Path) -> None:
    suite = tmp_path / "ours.yaml"
    suite.write_text(
        "schema: advisor.suite/1\nname: x\ncases: [{id: a, prompt: b, rules: [{contain: [a]}]}]", encoding="utf-8"
    )
    ran = console("smoke", "m.gguf", "--suite", str(suite))
    assert ran.exit_code == 3
    assert f"{suite}:3: " in ran.stderr


def test_an_endpoint_that_is_not_there_is_a_result_and_ends_with_4(console: Console, socket_enabled: None) -> None:
    ran = console("smoke", "--endpoint", "http://127.0.0.1:1", "--model", "m", "--format", "json", "--no-store")
    document = json.loads(ran.stdout)
    assert (ran.exit_code, document["verdict"]) == (4, "fail")
    assert document["failure"]["code"] == "unreachable"


def test_a_name_without_a_locked_artifact_offers_pull(console: Console) -> None:
    ran = console("smoke", "qwen3-8b", shipped=True)
    assert (ran.exit_code, "advisor pull Qwen/Qwen3-8B" in ran.stderr) == (2, True)


def test_no_engine_says_what_to_install(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF\3\0\0\0")
    monkeypatch.setattr("advisor.smoke.session.installed", lambda: False)
    ran = console("smoke", str(file), "--no-store", PATH=str(tmp_path), ADVISOR_LLAMA_SERVER="")
    assert (ran.exit_code, "pip install 'local-model-advisor[engine]'" in ran.stderr) == (4, True)


@pytest.mark.engine
def test_what_is_no_gguf_never_meets_the_engine(console: Console, tmp_path: Path, smollm2: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"PK\3\4" * 1000)
    ran = console("smoke", str(file), "--format", "json", "--no-store")
    document = json.loads(ran.stdout)
    assert (ran.exit_code, "engine" in document) == (1, False)
    assert "no engine was started" in document["checks"][-1]["reason"]
    ran = console("smoke", str(file), "--force", "--format", "json", "--no-store")
    document = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert "unwise" in ran.stderr
    assert document["failure"]["code"] == "refused-file"


@pytest.mark.engine
def test_the_whole_way_and_back_into_recommend(console: Console, tmp_path: Path, smollm2: Path) -> None:
    suite = tmp_path / "ours.yaml"
    suite.write_text(SUITE, encoding="utf-8")
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    common = ("--threads", "1", "--context", "512")
    ran = console("smoke", str(smollm2), "--suite", str(suite), *common, "--format", "json", shipped=True, **data)
    document = json.loads(ran.stdout)
    assert (ran.exit_code, document["model"]["id"]) == (0, "HuggingFaceTB/SmolLM2-135M-Instruct")
    kept = Path(ran.stderr.strip().removeprefix("Kept as "))
    assert json.loads(kept.read_text(encoding="utf-8")) == document
    asked = ("recommend", "--format", "json")
    with_it = json.loads(console(*asked, shipped=True, **data).stdout)
    assert with_it["local_results"][0]["own"][0]["suite"] == "ours"
    without = console(*asked, "--no-local-evidence", shipped=True, **data).stdout
    assert "local_results" not in json.loads(without)
    told = console("explain", "smollm2-135m-instruct", shipped=True, **data).stdout
    assert "of your own prompts (ours)" in told
    again = console("smoke", "--compare", str(kept), str(kept), **data)
    assert (again.exit_code, "within noise" in again.stdout) == (0, True)


@pytest.mark.engine
def test_a_bake_off_and_its_blind_sheet(console: Console, tmp_path: Path, smollm2: Path) -> None:
    suite, other, sheet = tmp_path / "ours.yaml", tmp_path / "other.gguf", tmp_path / "sheet.csv"
    suite.write_text(SUITE, encoding="utf-8")
    other.symlink_to(smollm2)
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    options = ("--suite", str(suite), "--threads", "1", "--context", "512", "--sheet", str(sheet))
    ran = console("smoke", str(smollm2), str(other), *options, **data)
    assert ran.exit_code == 0
    assert "2 of 2" in ran.stdout or "1 of 2" in ran.stdout
    text = sheet.read_text(encoding="utf-8-sig")
    assert "tea" in text
    sheet.write_text(text.replace(",,\n", ",A,\n").replace(",,\r\n", ",A,\r\n"), encoding="utf-8")
    rated = console("smoke", "--ratings", str(sheet), **data)
    assert (rated.exit_code, "Kept" in rated.stdout) == (0, True)


@pytest.mark.engine
def test_a_small_model_fails_honestly_at_japanese(console: Console, smollm2: Path) -> None:
    pytest.importorskip("pycld2")
    options = ("--suite", "language", "--lang", "ja", "--threads", "1", "--context", "1024", "--format", "junit")
    ran = console("smoke", str(smollm2), *options, "--no-store", shipped=True)
    assert ran.exit_code == 1
    root = ElementTree.fromstring(ran.stdout)
    assert [suite.get("errors") for suite in root] == ["0"] * len(root)
    assert any(failure.get("message") for failure in root.iter("failure"))


@pytest.mark.engine
def test_mechanics_of_the_real_model(console: Console, smollm2: Path) -> None:
    options = ("--suite", "mechanics", "--threads", "1", "--context", "1024", "--format", "json", "--no-store")
    document = json.loads(console("smoke", str(smollm2), *options, shipped=True).stdout)
    found = {check["id"]: check["verdict"] for check in document["checks"]}
    for check in ("engine.loads", "mechanics.template", "mechanics.same-twice", "mechanics.json", "mechanics.no-leak",
                  "mechanics.survives.empty", "mechanics.survives.control-characters",
                  "mechanics.survives.longer-than-the-context"):  # fmt: skip
        assert found[check] == "pass", check
    assert found["mechanics.obeys-system"] == "fail"
    assert document["verdict"] == "fail"


@pytest.mark.engine
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_keeps_what_was_measured(smollm2: Path, tmp_path: Path, folders: Mapping[str, str]) -> None:
    cases = "".join(
        f"  - {{id: c{n}, prompt: Tell a long story., max_tokens: 200, rules: [{{min_words: 1}}]}}\n" for n in range(40)
    )
    suite, out = tmp_path / "long.yaml", tmp_path / "out.json"
    suite.write_text(f"schema: advisor.suite/1\nname: Long\ncases:\n{cases}", encoding="utf-8")
    command = [sys.executable, "-m", "advisor", "smoke", str(smollm2), "--suite", str(suite), "--threads", "1",
               "--context", "512", "--format", "json", "-o", str(out)]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **folders})
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    document = json.loads(out.read_text(encoding="utf-8"))
    assert process.returncode == 130
    assert (document["verdict"], document["interrupted"]) == ("fail", True)
    assert document["checks"][-1]["reason"].startswith("interrupted")
    assert document["checks"][1]["verdict"] == "pass"
