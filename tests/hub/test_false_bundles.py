"""Bundles that are false, damaged or hostile: nothing of them gets into place."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_files import LARGE, SMALL, files_below, sha256, unpacked

from advisor.hub import archive


def _packed(members: list[tuple[str, bytes]]) -> bytes:
    parts = [archive.header(n, len(c)) + c + bytes(archive.padding(len(c))) for n, c in members]
    return b"".join(parts) + archive.end()


def _refused(taken: Any, inside: Path, tmp_path: Path, bundle: Path, code: int, said: str, *more: str) -> None:
    ran = taken("bundle", "import", str(bundle), *more)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) < 6
    assert files_below(inside) == []
    assert files_below(tmp_path / "inside-hf") == []


def test_a_manifest_that_was_not_expected(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    _refused(taken, inside, tmp_path, bundle, 1, "in the place of " + "a" * 64, "--expect", "a" * 64)


def test_a_damaged_byte_anywhere(bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    at = content.index(LARGE[-400:])
    content[at] ^= 1
    bundle.write_bytes(content)
    _refused(taken, inside, tmp_path, bundle, 1, "are damaged")


@pytest.mark.parametrize("letter", [b"\xff", b"\x00", b'"'])
def test_a_damaged_byte_in_the_manifest(letter: bytes, bundle: Path, taken: Any, inside: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    at = content.index(b"acme/Tiny")
    content[at : at + 1] = letter
    bundle.write_bytes(content)
    _refused(taken, inside, tmp_path, bundle, 3, "manifest.json: ")


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
    members = unpacked(bundle)
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, "/etc/passwd", 0
    content = _packed(members[:place])[: -len(archive.end())] + info.tobuf(tarfile.GNU_FORMAT)[:512]
    bundle.write_bytes(content + _packed(members[place:])[512:])  # of the same length
    if place == 0:
        bundle.write_bytes(info.tobuf(tarfile.GNU_FORMAT)[:512] + bundle.read_bytes())
    _refused(taken, inside, tmp_path, bundle, 3, "bundle")


def _with_manifest(bundle: Path, change: Callable[[Any], Any]) -> None:
    """Put a manifest that somebody changed into a bundle that is otherwise whole."""
    members = unpacked(bundle)
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
        (_set("models", 0, "files", 1, "path", to="modeling.py"), "is no licence text under a usual name"),
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
    members = unpacked(bundle)
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
    members = unpacked(bundle)
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
    members, old = unpacked(bundle), sha256(SMALL)
    manifest = json.loads(members[0][1].replace(old.encode(), sha256(bad).encode()))
    for file in (manifest["models"][0]["files"][0], *(f for f in manifest["files"] if f["sha256"] == sha256(bad))):
        file["size_bytes"] = len(bad)
    rest = [(f"files/{sha256(bad)}", bad) if name == f"files/{old}" else (name, data) for name, data in members[1:]]
    bundle.write_bytes(_packed([("manifest.json", json.dumps(manifest).encode()), *rest]))
    _refused(taken, inside, tmp_path, bundle, 1, "its header does not pass")
