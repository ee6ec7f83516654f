"""What the words of one command ask for: a run, a bake-off, a comparison, or ratings to be read back in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import Task
from advisor.errors import UserError, nearest
from advisor.needs.resolve import language_tag
from advisor.needs.units import parse_count, parse_size
from advisor.smoke import store
from advisor.smoke.blind import print_sheets, rate
from advisor.smoke.comparison import bakeoff, compare
from advisor.smoke.document import SmokeResult
from advisor.smoke.run import Watch
from advisor.smoke.select import Selected, select
from advisor.smoke.session import FORCED, Options, smoke_endpoint, smoke_file
from advisor.smoke.subject import find_file

SMALLEST_CONTEXT = 256
MOST_CONTEXT = 1 << 24


class Done(NamedTuple):
    """A document, which renderer it takes, and the sheets by file where they were asked for."""

    document: Any
    kind: str
    sheets: dict[Path, str] | None = None


def answer(
    targets: tuple[str, ...],
    given: Mapping[str, Any],
    catalog: Catalog,
    day: str,
    watch: Watch,
    say: Callable[[str], None],
) -> Done:
    """Do what the command asks; `given` are its options by name.

    Raises:
        UserError: where options contradict each other or name nothing.
        DataError: where a suite, a result or a sheet is wrong.
        ExternalError: where there is no engine, or a file cannot be read or kept.
    """
    if given["ratings"]:
        return Done(rate(given["ratings"]), "smoke_ratings")
    if given["compare"]:
        if len(targets) < 2:
            raise UserError("--compare takes two or more stored results (JSON files)")
        return Done(compare([store.read(Path(target)) for target in targets]), "smoke_comparison")
    _coherent(targets, given)
    options = _options(given, catalog)
    selected = select(given["suite"], options.lang, options.task)
    if given["endpoint"]:
        result = smoke_endpoint(given["endpoint"], given["served"], options, selected, given["ca_file"], day, watch)
        _keep(result, given, say)
        return Done(result, "smoke")
    return _of_files(targets, given, options, selected, catalog, day, watch, say)


def _of_files(
    targets: tuple[str, ...],
    given: Mapping[str, Any],
    options: Options,
    selected: tuple[Selected, ...],
    catalog: Catalog,
    day: str,
    watch: Watch,
    say: Callable[[str], None],
) -> Done:
    """Test one file, or several one after the other."""
    for target in targets:
        find_file(target, catalog)  # a name that is wrong is better known before the others have run for an hour
    if options.force:
        say(FORCED)
    results: list[tuple[SmokeResult, str]] = []
    for target in targets:
        result = smoke_file(target, options, selected, catalog, day, watch)
        results.append((result, _keep(result, given, say)))
        if result.interrupted:
            break
    if len(targets) == 1:
        return Done(results[0][0], "smoke")
    return Done(bakeoff(results), "bakeoff", print_sheets(results, given["sheet"]) if given["sheet"] else None)


def _coherent(targets: tuple[str, ...], given: Mapping[str, Any]) -> None:
    if bool(targets) == bool(given["endpoint"]):
        raise UserError("name a GGUF file or a model, or an --endpoint (and not both)")
    if given["served"] and not given["endpoint"]:
        raise UserError("--model names what an --endpoint serves; name a file or model without it")
    if given["ca_file"] and not given["endpoint"]:
        raise UserError("--ca-file vouches for an --endpoint; a file or model is tested without it")
    if given["sheet"] and len(targets) < 2:
        raise UserError("--sheet is for several models: there is nothing to compare")


def _options(given: Mapping[str, Any], catalog: Catalog) -> Options:
    """Return checked options.

    Raises:
        UserError: with every problem.
    """
    problems: list[str] = []

    def checked(name: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(given[name]) if given[name] is not None else None
        except ValueError as error:
            problems.append(f"--{name.replace('_', '-')}: {error}")
            return None

    context, memory = checked("context", _context), checked("max_memory", parse_size)
    languages = checked("lang", lambda tags: tuple(language_tag(tag, catalog) for tag in tags)) or ()
    problems += [_no_task(task) for task in given["task"] if task not in get_args(Task)]
    if problems:
        raise UserError("\n".join(problems))
    same = {name: given[name] for name in ("task", "threads", "gpu_layers", "timeout", "repeat", "engine", "force")}
    return Options(lang=languages, context=context, max_memory=memory, own_suites=bool(given["suite"]), **same)


def _no_task(task: str) -> str:
    return f"--task: no task '{task}'; did you mean {', '.join(nearest(task, get_args(Task), cutoff=0.0))}?"


def _context(text: str) -> int:
    size = parse_count(text)
    if not SMALLEST_CONTEXT <= size <= MOST_CONTEXT:
        raise ValueError(f"{size:,} tokens are not from {SMALLEST_CONTEXT} to {MOST_CONTEXT:,}")
    return size


def _keep(result: SmokeResult, given: Mapping[str, Any], say: Callable[[str], None]) -> str:
    """Store a result, unless told otherwise; return the sha256 of its document."""
    if given["no_store"] or result.interrupted:
        return hashlib.sha256(msgspec.json.encode(result)).hexdigest()
    path = store.keep(result)
    if path is None:
        return hashlib.sha256(msgspec.json.encode(result)).hexdigest()
    say(f"Kept as {path}")
    return hashlib.sha256(path.read_bytes()).hexdigest()
