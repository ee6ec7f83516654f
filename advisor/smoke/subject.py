"""What is to be tested: a file, or the locked artifact of a model; and what was expected of it here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from advisor.catalog.lineage import resolve
from advisor.catalog.load import Catalog
from advisor.catalog.schema import DEFAULT_QUANTIZATION, ArtifactFile, ArtifactRepository
from advisor.errors import UnknownNameError, UserError, nearest
from advisor.hardware.memory import OVERHEAD_BYTES
from advisor.hardware.schema import Machine
from advisor.hub import lock
from advisor.hub.settings import read_settings
from advisor.inspect import inspect, on_disk
from advisor.inspection import Inspection
from advisor.model_memory import Asked
from advisor.needs.schema import Requirements
from advisor.rules.evaluate import prepare
from advisor.rules.offers import losses, offers
from advisor.rules.subject import Subject as RuleSubject
from advisor.smoke.bench import Performance
from advisor.smoke.document import Check, TestedModel

MOST_TOLD = 3
"""Problems of a header that are told; the rest is counted."""


class Named(NamedTuple):
    """The file that a path or a model's name means; with the sha256 that the lock says it has."""

    file: Path
    locked_sha256: str | None = None


class Load(NamedTuple):
    """How the file is to be loaded: tokens of context, and layers for a GPU (-1: all)."""

    context: int
    gpu_layers: int = 0


class Subject(NamedTuple):
    """A file with what is known of it before any engine runs."""

    file: Path
    model: TestedModel
    checks: tuple[Check, ...]
    """Of its header, and of its bytes against the lock."""
    predicted: Performance

    @property
    def fails(self) -> bool:
        """Say whether an engine had better not see it."""
        return any(check.verdict == "fail" for check in self.checks)


def find_file(named: str, catalog: Catalog) -> Named:
    """Return the file that a path or a model's name means: of a model, that of its locked artifact.

    Raises:
        UserError: where there is no such file and no such model, or nothing of it was pulled.
    """
    path = Path(named)
    if path.is_file():
        return Named(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the file in it (of several parts, the first)")
    try:
        model_id = catalog.find_model(named)
    except UnknownNameError:
        if path.suffix == ".gguf" or "\\" in named:
            raise UserError(f"there is no file '{named}'") from None
        if found := _locked(named):
            return found
        near = ", ".join(nearest(named, catalog.names, cutoff=0.0))
        raise UserError(f"'{named}' is neither a file nor a model of the catalog. Did you mean {near}?") from None
    if found := _locked(model_id):
        return found
    raise UserError(f"no artifact of {model_id} is locked here; fetch one with: advisor pull {model_id}")


def _locked(name: str) -> Named | None:
    """Return the file of the artifact of a model or repository that the nearest lock has, if it has one.

    Raises:
        UserError: where it has several, or the file is gone.
    """
    place = lock.find_lock()
    folded = name.casefold()
    models = lock.read_lock(place).models if place else ()
    mine = [model for model in models if folded in (model.model.casefold(), model.repository.casefold())]
    if place is None or not mine:
        return None
    files = [(model.files[0], lock.file_path(place, model, model.files[0], read_settings().cache)) for model in mine]
    if len(files) > 1:
        named = "\n".join(f"  {path}" for _, path in files)
        raise UserError(f"{place} has several artifacts of {name}; name the file of one:\n{named}")
    ((file, path),) = files
    if not path.is_file():
        raise UserError(f"{path}, which {place} has for {name}, is not there; fetch it again: advisor pull {name}")
    return Named(path, file.sha256)


def look(named: Named, asked: Load, catalog: Catalog, machine: Machine) -> Subject:
    """Inspect a file, all its bytes, and find it in the catalog by them.

    Raises:
        ExternalError: where it cannot be read.
    """
    inspection = inspect(on_disk(named.file), Asked(asked.context, offload=asked.gpu_layers), catalog, hash_files=True)
    sha256 = inspection.sha256 or inspection.files[0].sha256 or ""
    found = by_hash(sha256, catalog)
    model = TestedModel(
        file=named.file.name.encode("utf-8", "replace").decode(),
        sha256=sha256,
        size_bytes=inspection.size_bytes,
        id=found[0] if found else None,
        repository=found[1].repo if found else None,
        revision=found[1].revision if found else None,
        quantization=found[2].quantization if found else inspection.quantization,
        architecture=inspection.architecture,
        template_sha256=inspection.chat_template.sha256,
    )
    expected = _predicted(found[0], sha256, asked.context, catalog, machine) if found else Performance()
    if inspection.memory:
        total = inspection.memory.total_bytes + OVERHEAD_BYTES
        expected = msgspec.structs.replace(expected, memory_predicted_bytes=total)
    return Subject(named.file, model, tuple(_before(inspection, named, sha256)), expected)


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


def _before(inspection: Inspection, named: Named, sha256: str) -> Iterator[Check]:
    """Yield what is known before any engine runs."""
    found = [*(p.message for p in inspection.problems), *(f.message for f in inspection.chat_template.findings)]
    told = "; ".join(found[:MOST_TOLD]) or "nothing is wrong with its header"
    more = f"; and {len(found) - MOST_TOLD} more, see: advisor inspect {named.file}" if len(found) > MOST_TOLD else ""
    yield Check(id="file.header", verdict=inspection.verdict, reason=told + more)
    if named.locked_sha256 is not None:
        same = named.locked_sha256 == sha256
        reason = "its bytes are those of the lock" if same else "its bytes are not those of the lock: advisor verify"
        yield Check(
            id="file.lock", verdict="pass" if same else "fail", reason=reason, measured=sha256,
            threshold=named.locked_sha256,
        )  # fmt: skip
