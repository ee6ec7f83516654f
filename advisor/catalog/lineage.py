"""Where a model comes from: its ancestors, and the licences and origins that come along with them."""

from __future__ import annotations

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import License, Model, Source

EU = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))  # fmt: skip
"""The member states of the European Union."""


class Link(msgspec.Struct, frozen=True, gc=False):
    """One model of a chain: the model itself first, then its base models, nearest first."""

    id: str
    model: Model
    relation: str


class Term(msgspec.Struct, frozen=True, gc=False):
    """A licence that binds a model, and the link of the chain that brings it in."""

    id: str
    license: License | None
    holder: Link


class Chain(msgspec.Struct, frozen=True, gc=False):
    """A model with everything it descends from; `complete` says that every link states its lineage."""

    links: tuple[Link, ...]
    terms: tuple[Term, ...]
    countries: tuple[tuple[Link, str | None], ...]
    complete: bool
    unlicensed: tuple[Link, ...]
    """Links whose licence is not known."""

    def sources(self) -> tuple[Source, ...]:
        """Return the sources of every statement about lineage in the chain."""
        return tuple(s for link in self.links if link.model.lineage for s in link.model.lineage.sources)


def resolve(catalog: Catalog, model_id: str) -> Chain:
    """Follow base models to the roots and collect their licences and their makers' countries."""
    links = [Link(model_id, catalog.models[model_id], "")]
    seen = {model_id}
    complete = True
    for link in links:
        lineage = link.model.lineage
        if lineage is None or (lineage.trained == "derived" and not lineage.base_models):
            complete = False
        for base in lineage.base_models if lineage else ():
            if base.id not in seen:
                seen.add(base.id)
                links.append(Link(base.id, catalog.models[base.id], base.relation))
    terms: dict[str, Term] = {}
    for link in links:
        stated = link.model.license
        for license_id in (stated.id, *stated.also) if stated else ():
            terms.setdefault(license_id, Term(license_id, catalog.licenses.get(license_id), link))
    countries = tuple((link, catalog.providers[link.model.provider].country) for link in links)
    unlicensed = tuple(link for link in links if link.model.license is None)
    return Chain(tuple(links), tuple(terms.values()), countries, complete, unlicensed)


def territory_covers(excluded: tuple[str, ...], country: str) -> bool:
    """Say whether a list of countries, in which `EU` stands for its members, holds `country`."""
    return country in excluded or ("EU" in excluded and (country in EU or country == "EU"))


def territory_meets(excluded: tuple[str, ...], asked: str) -> bool:
    """Say whether a list of countries holds `asked` or, where `EU` is asked, any of its members."""
    return territory_covers(excluded, asked) or (asked == "EU" and not EU.isdisjoint(excluded))
