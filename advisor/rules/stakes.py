"""Which facts about an organisation the licences of models still in play could depend on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.catalog.lineage import Term
from advisor.catalog.schema import Limit, Use
from advisor.catalog.schema.questions import Stake
from advisor.rules.evaluate import Judged
from advisor.rules.verdict import FAIL

ALL: tuple[Stake, ...] = ("users", "revenue", "territory", "seat")


def stakes(judged: Iterable[Judged], use: Use) -> frozenset[Stake]:
    """Return the facts that could change a verdict or a condition of a model that is not rejected.

    A licence that sets a limit for this use is one; so is one that was not read in full, for it may set one.
    """
    found: set[Stake] = set()
    seen: set[str] = set()
    for j in judged:
        if j.verdict is FAIL or len(found) == len(ALL):
            continue
        for term in j.subject.chain.terms:
            if term.id not in seen:
                seen.add(term.id)
                found.update(_of(term, use))
    return frozenset(found)


def _of(term: Term, use: Use) -> Iterator[Stake]:
    record = term.license
    if record is None or record.text.read != "full":
        yield from ALL
        return
    if any(_concerns(limit, use) for limit in record.monthly_users):
        yield "users"
    if any(_concerns(limit, use) for limit in record.revenue):
        yield "revenue"
    if record.territories:
        yield "territory"
    if record.seat:
        yield "seat"


def _concerns(limit: Limit, use: Use) -> bool:
    return not limit.uses or use in limit.uses
