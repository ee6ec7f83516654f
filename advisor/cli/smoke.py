"""`advisor smoke`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from advisor.cli.options import CATALOG, open_catalog
from advisor.cli.output import deliver, is_read_by_people, say, write_file
from advisor.errors import UserError

_FORMATS = ("table", "json", "markdown", "csv", "junit")
_FILE = click.Path(path_type=Path)


@click.command("smoke")
@click.argument("targets", nargs=-1, metavar="FILE-or-MODEL…")
@click.option("--endpoint", metavar="URL", help="Test what a server of OpenAI's chat completions serves.")
@click.option("--model", "served", metavar="NAME", help="The name under which the endpoint serves it.")
@click.option("--ca-file", type=_FILE, metavar="FILE", help="Certificate authority of the endpoint.")
@click.option("--lang", multiple=True, metavar="TAG", help="Test this language (may be repeated)")
@click.option("--task", multiple=True, metavar="TASK", help="Test this task (may be repeated)")
@click.option("--suite", multiple=True, metavar="NAME-or-FILE", help="Run this suite and no others (may be repeated)")
@click.option("--context", default="8192", show_default=True, metavar="TOKENS", help="Context to load the model with.")
@click.option("--threads", type=click.IntRange(1, 1024), metavar="N", help="Processor threads; all cores if not given.")
@click.option("--gpu-layers", type=click.IntRange(-1), default=0, show_default=True, metavar="N",
              help="Layers on the GPU; -1 for all.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(1, 86400), default=600.0, show_default=True, metavar="S",
              help="Seconds for the whole run.")  # fmt: skip
@click.option("--max-memory", metavar="SIZE", help="Address space the engine may take, the model's file included.")
@click.option("--repeat", type=click.IntRange(1, 100), default=3, show_default=True, metavar="N",
              help="Measured runs of each speed, three at least.")  # fmt: skip
@click.option("--engine", type=click.Choice(("llama-cpp-python", "llama-server")), help="Which engine runs the file.")
@click.option("--force", is_flag=True, help="Load a file whose header is wrong all the same.")
@click.option("--compare", is_flag=True, help="Put stored results (two or more FILEs) side by side.")
@click.option("--sheet", type=_FILE, metavar="FILE", help="With several: write a sheet for blind ratings by people.")
@click.option("--ratings", multiple=True, type=_FILE, metavar="FILE",
              help="Read a filled-in sheet back in (may be repeated)")  # fmt: skip
@click.option("--no-store", is_flag=True, help="Keep no result for 'recommend'.")
@CATALOG
@click.option("--format", "format_name", type=click.Choice(_FORMATS), default="table", show_default=True,
              help="How to show it.")  # fmt: skip
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write to a file instead of stdout.")
def command(targets: tuple[str, ...], **given: Any) -> int:
    """Test here whether a model really works: FILE is a GGUF, MODEL means its locked artifact.

    Without --suite: mechanics and performance, and what --lang and --task ask for.
    """
    from advisor.smoke import request

    format_name, output = given.pop("format_name"), given.pop("output")
    if format_name == "junit" and (len(targets) > 1 or given["compare"] or given["ratings"]):
        raise UserError("--format junit is for the test of one model; take json or csv for several, or run them singly")
    catalog = open_catalog(given.pop("catalog"))
    done = request.answer(targets, given, catalog, date.today().isoformat(), Progress(), say)
    for path, text in (done.sheets or {}).items():
        write_file(path, text)
        say(f"Written to {path}: give it to people, then read it back in with --ratings {path}")
    deliver(done.document, done.kind, format_name, output)
    return int(done.document.exit_code)


class Progress:
    """One line on a terminal that says what is being done; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = is_read_by_people()
        self._length = 0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show how many checks are done, of how many, and what is next."""
        if not self._shown:
            return
        line = "" if total and done == total else f"[{done}/{total}] {what}" if total else what
        sys.stderr.write("\r" + line.ljust(self._length) + ("" if line else "\r"))
        sys.stderr.flush()
        self._length = len(line)
