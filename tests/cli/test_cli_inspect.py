"""`advisor inspect` as its callers meet it: files on disk, right and wrong, in every format."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gguf_files import TEMPLATE, Gguf, needs_engine, needs_smollm2, smollm2, tiny
from syrupy.assertion import SnapshotAssertion

from advisor.curation.schemas import json_schema
from advisor.engine import memory_plan
from advisor.gguf import second_opinion

CONTRACT = {"schema", "file", "size_bytes", "verdict", "architecture", "parameters", "quantization", "context_length",
            "license", "languages", "memory", "chat_template", "problems"}  # fmt: skip


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take engine and second opinion away, so that what is shown does not depend on their versions."""
    monkeypatch.setattr(memory_plan, "installed", lambda: False)
    monkeypatch.setattr(second_opinion, "find_spec", lambda _: None)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a model and returns its path."""

    def write(model: Gguf | bytes, name: str = "tiny.gguf") -> str:
        path = tmp_path / name
        if isinstance(model, bytes):
            path.write_bytes(model)
        else:
            model.write(path)
        return str(path)

    return write


def full() -> Gguf:
    """Return a model that states everything that the document tells."""
    return tiny().add("general.license", "apache-2.0").add("general.languages", ["en", "ja"])


def wrong() -> Gguf:
    """Return a model with problems of every severity and a template that must not run."""
    model = tiny(template=TEMPLATE + "{{ ''.__class__.__mro__ }}").add("general.name", "again")
    model.offsets["output_norm.weight"] = 32
    return model


def document(ran: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.stdout)
    jsonschema.validate(found, json_schema("inspection"))
    return found


@pytest.mark.parametrize("form", ["table", "json", "markdown", "csv"])
@pytest.mark.parametrize("name", ["full", "wrong", "not gguf", "vocabulary"])
def test_every_format(
    name: str,
    form: str,
    alone: None,
    console: Any,
    picture: Any,
    written: Any,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files: dict[str, Callable[[], Gguf | bytes]] = {
        "full": full, "wrong": wrong, "not gguf": lambda: b"<html>Sign in</html>".ljust(60),
        "vocabulary": lambda: Gguf().add("general.architecture", "llama").add("tokenizer.ggml.tokens", ["a"] * 9),
    }  # fmt: skip
    monkeypatch.chdir(Path(written(files[name]())).parent)
    assert picture(console("inspect", "tiny.gguf", "--format", form, COLUMNS="80")) == snapshot


def test_the_document_holds_what_the_contract_says(alone: None, console: Any, written: Any) -> None:
    ran = console("inspect", written(full()), "--format", "json")
    found = document(ran)
    assert set(found) >= CONTRACT
    assert ran.exit_code == 0
    assert found["schema"] == "advisor.inspection/1"
    assert found["verdict"] == "pass"
    assert (found["license"], found["languages"], found["quantization"]) == ("Apache-2.0", ["en", "ja"], "F32")
    assert (found["architecture"], found["context_length"]) == ("llama", 2048)
    assert found["chat_template"] == {
        "present": True, "sha256": sha256(TEMPLATE.encode()).hexdigest(), "findings": []
    }  # fmt: skip
    memory = found["memory"]
    assert memory["basis"] == "computed"
    assert memory["total_bytes"] == memory["weights_bytes"] + memory["kv_cache_bytes"] + memory["compute_bytes"]
    assert memory["context"] == 2048, "the model's own context, where that is shorter than the usual one"
    assert "sha256" not in found


def test_equal_files_give_equal_bytes(alone: None, console: Any, written: Any) -> None:
    path = written(full())
    assert len({console("inspect", path, "--format", "json").stdout for _ in range(3)}) == 1


def test_context_concurrency_and_cache_type(alone: None, console: Any, written: Any) -> None:
    path = written(tiny(hidden=256))
    usual = document(console("inspect", path, "--format", "json"))["memory"]
    more = document(console("inspect", path, "--context", "8k", "--concurrency", "3", "--format", "json"))["memory"]
    assert more["kv_cache_bytes"] == 3 * 4 * usual["kv_cache_bytes"]
    assert (more["context"], more["concurrency"]) == (8000, 3)
    small = document(console("inspect", path, "--kv-type", "q8_0", "--format", "json"))["memory"]
    assert small["kv_cache_bytes"] == usual["kv_cache_bytes"] * 34 // 64


def test_hash_reads_all_of_it(alone: None, console: Any, written: Any) -> None:
    path = written(full())
    ran = console("inspect", path, "--hash", "--format", "json")
    assert document(ran)["sha256"] == sha256(Path(path).read_bytes()).hexdigest()
    assert ran.stderr == ""


def test_a_wrong_file_ends_with_one_and_the_document(alone: None, console: Any, written: Any) -> None:
    ran = console("inspect", written(wrong()), "--format", "json")
    found = document(ran)
    assert (ran.exit_code, found["verdict"]) == (1, "fail")
    assert {problem["code"] for problem in found["problems"]} == {"duplicate-key", "overlap", "gap"}
    assert [finding["rule"] for finding in found["chat_template"]["findings"]] == ["python-internals"] * 2
    assert "The engine was not asked: the header has to be right first." in found["notes"]


def test_a_warning_is_no_failure(alone: None, console: Any, written: Any) -> None:
    ran = console("inspect", written(full().content() + b"more"), "--format", "json")
    assert (ran.exit_code, document(ran)["verdict"]) == (0, "warn")


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04".ljust(100), b"GGUF\0\0\0\x03" + bytes(40)])
def test_what_is_no_model_gets_a_document_too(content: bytes, console: Any, written: Any) -> None:
    ran = console("inspect", written(content), "--format", "json")
    found = document(ran)
    assert (ran.exit_code, found["verdict"]) == (1, "fail")
    assert len(found["problems"]) == 1
    assert "memory" not in found


def test_both_parts_of_a_model(alone: None, console: Any, written: Any, tmp_path: Path) -> None:
    whole = full()
    for number in range(2):
        part = Gguf()
        part.entries = list(whole.entries) if number == 0 else []
        part.add("split.no", number, "uint16").add("split.count", 2, "uint16")
        part.tensors = whole.tensors[number::2]
        written(part, f"m-0000{number + 1}-of-00002.gguf")
    name = str(tmp_path / "m-00001-of-00002.gguf")
    found = document(console("inspect", name, "--hash", "--format", "json"))
    assert found["verdict"] == "pass"
    assert found["parameters"] == document(console("inspect", written(whole), "--format", "json"))["parameters"]
    assert [part["sha256"] for part in found["files"]] == [
        sha256((tmp_path / f"m-0000{n}-of-00002.gguf").read_bytes()).hexdigest() for n in (1, 2)
    ]
    assert "sha256" not in found
    (tmp_path / "m-00002-of-00002.gguf").unlink()
    ran = console("inspect", name)
    assert ran.exit_code == 1
    assert "m-00002-of-00002.gguf is missing" in ran.stdout


def test_the_catalogs_model_is_named(alone: None, console: Any, written: Any) -> None:
    path = written(full())
    ran = console("inspect", path, "--model", "asagi-7b", "--format", "json")
    found = document(ran)
    assert found["match"]["model"] == "acme/Asagi-7B"
    assert found["match"]["how"] == "asked"
    assert "claim-parameters" in {problem["code"] for problem in found["problems"]}
    assert ran.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inspect", "none.gguf"), "there is no file none.gguf"),
        (("inspect", "./none"), "there is no file none"),
        (("inspect", "."), "is a folder"),
        (("inspect", "asagi-70b"), "Did you mean acme/Asagi-7B"),
        (("inspect", "FILE", "--context", "many"), "--context: 'many' is not a number"),
        (("inspect", "FILE", "--context", "0"), "--context"),
        (("inspect", "FILE", "--concurrency", "0"), "--concurrency: 0 is not from 1 to 256"),
        (("inspect", "FILE", "--concurrency", "1000"), "--concurrency: 1000 is not from 1 to 256"),
        (("inspect", "FILE", "--context", "1B", "--concurrency", "200"), "more than an engine can hold"),
        (("inspect", "FILE", "--kv-type", "q3"), "'q3' is not one of"),
        (("inspect", "FILE", "--offload", "-2"), "-2 is not in the range"),
        (("inspect", "FILE", "--model", "nothing"), "unknown model 'nothing'"),
        (("inspect",), "Missing argument"),
        (("inspect", "asagi-7b", "--hash"), "'advisor pull' does"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_input_ends_with_two(arguments: tuple[str, ...], words: str, console: Any, written: Any) -> None:
    path = written(full())
    ran = console(*(path if argument == "FILE" else argument for argument in arguments))
    assert ran.exit_code == 2
    assert words in ran.stderr
    assert ran.stdout == ""


def test_a_closed_model_has_no_file(console: Any) -> None:
    ran = console("inspect", "caldera/flagship-1")
    assert ran.exit_code == 2
    assert "nothing to pull for caldera/flagship-1" in ran.stderr


def test_nothing_of_a_file_reaches_the_terminal_as_a_command(console: Any, written: Any) -> None:
    model = Gguf().add("general.architecture", "ll\x1b[2Jama").add("general.license", "\x1b]0;title\x07")
    model.add("general.languages", ["e\x1bn"]).add("a\x1b[31m", 1).add("a\x1b[31m", 2).tensor("t\x1b", 4)
    path = written(model)
    for form in ("table", "markdown", "csv", "json"):
        ran = console("inspect", path, "--format", form)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", ran.stdout)


class TestWithTheEngine:
    pytestmark = needs_engine

    def test_the_engine_plans(self, console: Any, written: Any) -> None:
        memory = document(console("inspect", written(full()), "--context", "4096", "--format", "json"))["memory"]
        assert memory["basis"] == "engine"
        assert memory["engine"].startswith("llama-cpp-python ")
        assert memory["kv_cache_bytes"] == 2**20
        assert memory["total_bytes"] == memory["weights_bytes"] + memory["kv_cache_bytes"] + memory["compute_bytes"]

    def test_what_the_engine_refuses_is_computed(self, console: Any, written: Any) -> None:
        model = full()
        model.tensors.pop()
        found = document(console("inspect", written(model), "--format", "json"))
        assert found["memory"]["basis"] == "computed"
        assert any(re.search(r"No plan of the engine: .*ffn_down\.weight' not found", note) for note in found["notes"])

    def test_a_crash_of_the_engine_is_no_crash_of_ours(self, console: Any, written: Any) -> None:
        ran = console("inspect", written(full().add("llama.expert_count", 4)), "--format", "json")
        assert ran.exit_code == 0
        assert any("GGML_ASSERT" in note for note in document(ran)["notes"])

    @needs_smollm2
    def test_the_real_model(self, console: Any) -> None:
        path = smollm2()
        assert path
        ran = console("inspect", str(path), "--context", "4096", "--format", "json", shipped=True)
        found = document(ran)
        assert (ran.exit_code, found["verdict"]) == (0, "pass")
        assert found["match"]["model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
        assert all(claim["agrees"] for claim in found["claims"])
        assert found["parameters"] == 134_515_008
        assert found["quantization"] == "Q4_1"
        assert found["memory"]["kv_cache_bytes"] == 90 * 2**20
        assert found["memory"]["basis"] == "engine"


def test_what_once_broke_it_is_shown_in_a_line(console: Any, written: Any) -> None:
    folder = Path(__file__).parents[1] / "gguf" / "regressions"
    content = gzip.decompress((folder / "architecture-of-300-kb.gguf.gz").read_bytes())
    ran = console("inspect", written(content))
    assert ran.exit_code == 1
    assert len(ran.stdout) < 3000


@pytest.mark.usefixtures("alone")
def test_a_plan_beyond_what_the_model_was_made_for_is_told(console: Any, written: Callable[..., str]) -> None:
    file = written(full())
    asked = json.loads(console("inspect", file, "--format", "json").stdout)["context_length"]
    longer = console("inspect", file, "--context", str(asked + 1)).stdout
    assert f"Planned for {asked + 1:,} tokens; by its header the model was made for {asked:,}." in longer
    assert "Planned for" not in console("inspect", file, "--context", str(asked)).stdout
