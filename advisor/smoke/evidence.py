"""From stored results to what `recommend` takes in: languages, own prompts, speed (`advisor.local_evidence`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.catalog import codes
from advisor.catalog.load import Catalog
from advisor.local_evidence import LanguageOutcome, LocalResult, OwnOutcome, host_id
from advisor.smoke import store
from advisor.smoke.document import Check, SmokeResult, keeps_rules
from advisor.smoke.intervals import wilson
from advisor.smoke.suites import shipped

FEWEST = 4
"""Prompts in a language from which its outcome counts."""
LANGUAGE_RULE = "language"


def local_results(catalog: Catalog) -> tuple[LocalResult, ...]:
    """Return what the stored results say, the newest last.

    Those of endpoints, interrupted ones, and those in which the engine failed say nothing of a model.
    """
    found, ours = [], frozenset(shipped())
    preferred = store.preferences()
    for result, digest in store.kept():
        if result.model.sha256 and not result.interrupted and result.failure is None:
            found.append(of_result(result, digest, catalog, ours, preferred.get(digest, (0.0, 0))))
    return tuple(found)


def of_result(
    result: SmokeResult, digest: str, catalog: Catalog, ours: frozenset[str], rated: tuple[float, int]
) -> LocalResult:
    """Return what one result says; `rated` are blind comparisons: won (ties count half) and made."""
    model, engine, measured = result.model, result.engine, result.performance
    active, active_parameters = _active(result, catalog)
    flags = engine.flags if engine else {}
    return LocalResult(
        model=model.id,
        file=model.file or model.name,
        sha256=model.sha256 or "",
        document=digest,
        date=result.date,
        host=host_id(result.host),
        context=_whole(flags.get("n_ctx"), result.asked.context),
        gpu_layers=_whole(flags.get("n_gpu_layers"), 0),
        active_bytes=active,
        parameters=model.parameters,
        active_parameters=active_parameters,
        generation_tokens_per_second=measured.generation_tokens_per_second if measured else None,
        prompt_tokens_per_second=measured.prompt_tokens_per_second if measured else None,
        languages=tuple(_languages(result)),
        own=tuple(_own(result, ours, rated)),
    )


def _whole(flag: object, otherwise: int) -> int:
    """Return a flag that should be a whole number; engines may call theirs anything."""
    return flag if isinstance(flag, int) else otherwise


def cases_of(checks: Iterable[Check]) -> dict[tuple[str, str], list[Check]]:
    """Return the checks of each case by suite and case; those of probes and of the run itself are left out."""
    found: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        if check.suite and check.case:
            found.setdefault((check.suite, check.case), []).append(check)
    return found


def _languages(result: SmokeResult) -> Iterator[LanguageOutcome]:
    """Yield the outcome of each language in which a suite judged enough prompts by the rule `language`.

    Of several such suites each must reach its own threshold.
    """
    needed = {suite.id: suite.at_least for suite in result.suites}
    counted: dict[tuple[str, str], list[bool]] = {}
    for (suite, _), checks in cases_of(result.checks).items():
        tag = checks[0].language
        if tag and _decided(checks) and any(_rule(check) == LANGUAGE_RULE for check in checks):
            counted.setdefault((tag, suite), []).append(keeps_rules(checks))
    enough = {key: kept for key, kept in counted.items() if len(kept) >= FEWEST}
    for tag in dict.fromkeys(tag for tag, _ in enough):
        judged = [(kept, needed.get(suite, 1.0)) for (of, suite), kept in enough.items() if of == tag]
        passes = all(sum(kept) / len(kept) >= share for kept, share in judged)
        yield LanguageOutcome(
            language=codes.canonical(tag), verdict="pass" if passes else "fail",
            passed=sum(sum(kept) for kept, _ in judged), cases=sum(len(kept) for kept, _ in judged),
        )  # fmt: skip


def _own(result: SmokeResult, ours: frozenset[str], rated: tuple[float, int]) -> Iterator[OwnOutcome]:
    """Yield the outcomes of suites that are not ours, by task."""
    counted: dict[tuple[str, str | None], list[bool]] = {}
    for (suite, _), checks in cases_of(result.checks).items():
        if suite not in ours and _decided(checks):
            counted.setdefault((suite, checks[0].task), []).append(keeps_rules(checks))
    for (suite, task), kept in counted.items():
        (low, _), (preferred_low, _) = wilson(sum(kept), len(kept)), wilson(*rated)
        yield OwnOutcome(
            suite=suite, task=task, passed=sum(kept), cases=len(kept), passed_low=round(low, 3),
            preferred=rated[0], compared=rated[1], preferred_low=round(preferred_low, 3),
        )  # fmt: skip


def _decided(checks: Iterable[Check]) -> bool:
    """Say whether a case was decided: without the time to ask it, or the extra to judge it, it says nothing."""
    verdicts = {check.verdict for check in checks}
    return "fail" in verdicts or "unknown" not in verdicts


def _rule(check: Check) -> str:
    """Return the name of the rule that a check of a case is by, without the number that makes its id one of a kind."""
    name = check.id.removeprefix(f"{check.suite}.{check.case}.")
    head, _, number = name.rpartition("-")
    return head if number.isdecimal() and head else name


def _active(result: SmokeResult, catalog: Catalog) -> tuple[int | None, int | None]:
    """Return bytes and parameters that one token reads; None for experts whose share nobody knows."""
    model = result.model
    record = catalog.models.get(model.id) if model.id else None
    counts = record.parameters if record else None
    if not model.expert_count:
        return model.size_bytes, model.parameters
    if counts is None or counts.active is None or model.size_bytes is None:
        return None, None
    return int(model.size_bytes * counts.active / counts.total), counts.active
