"""The options that recommend, explain and compare share, and how they become a recommendation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from advisor.catalog.load import Catalog, load
from advisor.cli.output import is_read_by_people, say
from advisor.errors import DataError
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.paths import has_smoke_tests
from advisor.recommendation import Recommendation
from advisor.render import FORMATS, VERDICT_FORMATS

if TYPE_CHECKING:
    from pathlib import Path

Command = TypeVar("Command", bound=Callable[..., Any])


class FilePath(click.Path):
    """A path as typed; `pathlib` is imported where one was (see `advisor.paths`)."""

    def coerce_path_result(self, value: Any) -> Any:
        from pathlib import Path

        return Path(value)


_FILE = FilePath()


def _option(*names: str, help: str, many: bool = False, metavar: str | None = None, **more: Any) -> Any:
    return click.option(
        *names, help=help + (" (may be repeated)" if many else ""), multiple=many, metavar=metavar, **more
    )


NEEDS = {
    "requirements": _option(
        "-r", "--requirements", type=_FILE, metavar="FILE", help="Requirements file; options given beside it win."
    ),
    "lang": _option("--lang", many=True, metavar="TAG", help="Language, e.g. ja, zh-Hans"),
    "task": _option(
        "--task", many=True, metavar="TASK", help="Task, e.g. chat, code, summarization; chat if none is given"
    ),
    "license": _option("--license", many=True, metavar="ID", help="Allow only this licence, base models included"),
    "use": _option("--use", metavar="USE", help="internal, customer-facing, redistribute or research."),
    "monthly_users": _option(
        "--monthly-users", type=int, metavar="N", help="Monthly users of the organisation, affiliates included."
    ),
    "annual_revenue": _option(
        "--annual-revenue", type=int, metavar="USD", help="Yearly revenue of the organisation, affiliates included."
    ),
    "territory": _option("--territory", many=True, metavar="CC", help="Country where it is used"),
    "seat": _option("--seat", metavar="CC", help="Country where the organisation is established."),
    "origin": _option("--origin", many=True, metavar="CC", help="Makers must be from here, base models' too"),
    "exclude_origin": _option(
        "--exclude-origin", many=True, metavar="CC", help="No maker may be from here, base models' too"
    ),
    "on_prem": _option("--on-prem", is_flag=True, help="Weights must run on your own machines."),
    "air_gapped": _option("--air-gapped", is_flag=True, help="No network there at all."),
    "privacy": _option("--privacy", metavar="LEVEL", help="public, internal, confidential or restricted."),
    "publisher": _option(
        "--publisher", many=True, metavar="NAME", help="Who may have uploaded the artifact: official or a name"
    ),
    "ram": _option("--ram", metavar="SIZE", help="Main memory of the machine, e.g. 24GB, 64GiB."),
    "vram": _option("--vram", metavar="SIZE", help="Graphics memory, summed over all GPUs."),
    "hardware": _option(
        "--hardware", metavar="NAME", help="A hardware profile, 'this' for this machine (the default), or 'unknown'."
    ),
    "context": _option("--context", metavar="TOKENS", help="Context length for each user; 8192 if not given."),
    "concurrency": _option("--concurrency", type=int, metavar="N", help="Users at the same time; 1 if not given."),
    "min_speed": _option(
        "--min-speed", type=float, metavar="TOK/S", help="Tokens per second each user needs at least."
    ),
    "max_parameters": _option("--max-parameters", metavar="N", help="Largest size, e.g. 14B."),
    "min_quant": _option("--min-quant", metavar="Q", help="Coarsest quantization to offer; Q4_K_M if not given."),
    "policy": _option(
        "--policy", many=True, metavar="FILE-or-NAME", help="Your organisation's rules; the strictest win"
    ),
    "prefer": _option(
        "--prefer", many=True, metavar="CRITERION=WEIGHT", help="Change a ranking weight, e.g. speed=0.5"
    ),
    "strict": _option("--strict", is_flag=True, help="What is unknown fails."),
    "fresh": _option("--fresh", is_flag=True, help="Facts past their shelf life count as unknown."),
    "no_local_evidence": _option(
        "--no-local-evidence", is_flag=True, help="Leave out what smoke tests on this machine found."
    ),
    "as_of": _option("--as-of", metavar="DATE", help="The day to judge for; the catalog's own if not given."),
}
CATALOG: Callable[[Command], Command] = _option(
    "--catalog", many=True, type=_FILE, metavar="DIR", help="Your own records, laid over ours; later ones win"
)


def _format(formats: tuple[str, ...]) -> Any:
    choice = click.Choice(formats)
    return _option("--format", "format_name", type=choice, default="table", show_default=True, help="How to show it.")


OUTPUT = (
    _format(FORMATS),
    _option("-o", "--output", type=_FILE, metavar="FILE", help="Write to a file instead of stdout."),
)


TOP = click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="How many ranked models to show.",
)


def shared(command: Command) -> Command:
    """Give a command all options above."""
    return _given(command, (*NEEDS.values(), CATALOG, TOP, _format(VERDICT_FORMATS), *OUTPUT[1:]))


def shared_but_output(command: Command) -> Command:
    """Give a command all options above but `--output`."""
    return _given(command, (*NEEDS.values(), CATALOG, TOP, OUTPUT[0]))


def machine_options(command: Command) -> Command:
    """Give a command the options that describe a machine and what has to fit on it."""
    names = ("hardware", "ram", "vram", "context", "concurrency", "min_quant")
    return _given(command, tuple(NEEDS[name] for name in names))


def output_options(command: Command) -> Command:
    """Give a command `--catalog`, `--format` and `--output`."""
    return _given(command, (CATALOG, *OUTPUT))


def given(*options: Any) -> Callable[[Command], Command]:
    """Return a decorator that gives a command these options."""
    return lambda command: _given(command, options)


def format_options(command: Command) -> Command:
    """Give a command `--format` and `--output`."""
    return _given(command, OUTPUT)


def _given(command: Command, options: tuple[Any, ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def open_catalog(overlays: tuple[Path, ...]) -> Catalog:
    """Load the catalog with the overlays of the command line."""
    return load(overlays)


def recommendation_of(catalog: Catalog, needs: dict[str, Any]) -> Recommendation:
    """Check the options given and recommend."""
    from advisor.needs.machine import choose
    from advisor.needs.resolve import resolve
    from advisor.recommend import recommend

    needs.pop("top", None)  # a matter of showing
    requirements = resolve(needs, catalog, needs.pop("requirements"))
    if requirements.as_of is None:
        remind_of_age(catalog.snapshot.as_of)
    policies = policies_of(requirements, catalog) if requirements.policy else ()
    local = local_of(requirements, catalog)
    return recommend(requirements, catalog, choose(requirements, catalog), policies, local)


def policies_of(requirements: Requirements, catalog: Catalog) -> tuple[UsedPolicy, ...]:
    """Load the policies asked for; without `--as-of` nothing of theirs may hang on which day it is.

    Raises:
        DataError: where the catalog's day and today would not be judged alike; a document knows no clock, so the
            user has to say which day is meant (docs/adr/0011).
    """
    from advisor.needs.policies import load_policies, turning_points

    day = requirements.as_of or catalog.snapshot.as_of
    policies = load_policies(requirements.policy, catalog, day)
    today = date.today().isoformat()
    if requirements.as_of is None and (turns := turning_points(policies, day, today)):
        told = f"not alike on the catalog's day and today: say which is meant, --as-of {day} or --as-of {today}"
        raise DataError([f"{turn}; {told}" for turn in turns])
    return policies


def local_of(requirements: Requirements, catalog: Catalog) -> tuple[LocalResult, ...]:
    """Return what smoke tests found that are kept in the user's data folder; without any, nothing more is imported."""
    if requirements.no_local_evidence or not has_smoke_tests():
        return ()
    from advisor.smoke.evidence import local_results

    return local_results(catalog)


OLD = 180
"""Days after its newest reading from which a catalog is called old."""


def remind_of_age(as_of: str) -> None:
    """Tell people where the catalog is old: documents know no clock, so they cannot (docs/adr/0004)."""
    if not is_read_by_people():
        return
    today = date.today()
    age = (today - date.fromisoformat(as_of)).days
    if age > OLD:
        say(f"The catalog was last read {age} days ago, on {as_of}; --as-of {today} shows which facts are stale.")
