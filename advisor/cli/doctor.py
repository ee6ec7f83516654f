"""`advisor doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from advisor.cli.options import CATALOG, OUTPUT, given, open_catalog
from advisor.cli.output import deliver

REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"


@click.command("doctor")
@click.option(
    "--repo",
    "repository",
    default=REPOSITORY,
    show_default=True,
    metavar="ORG/NAME",
    help="Whose file the routes are tried with.",
)
@click.option(
    "--file", "path", default="README.md", show_default=True, metavar="PATH", help="The file of that repository."
)
@click.option("--revision", default="main", show_default=True, metavar="REV", help="Its commit, branch or tag.")
@given(CATALOG, *OUTPUT)
def command(
    repository: str, path: str, revision: str, catalog: tuple[Path, ...], format_name: str, output: Path | None
) -> int:
    """Try every route to the hub and everything else a pull needs; say what to do where one fails.

    Opens connections to the endpoint alone. Passwords and tokens are never shown: the result can go into a ticket.
    """
    from advisor.hub.doctor import examine
    from advisor.hub.interface import check_path, check_repository
    from advisor.hub.settings import read_settings

    settings = read_settings()
    check_repository(repository), check_path(path)

    def probes() -> Iterator[Any]:
        yield from _probed(settings, repository, path, revision)

    document = examine(settings, repository, path, probes, lambda: _catalog(catalog))
    deliver(document, "doctor", format_name, output)
    return document.exit_code


def _catalog(overlays: tuple[Path, ...]) -> str:
    """Say which catalog there is."""
    opened = open_catalog(overlays)
    return f"{len(opened.models)} models, as of {opened.snapshot.as_of}"


def _probed(settings: Any, repository: str, path: str, revision: str) -> Iterator[Any]:
    """Try the routes, or say why there is no client to try them with."""
    from advisor.errors import ExternalError
    from advisor.hub.doctor import Check

    try:
        from advisor.hub.huggingface import connected
        from advisor.hub.probes import probe

        with connected(settings) as hub:
            yield from probe(hub, repository, path, revision)
    except ExternalError as error:
        yield Check(id="client", verdict="fail", said=str(error))
