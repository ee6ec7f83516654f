"""What the user asks for: the requirements file, the same names as the command line's options."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from advisor.catalog.schema import DEFAULT_QUANTIZATION, Day, Record, Task, Use

SCHEMA = "advisor.requirements/1"
Privacy = Literal["public", "internal", "confidential", "restricted"]
Names = tuple[str, ...]
DEFAULT_CONTEXT = 8192
DEFAULT_MIN_QUANT = DEFAULT_QUANTIZATION


class RequirementsFile(Record, frozen=True, kw_only=True):
    """A requirements file as it is written: sizes and counts may carry units."""

    schema: Literal["advisor.requirements/1"] | None = None
    lang: Names | None = None
    task: Names | None = None
    license: Names | None = None
    use: str | None = None
    monthly_users: int | None = None
    annual_revenue: int | None = None
    territory: Names | None = None
    seat: str | None = None
    origin: Names | None = None
    exclude_origin: Names | None = None
    on_prem: bool | None = None
    air_gapped: bool | None = None
    privacy: str | None = None
    publisher: Names | None = None
    ram: str | None = None
    vram: str | None = None
    hardware: str | None = None
    context: int | str | None = None
    concurrency: int | None = None
    min_speed: float | None = None
    max_parameters: int | str | None = None
    min_quant: str | None = None
    policy: Names | None = None
    prefer: Names | dict[str, float] | None = None
    strict: bool | None = None
    fresh: bool | None = None
    no_local_evidence: bool | None = None
    as_of: str | None = None


class UsedPolicy(Record, frozen=True, kw_only=True):
    """A policy as it was applied and stands in documents."""

    id: str
    origin: str
    """`catalog`, or the file it was read from."""
    digest: str
    """The sha256 of its content as JSON with sorted keys and without defaults."""
    remarks: tuple[str, ...] = ()
    """Rules and exceptions that do not hold on the day judged for."""
    policy: dict[str, Any]
    """The record, as `advisor catalog schema policy` describes it: its types are loaded where it is applied."""


class Requirements(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Checked requirements: names resolved, sizes in bytes, what was not given absent."""

    schema: str = SCHEMA
    lang: Names = ()
    task: Annotated[tuple[Task, ...], Meta(min_length=1)]
    license: Names = ()
    use: Use
    monthly_users: int | None = None
    annual_revenue: int | None = None
    """US dollars a year, affiliates included."""
    territory: Names = ()
    seat: str | None = None
    origin: Names = ()
    exclude_origin: Names = ()
    on_prem: bool = False
    air_gapped: bool = False
    privacy: Privacy | None = None
    publisher: Names = ()
    ram: int | None = None
    vram: int | None = None
    """Bytes; `vram` is summed over GPUs."""
    hardware: str | None = None
    context: int
    """Tokens for each user."""
    concurrency: int
    min_speed: float | None = None
    """Tokens per second for each user."""
    max_parameters: int | None = None
    min_quant: str
    policy: Names = ()
    """Names of policies of the catalog, or files."""
    prefer: dict[str, float] = {}
    strict: bool = False
    fresh: bool = False
    """Whether facts past their shelf life count as unknown."""
    no_local_evidence: bool = False
    """Whether what was measured here is left out."""
    as_of: Day | None = None

    @property
    def local_only(self) -> bool:
        """Whether the weights have to run on the organisation's own machines."""
        return self.on_prem or self.no_network or self.privacy == "confidential"

    @property
    def no_network(self) -> bool:
        """Whether the machine has no way out."""
        return self.air_gapped or self.privacy == "restricted"
