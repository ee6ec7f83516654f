"""Bundles: what was exported comes in whole without a network, also after an interruption."""

from __future__ import annotations

import hashlib
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hub_files import LARGE, LICENSE, NOWHERE, SMALL, TINY, files_below, model, sha256, unpacked
from hub_server import Hub

from advisor.curation.schemas import json_schema
from advisor.hub.bundle import Place, import_bundle
from advisor.hub.interface import Silent
from advisor.hub.lock import read_lock

# --- there and back -----------------------------------------------------------------------------------------


def test_what_goes_out_comes_in(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    expected = (tmp_path / "expected").read_text()
    ran = taken("bundle", "import", str(bundle), "--expect", expected, "--format", "json")
    assert ran.exit_code == 0, ran.stderr
    jsonschema.Draft202012Validator(json_schema("import")).validate(ran.document)
    assert ran.document["manifest_checked"]
    lock = read_lock(inside / "advisor.lock")
    assert [m.quantization for m in lock.models] == ["Q4_K_M", "Q8_0"]
    assert lock.models[0].files[0].checked_against == ("catalog", "hub", "bundle")
    verified = taken("verify", "--format", "json")
    assert verified.exit_code == 0
    assert verified.document["models"] == 2
    assert not list((tmp_path / "inside-hf").rglob(".advisor-import*"))


@pytest.mark.usefixtures("bundle")
def test_huggingface_hub_finds_what_came_in(bundle: Path, taken: Any, tmp_path: Path, inside: Path) -> None:
    from huggingface_hub import hf_hub_download

    taken("bundle", "import", str(bundle))
    (locked, *_) = read_lock(inside / "advisor.lock").models
    found = hf_hub_download(
        locked.repository, locked.files[0].path, revision=locked.revision, local_files_only=True,
        cache_dir=tmp_path / "inside-hf" / "hub",
    )  # fmt: skip
    assert Path(found).read_bytes() == SMALL


def test_records_and_the_slice_of_the_catalog_come_along(bundle: Path, taken: Any, inside: Path) -> None:
    ran = taken("bundle", "import", str(bundle), "--format", "json")
    records = inside / "advisor-records"
    names = {name.split("/", 1)[1] for name in files_below(records)}
    assert {"catalog/models/acme/Tiny.yaml", "catalog/providers/acme.yaml", "catalog/licenses/Apache-2.0.yaml",
            "records/decision.json"} <= names  # fmt: skip
    assert len(ran.document["records"]) == len(names)
    overlay = next(records.glob("*/catalog"))
    shown = taken("catalog", "show", "acme/Tiny", "--catalog", str(overlay), "--format", "json")
    assert shown.exit_code == 0, shown.stderr
    assert shown.document["record"]["provider"] == "acme"
    problems = taken("catalog", "lint", str(overlay)).stderr.removeprefix("Error: ").splitlines()
    assert [
        line for line in problems if "bits per parameter cannot be" not in line
    ] == []  # the files are far too small


def test_policies_of_the_catalog_come_along(
    advisor: Any, hub: Any, own: Path, taken: Any, inside: Path, tmp_path: Path
) -> None:
    asked = ("--catalog", str(own), "--policy", "permissive-licences")
    ran = advisor(*TINY, "--quant", "Q8_0", *asked, "--override", "a test", HF_ENDPOINT=hub.url)
    assert ran.exit_code == 0, ran.stderr
    target = str(tmp_path / "models.tar")
    assert advisor("bundle", "export", target, "--catalog", str(own), **NOWHERE).exit_code == 0
    assert taken("bundle", "import", target).exit_code == 0
    (locked,) = read_lock(inside / "advisor.lock").models
    overlay = next((inside / "advisor-records").glob("*/catalog"))
    again = ("recommend", "--policy", "permissive-licences", "--catalog", str(overlay), "--format", "json")
    used = taken(*again).document["policies"]
    assert [(p["id"], p["digest"]) for p in used] == [(p.id, p.digest) for p in locked.policies]


def test_into_a_folder(bundle: Path, taken: Any, inside: Path) -> None:
    ran = taken("bundle", "import", str(bundle), "--to", "models")
    assert ran.exit_code == 0
    assert files_below(inside / "models") == ["LICENSE", "tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf"]
    assert (inside / "models" / "LICENSE").read_bytes() == LICENSE
    assert taken("verify").exit_code == 0


def test_two_models_whose_files_have_one_name(
    advisor: Any, hub: Hub, own: Path, taken: Any, inside: Path, tmp_path: Path
) -> None:
    for name in ("acme/One", "acme/Two"):
        assert advisor("pull", name, "--quant", "Q8_0", "--ram", "16GiB", HF_ENDPOINT=hub.url).exit_code == 0
        hub.files["LICENSE"] = b"Another licence.\n"
    target = str(tmp_path / "models.tar")
    assert advisor("bundle", "export", target, "--catalog", str(own), **NOWHERE).exit_code == 0
    refused = taken("bundle", "import", target, "--to", "models")
    assert (refused.exit_code, files_below(inside)) == (2, [])
    assert "LICENSE would be another model's file" in refused.stderr
    assert taken("bundle", "import", target).exit_code == 0
    assert taken("verify").exit_code == 0


def test_the_same_things_make_the_same_bundle(bundle: Path, advisor: Any, own: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.tar"
    advisor("bundle", "export", str(again), "--record", "decision.json", "--catalog", str(own), **NOWHERE)
    assert again.read_bytes() == bundle.read_bytes()


def test_any_tar_reads_a_bundle(bundle: Path) -> None:
    with tarfile.open(bundle) as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        for name in names[1:]:
            content = tar.extractfile(name)
            assert content is not None
            assert hashlib.sha256(content.read()).hexdigest() == name.removeprefix("files/")
    assert names[0] == "manifest.json"
    assert manifest["schema"] == "advisor.bundle/1"
    jsonschema.Draft202012Validator(json_schema("bundle")).validate(manifest)


def test_importing_twice_changes_nothing(bundle: Path, taken: Any, inside: Path) -> None:
    taken("bundle", "import", str(bundle))
    lock = (inside / "advisor.lock").read_bytes()
    assert taken("bundle", "import", str(bundle)).exit_code == 0
    assert (inside / "advisor.lock").read_bytes() == lock


def test_a_dry_run_moves_nothing(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    ran = taken("bundle", "import", str(bundle), "--dry-run", "--format", "json")
    assert (ran.exit_code, ran.document["locked"]) == (0, False)
    assert files_below(inside) == []
    assert files_below(tmp_path / "inside-hf") == []


def test_one_model_of_several(advisor: Any, bundle: Path, own: Path, tmp_path: Path) -> None:
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"), "gemma", "--catalog", str(own))
    assert ran.exit_code == 2
    assert not (tmp_path / "x.tar").exists()
    by_alias = advisor("bundle", "export", str(tmp_path / "x.tar"), "tiny", "--catalog", str(own), "--format", "json")
    assert by_alias.document["models"] == ["acme/Tiny", "acme/Tiny"]


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("target", [".", ""])
def test_a_folder_in_the_place_of_the_file(target: str, advisor: Any, own: Path) -> None:
    ran = advisor("bundle", "export", target, "--catalog", str(own))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == "Error: . is a folder; name the file to write, for example models.tar\n"
    ran = advisor("bundle", "import", target or ".")
    assert (ran.exit_code, ran.stderr) == (2, "Error: . is a folder; name the bundle in it\n")


def test_an_import_says_where_the_records_lie(bundle: Path, taken: Any, inside: Path) -> None:
    shown = taken("bundle", "import", str(bundle)).stdout.replace("\n", " ")
    (folder,) = (inside / "advisor-records").iterdir()
    assert f"records in {folder}; of the catalog: --catalog {folder / 'catalog'}." in shown


def test_the_command_of_an_export_can_be_copied(bundle: Path, advisor: Any, own: Path, tmp_path: Path) -> None:
    assert bundle.is_file()
    ran = advisor("bundle", "export", str(tmp_path / "two words.tar"), "--catalog", str(own))
    assert f"advisor bundle import '{tmp_path / 'two words.tar'}' --expect " in ran.stdout


# --- exports that do not come about -------------------------------------------------------------------------


def test_a_changed_file_is_not_exported(bundle: Path, advisor: Any, own: Path, work: Path, tmp_path: Path) -> None:
    lock = read_lock(work / "advisor.lock")
    stored = next((tmp_path / "hf").rglob(lock.models[1].files[0].path)).resolve()
    stored.write_bytes(LARGE[:-1] + b"?")
    target = tmp_path / "second.tar"
    ran = advisor("bundle", "export", str(target), "--catalog", str(own))
    assert ran.exit_code == 1
    assert "is not the file that is locked" in ran.stderr
    stored.unlink()
    assert "is not there" in advisor("bundle", "export", str(target), "--catalog", str(own)).stderr
    stored.mkdir()
    ran = advisor("bundle", "export", str(target), "--catalog", str(own))
    assert (ran.exit_code, "cannot be read" in ran.stderr, "cannot write" in ran.stderr) == (4, True, False)
    assert sorted(p.name for p in tmp_path.glob("*second*")) == []


def test_nothing_to_export(advisor: Any, work: Path, tmp_path: Path) -> None:
    (work / "advisor.lock").write_text("schema: advisor.lock/1\n")
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"))
    assert ran.exit_code == 2


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("notes.txt",), "its name must end in .yaml or .json"),
        (("a/run.json", "b/Run.json"), "two records are called run.json"),
        (("gone.json",), "gone.json cannot be read"),
    ],
)
@pytest.mark.usefixtures("bundle")
def test_records_that_would_not_come_in(
    names: tuple[str, ...], said: str, advisor: Any, own: Path, work: Path, tmp_path: Path
) -> None:
    for name in names:
        (work / name).parent.mkdir(exist_ok=True)
        if "gone" not in name:
            (work / name).write_text("{}")
    target, asked = tmp_path / "other.tar", [word for name in names for word in ("--record", name)]
    ran = advisor("bundle", "export", str(target), *asked, "--catalog", str(own), **NOWHERE)
    assert (ran.exit_code, target.exists()) == (2, False)
    assert said in ran.stderr


@pytest.mark.usefixtures("bundle")
def test_a_place_where_nothing_can_be_written(advisor: Any, tmp_path: Path) -> None:
    ran = advisor("bundle", "export", str(tmp_path / "none" / "x.tar"))
    assert ran.exit_code == 4
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"), "--record", "none.json")
    assert ran.exit_code == 2


# --- interrupted --------------------------------------------------------------------------------------------


def test_an_import_that_was_killed_continues(bundle: Path, process: Any, inside: Path, tmp_path: Path) -> None:
    import random
    import time

    settings = {**NOWHERE, "HF_HOME": str(tmp_path / "inside-hf")}
    chance = random.Random(3)
    for _ in range(4):
        running = process("bundle", "import", str(bundle), cwd=inside, **settings)
        time.sleep(chance.uniform(0.15, 0.5))
        running.kill()
        running.communicate()
        if (inside / "advisor.lock").exists():
            checked = process("verify", cwd=inside, **settings)
            assert checked.wait(timeout=60) == 0
            checked.communicate()
    running = process("bundle", "import", str(bundle), cwd=inside, **settings)
    assert running.communicate(timeout=60)[1] == b""
    assert running.returncode == 0
    checked = process("verify", cwd=inside, **settings)
    checked.communicate(timeout=60)
    assert checked.returncode == 0
    assert not list((tmp_path / "inside-hf").rglob(".advisor-import*"))


def test_two_imports_of_one_bundle_at_once(
    bundle: Path, process: Any, taken: Any, inside: Path, tmp_path: Path
) -> None:
    """The second waits for the first: they share what they bring beside its place."""
    settings = {**NOWHERE, "HF_HOME": str(tmp_path / "inside-hf")}
    started: list[Any] = []

    class Slow(Silent):
        def advance(self, count: int) -> None:
            if not started:
                started.append(process("bundle", "import", str(bundle), cwd=inside, **settings))
                time.sleep(1.5)

    place = Place(tmp_path / "inside-hf" / "hub", None, inside / "advisor.lock")
    assert import_bundle(bundle, place, None, False, Slow()).locked
    told = started[0].communicate(timeout=60)
    assert started[0].returncode == 0, told
    assert taken("verify").exit_code == 0
    assert not list((tmp_path / "inside-hf").rglob(".advisor-import*"))


def test_what_an_earlier_import_left_is_taken_over(bundle: Path, taken: Any, tmp_path: Path) -> None:
    digest = (tmp_path / "expected").read_text()[:16]
    stage = tmp_path / "inside-hf" / "hub" / f".advisor-import-{digest}"
    stage.mkdir(parents=True)
    (stage / sha256(LARGE)).write_bytes(LARGE)
    (stage / sha256(SMALL)).write_bytes(b"x" * len(SMALL))
    before = (stage / sha256(LARGE)).stat().st_ino
    assert taken("bundle", "import", str(bundle)).exit_code == 0
    (stored,) = (tmp_path / "inside-hf" / "hub").glob(f"*/blobs/{sha256(LARGE)}")
    assert stored.stat().st_ino == before
    assert taken("verify").exit_code == 0


def test_the_documents_are_bytes_for_bytes_the_same(bundle: Path, taken: Any) -> None:
    first = taken("bundle", "import", str(bundle), "--dry-run", "--format", "json").stdout
    assert first == taken("bundle", "import", str(bundle), "--dry-run", "--format", "json").stdout
    assert msgspec.json.decode(first)["schema"] == "advisor.import/1"
    assert model(seed=1) == SMALL


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_every_format(form: str, bundle: Path, advisor: Any, taken: Any, own: Path, tmp_path: Path) -> None:
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"), "--catalog", str(own), "--format", form, COLUMNS="300")
    digest = hashlib.sha256(unpacked(tmp_path / "x.tar")[0][1]).hexdigest()
    assert digest in ran.stdout
    imported = taken("bundle", "import", str(tmp_path / "x.tar"), "--format", form, COLUMNS="300")
    assert "acme/Tiny" in imported.stdout.replace("\\", "")
    if form != "csv":
        assert "was compared with nothing" in imported.stdout
