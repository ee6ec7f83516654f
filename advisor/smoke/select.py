"""Which suites a run takes, and which of their checks: by --suite, --lang and --task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.errors import UserError
from advisor.rules.evidence import covers
from advisor.smoke.suites import Case, Loaded, Probe, load_suite, shipped

ALWAYS = ("mechanics", "performance")
BY_LANGUAGE = ("language", "politeness")
"""Suites that are run where a language is asked for."""
BY_TASK = ("tasks",)


class Selected(NamedTuple):
    """A suite with those of its checks that are to be run."""

    loaded: Loaded
    probes: tuple[Probe, ...]
    cases: tuple[Case, ...]


def select(suites: Sequence[str], languages: Sequence[str], tasks: Sequence[str]) -> tuple[Selected, ...]:
    """Return what is to be run; suites that are named are run and no others.

    Without --suite: mechanics and performance, those for the languages asked, those for the tasks asked.

    Raises:
        UserError: where a suite is unknown, or nothing is left to run.
        DataError: where a suite file is wrong.
    """
    names = list(suites)
    if not names:
        there = shipped()
        wanted = [*ALWAYS, *(BY_LANGUAGE if languages else ()), *(BY_TASK if tasks else ())]
        names = [name for name in wanted if name in there]
    chosen = [_chosen(load_suite(name), languages, tasks) for name in dict.fromkeys(names)]
    kept = tuple(one for one in chosen if one.probes or one.cases)
    if not kept:
        raise UserError(
            f"no suite has anything to ask for {_told(languages, tasks)}; 'advisor smoke --help' names them"
        )
    return kept


def left_out(selected: Sequence[Selected], languages: Sequence[str], tasks: Sequence[str]) -> tuple[str, ...]:
    """Return the languages and tasks that were asked for and that nothing selected asks in."""
    items = [
        *((case.language, case.task) for one in selected for case in one.cases),
        *((probe.language, probe.task) for one in selected for probe in one.probes),
    ]
    spoken, done = {language for language, _ in items if language}, {task for _, task in items}
    silent = [tag for tag in languages if not any(_same(language, tag) for language in spoken)]
    return (*silent, *(task for task in tasks if task not in done))


def _chosen(loaded: Loaded, languages: Sequence[str], tasks: Sequence[str]) -> Selected:
    suite = loaded.suite

    def wanted(item: Case | Probe) -> bool:
        speaks = item.language is None or not languages or any(_same(item.language, tag) for tag in languages)
        return speaks and (item.task is None or not tasks or item.task in tasks)

    return Selected(loaded, tuple(filter(wanted, suite.probes)), tuple(filter(wanted, suite.cases)))


def _same(stated: str, asked: str) -> bool:
    """`zh` asked takes in `zh-Hans` and `zh-Hant`; `ja-JP` asked takes in `ja`."""
    return covers(stated, asked) or covers(asked, stated)


def _told(languages: Sequence[str], tasks: Sequence[str]) -> str:
    return ", ".join([*languages, *tasks]) or "this run"
