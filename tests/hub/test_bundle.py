"""Bundles: what was exported comes in whole without a network; what is false, damaged or hostile does not."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hub_files import LARGE, LICENSE, SMALL, model, sha256

from advisor.curation.schemas import json_schema
from advisor.hub import archive
from advisor.hub.lock import read_lock

PULL = ("pull", "tiny", "--ram", "16GiB")
NOWHERE = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}


@pytest.fixture
def bundle(advisor: Any, hub: Any, own: Path, work: Path, tmp_path: Path) -> Path:
    """Return a bundle with one model in a Q8_0 and a Q4_K_M, and a decision about it."""
    for quantization in ("Q8_0", "Q4_K_M"):
        ran = advisor(*PULL, "--quant", quantization, "--catalog", str(own), HF_ENDPOINT=hub.url)
        assert ran.exit_code == 0
    (work / "decision.json").write_text('{"schema": "advisor.recommendation/1"}')
    target = tmp_path / "models.tar"
    ran = advisor(
        "bundle",
        "export",
        str(target),
        "--record",
        "decision.json",
        "--catalog",
        str(own),
        "--format",
        "json",
        **NOWHERE,
    )
    assert ran.exit_code == 0, ran.stderr
    jsonschema.Draft202012Validator(json_schema("export")).validate(ran.document)
    (tmp_path / "expected").write_text(ran.document["manifest_sha256"])
    return target


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """Return a working folder on the other side, where nothing is yet."""
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


@pytest.fixture
def taken(advisor: Any, inside: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that imports on the other side, with a hub cache of its own."""

    def ran(*arguments: str, **changes: str) -> Any:
        return advisor(*arguments, cwd=inside, **{**NOWHERE, "HF_HOME": str(tmp_path / "inside-hf"), **changes})

    return ran


def _files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


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
    names = {name.split("/", 1)[1] for name in _files(records)}
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
    ran = advisor(*PULL, "--quant", "Q8_0", *asked, "--override", "a test", HF_ENDPOINT=hub.url)
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
    assert _files(inside / "models") == ["LICENSE", "tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf"]
    assert (inside / "models" / "LICENSE").read_bytes() == LICENSE
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
    assert _files(inside) == []
    assert _files(tmp_path / "inside-hf") == []


def test_one_model_of_several(advisor: Any, bundle: Path, own: Path, tmp_path: Path) -> None:
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"), "gemma", "--catalog", str(own))
    assert ran.exit_code == 2
    assert not (tmp_path / "x.tar").exists()


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
    assert sorted(p.name for p in tmp_path.glob("*second*")) == []


def test_nothing_to_export(advisor: Any, work: Path, tmp_path: Path) -> None:
    (work / "advisor.lock").write_text("schema: advisor.lock/1\n")
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"))
    assert ran.exit_code == 2


@pytest.mark.usefixtures("bundle")
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


def test_a_place_where_nothing_can_be_written(advisor: Any, tmp_path: Path) -> None:
    ran = advisor("bundle", "export", str(tmp_path / "none" / "x.tar"))
    assert ran.exit_code == 4
    ran = advisor("bundle", "export", str(tmp_path / "x.tar"), "--record", "none.json")
    assert ran.exit_code == 2


# --- bundles that are not what they say ---------------------------------------------------------------------


def _members(bundle: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(bundle) as tar:
        return [(m.name, tar.extractfile(m).read()) for m in tar.getmembers()]  # type: ignore[union-attr]


def _packed(members: list[tuple[str, bytes]]) -> bytes:
    parts = [archive.header(n, len(c)) + c + bytes(archive.padding(len(c))) for n, c in members]
    return b"".join(parts) + archive.end()


def _refused(taken: Any, inside: Path, tmp_path: Path, bundle: Path, code: int, said: str, *more: str) -> None:
    ran = taken("bundle", "import", str(bundle), *more)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) < 6
    assert _files(inside) == []
    assert _files(tmp_path / "inside-hf") == []


def test_a_manifest_that_was_not_expected(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    _refused(taken, inside, tmp_path, bundle, 1, "in the place of " + "a" * 64, "--expect", "a" * 64)


def test_a_damaged_byte_anywhere(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    at = content.index(LARGE[-400:])
    content[at] ^= 1
    bundle.write_bytes(content)
    _refused(taken, inside, tmp_path, bundle, 1, "are damaged")


@pytest.mark.parametrize("kept", [0, 100, 512, 5000, -1024, -1, -600_000])
def test_a_bundle_that_ends_too_early(kept: int, bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    content = bundle.read_bytes()
    bundle.write_bytes(content[:kept])
    _refused(taken, inside, tmp_path, bundle, 3, str(bundle))


def test_a_bundle_with_something_behind(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    bundle.write_bytes(bundle.read_bytes() + bytes(512))
    _refused(taken, inside, tmp_path, bundle, 3, "carry it over again")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (tarfile.SYMTYPE, "files/" + "a" * 64), (tarfile.LNKTYPE, "x"), (tarfile.CHRTYPE, "x"), (tarfile.BLKTYPE, "x"),
        (tarfile.FIFOTYPE, "x"), (tarfile.DIRTYPE, "x"), (tarfile.GNUTYPE_SPARSE, "x"), (tarfile.XHDTYPE, "x"),
        (tarfile.GNUTYPE_LONGNAME, "x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1, 3])
def test_links_devices_and_extensions(
    kind: bytes, name: str, place: int, bundle: Path, taken: Any, inside: Path, tmp_path: Path
) -> None:
    members = _members(bundle)
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, "/etc/passwd", 0
    content = _packed(members[:place])[: -len(archive.end())] + info.tobuf(tarfile.GNU_FORMAT)[:512]
    bundle.write_bytes(content + _packed(members[place:])[512:])  # of the same length
    if place == 0:
        bundle.write_bytes(info.tobuf(tarfile.GNU_FORMAT)[:512] + bundle.read_bytes())
    _refused(taken, inside, tmp_path, bundle, 3, "bundle")


def _with_manifest(bundle: Path, change: Callable[[Any], Any]) -> None:
    """Put a manifest that somebody changed into a bundle that is otherwise whole."""
    members = _members(bundle)
    manifest = json.loads(members[0][1])
    changed = change(manifest) or manifest
    bundle.write_bytes(_packed([("manifest.json", json.dumps(changed).encode()), *members[1:]]))


def _path(value: str) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        manifest["models"][0]["files"][0]["path"] = value

    return change


def _record(value: str) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        manifest["records"][0]["path"] = value

    return change


def _set(*steps: Any, to: Any) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        for step in steps[:-1]:
            manifest = manifest[step]
        manifest[steps[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_path("../../x.gguf"), "is not a path inside a repository"),
        (_path("/etc/x.gguf"), "is not a path inside a repository"),
        (_path("a\\..\\x.gguf"), "is not a path inside a repository"),
        (_path("a\x00.gguf"), "is not a path inside a repository"),
        (_path("con/x.gguf"), "is not a path inside a repository"),
        (_path("x.py"), "is no GGUF file"),
        (_set("models", 0, "repository", to="../../../etc"), "is not the name of a repository"),
        (_set("models", 0, "files", 0, "repository", to="a/.."), "is not the name of a repository"),
        (_set("models", 0, "revision", to="../../x"), "is not a commit"),
        (_set("models", 0, "revision", to="a" * 40 + "\n"), "is not a commit"),
        (_set("models", 0, "files", 0, "size_bytes", to=1), "not in the bundle with that size"),
        (_set("models", 0, "files", 0, "sha256", to="b" * 64), "not in the bundle"),
        (_record("../x.json"), "is not a path inside a repository"),
        (_record("catalog/../../x.yaml"), "is not a path inside a repository"),
        (_record("elsewhere/x.json"), "is no record"),
        (_record("records/x.sh"), "is no record"),
        (_set("schema", to="advisor.bundle/2"), "manifest.json"),
        (_set("surprise", to=1), "manifest.json"),
        (_set("files", 0, "size_bytes", to=1 << 60), "not in the bundle with that size"),
        (_set("records", 0, "size_bytes", to=1 << 60), "in the place of"),
        (_set("files", 0, "size_bytes", to=-1), "manifest.json"),
        (_set("models", 0, "requirements", to=[]), "manifest.json"),
    ],
)
def test_manifests_that_lead_elsewhere(
    change: Any, said: str, bundle: Path, taken: Any, inside: Path, tmp_path: Path
) -> None:
    _with_manifest(bundle, change)
    _refused(taken, inside, tmp_path, bundle, 3, said)


def test_a_manifest_without_a_bottom(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    members = _members(bundle)
    deep = members[0][1].replace(
        b'"requirements":', b'"requirements": {"x": ' + b"[" * 200_000 + b"]" * 200_000 + b'}, "y":', 1
    )
    bundle.write_bytes(_packed([("manifest.json", deep), *members[1:]]))
    _refused(taken, inside, tmp_path, bundle, 3, "manifest.json")


def test_a_manifest_that_is_too_large_is_not_read(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    with open(bundle, "wb") as file:
        file.write(archive.header("manifest.json", 1 << 40))
        file.truncate(1 << 41)
    _refused(taken, inside, tmp_path, bundle, 3, "does not begin with a manifest.json")


def test_a_bundle_larger_than_the_disk(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    size = 1 << 43
    members = _members(bundle)
    manifest = json.loads(members[0][1])
    weights = manifest["models"][0]["files"][0]
    entry = next(f for f in manifest["files"] if f["sha256"] == weights["sha256"])
    entry["size_bytes"] = weights["size_bytes"] = size
    head = json.dumps(manifest).encode()
    packed = {e["sha256"]: e["size_bytes"] for e in (*manifest["records"], *manifest["files"])}
    whole = sum(archive.stored_size(n) for n in (len(head), *packed.values())) + len(archive.end())
    bundle.write_bytes(_packed([("manifest.json", head)])[: -len(archive.end())])
    with open(bundle, "r+b") as file:
        file.truncate(whole)
    _refused(taken, inside, tmp_path, bundle, 4, "free; make room")


def test_what_is_no_bundle(taken: Any, inside: Path, tmp_path: Path) -> None:
    _refused(taken, inside, tmp_path, tmp_path / "none.tar", 2, "there is no bundle")
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as tar:
        info = tarfile.TarInfo("readme")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    _refused(taken, inside, tmp_path, other, 3, "no bundle of this program")
    zipped = tmp_path / "zipped.tar.gz"
    with tarfile.open(zipped, "w:gz") as tar:
        tar.addfile(info, io.BytesIO(b"abc"))
    _refused(taken, inside, tmp_path, zipped, 3, "bundle")


def test_a_model_whose_header_does_not_pass(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    """A bundle that is whole and true to its manifest, with a file in it that nobody should load."""
    bad = b"GGUF" + b"\xff" * 1000
    members, old = _members(bundle), sha256(SMALL)
    manifest = json.loads(members[0][1].replace(old.encode(), sha256(bad).encode()))
    for file in (manifest["models"][0]["files"][0], *(f for f in manifest["files"] if f["sha256"] == sha256(bad))):
        file["size_bytes"] = len(bad)
    rest = [(f"files/{sha256(bad)}", bad) if name == f"files/{old}" else (name, data) for name, data in members[1:]]
    bundle.write_bytes(_packed([("manifest.json", json.dumps(manifest).encode()), *rest]))
    _refused(taken, inside, tmp_path, bundle, 1, "its header does not pass")


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
    digest = hashlib.sha256(_members(tmp_path / "x.tar")[0][1]).hexdigest()
    assert digest in ran.stdout
    imported = taken("bundle", "import", str(tmp_path / "x.tar"), "--format", form, COLUMNS="300")
    assert "acme/Tiny" in imported.stdout.replace("\\", "")
    if form != "csv":
        assert "was compared with nothing" in imported.stdout
