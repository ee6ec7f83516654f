"""The politeness of answers in Japanese: a rule for one reply, and a probe over the situations of a shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from advisor.catalog.schema import Record, Text
from advisor.smoke.bench import Bench, Exchange, Judgement, Verdict
from advisor.smoke.checks.language import in_circles
from advisor.smoke.checks.text import quoted
from advisor.smoke.intervals import told, wilson
from advisor.smoke.language import identify
from advisor.smoke.politeness.forms import Found
from advisor.smoke.politeness.measure import Measure, Measured, best, measured

Share = Annotated[float, Meta(gt=0, le=1)]
MOSTLY = 0.8
"""The share of a reply that must be Japanese before its politeness is measured."""
FEWEST_SENTENCES = 10
"""Below so many sentences a rate over all replies is not judged."""
SHOWN = 3
SITUATION = "politeness."
"""With this begin the names of transcripts of the probe."""


def polite(given: Exchange, asked: Share) -> Judgement:
    """At least this share of the Japanese sentences must end politely; casual or listed forms beside them warn."""
    if trouble := trouble_with(given.text):
        return Judgement("fail", f"the answer is {trouble}: {quoted(given.text)}", 0.0, asked)
    measure = best()
    found = measured(given.text, measure)
    if not found.judged:
        return Judgement("unknown", f"no sentence that could be polite or plain: {quoted(given.text)}", None, asked)
    rate = round(found.rate, 3)
    reason = f"{found.ending_politely} of {found.judged} sentences end politely{_listed(found)}"
    if measure.approximate:
        reason += f"; {measure.told()}"
    return Judgement(_verdict(found, asked), reason, rate, asked, _details(found, measure))


class Situation(Record, frozen=True, kw_only=True):
    """What one customer writes."""

    id: Text
    prompt: Text


class Politeness(Record, frozen=True, kw_only=True):
    """Situations, and the shares to reach: of usable replies, of polite sentences, of replies in one register."""

    system: Text
    situations: Annotated[tuple[Situation, ...], Meta(min_length=1)]
    usable: Share = 0.9
    ends: Share = 0.95
    keeps: Share = 0.8
    max_tokens: Annotated[int, Meta(ge=16, le=4096)] = 320


class _Reply(NamedTuple):
    situation: str
    found: Measured
    trouble: str | None


def politeness(bench: Bench, asked: Politeness) -> Iterator[Judgement]:
    """Answer customers in Japanese: usable replies, polite endings, one register, markers, forms out of place."""
    measure = best()
    yield Judgement("info", measure.told(), part="measure")
    replies = [_asked(bench, asked, situation, measure) for situation in asked.situations]
    usable = [reply for reply in replies if reply.trouble is None]
    yield _usable(replies, len(usable), asked.usable)
    sentences = sum(reply.found.judged for reply in usable)
    if sentences < FEWEST_SENTENCES:
        few = f"{sentences} sentences in {len(usable)} usable replies are too few to measure"
        yield from (Judgement("unknown", few, part=part) for part in ("endings", "register", "forms", "markers"))
        return
    yield _endings(usable, sentences, asked.ends)
    yield _register(usable, asked.keeps)
    yield _forms(usable)
    yield _markers(usable, sentences)


def _asked(bench: Bench, asked: Politeness, situation: Situation, measure: Measure) -> _Reply:
    case = f"{SITUATION}{situation.id}"
    given = bench.ask(situation.prompt, system=asked.system, max_tokens=asked.max_tokens, case=case)
    return _Reply(situation.id, measured(given.text, measure), trouble_with(given.text))


def trouble_with(text: str) -> str | None:
    """Say why a reply cannot be measured, if so: it is empty, not in Japanese, or goes round in circles."""
    if not text:
        return "empty"
    shares = identify(text, detect=lambda _: "und")
    if shares.share_of("ja") < MOSTLY or shares.undecided > 1 - MOSTLY:
        return "not in Japanese"
    return "going in circles" if in_circles(text) else None


def _usable(replies: list[_Reply], usable: int, least: float) -> Judgement:
    troubles = Counter(reply.trouble for reply in replies if reply.trouble)
    why = "".join(f"; {count} {trouble}" for trouble, count in troubles.most_common())
    share = round(usable / len(replies), 3)
    details = {"troubles": {reply.situation: reply.trouble for reply in replies if reply.trouble}}
    reason = f"{told(usable, len(replies))} replies can be measured{why}"
    return Judgement("pass" if share >= least else "fail", reason, share, least, details, "usable")


def _endings(replies: list[_Reply], sentences: int, least: float) -> Judgement:
    polite_ones = sum(reply.found.ending_politely for reply in replies)
    low, high = wilson(polite_ones, sentences)
    details = {"sentences": sentences, "polite": polite_ones, "low": round(low, 3), "high": round(high, 3)}
    rate = round(polite_ones / sentences, 3)
    reason = f"{told(polite_ones, sentences)} sentences end politely"
    return Judgement("pass" if rate >= least else "fail", reason, rate, least, details, "endings")


def _register(replies: list[_Reply], least: float) -> Judgement:
    broken = {reply.situation: reply.found.breaks() for reply in replies if reply.found.breaks()}
    share = round(1 - len(broken) / len(replies), 3)
    shown = "; ".join(f"{situation}: {quoted(breaks[0])}" for situation, breaks in list(broken.items())[:SHOWN])
    reason = f"{told(len(replies) - len(broken), len(replies))} replies stay polite throughout"
    verdict: Verdict = "pass" if share >= least else "warn"
    return Judgement(verdict, f"{reason}; {shown}" if shown else reason, share, least, {"breaks": broken}, "register")


def _forms(replies: list[_Reply]) -> Judgement:
    found = [(reply.situation, form) for reply in replies for form in reply.found.unsuitable]
    details = {"found": [{"situation": s, "form": f.form.id, "written": f.written} for s, f in found]}
    if not found:
        return Judgement("pass", "no form that is listed as out of place in customer care", 0, 0, details, "forms")
    verdict: Verdict = "fail" if any(form.form.then == "fail" for _, form in found) else "warn"
    return Judgement(verdict, _forms_told([form for _, form in found]), len(found), 0, details, "forms")


def _markers(replies: list[_Reply], sentences: int) -> Judgement:
    counted: Counter[str] = Counter()
    for reply in replies:
        counted.update(reply.found.markers)
    details = {kind: counted[kind] for kind in ("honorific", "humble", "courteous")}
    listed = ", ".join(f"{count} {kind}" for kind, count in details.items())
    return Judgement("info", f"{listed} forms in {sentences} sentences", part="markers", details=details)


def _verdict(found: Measured, least: float) -> Verdict:
    if found.rate < least or any(form.form.then == "fail" for form in found.unsuitable):
        return "fail"
    return "warn" if found.breaks() or found.unsuitable else "pass"


def _listed(found: Measured) -> str:
    breaks = f"; out of register: {', '.join(map(quoted, found.breaks()[:SHOWN]))}" if found.breaks() else ""
    return breaks + (f"; {_forms_told(found.unsuitable)}" if found.unsuitable else "")


def _forms_told(found: tuple[Found, ...] | list[Found]) -> str:
    return ", ".join(form.told() for form in found[:SHOWN]) + (
        f" and {len(found) - SHOWN} more" if found[SHOWN:] else ""
    )


def _details(found: Measured, measure: Measure) -> dict[str, Any]:
    return {
        "measure": measure.name,
        "approximate": measure.approximate,
        "sentences": [{"text": text, "register": register.kind} for text, register in found.sentences],
        "consistency": round(found.consistency, 3),
        "markers": dict(found.markers),
        "unsuitable": [form.form.id for form in found.unsuitable],
    }
