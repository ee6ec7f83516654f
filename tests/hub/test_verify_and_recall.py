"""Locked files held against the disk; what rests on a file; the lock as a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hub_files import LARGE, SMALL, sha256
from hub_server import COMMIT

from advisor import strict_yaml
from advisor.curation.schemas import json_schema
from advisor.errors import DataError
from advisor.hub.lock import Lock, LockedFile, LockedModel, find_lock, read_lock, written
from advisor.hub.recall import recall

PULL = ("pull", "tiny", "--ram", "16GiB")
needs_signing = pytest.mark.skipif(
    find_spec("model_signing") is None and not os.environ.get("CI"), reason="needs the extra `signing`"
)


@pytest.fixture
def pulled(advisor: Any, hub: Any, own: Path, tmp_path: Path) -> Path:
    """Return where a model was pulled to, in the hub cache; the hub is not there any more."""
    ran = advisor(*PULL, "--catalog", str(own), "--format", "json", HF_ENDPOINT=hub.url)
    assert ran.exit_code == 0
    return Path(ran.document["files"][0]["stored"])


@pytest.fixture
def in_folder(advisor: Any, hub: Any, own: Path, work: Path) -> Path:
    """Return the folder that a model was pulled to."""
    assert advisor(*PULL, "--to", "models", "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0
    return work / "models"


def _verified(advisor: Any, *arguments: str) -> tuple[int, dict[str, str]]:
    ran = advisor("verify", *arguments, "--format", "json", HF_ENDPOINT="http://127.0.0.1:9")
    jsonschema.Draft202012Validator(json_schema("verification")).validate(ran.document)
    statuses = {Path(file["path"]).name: file["status"] for file in ran.document["files"]}
    assert (ran.document["verdict"] == "pass") == (ran.exit_code == 0)
    return ran.exit_code, statuses


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pulled")
def test_what_was_pulled_verifies_without_a_network(advisor: Any) -> None:
    assert _verified(advisor) == (0, {"tiny-Q8_0.gguf": "ok", "LICENSE": "ok"})


def test_a_lock_that_names_nothing_verifies_nothing(advisor: Any, work: Path) -> None:
    (work / "advisor.lock").write_text('{"schema": "advisor.lock/1"}\n', encoding="utf-8")
    assert _verified(advisor) == (1, {})
    assert "names no model" in advisor("verify").stdout


def test_a_byte_that_changed(pulled: Path, advisor: Any) -> None:
    pulled.resolve().write_bytes(LARGE[:-1] + bytes([LARGE[-1] ^ 1]))
    assert _verified(advisor) == (1, {"tiny-Q8_0.gguf": "changed", "LICENSE": "ok"})
    told = advisor("verify").stdout
    assert told.startswith("NOT verified")
    assert "has another sha256" in told


def test_a_file_that_became_shorter_is_not_even_read(pulled: Path, advisor: Any) -> None:
    pulled.resolve().write_bytes(LARGE[:-1])
    code, statuses = _verified(advisor)
    assert (code, statuses["tiny-Q8_0.gguf"]) == (1, "changed")


def test_a_file_that_is_gone(pulled: Path, advisor: Any) -> None:
    pulled.resolve().unlink()
    assert _verified(advisor)[1]["tiny-Q8_0.gguf"] == "missing"
    assert _verified(advisor)[0] == 1


def test_a_file_that_is_a_folder(pulled: Path, advisor: Any) -> None:
    pulled.unlink()
    pulled.mkdir()
    assert _verified(advisor)[0] == 1


@pytest.mark.parametrize("name", ["other.gguf", "modeling.py", "deep/er/x.safetensors"])
def test_an_extra_file_in_a_folder_of_its_own_fails(name: str, in_folder: Path, advisor: Any) -> None:
    assert _verified(advisor)[0] == 0
    extra = in_folder / name
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.write_bytes(b"x")
    code, statuses = _verified(advisor)
    assert (code, statuses[extra.name]) == (1, "extra")


def test_a_text_in_a_folder_of_its_own_is_no_extra_file(in_folder: Path, advisor: Any) -> None:
    (in_folder / "notes.md").write_text("ours")
    assert _verified(advisor)[0] == 0


def test_an_extra_file_in_the_shared_cache_is_told(pulled: Path, advisor: Any) -> None:
    pulled.with_name("other.gguf").write_bytes(b"x")
    assert _verified(advisor) == (0, {"tiny-Q8_0.gguf": "ok", "LICENSE": "ok", "other.gguf": "extra"})


@pytest.mark.usefixtures("pulled")
def test_one_model_of_several(advisor: Any, hub: Any, own: Path) -> None:
    assert advisor(*PULL, "--quant", "Q4_K_M", "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0
    assert len(_verified(advisor, "acme/tiny")[1]) == 3
    ran = advisor("verify", "qwen")
    assert ran.exit_code == 2
    assert "the lock has no model 'qwen'. Locked are: acme/Tiny" in ran.stderr


def test_a_locked_model_is_called_as_the_catalog_calls_it(advisor: Any, work: Path) -> None:
    models = (_entry(model="HuggingFaceTB/SmolLM2-135M-Instruct"), _entry(model="Qwen/Qwen3-4B"))
    (work / "advisor.lock").write_text(written(Lock(schema="advisor.lock/1", models=models)), encoding="utf-8")
    ran = advisor("verify", "smollm2-135m", "--format", "json")
    assert {file["model"] for file in ran.document["files"]} == {"HuggingFaceTB/SmolLM2-135M-Instruct"}
    assert "the lock has no model 'smollm2-360m'" in advisor("verify", "smollm2-360m").stderr


def test_a_lock_that_moved_with_its_folder(in_folder: Path, advisor: Any, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.move(in_folder.parent, moved)
    in_folder.parent.mkdir()
    assert _verified(advisor, "--lock", str(moved / "advisor.lock"))[0] == 0


def test_no_lock(advisor: Any) -> None:
    ran = advisor("verify")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "there is no advisor.lock here or in a folder above" in ran.stderr


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_every_format_names_every_file(form: str, pulled: Path, advisor: Any) -> None:
    shown = advisor("verify", "--format", form, COLUMNS="400").stdout
    assert str(pulled) in shown.replace("\\", "")
    assert "ok" in shown


# --- the lock as a file -------------------------------------------------------------------------------------


def _entry(**facts: Any) -> LockedModel:
    known: dict[str, Any] = {
        "model": "a/b", "repository": "a/b-GGUF", "revision": COMMIT, "quantization": "Q8_0", "verdict": "pass",
        "files": (LockedFile(path="m.gguf", role="weights", size_bytes=1, sha256="a" * 64),),
        "catalog": {"digest": "b" * 64, "as_of": "2026-11-01"},
    }  # fmt: skip
    return msgspec.convert(msgspec.to_builtins({**known, **facts}), LockedModel)


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = Lock(schema="advisor.lock/1", models=(_entry(model="yes/no", findings={"license": "läßt: 'nichts' zu\n"}),))
    path = tmp_path / "advisor.lock"
    path.write_text(written(lock), encoding="utf-8")
    assert read_lock(path) == lock
    jsonschema.Draft202012Validator(json_schema("lock")).validate(strict_yaml.parse(written(lock)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("schema: advisor.lock/1", "schema: advisor.lock/2"), ":2: schema: "),
        (("sha256: a", "sha256: Z"), "files.0.sha256"),
        (("path: m.gguf", "path: ../m.gguf"), "is not a path inside a repository"),
        (("path: m.gguf", "path: /m.gguf"), "is not a path inside a repository"),
        (("path: m.gguf", "path: C:/m.gguf"), "is not a path inside a repository"),
        (("repository: a/b-GGUF", "repository: a/../b"), "is not the name of a repository"),
        (("  quantization: Q8_0\n", ""), "'quantization' is missing"),
        (("models:", "models: *x #"), "anchors"),
        (("verdict: pass", "verdict: pass\n  surprise: 1"), "unknown key 'surprise'"),
    ],
)
def test_a_lock_that_is_wrong_is_told_by_line(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    text = written(Lock(schema="advisor.lock/1", models=(_entry(),)))
    assert change[0] in text
    path = tmp_path / "advisor.lock"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(DataError, match=r"advisor\.lock:\d+: ") as raised:
        read_lock(path)
    assert said in str(raised.value)


def test_a_wrong_lock_is_left_alone(advisor: Any, hub: Any, own: Path, work: Path) -> None:
    (work / "advisor.lock").write_text("schema: advisor.lock/1\nmodels: 7\n")
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 3
    assert hub.seen == []
    assert (work / "advisor.lock").read_text() == "schema: advisor.lock/1\nmodels: 7\n"


def test_the_nearest_lock_is_found(tmp_path: Path) -> None:
    (tmp_path / "advisor.lock").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_lock(deep) == tmp_path / "advisor.lock"
    (deep / "advisor.lock").touch()
    assert find_lock(deep) == deep / "advisor.lock"


# --- recall -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pulled")
def test_what_rests_on_a_file(advisor: Any, own: Path, work: Path, tmp_path: Path) -> None:
    recommended = advisor("recommend", "--ram", "16GiB", "--catalog", str(own), "--format", "json")
    (work / "decisions").mkdir()
    (work / "decisions" / "chat.json").write_text(recommended.stdout)
    smoke = {"schema": "advisor.smoke/1", "model": {"file": "x.gguf", "sha256": sha256(LARGE)}}
    kept = tmp_path / "data" / "advisor" / "smoke" / sha256(LARGE) / "host" / "2026-11-25.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps(smoke))
    (work / "other.json").write_text(json.dumps({"sha256": sha256(LARGE)}))
    ran = advisor("verify", "--find", sha256(LARGE), "--format", "json")
    jsonschema.Draft202012Validator(json_schema("recall")).validate(ran.document)
    assert ran.exit_code == 0
    found = {found["file"]: found for found in ran.document["found"]}
    assert found.keys() == {"advisor.lock", "decisions/chat.json", str(kept)}
    assert found["advisor.lock"]["about"] == "acme/Tiny"
    assert found["advisor.lock"]["places"] == ["models.0.files.0.sha256"]
    assert found["decisions/chat.json"]["kind"] == "advisor.recommendation/1"
    assert found["decisions/chat.json"]["about"] == "acme/Tiny"
    assert found[str(kept)]["kind"] == "advisor.smoke/1"
    shown = advisor("verify", "--find", f"sha256:{sha256(LARGE).upper()}").stdout
    assert "3 of 3 documents" in shown
    twice = advisor(
        "verify", "--find", sha256(LARGE), "--in", "decisions", "--in", str(work / "decisions"), "--format", "json"
    )
    assert len(twice.document["found"]) == 1


@pytest.mark.usefixtures("pulled")
def test_nothing_rests_on_a_file(advisor: Any) -> None:
    ran = advisor("verify", "--find", sha256(SMALL))
    assert ran.exit_code == 1
    assert ran.stdout.startswith("Nothing below")


def test_a_document_that_cannot_be_read_is_told(advisor: Any, work: Path) -> None:
    (work / "broken.json").write_text('{"schema": "advisor.smoke/1", ')
    ran = advisor("verify", "--find", "a" * 64, "--format", "json")
    assert ran.document["unread"] == ["broken.json"]


def test_a_folder_that_cannot_be_listed_is_told(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "vault").mkdir()
    listed = os.scandir

    def refused(path: Any) -> Any:
        if str(path).endswith("vault"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert recall("a" * 64, (work,)).unread == (str(work / "vault"),)


def test_every_locked_model_that_holds_the_file_is_named(work: Path) -> None:
    models = (_entry(), _entry(model="our-bank/Helpdesk"))
    (work / "advisor.lock").write_text(written(Lock(schema="advisor.lock/1", models=models)), encoding="utf-8")
    (found,) = recall("a" * 64, (work,)).found
    assert found.about == "a/b, our-bank/Helpdesk"


def test_documents_that_nobody_can_read_do_not_end_a_recall(advisor: Any, work: Path) -> None:
    (work / "deep.json").write_text('{"schema": "advisor.smoke/1", "a": ' + "[" * 100_000)
    (work / "circle.json").symlink_to("circle.json")
    (work / "dangling.json").symlink_to("nowhere.json")
    ran = advisor("verify", "--find", "a" * 64, "--format", "json")
    assert ran.exit_code == 1
    assert ran.document["unread"] == ["circle.json", "dangling.json", "deep.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--find", "abc"), "is not a sha256"),
        (("--find", ""), "is not a sha256"),
        (("--find", "a" * 64, "--in", "nowhere"), "no such folder: nowhere"),
        (("--in", "."), "--in says where --find SHA256 looks"),
    ],
)
@pytest.mark.usefixtures("pulled")
def test_recalls_that_cannot_be_answered(arguments: tuple[str, ...], said: str, advisor: Any) -> None:
    ran = advisor("verify", *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr


@pytest.mark.usefixtures("pulled")
@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_every_format_of_a_recall(form: str, advisor: Any, work: Path) -> None:
    (work / "broken.json").write_text('{"schema": "advisor.smoke/1", ')
    shown = advisor("verify", "--find", sha256(LARGE), "--format", form).stdout.replace("\\", "")
    assert "advisor.lock" in shown
    assert "models.0.files.0.sha256" in shown
    assert "broken.json" in shown


# --- signature ----------------------------------------------------------------------------------------------


def test_a_signature_goes_with_its_key(pulled: Path, advisor: Any) -> None:
    assert advisor("verify", "--signature", "x.sig").exit_code == 2
    ran = advisor("verify", "--signature", "x.sig", "--public-key", "key.pem")
    assert ran.exit_code == 2
    assert "there is no file x.sig" in ran.stderr


@needs_signing
def test_a_lock_that_was_signed(pulled: Path, advisor: Any, work: Path) -> None:
    from model_signing import signing

    for line in (
        "ecparam -name prime256v1 -genkey -noout -out key.pem",
        "ec -in key.pem -pubout -out public.pem",
        "ecparam -name prime256v1 -genkey -noout -out other.pem",
        "ec -in other.pem -pubout -out stranger.pem",
    ):
        subprocess.run(["openssl", *line.split()], cwd=work, check=True, capture_output=True)
    lock, signature = work / "advisor.lock", work / "advisor.lock.sig"
    signing.Config().use_elliptic_key_signer(private_key=work / "key.pem").sign(lock, signature)
    asked = ("verify", "--signature", signature.name, "--public-key")
    ran = advisor(*asked, "public.pem", "--format", "json")
    assert (ran.exit_code, ran.document["signature"]) == (0, "valid"), ran.stderr
    assert "its signature is valid" in " ".join(advisor(*asked, "public.pem").stdout.split())
    assert advisor(*asked, "stranger.pem").exit_code == 1
    lock.write_text(lock.read_text() + "# one more line\n")
    changed = advisor(*asked, "public.pem")
    assert (changed.exit_code, changed.stdout) == (1, "")
    assert "is not valid for" in changed.stderr


def test_a_signature_without_the_means_to_check_it(
    pulled: Path, advisor: Any, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("x.sig", "key.pem"):
        (work / name).touch()
    monkeypatch.setitem(sys.modules, "model_signing.verifying", None)
    ran = advisor("verify", "--signature", "x.sig", "--public-key", "key.pem")
    assert ran.exit_code == 4
    assert "pip install 'local-model-advisor[signing]'" in ran.stderr
