"""From the words of the command line to a result: which engine, which limits, which checks before it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Literal

import msgspec

from advisor import __version__
from advisor.catalog.load import Catalog
from advisor.catalog.schema import Record
from advisor.engine import server
from advisor.engine.endpoint import Endpoint
from advisor.engine.http import TOKEN, Access, checked, token_in
from advisor.engine.interface import Engine
from advisor.engine.llama_cpp import INSTALL, LlamaCpp, Settings, installed
from advisor.errors import ExternalError
from advisor.hardware.detect import detect
from advisor.hardware.schema import Machine
from advisor.needs.schema import DEFAULT_CONTEXT
from advisor.smoke.document import SCHEMA, Asked, Check, SmokeResult, TestedModel
from advisor.smoke.run import Order, Run, Watch
from advisor.smoke.select import Selected, left_out
from advisor.smoke.subject import Load, Subject, find_file, look

EngineName = Literal["llama-cpp-python", "llama-server"]
DEFAULT_TIMEOUT = 600.0
FORCED = (
    "With --force a file is loaded whatever its header says. That is unwise: where it is not what it claims to be, "
    "llama.cpp reads it with native code that has had holes. It runs confined, as far as this system permits."
)


class Options(Record, frozen=True, kw_only=True):
    """What a run is asked for; `max_memory` in bytes, `timeout` in seconds."""

    lang: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    context: int = DEFAULT_CONTEXT
    threads: int | None = None
    gpu_layers: int = 0
    timeout: float = DEFAULT_TIMEOUT
    max_memory: int | None = None
    repeat: int = 3
    seed: int = 1
    engine: EngineName | None = None
    force: bool = False
    own_suites: bool = False
    """Suites were named: what they do not ask is their author's choice."""

    def asked(self) -> Asked:
        """Return what stands in the result."""
        return Asked(lang=self.lang, task=self.task, context=self.context, timeout=self.timeout, repeat=self.repeat,
                     seed=self.seed)  # fmt: skip


def smoke_file(
    named: str, options: Options, selected: tuple[Selected, ...], catalog: Catalog, day: str, watch: Watch
) -> SmokeResult:
    """Test a file or a model's locked artifact in an engine of this machine.

    Raises:
        UserError: where there is no such file or model.
        ExternalError: where there is no engine, or the file cannot be read.
    """
    found, machine = find_file(named, catalog), detect()
    engine_name = _engine(options.engine)
    watch(0, 0, f"reading {found.file.name}")
    subject = look(found, Load(options.context, options.gpu_layers), catalog, machine)
    if subject.fails and not options.force:
        return _stopped(subject, options, machine, day)
    order = Order(model=subject.model, host=machine, asked=options.asked(), selected=selected, date=day,
                  file=found.file, before=subject.checks, predicted=subject.predicted,
                  after=_not_asked(options, selected))  # fmt: skip
    settings = Settings(
        file=str(found.file.absolute()), context=options.context, threads=options.threads or cores(),
        gpu_layers=options.gpu_layers, seed=options.seed, max_memory=options.max_memory, seconds=options.timeout,
    )  # fmt: skip
    return Run(_made(engine_name, settings), order, watch).go()


def smoke_endpoint(
    url: str, served: str | None, options: Options, selected: tuple[Selected, ...], authority: Path | None, day: str,
    watch: Watch,
) -> SmokeResult:  # fmt: skip
    """Test what a server of OpenAI's chat completions serves; its token stands in the environment.

    Raises:
        UserError: where address or token are none, or the file of the authority cannot be read.
    """
    access = Access(checked(url), token_in(os.environ.get(TOKEN, "")), authority)
    engine = Endpoint(access, served)
    model = TestedModel(endpoint=access.url, served=served)
    order = Order(model=model, host=detect(), asked=options.asked(), selected=selected, date=day,
                  after=_not_asked(options, selected))  # fmt: skip
    result = Run(engine, order, watch).go()
    flags = {**(result.engine.flags if result.engine else {}), **engine.features()}
    used = msgspec.structs.replace(result.engine, flags=flags) if result.engine else None
    return msgspec.structs.replace(result, engine=used, model=msgspec.structs.replace(model, served=engine.model))


def _not_asked(options: Options, selected: tuple[Selected, ...]) -> tuple[Check, ...]:
    """Return an open check for each language and task that was asked for and that no suite of ours asks in."""
    absent = () if options.own_suites else left_out(selected, options.lang, options.task)
    reason = "no suite of ours asks for it, so nothing of it was tested; docs/writing-a-suite.md says how to write one"
    return tuple(Check(id=f"asked.{name}", verdict="unknown", reason=reason) for name in absent)


def cores() -> int:
    """Return the processor cores this process may use, hardware threads of one core counted once."""
    may = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    siblings = set()
    for number in may:
        name = f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list"
        with contextlib.suppress(OSError), open(name, encoding="ascii") as file:
            siblings.add(file.read().strip())
    return max(len(siblings) or len(may), 1)


def _engine(wanted: EngineName | None) -> EngineName:
    """Return which engine is used: llama-cpp-python, else a llama-server that is installed."""
    found = server.find()
    if wanted != "llama-server" and installed():
        return "llama-cpp-python"
    if wanted != "llama-cpp-python" and found:
        return "llama-server"
    missing = {None: "no engine is installed", "llama-server": "no llama-server is installed"}
    told = missing.get(wanted, "llama-cpp-python is not installed")
    raise ExternalError(f"{told}; {INSTALL}, or put a llama-server into PATH (or its path into ADVISOR_LLAMA_SERVER)")


def _made(name: EngineName, settings: Settings) -> Engine:
    return server.LlamaServer(settings, server.find() or "") if name == "llama-server" else LlamaCpp(settings)


def _stopped(subject: Subject, options: Options, machine: Machine, day: str) -> SmokeResult:
    """Return the result of a file that no engine is to see."""
    reason = "no engine was started, since what is wrong comes first (--force starts one all the same)"
    stopped = Check(id="engine.started", verdict="fail", reason=reason)
    return SmokeResult(schema=SCHEMA, verdict="fail", date=day, program=__version__, model=subject.model, host=machine,
                       asked=options.asked(), checks=(*subject.checks, stopped))  # fmt: skip
