"""`advisor bundle export`, `import`."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.options import CATALOG, OUTPUT, given, open_catalog
from advisor.cli.output import deliver
from advisor.cli.progress import Shown
from advisor.cli.verify import found_lock, known_as

_PATH = click.Path(path_type=Path)


@click.group("bundle")
def command() -> None:
    """Carry locked models, licences, records and the lock into a network without a way out."""


@command.command("export", short_help="write models of the lock into a tar")
@click.argument("file", type=_PATH)
@click.argument("models", nargs=-1, metavar="[MODEL...]")
@click.option("--lock", "lock_file", type=_PATH, metavar="FILE", help="The lock; the nearest one if not given.")
@click.option(
    "--record", "records", type=_PATH, multiple=True, metavar="FILE", help="A document to carry (may be repeated)."
)
@given(CATALOG, *OUTPUT)
def export(
    file: Path, models: tuple[str, ...], lock_file: Path | None, records: tuple[Path, ...],
    catalog: tuple[Path, ...], format_name: str, output: Path | None,
) -> int:  # fmt: skip
    """Write FILE (a tar) with the models of the lock, or those named; every byte is verified on its way."""
    from advisor.hub.export import export as write_bundle
    from advisor.hub.lock import read_lock
    from advisor.hub.settings import read_settings

    path, opened = found_lock(lock_file), open_catalog(catalog)
    chosen = read_lock(path).named(models, lambda name: known_as(name, opened))
    document = write_bundle(file, path, chosen, records, opened, read_settings().cache, Shown())
    deliver(document, "bundle", format_name, output)
    return document.exit_code


@command.command("import", short_help="verify a tar and move its models into place")
@click.argument("file", type=_PATH)
@click.option("--to", "folder", type=_PATH, metavar="FOLDER", help="Not into the hub cache.")
@click.option("--expect", metavar="SHA256", help="The hash of the manifest that the export printed.")
@click.option("--dry-run", is_flag=True, help="Verify everything and move nothing.")
@given(*OUTPUT)
def import_(
    file: Path, folder: Path | None, expect: str | None, dry_run: bool, format_name: str, output: Path | None
) -> int:
    """Verify all of FILE, then move its models into place and into advisor.lock; asks no network."""
    from advisor.hub.bundle import Place, import_bundle
    from advisor.hub.lock import NAME, check_folder, find_lock
    from advisor.hub.settings import read_settings

    lock = find_lock() or Path(NAME).absolute()
    check_folder(folder, lock)
    document = import_bundle(file, Place(read_settings().cache, folder, lock), expect, dry_run, Shown())
    deliver(document, "bundle", format_name, output)
    return document.exit_code
