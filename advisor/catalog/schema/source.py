"""The ground of all records: strict immutable structs, scalar types, and where a statement stands."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Date = Annotated[
    str, Meta(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$", description="ISO 8601 date or month")
]
Day = Annotated[str, Meta(pattern=r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", description="ISO 8601 date")]
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
