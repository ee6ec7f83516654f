"""llama.cpp's own plan of a model that is nothing but a header."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from gguf_files import Gguf, needs_engine, needs_smollm2, smollm2, tiny

from advisor.engine import memory_plan
from advisor.engine.memory_plan import EngineMissingError, EnginePlan, Part, PlanError, installed, plan
from advisor.gguf.header import read_header
from advisor.gguf.shape import shape_of
from advisor.gguf.source import FileSource
from advisor.hardware import memory

PRINTED = 0.0051 * 2**20
"""llama.cpp prints MiB with two digits: half of the last one, in bytes."""


def planned(*paths: Path, **asked: Any) -> EnginePlan:
    sources = [FileSource(path) for path in paths]
    try:
        return plan([Part(source, read_header(source)) for source in sources], **{"context": 2048, **asked})
    finally:
        for source in sources:
            source.close()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny().write(tmp_path / "model.gguf")


class TestWithTheEngine:
    pytestmark = needs_engine

    def test_a_plan_is_that_of_the_formulas(self, model: Path) -> None:
        source = FileSource(model)
        header = read_header(source)
        source.close()
        shape = shape_of(header)
        for context, users in ((512, 1), (2048, 1), (1024, 3)):
            found = planned(model, context=context, sequences=users)
            assert found.weights_bytes == header.weights_bytes
            assert found.parameters == header.elements
            assert found.kv_cache_bytes == pytest.approx(memory.kv_cache_bytes(shape, context, users), abs=PRINTED)
            assert found.state_bytes == 0
            low, high = memory.compute_bytes(shape, context, users)
            assert low - 2 * PRINTED <= found.compute_bytes <= high
        assert found.version == version("llama-cpp-python")

    @pytest.mark.parametrize(("kv_type", "share"), [("q8_0", 34 / 64), ("f32", 2.0), ("q4_0", 18 / 64), ("bf16", 1.0)])
    def test_the_type_of_the_cache_counts(self, kv_type: str, share: float, tmp_path: Path) -> None:
        wide = tiny(hidden=256).write(tmp_path / "model.gguf")
        plain, other = planned(wide), planned(wide, kv_type=kv_type)
        assert other.kv_cache_bytes == pytest.approx(plain.kv_cache_bytes * share, abs=2 * PRINTED)

    def test_a_model_in_two_files(self, model: Path, tmp_path: Path) -> None:
        whole = tiny()
        parts = [Gguf(), Gguf()]
        parts[0].entries = list(whole.entries)
        for number, part in enumerate(parts):
            part.add("split.no", number, "uint16").add("split.count", 2, "uint16")
            part.add("split.tensors.count", len(whole.tensors), "int32")
            part.tensors = whole.tensors[number::2]
        paths = [part.write(tmp_path / f"part-{number}") for number, part in enumerate(parts)]
        assert planned(*paths) == planned(model)

    def test_a_wrong_header_is_refused_with_the_engines_words(self, tmp_path: Path) -> None:
        wrong = tiny()
        wrong.tensors.pop()
        with pytest.raises(PlanError, match=r"the engine refused it: .*ffn_down.*not found"):
            planned(wrong.write(tmp_path / "model.gguf"))

    def test_a_crash_of_the_engine_is_told(self, tmp_path: Path) -> None:
        wrong = tiny()
        wrong.add("llama.expert_count", 4)
        with pytest.raises(PlanError, match=r"SIGABRT: it gave up on .*: llama-model\.cpp:\d+: GGML_ASSERT"):
            planned(wrong.write(tmp_path / "model.gguf"))

    def test_an_engine_that_takes_too_long_is_stopped(self, model: Path) -> None:
        with pytest.raises(PlanError, match=r"did not answer within 0 s"):
            planned(model, seconds=0.01)

    def test_offloading_needs_a_build_that_can(self, model: Path) -> None:
        asked = "import llama_cpp; print(bool(llama_cpp.llama_supports_gpu_offload()))"
        told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
        found = planned(model, offload=-1)
        assert str(found.can_offload) == told.strip()
        if not found.can_offload:
            assert found.offloaded_layers is None

    @needs_smollm2
    def test_the_real_model(self) -> None:
        path = smollm2()
        assert path
        found = planned(path, context=4096)
        assert found.weights_bytes == 96_576_768
        assert found.parameters == 134_515_008
        assert found.kv_cache_bytes == 90 * 2**20
        total = found.weights_bytes + found.kv_cache_bytes + found.compute_bytes
        assert total / 2**20 == pytest.approx(281, abs=2)

    def test_nothing_is_left_behind(
        self, model: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scratch = tmp_path_factory.mktemp("scratch")
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        planned(model)
        with pytest.raises(PlanError):
            planned(model, seconds=0.01)
        assert list(scratch.iterdir()) == []


def replaced(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    """Put another program into the place of the child."""
    path = folder / "child.py"
    path.write_text(program, encoding="utf-8")
    monkeypatch.setattr(memory_plan, "_PROGRAM", path)
    monkeypatch.setattr(memory_plan, "installed", lambda: True)


def test_without_the_engine_it_says_how_to_get_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_plan, "find_spec", lambda _: None)
    assert not installed()
    with pytest.raises(EngineMissingError, match=r"pip install 'local-model-advisor\[engine\]'") as caught:
        planned(model)
    assert caught.value.exit_code == 4


def test_the_child_gets_no_token_and_no_proxy(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy")
    replaced(
        monkeypatch,
        tmp_path,
        "import os, sys\nsys.exit('error: ' + ' '.join(sorted(os.environ.values())) + os.getcwd())",
    )
    with pytest.raises(PlanError) as caught:
        planned(model)
    assert "secret" not in str(caught.value)
    assert "proxy" not in str(caught.value)
    assert "/advisor-" in str(caught.value).replace("\\", "/")


def test_an_answer_that_is_none(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, tmp_path, "print('hello')")
    with pytest.raises(PlanError, match="something that is not an answer"):
        planned(model)
    replaced(monkeypatch, tmp_path, "print('[1]')")
    with pytest.raises(PlanError, match="the engine's answer cannot be read"):
        planned(model)
    replaced(monkeypatch, tmp_path, "import sys; sys.exit(3)")
    with pytest.raises(PlanError, match="ended with status 3"):
        planned(model)
    replaced(monkeypatch, tmp_path, """print('{"refused": "llama.cpp makes no context"}')""")
    with pytest.raises(PlanError, match=r"refused it: llama\.cpp makes no context"):
        planned(model)


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces of Linux")
def test_the_child_writes_nothing_elsewhere(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(
        monkeypatch,
        tmp_path,
        "import json\ntold = open('confinement.json').read()\n"
        f"try: open({str(tmp_path / 'escaped')!r}, 'w')\n"
        "except OSError as error: told += error.strerror\n"
        "print(json.dumps({'refused': told}))",
    )
    with pytest.raises(PlanError) as caught:
        planned(model)
    if '"writable": "isolated"' in str(caught.value):
        assert "Read-only file system" in str(caught.value)
        assert not (tmp_path / "escaped").exists()
    else:
        assert "kernel does not permit" in str(caught.value)


def test_a_file_that_shrinks_gives_no_plan(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_plan, "installed", lambda: True)
    source = FileSource(model)
    header = read_header(source)
    model.write_bytes(model.read_bytes()[:100])
    with pytest.raises(PlanError, match="shorter"):
        plan([Part(source, header)], 512)
    source.close()
