"""What a name means: a file, or the locked artifact of a model; and what is known of it before any engine runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from gguf_files import tiny

from advisor.catalog.load import Catalog
from advisor.errors import UserError
from advisor.hub import lock
from advisor.smoke.subject import Load, Named, find_file, look

COMMIT = "c" * 40


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, name: str = "tiny-Q8_0.gguf") -> Path:
    head, data = tiny().header()
    (folder / "models").mkdir(exist_ok=True)
    file = folder / "models" / name
    file.write_bytes(head + bytes(data))
    return file


def locked(work: Path, *files: Path, model: str = "acme/Tiny") -> None:
    entries = tuple(
        lock.LockedModel(
            model=model, repository="acme/Tiny-GGUF", revision=COMMIT, quantization=file.stem.split("-")[-1],
            folder="models", catalog=lock.LockedCatalog(digest="d" * 64, as_of="2026-11-25"), verdict="unknown",
            files=(
                lock.LockedFile(
                    path=file.name, role="weights", size_bytes=file.stat().st_size,
                    sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
                ),
            ),
        )
        for file in files
    )  # fmt: skip
    lock.add(work / lock.NAME, entries)


def test_a_model_means_its_locked_artifact(work: Path, shipped: Catalog) -> None:
    file = written(work)
    locked(work, file)
    for name in ("acme/Tiny", "ACME/tiny-gguf"):
        assert find_file(name, shipped) == Named(file, hashlib.sha256(file.read_bytes()).hexdigest())


def test_a_model_of_the_catalog_that_nobody_pulled(work: Path, shipped: Catalog) -> None:
    with pytest.raises(UserError, match="fetch one with: advisor pull Qwen/Qwen3-8B"):
        find_file("qwen3-8b", shipped)


def test_several_artifacts_of_a_model_are_named(work: Path, shipped: Catalog) -> None:
    files = [written(work, name) for name in ("tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf")]
    locked(work, *files)
    with pytest.raises(UserError, match="several artifacts") as told:
        find_file("acme/Tiny", shipped)
    assert all(str(file) in str(told.value) for file in files)


def test_a_locked_file_that_is_gone(work: Path, shipped: Catalog) -> None:
    file = written(work)
    locked(work, file)
    file.unlink()
    with pytest.raises(UserError, match="is not there; fetch it again: advisor pull acme/Tiny"):
        find_file("acme/Tiny", shipped)


def test_other_bytes_than_the_locks_never_meet_an_engine(work: Path, shipped: Catalog, made: Any) -> None:
    file = written(work)
    locked(work, file)
    subject = look(find_file("acme/Tiny", shipped), Load(512), shipped, made.machine())
    assert [check.verdict for check in subject.checks if check.id == "file.lock"] == ["pass"]
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    subject = look(find_file("acme/Tiny", shipped), Load(512), shipped, made.machine())
    assert subject.fails
    assert next(check for check in subject.checks if check.id == "file.lock").reason.endswith("advisor verify")


def test_what_is_wrong_with_a_header_is_told_and_the_rest_counted(work: Path, shipped: Catalog, made: Any) -> None:
    file = written(work)
    file.write_bytes(file.read_bytes()[:-4096])
    subject = look(Named(file), Load(512), shipped, made.machine())
    (check,) = subject.checks
    assert (check.id, check.verdict, subject.fails) == ("file.header", "fail", True)
    assert check.reason


def test_memory_is_planned_from_the_header(work: Path, shipped: Catalog, made: Any) -> None:
    small, large = (
        look(Named(written(work)), Load(context), shipped, made.machine()).predicted.memory_predicted_bytes
        for context in (512, 32_768)
    )
    assert small and large and small < large
