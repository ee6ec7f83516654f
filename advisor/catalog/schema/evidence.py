"""What models are measured by and run on: benchmarks, hardware, losses of quantizations, articles."""

from typing import Annotated, Literal

from msgspec import Meta

from advisor.catalog.schema.source import (
    Count,
    Date,
    Day,
    PublisherType,
    Record,
    Sha256,
    Sources,
    Tag,
    Task,
    Text,
    like,
)


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
    maker: str | None = None
    """The publisher's own provider id, where it trains models too: on those its results are a vendor's."""
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

    def __post_init__(self) -> None:
        if not 0 < self.floor < self.ceiling:
            raise ValueError("the floor must lie above 0 and below the ceiling")


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
    language: Tag | None = None
    """The language that a claim of quality is about."""
    tasks: tuple[Task, ...] = ()
    """The tasks that a claim of quality is about."""
    better_than: str | None = None
    """What the subject is said to be better than: `model:ID`, `family:ID`, `provider:ID` or `country:CC`."""
    identification: Literal["named", "inferred"]
    verdict: Literal["plausible", "opinion", "loose", "wrong"] = "plausible"
    """What the curators make of it; no fact of the catalog rests on an article alone."""
    note: str | None = None


class Article(Record, frozen=True, kw_only=True):
    """One of the articles that the work started from, by its hash and its claims."""

    number: Annotated[str, like(r"^\d{3}$")]
    publisher: str | None = None
    title: str | None = None
    date: Day | None = None
    file: Text
    sha256: Sha256
    paragraphs: Count
    claims: tuple[Claim, ...]
    note: str | None = None


class QuantizationLoss(Record, frozen=True, kw_only=True):
    """What a quantization costs: the increase of the table's metric, or the measured entry that it counts `like`.

    With neither its loss is unknown, and files of it are never offered.
    """

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
