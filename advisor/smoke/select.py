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
        UserError: where a suite is unknown, nothing is left to run, or ours ask nothing in a language or of a task.
        DataError: where a suite file is wrong.
    """
    names = list(suites)
    if not names:
        there = shipped()
        wanted = [*ALWAYS, *(BY_LANGUAGE if languages else ()), *(BY_TASK if tasks else ())]
        names = [name for name in wanted if name in there]
        _check_asked([name for name in names if name not in ALWAYS], languages, tasks)
    chosen = [_chosen(load_suite(name), languages, tasks) for name in dict.fromkeys(names)]
    kept = tuple(one for one in chosen if one.probes or one.cases)
    if not kept:
        raise UserError(
            f"no suite has anything to ask for {_told(languages, tasks)}; 'advisor smoke --help' names them"
        )
    return kept


def _check_asked(suites: Sequence[str], languages: Sequence[str], tasks: Sequence[str]) -> None:
    """Refuse a language or task of which nothing would be asked: the run would pass and say nothing of it.

    Raises:
        UserError: with the languages or tasks of our suites.
    """
    items: list[Case | Probe] = []
    for name in suites:
        suite = load_suite(name).suite
        items += [*suite.probes, *suite.cases]
    spoken = sorted({item.language for item in items if item.language})
    known = sorted({item.task for item in items if item.task})
    mute = [tag for tag in languages if not any(_same(language, tag) for language in spoken)]
    for what, missing, there in (
        ("in", mute, spoken),
        ("of the task", [task for task in tasks if task not in known], known),
    ):
        if missing:
            raise UserError(
                f"no suite of ours asks anything {what} {', '.join(missing)}, only {what} {', '.join(there)}. Write "
                f"one of your own (docs/writing-a-suite.md) and name it with --suite"
            )


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
