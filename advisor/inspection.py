"""The inspection document (`advisor.inspection/1`): what a model's header says, and what is wrong with it."""

from __future__ import annotations

from typing import Literal

from advisor.catalog.schema import Record, Sha256
from advisor.gguf.claims import Claim
from advisor.gguf.examination import Template, Verdict
from advisor.gguf.problem import Problem

SCHEMA = "advisor.inspection/1"


class InspectedFile(Record, frozen=True, kw_only=True):
    """One file of a model in several."""

    file: str
    size_bytes: int
    tensors: int
    sha256: Sha256 | None = None


class FileFormat(Record, frozen=True, kw_only=True):
    """The outer facts of the header; `header_bytes` is where the data begin."""

    version: int | None = None
    keys: int
    tensors: int
    header_bytes: int
    alignment: int
    complete: bool
    """Whether the header could be read to its end."""


class InspectedMemory(Record, frozen=True, kw_only=True):
    """What llama.cpp needs for `concurrency` users with `context` tokens each, in bytes.

    `total_bytes` is the sum of the parts above it: the process itself is not counted (docs/memory.md).
    """

    weights_bytes: int
    kv_cache_bytes: int
    state_bytes: int = 0
    """Recurrent state."""
    compute_bytes: int
    """Compute and output buffers; `computed`: at their upper bound."""
    total_bytes: int
    basis: Literal["engine", "computed"]
    engine: str | None = None
    """Which engine planned it."""
    context: int
    concurrency: int
    kv_type: str
    offload: int = 0
    """Layers that were asked to be on a GPU; -1: all."""
    offloaded_layers: int | None = None
    """Layers that the engine would put there."""


class CatalogMatch(Record, frozen=True, kw_only=True):
    """The model of the catalog that the file was compared with, and how it was found."""

    model: str
    how: str
    catalog_digest: str


class Inspection(Record, frozen=True, kw_only=True):
    """What a model's header says, whether it may be loaded, and what it would need."""

    schema: str
    file: str
    repository: str | None = None
    revision: str | None = None
    size_bytes: int
    """All files of the model together."""
    sha256: Sha256 | None = None
    verdict: Verdict
    architecture: str | None = None
    parameters: int | None = None
    """Elements of all tensors."""
    quantization: str | None = None
    context_length: int | None = None
    license: str | None = None
    languages: tuple[str, ...] = ()
    memory: InspectedMemory | None = None
    chat_template: Template
    problems: tuple[Problem, ...]
    format: FileFormat
    files: tuple[InspectedFile, ...] = ()
    """The parts of a model in several files."""
    match: CatalogMatch | None = None
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 1 where the model must not be loaded, else 0."""
        return 1 if self.verdict == "fail" else 0
