"""A model with its facts in groups that were read together, its family and its maker."""

from typing import Annotated, Literal

from msgspec import Meta

from advisor.catalog.schema.architecture import Architecture
from advisor.catalog.schema.source import (
    Count,
    Country,
    Date,
    Day,
    Modality,
    Record,
    Revision,
    Sha256,
    Sources,
    Tag,
    Task,
    Text,
)


class Availability(Record, frozen=True, kw_only=True):
    """Whether anyone can download the weights, and whether the maker still stands behind the model.

    `superseded`: the maker has published a later version of the same line and size class, or names a
    replacement; a newer family alone does not count.
    """

    weights: Literal["open", "closed", "announced"]
    status: Literal["active", "superseded", "retired"] = "active"
    sources: Sources
    note: str | None = None


class Released(Record, frozen=True, kw_only=True):
    """The day the maker published the model (not the day its hub repository was created)."""

    date: Date
    sources: Sources
    note: str | None = None


class LicenseTerms(Record, frozen=True, kw_only=True):
    """The licence the maker states for the weights: an SPDX id or `LicenseRef-scancode-<key>`."""

    id: Text
    also: tuple[Text, ...] = ()
    """Further licences that bind at the same time, by the maker's own statement."""
    sources: Sources
    note: str | None = None


class Ancestor(Record, frozen=True, kw_only=True):
    """A model that this one was made from; its terms and its origin come along."""

    id: Text
    relation: Literal["finetune", "distill", "merge", "continued-pretraining", "quantized", "adapter"]


class Lineage(Record, frozen=True, kw_only=True):
    """Whether the maker trained the model from scratch, or which models it was made from."""

    trained: Literal["own", "derived"]
    base_models: tuple[Ancestor, ...] = ()
    sources: Sources
    note: str | None = None


class Parameters(Record, frozen=True, kw_only=True):
    """Parameter counts as the maker states them; `hub_count` is what the hub counts in the files."""

    total: Count
    active: Count | None = None
    hub_count: Count | None = None
    beside_text: Count | None = None
    """How many of `total` are not of the text network: towers for images and sound, experts and heads of their own."""
    sources: Sources
    note: str | None = None


class Context(Record, frozen=True, kw_only=True):
    """Context length in tokens: as trained, and as the maker says it can be extended to."""

    native: Count
    extended: Count | None = None
    sources: Sources
    note: str | None = None


class Languages(Record, frozen=True, kw_only=True):
    """The languages the maker declares."""

    tags: tuple[Tag, ...] = ()
    closed: bool = False
    """The maker says that languages outside the list are not supported."""
    count: Count | None = None
    """How many languages the maker speaks of, where it gives a number."""
    card_tags: tuple[Tag, ...] = ()
    """Metadata tags of the model card: a hint, never a statement of the maker."""
    silent: bool = False
    """The maker's own description was read and names neither languages nor a number of them."""
    sources: Sources
    note: str | None = None


class Tasks(Record, frozen=True, kw_only=True):
    """What the model is made for: a closed list, an absent task is one it does not do."""

    names: tuple[Task, ...]
    sources: Sources
    note: str | None = None


class Modalities(Record, frozen=True, kw_only=True):
    """What goes in and what comes out."""

    inputs: tuple[Modality, ...]
    outputs: tuple[Modality, ...]
    sources: Sources


class Reasoning(Record, frozen=True, kw_only=True):
    """Whether the model thinks before it answers."""

    mode: Literal["none", "optional", "always"]
    sources: Sources


class ChatTemplate(Record, frozen=True, kw_only=True):
    """The maker's own chat template, by its hash: what a file's template is compared with."""

    sha256: Annotated[tuple[Sha256, ...], Meta(min_length=1)]
    """Of the template's UTF-8 text, each version that the maker published; white space at its end left out."""
    sources: Sources
    note: str | None = None


class Gate(Record, frozen=True, kw_only=True):
    """Whether the maker's repository asks for an agreement or a form before a download."""

    value: bool
    sources: Sources


class Training(Record, frozen=True, kw_only=True):
    """What the maker says about the training data."""

    data_open: bool | None = None
    closed_model_outputs: str | None = None
    """Which closed model's outputs were trained on, by the maker's own statement."""
    sources: Sources


DEFAULT_QUANTIZATION = "Q4_K_M"
"""The coarsest quantization that is offered where nothing else was asked."""


class ArtifactFile(Record, frozen=True, kw_only=True):
    """One quantization: a GGUF file, or the first of `shards` files; size and hash as published."""

    quantization: Text
    file: Text
    shards: Count = 1
    size_bytes: Count | None = None
    """All shards together, without projector files."""
    sha256: Sha256 | None = None
    shard_sha256: tuple[Sha256, ...] = ()


class ArtifactRepository(Record, frozen=True, kw_only=True):
    """A repository of direct quantizations of exactly this model."""

    repo: Text
    revision: Revision | None = None
    projector: str | None = None
    """The projector file that image or audio input needs."""
    files: tuple[ArtifactFile, ...]
    sources: Sources
    note: str | None = None


class Popularity(Record, frozen=True, kw_only=True):
    """The hub's own counts on one day."""

    downloads: Annotated[int, Meta(ge=0)]
    likes: Annotated[int, Meta(ge=0)]
    date: Day
    sources: Sources


class Disagreement(Record, frozen=True, kw_only=True):
    """Another source's value for a fact of this record, and why the record does not use it."""

    fact: Text
    """Dotted path of the fact that is used, as `context.native`."""
    other: bool | int | float | str | tuple[str, ...]
    why: Text
    sources: Sources


class Model(Record, frozen=True, kw_only=True):
    """A repository of weights (or a closed system); its id is its path below `catalog/models/`."""

    name: Text
    family: Text
    provider: Text
    aliases: tuple[Text, ...] = ()
    description: str | None = None
    availability: Availability
    instruction_tuned: bool | None = None
    released: Released | None = None
    license: LicenseTerms | None = None
    lineage: Lineage | None = None
    parameters: Parameters | None = None
    architecture: Architecture | None = None
    context: Context | None = None
    languages: Languages | None = None
    tasks: Tasks | None = None
    modalities: Modalities | None = None
    reasoning: Reasoning | None = None
    gated: Gate | None = None
    chat_template: ChatTemplate | None = None
    training: Training | None = None
    artifacts: tuple[ArtifactRepository, ...] = ()
    popularity: Popularity | None = None
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[Text, ...] = ()


class Family(Record, frozen=True, kw_only=True):
    """Models that are told of together; what it states holds for every member that says nothing itself."""

    name: Text
    provider: Text
    parent: str | None = None
    aliases: tuple[Text, ...] = ()
    description: str | None = None
    license: LicenseTerms | None = None
    languages: Languages | None = None
    tasks: Tasks | None = None
    modalities: Modalities | None = None


class Provider(Record, frozen=True, kw_only=True):
    """An organisation that trains models or uploads artifacts."""

    name: Text
    country: Country | None = None
    """Where it has its seat."""
    kind: Literal["maker", "quantizer", "both"] = "maker"
    hub_orgs: tuple[Text, ...] = ()
    aliases: tuple[Text, ...] = ()
    sources: Sources
    note: str | None = None
