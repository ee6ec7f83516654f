"""The files that the hubs of the tests hold, and a catalog in which they stand."""

from __future__ import annotations

import hashlib
import random
import tarfile
from pathlib import Path
from typing import Any

import yaml
from gguf_files import Gguf, tiny

CHECKOUT = Path(__file__).parents[2]
LICENSE = b"A free licence.\n"
TINY = ("pull", "tiny", "--ram", "16GiB")
"""Pulls the model of the catalog below."""
NOWHERE = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
"""The environment of a machine without a network."""


def model(layers: int = 2, hidden: int = 64, seed: int = 0, **more: Any) -> bytes:
    """Return a model with weights that are not all alike, so that bytes in a wrong place are found."""
    made = tiny(layers, hidden)
    for key, value in more.items():
        made.add(key.replace("__", "."), value)
    head, data = made.header()
    return head + random.Random(seed).randbytes(data)


def part(number: int, count: int) -> bytes:
    """Return one file of a model in several."""
    whole, made = tiny(), Gguf()
    tensors = whole.tensors[number::count]
    made.entries = list(whole.entries) if number == 0 else []
    made.add("split.no", number, "uint16").add("split.count", count, "uint16")
    made.add("split.tensors.count", len(whole.tensors), "int32")
    made.tensors = tensors
    head, data = made.header()
    return head + random.Random(number).randbytes(data)


SMALL, LARGE = model(seed=1), model(layers=4, hidden=256, seed=2)
FILES: dict[str, bytes | Path] = {
    "README.md": b"---\nlicense: apache-2.0\n---\nA model.\n",
    "LICENSE": LICENSE,
    "tiny-Q4_K_M.gguf": SMALL,
    "tiny-Q8_0.gguf": LARGE,
    "mmproj-tiny.gguf": model(seed=3),
    "split/tiny-Q6_K-00001-of-00002.gguf": part(0, 2),
    "split/tiny-Q6_K-00002-of-00002.gguf": part(1, 2),
    "pytorch_model.bin": b"\x80\x04 a pickle",
    "modeling.py": b"import os\n",
}
"""What the repository acme/Tiny-GGUF holds."""


def content(name: str) -> bytes:
    found = FILES[name]
    return found if isinstance(found, bytes) else found.read_bytes()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def overlay(folder: Path, files: list[dict[str, Any]], repo: str = "acme/Tiny-GGUF", **facts: Any) -> Path:
    """Write an overlay with the model acme/Tiny, whose artifacts are these, and return its folder."""
    source = [{"ref": "https://example.org", "accessed": "2026-11-01", "kind": "card"}]
    stated = CHECKOUT / "catalog" / "models" / "HuggingFaceTB" / "SmolLM2-135M-Instruct.yaml"
    record = yaml.safe_load(stated.read_text(encoding="utf-8"))
    record |= {"name": "Tiny", "provider": "acme", "aliases": ["tiny"]}
    artifact = {"repo": repo, "files": files, "sources": source, **facts.pop("artifact", {})}
    record |= {"artifacts": [artifact], **facts}
    maker = {"name": "Acme", "country": "JP", "kind": "both", "hub_orgs": ["acme"], "sources": source}
    for path, data in (("models/acme/Tiny.yaml", record), ("providers/acme.yaml", maker)):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return folder


def entry(quantization: str, name: str, pinned: bool = True, **more: Any) -> dict[str, Any]:
    """Return a file of the catalog as it is on the hub."""
    known = {"size_bytes": len(content(name)), "sha256": sha256(content(name))} if pinned else {}
    return {"quantization": quantization, "file": name, **known, **more}


def files_below(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, as seen from there."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def unpacked(bundle: Path) -> list[tuple[str, bytes]]:
    """Return names and contents of what a bundle holds."""
    with tarfile.open(bundle) as tar:
        return [(m.name, tar.extractfile(m).read()) for m in tar.getmembers()]  # type: ignore[union-attr]
