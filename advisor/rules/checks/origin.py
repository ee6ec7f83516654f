"""Rule `origin`: the countries of the maker and of every base model's maker."""

from __future__ import annotations

from advisor.catalog.lineage import territory_covers, territory_meets
from advisor.rules.finding import Finding, unknown
from advisor.rules.subject import Need, Subject
from advisor.rules.verdict import FAIL, PASS


def origin(subject: Subject, need: Need) -> Finding | None:
    """`--origin` asks all makers of the chain to be from there; `--exclude-origin` none. `EU` is all its members."""
    wanted, unwanted = need.requirements.origin, need.requirements.exclude_origin
    if not wanted and not unwanted:
        return None
    required = [*wanted, *(f"not {c}" for c in unwanted)]
    known = [(link, country) for link, country in subject.chain.countries if country]
    observed = list(dict.fromkeys(country for _, country in known))
    makers = dict.fromkeys(link.model.provider for link, _ in subject.chain.countries)
    sources = subject.chain.sources() + tuple(s for maker in makers for s in need.catalog.providers[maker].sources)
    for link, country in known:
        excluded = territory_meets(unwanted, country)
        if excluded or (wanted and not territory_covers(wanted, country)):
            through = f" (its base model {link.id})" if link.id != subject.id else ""
            stays = [c for c in unwanted if not any(territory_meets((c,), o) for o in observed)]
            added = [c for c in observed if not territory_covers(wanted, c)]
            return Finding(
                rule="origin", verdict=FAIL, observed=observed, required=required, sources=sources,
                reason=f"{need.catalog.providers[link.model.provider].name} is from {country}{through}",
                option="exclude_origin" if excluded else "origin",
                passes_at=stays if excluded else [*wanted, *added],
            )  # fmt: skip
    nameless = next((link for link, country in subject.chain.countries if not country), None)
    if nameless:
        path = f"providers/{nameless.model.provider}.country"
        return unknown("origin", f"the country of {nameless.model.provider} is not known", path, required=required)
    if not subject.chain.complete:
        return unknown("origin", "what it was made from is not recorded", "lineage", required=required)
    return Finding(
        rule="origin", verdict=PASS, observed=observed, required=required,
        reason=f"made in {', '.join(observed)}, base models included", sources=sources,
    )  # fmt: skip
