"""What a catalog record may say: the types of every YAML file under `catalog/` and `seeds/`.

A fact that nobody has read is absent; absent means unknown, everywhere. Facts come in groups that were
read together, and each group names its sources.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}(-\d{2})?$", description="ISO 8601 date or month")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="ISO 8601 date")]
Text = Annotated[str, Meta(min_length=1)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code")]
Tag = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47 tag")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Revision = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}$", description="40-digit commit")]
Count = Annotated[int, Meta(gt=0)]
Use = Literal["internal", "customer-facing", "redistribute", "research"]
Task = Literal[
    "chat", "code", "reasoning", "summarization", "translation", "extraction", "tool-use", "embedding",
    "reranking", "vision", "speech", "image-generation", "video-generation", "3d-generation",
]  # fmt: skip
Modality = Literal["text", "image", "audio", "video", "3d", "vector"]
PublisherType = Literal["independent", "vendor", "field-report", "own"]


class Record(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """The base of all records: immutable, strict about unknown keys."""


class Source(Record, frozen=True, kw_only=True):
    """Where a statement stands and when it was looked up."""

    ref: Text
    """The address of the statement itself: a URL, `pypi:NAME==VERSION path`, `github:OWNER/NAME@COMMIT path`."""
    accessed: Day
    kind: Literal[
        "config", "card", "license", "repository", "registry", "survey", "benchmark", "article",
        "documentation", "specification", "measurement",
    ]  # fmt: skip
    via: str | None = None
    """What was read in its place where `ref` itself could not be reached."""
    note: str | None = None


Sources = Annotated[tuple[Source, ...], Meta(min_length=1)]


# --- models -----------------------------------------------------------------------------------------------


class Availability(Record, frozen=True, kw_only=True):
    """Whether anyone can download the weights, and whether the maker still stands behind the model."""

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
    sources: Sources
    note: str | None = None


class FullAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="full"):
    """Layers that cache keys and values (elements per head) for the whole context."""

    layers: Count
    kv_heads: Count
    key_length: Count
    value_length: Count


class WindowAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="window"):
    """Layers that cache only the last `window` tokens (chunked attention counts as a window)."""

    layers: Count
    kv_heads: Count
    key_length: Count
    value_length: Count
    window: Count


class LatentAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="latent"):
    """Layers that cache one latent vector and one rotary key a token, and no separate values."""

    layers: Count
    rank: Count
    rope: Count
    heads: Count


class Recurrent(Record, frozen=True, kw_only=True, tag_field="kind", tag="recurrent"):
    """Layers with a fixed state: gated delta net and Mamba-2 (`groups` x `state` beside `inner`)."""

    layers: Count
    conv: Count
    inner: Count
    groups: Count
    state: Count


class DeltaAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="delta"):
    """Layers of Kimi delta attention: one `head_dim` x `head_dim` state a head."""

    layers: Count
    conv: Count
    heads: Count
    head_dim: Count


class NoCache(Record, frozen=True, kw_only=True, tag_field="kind", tag="none"):
    """Layers that keep nothing of their own (they share another layer's cache)."""

    layers: Count


CacheGroup = FullAttention | WindowAttention | LatentAttention | Recurrent | DeltaAttention | NoCache


class Experts(Record, frozen=True, kw_only=True):
    """A mixture of experts: `feed_forward` is the width of one expert, `shared` that of all shared ones."""

    count: Count
    used: Count
    feed_forward: Count
    shared: Annotated[int, Meta(ge=0)] = 0
    dense_layers: Annotated[int, Meta(ge=0)] = 0
    """Layers that have a plain feed-forward block in place of experts."""


class Architecture(Record, frozen=True, kw_only=True):
    """The shape of the network: everything that the memory formulas need (docs/memory.md)."""

    name: Text
    """llama.cpp's name of the architecture, or the maker's where llama.cpp has none."""
    layers: Count
    hidden_size: Count | None = None
    vocabulary_size: Count | None = None
    heads: Count | None = None
    feed_forward: Count | None = None
    experts: Experts | None = None
    tied_embeddings: bool | None = None
    cache: tuple[CacheGroup, ...] = ()
    """Groups of layers by what they cache; their `layers` add up to `layers`."""
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
    training: Training | None = None
    artifacts: tuple[ArtifactRepository, ...] = ()
    popularity: Popularity | None = None
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


# --- licences ---------------------------------------------------------------------------------------------


class Limit(Record, frozen=True, kw_only=True):
    """A number above which the licence changes what it grants."""

    above: Count
    """Monthly active users, or US dollars in `period`."""
    period: Literal["month", "year"] = "month"
    then: Literal["ask", "ends", "condition"]
    """`ask`: a licence has to be requested; `ends`: no rights; `condition`: further duties."""
    says: Text
    clause: Text
    uses: tuple[Use, ...] = ()
    """Only for these uses; empty: for all."""


class Territories(Record, frozen=True, kw_only=True):
    """Countries in which (or for whose companies) the licence grants nothing; `EU` stands for its members."""

    countries: tuple[Country, ...]
    says: Text
    clause: Text
    modalities: tuple[Modality, ...] = ()
    """Only for models with one of these inputs; empty: for all."""


class Obligation(Record, frozen=True, kw_only=True):
    """One thing that the licence asks or reserves, in our own words, with the clause it stands in."""

    kind: Literal[
        "attribution", "naming", "notice", "flow-down", "acceptable-use", "field-of-use", "output-training",
        "output-ownership", "remote-restriction", "revocable", "patent-termination", "governing-law",
        "acceptance", "call-home", "display", "source-disclosure",
    ]  # fmt: skip
    says: Text
    clause: Text
    uses: tuple[Use, ...] = ()
    """The uses it concerns; empty: all of them."""
    mutable: bool | None = None
    """Whether the licensor may change it later (acceptable-use policies)."""


class LicenseText(Record, frozen=True, kw_only=True):
    """Which text was read, and how far. What a fully read text does not say, it does not ask."""

    read: Literal["full", "partial", "second-hand", "unread"]
    url: Text
    sha256: Sha256 | None = None
    sources: Sources
    note: str | None = None


class License(Record, frozen=True, kw_only=True):
    """A licence as obligations that a program can check."""

    name: Text
    short: Text
    """At most 16 characters, for tables."""
    category: Literal["permissive", "conditional", "community", "non-commercial", "proprietary"]
    osi_approved: bool | None = None
    aliases: tuple[Text, ...] = ()
    """Hub tags and other names under which it is met."""
    text: LicenseText
    uses: dict[Use, Literal["allowed", "conditional", "forbidden"]] = {}
    """What each use is granted; a use that is absent is unknown."""
    monthly_users: Limit | None = None
    revenue: Limit | None = None
    territories: Territories | None = None
    seat: Territories | None = None
    obligations: tuple[Obligation, ...] = ()
    notes: tuple[Text, ...] = ()


# --- evidence, hardware, articles -------------------------------------------------------------------------


class Result(Record, frozen=True, kw_only=True):
    """One model's score in a benchmark."""

    score: float
    reasoning: str | None = None
    """The reasoning mode it ran in, where it has one."""
    quantization: str | None = None
    stderr: float | None = None


class Benchmark(Record, frozen=True, kw_only=True):
    """One harness, one version, one publisher: scores that may be compared with each other."""

    name: Text
    language: Tag | None = None
    tasks: tuple[Task, ...] = ()
    publisher: Text
    publisher_type: PublisherType
    makes_models: bool = False
    """The publisher also trains some of the models it measures."""
    harness: Text
    harness_version: Text
    date: Day
    metric: Text
    floor: float
    """At or above it the language or task counts as shown; the reason stands in `floor_why`."""
    ceiling: float
    """The score that gets the full value 1 in ranking."""
    floor_why: Text
    license: Text
    sources: Sources
    results: dict[str, Result]
    """By model id."""
    note: str | None = None


class HardwareProfile(Record, frozen=True, kw_only=True):
    """A part or a machine that models run on."""

    name: Text
    vendor: Text
    kind: Literal["gpu", "apple", "cpu", "system"]
    memory_bytes: Count
    """Memory of the part that holds the model: VRAM, unified memory or RAM."""
    unified: bool = False
    devices: Count = 1
    """How many such parts `memory_bytes` and `bandwidth` are summed over."""
    bandwidth: Count
    """Memory bandwidth in bytes per second, as the maker states it."""
    flops: Count | None = None
    """Dense half-precision operations per second, where the maker states them."""
    aliases: tuple[Text, ...] = ()
    released: Date | None = None
    sources: Sources
    note: str | None = None


class Claim(Record, frozen=True, kw_only=True):
    """What one paragraph of an article says about one subject."""

    paragraph: Count
    subject: Text
    """`model:ID`, `family:ID` or `provider:ID` of the catalog, or `other:NAME`."""
    surface: Text
    """The words by which the paragraph names the subject (or implies it)."""
    attribute: Text
    says: Text
    """A value, or a paraphrase in our own words."""
    identification: Literal["named", "inferred"]
    verdict: Literal["plausible", "opinion", "loose", "wrong"] = "plausible"
    """What the curators make of it; no fact of the catalog rests on an article alone."""
    note: str | None = None


class Article(Record, frozen=True, kw_only=True):
    """One of the articles that the work started from, by its hash and its claims."""

    number: Annotated[str, Meta(pattern=r"^\d{3}$")]
    publisher: str | None = None
    title: str | None = None
    date: Day | None = None
    file: Text
    sha256: Sha256
    paragraphs: Count
    claims: tuple[Claim, ...]
    note: str | None = None


class QuantizationLoss(Record, frozen=True, kw_only=True):
    """What a quantization costs: the increase of the table's metric, or the entry that it counts `like`."""

    increase: Annotated[float, Meta(ge=0)] | None = None
    like: str | None = None
    note: str | None = None


class QuantizationTable(Record, frozen=True, kw_only=True):
    """The loss of each quantization, measured on one model."""

    name: Text
    metric: Text
    reference_model: Text
    entries: dict[str, QuantizationLoss]
    sources: Sources
    note: str | None = None
