"""Which artifact a MODEL name means: what `recommend` would choose here, narrowed by what was asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import ArtifactFile, ArtifactRepository
from advisor.errors import UnknownNameError, UserError, nearest
from advisor.hardware.schema import Machine
from advisor.hub.interface import REPOSITORY, check_repository
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.rules.evaluate import Judged, judge, prepare
from advisor.rules.offers import UNKNOWN_LOSS, losses, named_files

_SHARD = re.compile(r"^(?P<stem>.+)-00001-of-(?P<count>\d{5})\.gguf$")


class Choice(NamedTuple):
    """An artifact with the judgement about it; both absent where the catalog does not know the repository."""

    model: str
    repository: str
    revision: str | None
    """The commit that the catalog's hashes are of."""
    quantization: str
    files: tuple[str, ...]
    hashes: tuple[str | None, ...]
    """By file: the sha256 that the catalog has."""
    size_bytes: int | None
    projector: str | None
    publisher: str | None
    judged: Judged | None


def choose(
    name: str,
    quantization: str | None,
    requirements: Requirements,
    catalog: Catalog,
    machine: Machine,
    policies: Sequence[UsedPolicy] = (),
    local: tuple[LocalResult, ...] = (),
) -> Choice | None:
    """Return the artifact that a name stands for, or None where the catalog knows nothing of it.

    `name` is a model, or a repository of artifacts that the catalog knows.

    Raises:
        UserError: where the model has no such artifact; those it has are named.
    """
    model_id, repository = _meant(name, catalog)
    if model_id is None:
        return None
    model = catalog.models[model_id]
    kept = tuple(r for r in _narrowed(model.artifacts, quantization) if repository in (None, r.repo))
    known = {r.repo: [f.quantization for f in r.files] for r in model.artifacts if repository in (None, r.repo)}
    if model.artifacts and not kept:
        offered = "; ".join(f"{repo}: {', '.join(names)}" for repo, names in known.items())
        raise UserError(f"{model_id} has no artifact in {quantization}. Known are {offered}.")
    narrowed = msgspec.structs.replace(model, artifacts=kept)
    models = {**catalog.models, model_id: narrowed}
    view = Catalog(msgspec.structs.replace(catalog.snapshot, models=models), catalog.layers)
    asked = _not_finer_than(quantization, requirements, catalog)
    judged = judge(prepare(asked, view, machine, policies, local), model_id)
    if judged.offer is None:
        return _unmeasured(model_id, judged, view)
    return _chosen(model_id, judged.offer.repository, judged.offer.file, judged.offer.publisher, judged)


def _meant(name: str, catalog: Catalog) -> tuple[str | None, str | None]:
    """Return the model, and the repository of artifacts where that was named; (None, None) if nobody knows it."""
    try:
        return catalog.find_model(name), None
    except UnknownNameError:
        folded = name.casefold()
        for model_id, model in catalog.models.items():
            for repository in model.artifacts:
                if repository.repo.casefold() == folded:
                    return model_id, repository.repo
        if REPOSITORY.match(name):
            return None, None
        raise


def _narrowed(artifacts: tuple[ArtifactRepository, ...], quantization: str | None) -> tuple[ArtifactRepository, ...]:
    """Return the repositories with only the files in the quantization asked for."""
    if quantization is None:
        return artifacts
    folded, found = quantization.casefold(), []
    for repository in artifacts:
        files = tuple(f for f in repository.files if f.quantization.casefold() == folded)
        if files:
            found.append(msgspec.structs.replace(repository, files=files))
    return tuple(found)


def _not_finer_than(quantization: str | None, requirements: Requirements, catalog: Catalog) -> Requirements:
    """Who names a quantization means it: `--min-quant` does not stand against it."""
    if quantization is None:
        return requirements
    by_name = losses(catalog)
    named = next((n for n in by_name if n.casefold() == quantization.casefold()), None)
    if named is None or not by_name[requirements.min_quant] < by_name[named] < UNKNOWN_LOSS:
        return requirements
    return msgspec.structs.replace(requirements, min_quant=named)


def _unmeasured(model_id: str, judged: Judged, view: Catalog) -> Choice:
    """Return the first file of a model of which none may be offered: its findings say why.

    Raises:
        UserError: where there is no file at all.
    """
    for repository, file, publisher in named_files(judged.subject.model, view):
        return _chosen(model_id, repository, file, publisher, judged)
    reasons = "; ".join(f.reason for f in judged.findings if f.rule in ("artifact", "deployment"))
    raise UserError(f"there is nothing to pull for {model_id}: {reasons}.")


def _chosen(
    model_id: str, repository: ArtifactRepository, file: ArtifactFile, publisher: str, judged: Judged
) -> Choice:
    files = shards(file.file)
    pinned: tuple[str | None, ...] = file.shard_sha256 or ((file.sha256,) if len(files) == 1 else ())
    hashes = pinned if len(pinned) == len(files) else (None,) * len(files)
    return Choice(
        model=model_id, repository=repository.repo, revision=repository.revision, quantization=file.quantization,
        files=files, hashes=hashes, size_bytes=file.size_bytes, projector=repository.projector, publisher=publisher,
        judged=judged,
    )  # fmt: skip


def shards(first: str) -> tuple[str, ...]:
    """Return all files of a set whose first file is named; a file that is whole is a set of one."""
    match = _SHARD.match(first)
    if not match:
        return (first,)
    stem, count = match["stem"], match["count"]
    return tuple(f"{stem}-{number:05}-of-{count}.gguf" for number in range(1, int(count) + 1))


def choose_unknown(name: str, quantization: str | None, paths: tuple[str, ...], known: tuple[str, ...]) -> Choice:
    """Return the artifact of a repository that the catalog does not know, from the files that the hub lists.

    Raises:
        UserError: where no quantization is named, or not exactly one set of files carries its name.
    """
    if quantization is None:
        near = nearest(name, known, cutoff=0.0)
        raise UserError(
            f"unknown model '{name}'. Did you mean {', '.join(near)}? If it is a GGUF repository that the catalog does "
            f"not know, name its quantization with --quant; nothing is known of its licence then."
        )
    check_repository(name)
    models = [p for p in paths if p.endswith(".gguf") and "mmproj" not in p.casefold()]
    firsts = [p for p in models if not re.search(r"-\d{5}-of-\d{5}\.gguf$", p) or "-00001-of-" in p]
    pattern = re.compile(rf"(^|[^a-z0-9]){re.escape(quantization.casefold())}([^a-z0-9_]|$)")
    hits = [p for p in firsts if pattern.search(p.casefold().replace("-00001-of-", "."))]
    if len(hits) != 1:
        have = ", ".join(firsts[:12]) or "no GGUF file"
        several = f"several files are called {quantization}" if hits else f"no file is called {quantization}"
        raise UserError(f"{name}: {several}. It has {have}.")
    files = shards(hits[0])
    absent = sorted(set(files) - set(paths))
    if absent:
        raise UserError(f"{name}: the set is not complete, {absent[0]} is missing.")
    return Choice(
        model=name, repository=name, revision=None, quantization=quantization, files=files,
        hashes=(None,) * len(files), size_bytes=None, projector=None, publisher=None, judged=None,
    )  # fmt: skip
