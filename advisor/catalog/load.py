"""Find, read and cache the catalog: shipped compiled, compiled on first use in a checkout, overlaid by folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functools import cached_property

import msgspec

from advisor import paths
from advisor.catalog import schema
from advisor.catalog.snapshot import Snapshot
from advisor.errors import DataError, ExternalError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path


class Catalog:
    """The records of a snapshot with the indexes that commands look things up in."""

    def __init__(self, snapshot: Snapshot, layers: dict[str, dict[str, dict[str, str]]] | None = None) -> None:
        self.snapshot = snapshot
        self.models = snapshot.models
        self.providers = snapshot.providers
        self.licenses = snapshot.licenses
        self.layers = layers or {}
        """By kind, id and fact group: the overlay folder that stated it."""

    def fresh(self, as_of: str) -> Catalog:
        """Return the catalog in which what is past its shelf life on a day is unknown."""
        from advisor.catalog.freshness import Freshness

        return Catalog(Freshness(self.snapshot, as_of).fresh(), self.layers)

    @cached_property
    def publisher_by_org(self) -> dict[str, str]:
        """Provider ids by the hub organisation they upload to."""
        return {org: pid for pid, provider in self.providers.items() for org in provider.hub_orgs}

    @cached_property
    def results(self) -> dict[str, list[tuple[str, schema.Benchmark, schema.Result]]]:
        """By model id: every benchmark result, as (benchmark id, benchmark, result)."""
        found: dict[str, list[tuple[str, schema.Benchmark, schema.Result]]] = {}
        for benchmark_id, benchmark in self.snapshot.benchmarks.items():
            for model_id, result in benchmark.results.items():
                found.setdefault(model_id, []).append((benchmark_id, benchmark, result))
        return found

    @cached_property
    def safety(self) -> dict[str, list[tuple[str, schema.SafetyEvaluation, schema.SafetyResult]]]:
        """By model id: every figure of an official body, as (evaluation id, evaluation, result)."""
        found: dict[str, list[tuple[str, schema.SafetyEvaluation, schema.SafetyResult]]] = {}
        for evaluation_id, evaluation in self.snapshot.safety.items():
            for model_id, result in evaluation.results.items():
                found.setdefault(model_id, []).append((evaluation_id, evaluation, result))
        return found

    @cached_property
    def mentions(self) -> dict[str, list[str]]:
        """By subject of a claim (`model:ID`, `family:ID` …): the paragraphs, as `003#14`."""
        found: dict[str, dict[str, None]] = {}
        for article in self.snapshot.articles.values():
            for claim in article.claims:
                place = f"{article.number}#{claim.paragraph}"
                found.setdefault(claim.subject, {})[place] = None
        return {subject: sorted(places) for subject, places in found.items()}

    def subjects_of(self, model_id: str) -> list[str]:
        """Return what claims about a model may be about: itself, its maker's family, that family's parents.

        What somebody else made of a family's model is not what the claims about the family speak of.
        """
        subjects, model = [f"model:{model_id}"], self.models[model_id]
        family: str | None = model.family
        while family and f"family:{family}" not in subjects:
            record = self.snapshot.families.get(family)
            if record and record.provider != model.provider:
                break
            subjects.append(f"family:{family}")
            family = record.parent if record else None
        return subjects

    def articles_naming(self, model_id: str) -> list[str]:
        """Return the paragraphs that name a model, its family or a parent of that, as `003#14`."""
        return sorted({place for s in self.subjects_of(model_id) for place in self.mentions.get(s, [])})

    def find_model(self, name: str) -> str:
        """Return the id of the model called `name`: its id, an alias, or its name, in any case.

        Raises:
            UnknownNameError: with the three nearest names.
        """
        if name in self.models:
            return name
        if name.casefold() in self.names:
            return self.names[name.casefold()]
        raise UnknownNameError("model", name, self.names.values(), "'advisor catalog list' prints all.")

    @cached_property
    def names(self) -> dict[str, str]:
        """Model ids by folded id, alias, display name and bare repository name; the first of equals wins."""
        found: dict[str, str] = {}
        for names_of in (_ids, _aliases, _bare_names):
            for model_id, model in self.models.items():
                for name in names_of(model_id, model):
                    found.setdefault(name.casefold(), model_id)
        return found


def _ids(model_id: str, model: schema.Model) -> list[str]:
    return [model_id]


def _aliases(model_id: str, model: schema.Model) -> list[str]:
    return [model.name, *model.aliases]


def _bare_names(model_id: str, model: schema.Model) -> list[str]:
    return [model_id.split("/", 1)[1]]


def load(overlays: tuple[Path, ...] = ()) -> Catalog:
    """Load the shipped catalog, or the checkout's, with `overlays` laid over it in order.

    Raises:
        DataError: where a file is wrong or an overlay breaks a reference.
        ExternalError: where there is no catalog at all.
    """
    snapshot = _shipped() or _of_checkout()
    if not overlays:
        return Catalog(snapshot)
    from advisor.catalog.overlay import lay_over

    overlaid = lay_over(snapshot, overlays)
    return Catalog(overlaid.snapshot, overlaid.layers)


def _shipped() -> Snapshot | None:
    try:
        with open(paths.COMPILED, "rb") as file:
            return msgspec.msgpack.decode(file.read(), type=Snapshot)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ExternalError(f"{paths.COMPILED} is damaged ({error}); install local-model-advisor again") from None


def _of_checkout() -> Snapshot:
    """Return the checkout's files compiled."""
    root = paths.checkout()
    if root is None:
        raise ExternalError("the installed package holds no catalog; install local-model-advisor again")
    from advisor.catalog.cache import cached

    def compiled() -> Snapshot:
        from advisor.catalog.compile import compile_files
        from advisor.catalog.files import read_folder
        from advisor.catalog.references import problems_of

        snapshot = compile_files(read_folder(root / "catalog", root / "seeds"))
        problems = problems_of(snapshot)
        if problems:
            raise DataError([f"{p.kind}/{p.id}: {p.message}" for p in problems])
        return snapshot

    return cached("catalog", (root / "catalog", root / "seeds"), "", Snapshot, compiled)
