"""`advisor compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import open_catalog, recommendation_of, shared
from advisor.cli.output import deliver

if TYPE_CHECKING:
    from pathlib import Path


@click.command("compare")
@click.argument("models", nargs=-1, required=True, metavar="MODEL MODEL...")
@shared
def command(
    models: tuple[str, ...], catalog: tuple[Path, ...], format_name: str, output: Path | None, **needs: Any
) -> int:
    """Put models side by side: facts, findings, scores, memory, speed."""
    from advisor.compare import compare

    opened = open_catalog(catalog)
    model_ids = [opened.find_model(name) for name in models]
    document = compare(recommendation_of(opened, needs), model_ids, opened)
    deliver(document, "comparison", format_name, output)
    return document.exit_code
