"""`advisor pull`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import CATALOG, NEEDS, OUTPUT, given, local_of, open_catalog, policies_of
from advisor.cli.output import deliver
from advisor.cli.progress import Shown

if TYPE_CHECKING:
    from advisor.hub.pull import Wanted
    from advisor.hub.pulled import Pulled

_ASKED = tuple(option for name, option in NEEDS.items() if name != "prefer")


@click.command("pull")
@click.argument("model")
@click.option("--quant", metavar="Q", default="auto", show_default=True, help="Quantization; auto: the best that fits.")
@click.option("--revision", metavar="REV", help="Commit, branch or tag; the catalog's commit, else main, if not given.")
@click.option("--to", "folder", type=click.Path(path_type=Path), metavar="FOLDER", help="Not into the hub cache.")
@click.option("--dry-run", is_flag=True, help="Only show what would be fetched.")
@click.option("--override", metavar="REASON", help="Pull it though rules fail; the reason goes into the lock.")
@given(*_ASKED, CATALOG, *OUTPUT)
def command(
    model: str, quant: str, revision: str | None, folder: Path | None, dry_run: bool, override: str | None,
    catalog: tuple[Path, ...], format_name: str, output: Path | None, **needs: Any,
) -> int:  # fmt: skip
    """Fetch the artifact of MODEL that may be used here and fits, check every byte, and write advisor.lock.

    MODEL is chosen as `advisor recommend` would with the same options. Interrupted, the same command continues.
    """
    from advisor.hub.pull import Wanted

    wanted = Wanted(model, None if quant == "auto" else quant, revision, folder, override, dry_run)
    document = _pulled(catalog, needs, wanted)
    deliver(document, "pull", format_name, output)
    return document.exit_code


def _pulled(overlays: tuple[Path, ...], needs: dict[str, Any], wanted: Wanted) -> Pulled:
    """Put requirements, machine, catalog and hub together, and pull."""
    from contextlib import ExitStack

    from advisor.hub.huggingface import connected
    from advisor.hub.pull import Puller
    from advisor.hub.settings import read_settings
    from advisor.needs.machine import choose
    from advisor.needs.resolve import resolve

    opened, settings, progress = open_catalog(overlays), read_settings(), Shown()
    requirements = resolve(needs, opened, needs.pop("requirements"))
    machine, policies = choose(requirements, opened), policies_of(requirements, opened)
    with ExitStack() as stack:
        puller = Puller(
            opened, requirements, machine, settings,
            lambda: stack.enter_context(connected(settings, progress.note)), progress, policies,
            local_of(requirements, opened),
        )  # fmt: skip
        return puller.pull(wanted)
