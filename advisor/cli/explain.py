"""`advisor explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import open_catalog, recommendation_of, shared
from advisor.cli.output import deliver

if TYPE_CHECKING:
    from pathlib import Path


@click.command("explain")
@click.argument("model")
@shared
def command(model: str, catalog: tuple[Path, ...], format_name: str, output: Path | None, **needs: Any) -> int:
    """Say why MODEL passes, fails or cannot be decided, with sources, and what would change it."""
    from advisor.explain import explain

    opened = open_catalog(catalog)
    model_id = opened.find_model(model)
    document = explain(recommendation_of(opened, needs), model_id, opened)
    deliver(document, "explanation", format_name, output)
    return document.exit_code
