"""Runs suites against an engine: every check is a result, whatever engine and model do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor import __version__
from advisor.engine.interface import (
    Diagnosis,
    Engine,
    EngineFacts,
    EngineFailure,
    Message,
    Question,
    RefusedError,
    TemplateFacts,
)
from advisor.hardware.schema import Machine
from advisor.smoke.bench import Exchange, Judgement, OutOfTimeError, Performance
from advisor.smoke.checks.performance import REBUILD, with_peak
from advisor.smoke.checks.registry import PROBES, RULES, function, parameter_type
from advisor.smoke.document import (
    SCHEMA,
    Asked,
    Check,
    SmokeResult,
    TestedModel,
    Transcript,
    UsedEngine,
    UsedSuite,
    keeps_rules,
    overall,
)
from advisor.smoke.select import Selected
from advisor.smoke.suites import Case, Probe

MOST_OPENED = 4
"""How often an engine is started in one run: it may fail three times."""
SHARE_OF_ONE = 1 / 3
SHORTEST = 20.0
"""A single answer may take a third of the whole time, and this many seconds at least."""

Watch = Callable[[int, int, str], None]
"""Is told how many checks are done, of how many, and what is next."""


class Order(NamedTuple):
    """What is to be run: on what, by whom, how long."""

    model: TestedModel
    host: Machine
    asked: Asked
    selected: tuple[Selected, ...]
    date: str
    file: Path | None = None
    before: tuple[Check, ...] = ()
    """Checks that were made before any engine ran."""
    after: tuple[Check, ...] = ()
    """Checks that stand at the end: what was asked for and nobody asks."""
    predicted: Performance = Performance()


class Run:
    """One run; the bench at which probes ask."""

    def __init__(self, engine: Engine, order: Order, watch: Watch) -> None:
        self._engine, self._order, self._watch = engine, order, watch
        self._ends = time.monotonic() + order.asked.timeout
        self._opened, self._is_open = 0, False
        self._place: tuple[str, str] = ("engine", "loads")
        self._performance = Performance()
        self._transcripts: list[Transcript] = []
        self.checks: list[Check] = list(order.before)
        self.failure: Diagnosis | None = None
        self.facts = EngineFacts(name="none")
        self.exchanges: list[Exchange] = []
        self.file = order.file
        self.predicted = order.predicted
        self.repeat = order.asked.repeat
        self.context = order.asked.context
        self.language: str | None = None

    # --- what probes see ----------------------------------------------------------------------------------

    def ask(
        self,
        prompt: str | tuple[Message, ...],
        *,
        system: str | None = None,
        max_tokens: int = 256,
        case: str | None = None,
        temperature: float = 0.0,
        json_schema: dict[str, Any] | None = None,
    ) -> Exchange:
        """See `Bench`."""
        messages = prompt if isinstance(prompt, tuple) else (Message(role="user", content=prompt),)
        if system is not None:
            messages = (Message(role="system", content=system), *messages)
        question = Question(messages=messages, max_tokens=max_tokens, temperature=temperature,
                            seed=self._order.asked.seed, json_schema=json_schema)  # fmt: skip
        self._ready()
        reply = self._timed(lambda seconds: self._engine.ask(question, seconds))
        exchange = Exchange(case=case or self._place[1], messages=messages, reply=reply, language=self.language)
        self.exchanges.append(exchange)
        self._transcripts.append(_transcript(self._place[0], exchange))
        return exchange

    def count(self, text: str) -> int | None:
        """See `Bench`."""
        self._ready()
        counted: int | None = self._timed(lambda _: self._engine.count(text))
        return counted

    def seconds_left(self) -> float:
        """See `Bench`."""
        return max(self._ends - time.monotonic(), 0.0)

    def peak_rss(self) -> int | None:
        """See `Bench`."""
        return self._engine.usage.peak_rss_bytes

    def tell(self, performance: Performance) -> None:
        """See `Bench`."""
        self._performance = performance

    # --- the run itself -----------------------------------------------------------------------------------

    def go(self) -> SmokeResult:
        """Run everything that was selected; interrupted, keep what there is."""
        interrupted = False
        try:
            self._go()
        except KeyboardInterrupt:
            interrupted = True
            self._add(Check(id="run", verdict="fail", reason="interrupted; what was measured before stands"))
        finally:
            self._engine.close()
        return self._result(interrupted)

    def _go(self) -> None:
        total = 1 + sum(len(chosen.probes) + len(chosen.cases) for chosen in self._order.selected)
        self._watch(0, total, "loading")
        if not self._load():
            return
        done = 1
        for chosen in self._order.selected:
            for probe in chosen.probes:
                self._watch(done, total, f"{chosen.loaded.id}: {probe.id}")
                self._keep(self._probe(chosen, probe))
                done += 1
            found: list[list[Check]] = []
            try:
                for case in chosen.cases:
                    self._watch(done, total, f"{chosen.loaded.id}: {case.id}")
                    found.append(list(self._case(chosen, case)))
                    done += 1
            finally:
                self._keep(weighed(found, chosen.loaded.suite.at_least))
        for check in self._order.after:
            self._add(check)
        self._watch(total, total, "done")

    def _load(self) -> bool:
        """Open the engine and say how that went."""
        try:
            self._ready()
        except EngineFailure as failure:
            self._add(_failed("engine.loads", failure.diagnosis))
            return False
        except OutOfTimeError:
            self._add(Check(id="engine.loads", verdict="fail", reason="there was no time to load it"))
            return False
        seconds = self.facts.load_seconds
        told = "loaded" if seconds is None else f"loaded in {seconds:.1f} s"
        self._add(Check(id="engine.loads", verdict="pass", reason=told, measured=seconds))
        if self.facts.flags.get("use_extra_bufts") is False:
            reason = f"ended with an illegal instruction and runs with extra buffer types off; {REBUILD}"
            self._add(Check(id="engine.extra-buffers", verdict="warn", reason=reason, measured=False, threshold=True))
        return True

    def _ready(self) -> None:
        """Open the engine where it is not: at first, and after a failure, as long as it fails seldom."""
        if self._is_open:
            return
        if self.seconds_left() <= 0:
            raise OutOfTimeError
        if self._opened >= MOST_OPENED:
            assert self.failure is not None
            again = "the engine was not started again: it failed too often"
            raise EngineFailure(msgspec.structs.replace(self.failure, message=f"{again} ({self.failure.message})"))
        self._opened += 1
        self.facts = self._timed(self._engine.open)
        own = self._order.model.template_sha256 or (self.facts.template and self.facts.template.sha256)
        if self.file and not own:  # a server takes some other template where the file has none
            self.facts = msgspec.structs.replace(self.facts, template=TemplateFacts(present=False))
        self._is_open = True
        self.context = min(self.context, self.facts.context or self.context)

    def _timed(self, work: Callable[[float], Any]) -> Any:
        """Do something with the engine within what is left of the time."""
        left = self.seconds_left()
        if left <= 0:
            raise OutOfTimeError
        most = max(self._order.asked.timeout * SHARE_OF_ONE, SHORTEST)
        try:
            return work(min(left, most))
        except EngineFailure as failure:
            self._is_open = False
            if failure.diagnosis.code == "hang" and left < most:
                self._ends = time.monotonic()
                raise OutOfTimeError from None
            self.failure = self.failure or failure.diagnosis
            raise

    def _probe(self, chosen: Selected, probe: Probe) -> Iterator[Check]:
        """Yield the checks of one probe; a failure of the engine ends it."""
        suite = chosen.loaded.id
        self._place, self.language = (suite, probe.id), probe.language
        target = PROBES[probe.probe]
        parameters = msgspec.convert(probe.given, parameter_type(target))
        judged: Iterable[Judgement] = function(target)(self, parameters)
        about = {"suite": suite, "language": probe.language, "task": probe.task}
        try:
            for found in judged:
                end = f".{found.part}" if found.part else ""
                yield _check(f"{suite}.{probe.id}{end}", found, about)
        except (EngineFailure, RefusedError, OutOfTimeError) as error:
            yield self._stopped(f"{suite}.{probe.id}", error, about)

    def _case(self, chosen: Selected, case: Case) -> Iterator[Check]:
        """Yield the checks of one case: its prompt is asked once and judged by each rule."""
        suite = chosen.loaded.id
        self._place, self.language = (suite, case.id), case.language
        about = {"suite": suite, "case": case.id, "language": case.language, "task": case.task}
        try:
            exchange = self.ask(case.conversation(), max_tokens=case.max_tokens, json_schema=case.json_schema)
        except (EngineFailure, RefusedError, OutOfTimeError) as error:
            yield self._stopped(f"{suite}.{case.id}", error, about)
            return
        for rule in case.rules:
            name = next(key for key in rule if key != "else")
            found = judge(name, rule[name], exchange)
            if found.verdict == "fail" and rule.get("else") == "warn":
                found = found._replace(verdict="warn")
            yield _check(f"{suite}.{case.id}.{name}", found, about)

    def _stopped(self, check_id: str, error: Exception, about: dict[str, Any]) -> Check:
        """Return the check that something ended before it could judge."""
        if isinstance(error, EngineFailure):
            return msgspec.structs.replace(_failed(check_id, error.diagnosis), **about)
        if isinstance(error, RefusedError):
            return Check(id=check_id, verdict="fail", reason=f"the engine refused the question: {error}", **about)
        reason = f"not run: the {self._order.asked.timeout:g} s of this run are used up; --timeout gives more"
        return Check(id=check_id, verdict="unknown", reason=reason, **about)

    def _keep(self, checks: Iterable[Check]) -> None:
        for check in checks:
            self._add(check)

    def _add(self, check: Check) -> None:
        """Add a check; an id that is there already gets a number."""
        taken = {known.id for known in self.checks}
        number, name = 2, check.id
        while name in taken:
            name, number = f"{check.id}-{number}", number + 1
        self.checks.append(msgspec.structs.replace(check, id=name))

    def _result(self, interrupted: bool) -> SmokeResult:
        order, facts = self._order, self.facts
        tested = order.model
        if facts.template and facts.template.sha256:
            tested = msgspec.structs.replace(tested, template_sha256=facts.template.sha256)
        if facts.parameters:
            tested = msgspec.structs.replace(
                tested, parameters=facts.parameters, trained_context=facts.trained_context,
                architecture=tested.architecture or facts.architecture, expert_count=facts.expert_count,
            )  # fmt: skip
        measured = msgspec.structs.replace(self._performance, load_seconds=facts.load_seconds)
        checks = tuple(self.checks)
        return SmokeResult(
            schema=SCHEMA,
            verdict=overall(checks),
            date=order.date,
            program=__version__,
            model=tested,
            engine=UsedEngine(name=facts.name, version=facts.version, build=facts.build, flags=facts.flags),
            host=order.host,
            isolation=self._engine.isolation,
            asked=order.asked,
            suites=tuple(_used(chosen) for chosen in order.selected),
            checks=checks,
            performance=with_peak(measured, order.predicted, self.peak_rss()),
            failure=self.failure,
            interrupted=interrupted,
            transcripts=tuple(self._transcripts),
        )


def judge(name: str, given: Any, exchange: Exchange) -> Judgement:
    """Judge one answer by the rule of a name."""
    target = RULES[name]
    found: Judgement = function(target)(exchange, msgspec.convert(given, parameter_type(target)))
    return found


def weighed(cases: list[list[Check]], at_least: float) -> list[Check]:
    """Return the checks of all cases; where enough cases of a language pass, those of its others only warn."""
    by_language: dict[str | None, list[list[Check]]] = {}
    for case in cases:
        by_language.setdefault(case[0].language, []).append(case)
    weighed_cases: dict[str, list[Check]] = {}
    for group in by_language.values():
        passed = sum(keeps_rules(case) for case in group)
        enough = at_least < 1 and passed / len(group) >= at_least
        told = f"; {passed} of {len(group)} cases pass and {at_least:.0%} are needed"
        weighed_cases |= {case[0].id: [_lenient(check, told) if enough else check for check in case] for case in group}
    return [check for case in cases for check in weighed_cases[case[0].id]]


def _lenient(check: Check, told: str) -> Check:
    """Return a failed check as a warning that still says that a rule was missed."""
    if check.verdict != "fail":
        return check
    details = {**(check.details or {}), "missed": True}
    return msgspec.structs.replace(check, verdict="warn", reason=check.reason + told, details=details)


def _check(check_id: str, found: Judgement, about: dict[str, Any]) -> Check:
    return Check(id=check_id, verdict=found.verdict, reason=found.reason, measured=found.measured,
                 threshold=found.threshold, details=found.details, **about)  # fmt: skip


def _failed(check_id: str, diagnosis: Diagnosis) -> Check:
    step = f". {diagnosis.next_step}" if diagnosis.next_step else ""
    return Check(
        id=check_id, verdict="fail", reason=f"{diagnosis.message}{step}", details={"diagnosis": diagnosis.code}
    )


def _used(chosen: Selected) -> UsedSuite:
    loaded = chosen.loaded
    return UsedSuite(id=loaded.id, name=loaded.suite.name, sha256=loaded.sha256, at_least=loaded.suite.at_least)


def _transcript(suite: str, exchange: Exchange) -> Transcript:
    *before, last = exchange.messages
    system = next((message.content for message in before if message.role == "system"), None)
    reply = exchange.reply
    return Transcript(
        suite=suite, case=exchange.case, system=system, prompt=last.content, reply=reply.text, finish=reply.finish,
        seconds=round(reply.seconds, 3), prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens,
        before=tuple(message for message in before if message.role != "system"),
    )  # fmt: skip
