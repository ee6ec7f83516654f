"""Writes what the docs print rather than say: `docs/commands.md`, the estimates in `docs/speed.md`, README's session.

Run it as `make docs`, or `python tests/docs/generate.py`. The tests beside it fail where a page differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from advisor.catalog.lineage import resolve as chain_of
from advisor.catalog.load import Catalog, load
from advisor.hardware.schema import Machine, from_profile
from advisor.hardware.speed import Speed
from advisor.needs.resolve import resolve
from advisor.rules.evaluate import prepare
from advisor.rules.offers import offers
from advisor.rules.subject import Subject

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
COMMANDS = DOCS / "commands.md"
SPEED = DOCS / "speed.md"
README = ROOT / "README.md"
SESSION = "```console\n$ "
README_WIDTH = 100
"""Cells of the terminal in the README's session."""
HELP_WIDTH = 78
"""The width that click gives to help where there is no terminal."""
Cells = list[str]


def commands_page() -> str:
    """Return `docs/commands.md`: the help text of the program and of every command below it."""
    from advisor.cli.main import cli

    parts = [
        "# Commands",
        "These are the program's own help texts. `make docs` writes this page; do not edit it by hand.",
        "Where a help text is too short, see [verdicts](verdicts.md), [scoring](scoring.md) and [speed](speed.md).",
        *_helps(cli, "advisor", None),
    ]
    return "\n\n".join(parts) + "\n"


def _helps(command: click.Command, name: str, parent: click.Context | None) -> list[str]:
    context = click.Context(command, parent, name, terminal_width=HELP_WIDTH, **command.context_settings)
    path = context.command_path
    found = [f"## {path}", f"```text\n$ {path} --help\n{command.get_help(context).rstrip()}\n```"]
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            child = command.get_command(context, below)
            if child is not None:
                found += _helps(child, below, context)
    return found


def rows(text: str, first: str) -> list[tuple[int, Cells]]:
    """Return the rows of every table whose header starts with the column `first`, each with its line from 1."""
    found = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and set(cells[0]) - set("-: "):
            found.append((number, cells))
    return found


def machine_of(catalog: Catalog, cell: str) -> Machine:
    """Return the machine of a row: a profile of the catalog, or a processor of so many GB/s."""
    name = cell.strip("`")
    if name in catalog.snapshot.hardware:
        return from_profile(name, catalog.snapshot.hardware[name])
    bandwidth = float(name.removesuffix(" GB/s")) * 1e9
    return Machine(name="stated", basis="stated", ram_bytes=64 * 10**9, ram_bandwidth=int(bandwidth))


def speed_of(catalog: Catalog, cells: Cells, users: int = 1) -> Speed:
    """Return the program's estimate for a row: machine, profile, model, quantization, …"""
    _, profile, model_id, quantization, *_ = (cell.strip("`") for cell in cells)
    need = prepare(resolve({"concurrency": users, "min_quant": "Q2_K"}, catalog), catalog, machine_of(catalog, profile))
    subject = Subject(model_id, catalog.models[model_id], chain_of(catalog, model_id))
    for offer in offers(subject, need):
        if offer.file.quantization == quantization and offer.speed:
            return offer.speed
    raise LookupError(f"docs/speed.md: the catalog knows no {quantization} of {model_id}; choose another row")


def shown(rate: float | None) -> str:
    """Return a rate as the page shows it."""
    return "-" if rate is None else f"{rate:.0f}" if rate >= 100 else f"{rate:.1f}"


def estimated(catalog: Catalog, first: str, cells: Cells) -> Cells:
    """Return a row of one of the two tables with its estimates put in."""
    if first == "machine, one user":
        speed = speed_of(catalog, cells)
        decode, prompt = shown(speed.decode_tokens_per_second), shown(speed.prompt_tokens_per_second)
        return [*cells[:5], decode, cells[6], prompt, cells[8]]
    users = int(cells[4])
    speed = speed_of(catalog, cells, users)
    together = speed.total_decode_tokens_per_second or speed.decode_tokens_per_second
    return [*cells[:6], shown(together), cells[7]]


def speed_page(text: str) -> str:
    """Return `docs/speed.md` with the estimates of today's program."""
    catalog = load()
    lines = text.splitlines()
    for first in ("machine, one user", "machine, many users"):
        for number, cells in rows(text, first):
            lines[number - 1] = "| " + " | ".join(estimated(catalog, first, cells)) + " |"
    return "\n".join(lines) + "\n"


def readme_page(text: str) -> str:
    """Return the README with the output of the command in its first session."""
    if SESSION not in text:
        return text
    before, rest = text.split(SESSION, 1)
    session, after = rest.split("```", 1)
    command = session.split("\n", 1)[0]
    environment = {**os.environ, "COLUMNS": str(README_WIDTH), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], env=environment, cwd=ROOT, capture_output=True, check=True
    )
    return f"{before}{SESSION}{command}\n{done.stdout.decode('utf-8')}```{after}"


def main() -> None:
    """Rewrite the pages."""
    COMMANDS.write_text(commands_page(), encoding="utf-8", newline="\n")
    SPEED.write_text(speed_page(SPEED.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    README.write_text(readme_page(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
