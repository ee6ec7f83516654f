"""Rule `status`: whether the maker still stands behind the model and has published it."""

from __future__ import annotations

from advisor.catalog.schema import Released
from advisor.rules.finding import Finding, unknown
from advisor.rules.subject import Need, Subject
from advisor.rules.verdict import FAIL, PASS


def lister(subject: Subject, need: Need) -> str:
    """Say who gives a model its status: its maker, or the user's own records where an overlay states it."""
    ours = "availability" in need.catalog.layers.get("models", {}).get(subject.id, {})
    return "your own records list it" if ours else "the maker lists it"


def status(subject: Subject, need: Need) -> Finding:
    """Fail what is only announced or retired; a superseded model passes with a condition.

    With `--as-of` what was released after that day fails, and of what nobody knows the day it is open.
    """
    availability = subject.model.availability
    if availability.weights == "announced":
        return Finding(
            rule="status", verdict=FAIL, observed="announced", required="published",
            reason="announced, but its weights have not been published", sources=availability.sources,
        )  # fmt: skip
    as_of, released = need.requirements.as_of, subject.model.released
    if as_of and (released is None or _in_that_month(released, as_of)):
        return unknown("status", "the day of its release is not recorded", "released.date", required=as_of)
    if as_of and released and released.date[: len(as_of)] > as_of[: len(released.date)]:
        return Finding(
            rule="status", verdict=FAIL, observed=released.date, required=as_of,
            reason=f"released on {released.date}, after the day to judge for", sources=released.sources,
        )  # fmt: skip
    verdict = FAIL if availability.status == "retired" else PASS
    conditions = ("the maker has published a successor; plan the move",) if availability.status == "superseded" else ()
    return Finding(
        rule="status", verdict=verdict, observed=availability.status, required="active",
        reason=f"{lister(subject, need)} as {availability.status}", conditions=conditions, sources=availability.sources,
    )  # fmt: skip


def _in_that_month(released: Released, day: str) -> bool:
    """Say whether only the month of a release is known, and `day` lies in it before anybody read of the release."""
    month = len(released.date) < len(day) and day.startswith(released.date)
    return month and all(source.accessed > day for source in released.sources)
