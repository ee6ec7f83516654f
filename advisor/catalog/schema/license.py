"""A licence as obligations that a program can check."""

from typing import Literal

import msgspec

from advisor.catalog.schema.source import Count, Country, Modality, Record, Sha256, Sources, Text, Use


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
    """One thing that the licence asks or reserves, in our own words, with the clause it stands in.

    `acceptance` is an agreement to be given online or in writing; acceptance by mere use is no such duty.
    """

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
    uses: dict[Use, Literal["allowed", "conditional", "forbidden"]] = msgspec.field(default_factory=dict)
    """What each use is granted; a use that is absent is unknown."""
    monthly_users: tuple[Limit, ...] = ()
    revenue: tuple[Limit, ...] = ()
    territories: Territories | None = None
    seat: Territories | None = None
    obligations: tuple[Obligation, ...] = ()
    notes: tuple[Text, ...] = ()
