"""`advisor ask`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from advisor.cli.options import open_catalog, recommendation_of, shared_but_output
from advisor.cli.output import deliver

_FILE = click.Path(path_type=Path)


@click.command("ask")
@click.option("--answers", type=_FILE, metavar="FILE", help="Take the answers from a file, and ask nothing.")
@click.option("--ui-lang", type=click.Choice(("en", "ja")), help="Language of the questions; else the locale's.")
@click.option("--restart", is_flag=True, help="Drop the answers that were kept when you stopped.")
@shared_but_output
@click.option(
    "-o", "--output", type=_FILE, metavar="FILE", help="The requirements file to write; else requirements.yaml."
)
def command(
    answers: Path | None,
    ui_lang: Any,
    restart: bool,
    catalog: tuple[Path, ...],
    format_name: str,
    top: int,
    output: Path | None,
    **needs: Any,
) -> int:
    """Answer a few questions in plain words; get your requirements in a file, and a recommendation.

    Options and a requirements file that are given settle their questions. When you stop, answers are kept.
    """
    from advisor.cli.questioning import Questioning, questionnaire
    from advisor.cli.terminal import ui_language

    opened = open_catalog(catalog)
    questioning = Questioning(questionnaire(opened, needs), ui_lang or ui_language(os.environ), output)
    found = questioning.from_file(answers) if answers else questioning.from_person(restart)
    written = questioning.write(found, opened.snapshot.as_of)
    document = recommendation_of(opened, {"requirements": written})
    deliver(document, "recommendation", format_name, None, top=top)
    questioning.tell_end(found, written, document, catalog)
    return document.exit_code
