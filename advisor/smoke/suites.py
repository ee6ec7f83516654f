"""Suites: what a smoke test asks and by which rules it judges, as data. Written in YAML, read into types."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from advisor.catalog.schema import Record, Tag, Task, Text
from advisor.engine.interface import Message
from advisor.errors import DataError, UnknownNameError, UserError
from advisor.records import Problem, RecordError, placed, problems_in, read_record

SCHEMA = "advisor.suite/1"
Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Share = Annotated[float, Meta(gt=0, le=1)]
Rules = Annotated[tuple[dict[str, Any], ...], Meta(min_length=1)]


class Case(Record, frozen=True, kw_only=True):
    """One prompt with the rules that its answer must keep.

    `rules` is a list with one rule each: `- contains: [Friday]`. Beside the rule may stand `else: warn`: a miss
    then warns and does not fail.
    """

    id: Id
    prompt: Text | None = None
    system: Text | None = None
    messages: tuple[Message, ...] = ()
    """A whole conversation in the place of `system` and `prompt`."""
    language: Tag | None = None
    task: Task | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=8192)] = 256
    json_schema: dict[str, Any] | None = None
    """Hold the answer to this schema by a grammar; the rule `json_schema` judges without holding."""
    rules: Rules

    def conversation(self) -> tuple[Message, ...]:
        """Return what the model is asked."""
        if self.messages:
            return self.messages
        system = (Message(role="system", content=self.system),) if self.system else ()
        return (*system, Message(role="user", content=self.prompt or ""))


class Probe(Record, frozen=True, kw_only=True, rename={"given": "with"}):
    """A check that asks for itself, by name, with parameters of its own under `with`."""

    id: Id
    probe: Text
    language: Tag | None = None
    task: Task | None = None
    given: dict[str, Any] = msgspec.field(default_factory=dict)


class Suite(Record, frozen=True, kw_only=True):
    """A suite file. Thresholds stand here, so that they are fixed before the run; its hash stands in the result."""

    schema: Literal["advisor.suite/1"]
    name: Text
    about: Text | None = None
    at_least: Share = 1.0
    """The share of cases that must keep all their rules."""
    probes: tuple[Probe, ...] = ()
    cases: tuple[Case, ...] = ()


class Loaded(NamedTuple):
    """A suite with the id it is called by and the sha256 of its text."""

    id: str
    suite: Suite
    sha256: str


def read_suite(text: str, name: str, suite_id: str) -> Loaded:
    """Read one suite; `name` is the file's, for messages.

    Raises:
        DataError: with every problem as `file:line: message`.
    """
    try:
        suite = read_record(text, Suite)
        problems = list(_problems(suite, text))
        if problems:
            raise RecordError(problems)
    except RecordError as error:
        raise DataError(error.listed(name)) from None
    return Loaded(suite_id, suite, hashlib.sha256(text.encode()).hexdigest())


def load_suite(name: str) -> Loaded:
    """Return the suite of a name (of ours) or of a file.

    Raises:
        UnknownNameError: where there is neither.
        UserError: where a file is named that is not there.
        DataError: where the file is wrong.
    """
    ours = shipped()
    path = ours.get(name) or Path(name)
    if not path.is_file() and (path.suffix in (".yaml", ".yml") or os.sep in name):
        raise UserError(f"--suite: there is no file {name}")
    if not path.is_file():
        raise UnknownNameError("suite", name, ours, "Name one of ours or a YAML file.")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError([f"{path}:1: is not UTF-8 text: {error.reason}"]) from None
    return read_suite(text, str(path), path.stem)


def shipped() -> dict[str, Path]:
    """Return the files of our own suites by id."""
    from advisor.paths import suites_folder

    return {path.stem: path for path in sorted(suites_folder().glob("*.yaml"))}


def _problems(suite: Suite, text: str) -> Iterator[Problem]:
    """Yield what the types cannot say: names of checks, their parameters, ids that stand twice."""
    from advisor import strict_yaml

    lines = strict_yaml.Lines(text)
    for path, message in (*_doubled(suite), *_rule_problems(suite), *_probe_problems(suite)):
        yield Problem(lines.of(path), placed(path, message))
    if not suite.cases and not suite.probes:
        yield Problem(1, "neither 'cases' nor 'probes': there is nothing to test")


Place = tuple[str | int, ...]


def _doubled(suite: Suite) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    places: tuple[tuple[str, tuple[Case | Probe, ...]], ...] = (("probes", suite.probes), ("cases", suite.cases))
    for kind, items in places:
        for i, item in enumerate(items):
            if item.id in seen:
                yield (kind, i, "id"), f"'{item.id}' stands twice"
            seen.add(item.id)


def _rule_problems(suite: Suite) -> Iterator[tuple[Place, str]]:
    from advisor.smoke.checks.registry import RULES, parameter_type

    for i, case in enumerate(suite.cases):
        yield from ((("cases", i, *path), message) for path, message in _conversation_problems(case))
        for j, rule in enumerate(case.rules):
            place = ("cases", i, "rules", j)
            names = [key for key in rule if key != "else"]
            if rule.get("else", "warn") not in ("warn", "fail"):
                yield (*place, "else"), "must be 'warn' or 'fail'"
            if len(names) != 1:
                yield place, "one rule in each entry, e.g. '- contains: [Friday]'"
            elif names[0] not in RULES:
                yield (*place, names[0]), f"no rule '{names[0]}'; there are: {', '.join(RULES)}"
            else:
                yield from problems_in(rule[names[0]], parameter_type(RULES[names[0]]), (*place, names[0]))
                if names[0] == "matches" and (wrong := _no_expression(rule["matches"])):
                    yield (*place, "matches"), f"is not a regular expression: {wrong}"


def _conversation_problems(case: Case) -> Iterator[tuple[Place, str]]:
    if not case.prompt and not case.messages:
        yield (), "'prompt' is missing"
    elif case.messages and (case.prompt or case.system):
        yield ("messages",), "stands in the place of 'prompt' and 'system'; give one of them"
    elif case.messages and case.messages[-1].role != "user":
        yield ("messages",), "the last one must be the user's"


def _no_expression(text: object) -> str | None:
    try:
        re.compile(str(text))
    except re.error as error:
        return str(error)
    return None


def _probe_problems(suite: Suite) -> Iterator[tuple[Place, str]]:
    from advisor.smoke.checks.registry import PROBES, parameter_type

    for i, probe in enumerate(suite.probes):
        if probe.probe not in PROBES:
            yield ("probes", i, "probe"), f"no probe '{probe.probe}'; there are: {', '.join(PROBES)}"
            continue
        place = ("probes", i, "with")
        wrong = problems_in(probe.given, parameter_type(PROBES[probe.probe]), place)
        yield from wrong
        for j, pattern in enumerate(() if wrong or probe.probe != "no-leak" else probe.given.get("patterns", ())):
            if told := _no_expression(pattern):
                yield (*place, "patterns", j), f"is not a regular expression: {told}"
