"""`advisor recommend`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import open_catalog, recommendation_of, shared
from advisor.cli.output import deliver

if TYPE_CHECKING:
    from pathlib import Path


@click.command("recommend")
@shared
def command(catalog: tuple[Path, ...], format_name: str, output: Path | None, top: int, **needs: Any) -> int:
    """Rank the models of the catalog that you may use, can run and should prefer.

    Without options: chat, internal use, this machine, 8192 tokens of context, one user.
    """
    document = recommendation_of(open_catalog(catalog), needs)
    deliver(document, "recommendation", format_name, output, top=top)
    return document.exit_code
