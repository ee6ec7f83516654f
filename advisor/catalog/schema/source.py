"""The ground of all records: strict immutable structs, scalar types, and where a statement stands."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


def like(pattern: str, description: str | None = None, **more: str) -> Meta:
    """Describe text that matches a pattern, and further words of JSON Schema; `format="date"`: there is such a day.

    Files are held to it when they are read (`advisor.records`); what was compiled from them is not searched again.
    """
    return Meta(description=description, extra_json_schema={"pattern": pattern, **more})


Date = Annotated[str, like(r"^(19|20)\d{2}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$", "ISO 8601 date or month (like 2026-11-22)")]
Day = Annotated[
    str,
    like(
        r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", "ISO 8601 date (like 2026-11-22)", format="date"
    ),
]
Text = Annotated[str, Meta(min_length=1)]
Country = Annotated[str, like(r"^[A-Z]{2}$", "ISO 3166-1 alpha-2 code (like JP)")]
Tag = Annotated[str, like(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "BCP 47 tag (like ja or zh-Hant)")]
Sha256 = Annotated[str, like(r"^[0-9a-f]{64}$", "sha256 of 64 hexadecimal digits in lower case")]
Revision = Annotated[str, like(r"^[0-9a-f]{40}$", "40-digit commit")]
Count = Annotated[int, Meta(gt=0)]
Use = Literal["internal", "customer-facing", "redistribute", "research"]
Task = Literal[
    "chat", "code", "reasoning", "summarization", "translation", "extraction", "tool-use", "embedding",
    "reranking", "vision", "speech", "image-generation", "video-generation", "3d-generation",
]  # fmt: skip
Modality = Literal["text", "image", "audio", "video", "3d", "vector"]
PublisherType = Literal["independent", "vendor", "field-report", "own"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
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
