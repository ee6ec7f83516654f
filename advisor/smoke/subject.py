"""What is to be tested: a file, or the locked artifact of a model; and what was expected of it here."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from advisor.catalog.lineage import resolve
from advisor.catalog.load import Catalog
from advisor.catalog.schema import DEFAULT_QUANTIZATION, ArtifactFile, ArtifactRepository
from advisor.errors import UnknownNameError, UserError, nearest
from advisor.hardware.schema import Machine
from advisor.needs.schema import Requirements
from advisor.rules.evaluate import prepare
from advisor.rules.offers import losses, offers
from advisor.rules.subject import Subject as RuleSubject
from advisor.smoke.bench import Performance
from advisor.smoke.document import Check, TestedModel
from advisor.smoke.inspected import Inspected, inspect_file


class Subject(NamedTuple):
    """A file with what is known of it before any engine runs."""

    file: Path
    model: TestedModel
    inspected: Inspected
    header: Check
    predicted: Performance


def find_file(named: str, catalog: Catalog) -> Path:
    """Return the file that a path or a model's name means.

    Raises:
        UserError: where there is no such file and no such model, or nothing of it was pulled.
    """
    path = Path(named)
    if path.is_file():
        return path
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the file in it (of several parts, the first)")
    try:
        model_id = catalog.find_model(named)
    except UnknownNameError:
        if path.suffix == ".gguf" or "\\" in named:
            raise UserError(f"there is no file '{named}'") from None
        near = ", ".join(nearest(named, catalog.names, cutoff=0.0))
        raise UserError(f"'{named}' is neither a file nor a model of the catalog. Did you mean {near}?") from None
    return locked_file(model_id)


def locked_file(model_id: str) -> Path:
    """Return the file of a model's locked artifact.

    Raises:
        UserError: where none is locked.
    """
    raise UserError(f"no artifact of {model_id} is locked here; fetch one with: advisor pull {model_id}")


def look(path: Path, context: int, catalog: Catalog, machine: Machine) -> Subject:
    """Inspect a file and find it in the catalog by its bytes.

    Raises:
        ExternalError: where it cannot be read.
    """
    inspected = inspect_file(path, context)
    found = by_hash(inspected.sha256, catalog)
    model = TestedModel(
        file=path.name,
        sha256=inspected.sha256,
        size_bytes=inspected.size_bytes,
        id=found[0] if found else None,
        repository=found[1].repo if found else None,
        revision=found[1].revision if found else None,
        quantization=found[2].quantization if found else inspected.quantization,
        architecture=inspected.architecture,
    )
    expected = _predicted(found[0], inspected.sha256, context, catalog, machine) if found else Performance()
    if inspected.memory_bytes:
        expected = msgspec.structs.replace(expected, memory_predicted_bytes=inspected.memory_bytes)
    return Subject(path, model, inspected, _header(inspected), expected)


def by_hash(sha256: str, catalog: Catalog) -> tuple[str, ArtifactRepository, ArtifactFile] | None:
    """Return the model, repository and file of the catalog that have these bytes."""
    for model_id, model in catalog.models.items():
        for repository in model.artifacts:
            for file in repository.files:
                if sha256 == file.sha256 or sha256 in file.shard_sha256:
                    return model_id, repository, file
    return None


def _predicted(model_id: str, sha256: str, context: int, catalog: Catalog, machine: Machine) -> Performance:
    """Return memory and speed as `recommend` states them for this artifact on this machine."""
    losses_of = losses(catalog)
    coarsest = max(losses_of, key=lambda name: losses_of[name], default=DEFAULT_QUANTIZATION)
    asked = Requirements(task=("chat",), use="internal", context=context, concurrency=1, min_quant=coarsest)
    need = prepare(asked, catalog, machine)
    subject = RuleSubject(model_id, catalog.models[model_id], resolve(catalog, model_id))
    for offer in offers(subject, need):
        if sha256 == offer.file.sha256 or sha256 in offer.file.shard_sha256:
            speed = offer.speed.decode_tokens_per_second if offer.speed else None
            total = offer.plan.total_bytes if offer.plan else None
            return Performance(memory_predicted_bytes=total, generation_predicted_tokens_per_second=speed)
    return Performance()


def _header(inspected: Inspected) -> Check:
    how = "its header" if inspected.depth == "header" else "its first bytes"
    told = "; ".join(inspected.problems[:3]) or f"nothing is wrong with {how}"
    return Check(id="file.header", verdict=inspected.verdict, reason=told, details={"looked_at": inspected.depth})
