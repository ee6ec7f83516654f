"""What a rule sees: one model with its chain, one artifact of it, and what is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from advisor.catalog.lineage import Chain
from advisor.catalog.load import Catalog
from advisor.catalog.schema import ArtifactFile, ArtifactRepository, Model
from advisor.hardware.memory import MemoryPlan
from advisor.hardware.schema import Machine
from advisor.hardware.speed import Engine, Speed
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements
from advisor.rules.evidence import Evidence, Scored

if TYPE_CHECKING:
    from advisor.rules.aged import Aged
    from advisor.rules.policy import Applied


class Sketch(msgspec.Struct, frozen=True, gc=False):
    """What a model without a known artifact would need and yield."""

    plan: MemoryPlan | None
    speed: Speed | None


class Need(NamedTuple):
    """The requirements together with everything they are checked against."""

    requirements: Requirements
    catalog: Catalog
    machine: Machine
    engines: tuple[Engine, ...]
    losses: dict[str, float]
    """Loss by name of quantization."""
    alike: dict[str, str]
    """By name of quantization: the measured one that it counts like, or itself."""
    evidence: Evidence
    """What was measured in the languages and tasks asked."""
    harnesses: dict[tuple[str, str], str]
    """By voice, and by language or task asked: the one benchmark that ranks it."""
    sketches: dict[str, Sketch]
    """By model id: what those without an artifact would need and yield, as far as it was asked for."""
    policies: Applied | None = None
    aged: Aged | None = None
    """Where stale facts count as unknown: what tells them from those that nobody recorded."""
    local: tuple[LocalResult, ...] = ()
    """What was measured on the organisation's own machines, the newest last."""

    def measured(self, name: str, model_id: str) -> list[Scored]:
        """Return the results of a model in a language or task asked, the newest benchmark first."""
        return self.evidence[name].get(model_id, [])


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A model and what it descends from."""

    id: str
    model: Model
    chain: Chain


class Offer(msgspec.Struct, frozen=True, gc=False):
    """One artifact of a model, with what it needs and yields on the machine at hand."""

    repository: ArtifactRepository
    file: ArtifactFile
    publisher: str
    official: bool
    loss: float
    plan: MemoryPlan | None
    engine: Engine | None
    """Where it fits; None where it fits nowhere or nothing is known."""
    speed: Speed | None
