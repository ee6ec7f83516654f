"""Which model of the catalog a file is, or is said to be."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from advisor.catalog.load import Catalog
from advisor.catalog.schema import ArtifactFile
from advisor.gguf.header import Header

How = Literal["asked", "sha256", "file name", "repository in the header"]
_QUANTIZATION = re.compile(
    r"(?:^|[-._])((?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP4|NVFP4|BF16|F16|F32|FP16))(?=[-._]|$)", re.IGNORECASE
)
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.gguf$)")
_HUB = re.compile(r"huggingface\.co/([\w.-]+/[\w.-]+)")
_KEYS = ("general.repo_url", "general.source.huggingface.repository", "general.source.url", "general.url")


class Match(NamedTuple):
    """A model of the catalog, and what its record says of the very artifact, where that is known."""

    model: str
    how: How
    quantization: str | None = None
    publishers: tuple[str, ...] = ()
    """Who uploads an artifact of this name."""
    size_bytes: int | None = None
    """All shards together."""
    sha256: tuple[str, ...] = ()
    certain: bool = False
    """The very artifact was asked for; a file name alone proves nothing."""


def quantization_in(name: str) -> str | None:
    """Return the quantization that a file's name tells, in the field's spelling."""
    found = _QUANTIZATION.findall(name.rsplit("/", 1)[-1])
    return found[-1].upper().replace("FP16", "F16") if found else None


def of_artifact(catalog: Catalog, model_id: str, repo: str, file: str) -> Match:
    """Return the match of an artifact that was asked for by its model."""
    publisher = catalog.publisher_by_org.get(repo.split("/")[0])
    for repository in catalog.models[model_id].artifacts:
        for known in repository.files:
            if repository.repo == repo and known.file == file:
                return _matched(model_id, "asked", [(known, publisher)], certain=True)
    return Match(model_id, "asked", quantization_in(file), (publisher,) if publisher else ())


def find(catalog: Catalog, name: str, header: Header, sha256: str | None, asked: str | None = None) -> Match | None:
    """Return the model that a local file is: by its hash, its name or its header; None where nothing tells.

    `asked` is the model that the user says it is.
    """
    base = name.rsplit("/", 1)[-1]
    by_hash: dict[str, list[tuple[ArtifactFile, str | None]]] = {}
    by_name: dict[str, list[tuple[ArtifactFile, str | None]]] = {}
    for model_id, model in catalog.models.items():
        for repository in model.artifacts:
            publisher = catalog.publisher_by_org.get(repository.repo.split("/")[0])
            for file in repository.files:
                if sha256 and file.sha256 == sha256:
                    by_hash.setdefault(model_id, []).append((file, publisher))
                if _whole(file.file) == _whole(base):
                    by_name.setdefault(model_id, []).append((file, publisher))
    if asked:
        rows = by_hash.get(asked) or by_name.get(asked) or []
        return _matched(asked, "asked", rows) if rows else Match(asked, "asked")
    if len(by_hash) == 1:
        return _matched(next(iter(by_hash)), "sha256", next(iter(by_hash.values())))
    if len(by_name) == 1:
        return _matched(next(iter(by_name)), "file name", next(iter(by_name.values())))
    return _stated(catalog, header)


def _whole(name: str) -> str:
    """Return a file's name without its folder, its shard and its case."""
    return _SHARD.sub("", name.rsplit("/", 1)[-1]).casefold()


def _matched(model_id: str, how: How, rows: list[tuple[ArtifactFile, str | None]], certain: bool = False) -> Match:
    """Put together what artifacts of one name have in common; sizes count only where there is one of them."""
    quantizations = {file.quantization for file, _ in rows}
    return Match(
        model=model_id,
        how=how,
        quantization=next(iter(quantizations)) if len(quantizations) == 1 else None,
        publishers=tuple(dict.fromkeys(publisher for _, publisher in rows if publisher)),
        size_bytes=rows[0][0].size_bytes if len(rows) == 1 and certain else None,
        sha256=tuple(file.sha256 for file, _ in rows if file.sha256),
        certain=certain,
    )


def _stated(catalog: Catalog, header: Header) -> Match | None:
    for key in _KEYS:
        found = _HUB.search(header.text(key) or "")
        if found and found[1] in catalog.models:
            return Match(found[1], "repository in the header")
    return None
