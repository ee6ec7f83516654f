"""`advisor verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import OUTPUT, given, open_catalog
from advisor.cli.output import deliver, say
from advisor.cli.progress import Shown
from advisor.errors import UnknownNameError, UserError

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog

_FOLDER = click.Path(path_type=Path)


@click.command("verify")
@click.argument("models", nargs=-1, metavar="[MODEL...]")
@click.option("--lock", "lock_file", type=_FOLDER, metavar="FILE", help="The lock; the nearest one if not given.")
@click.option("--find", "sha256", metavar="SHA256", help="Say which locks and documents rest on this file.")
@click.option("--in", "folders", type=_FOLDER, multiple=True, metavar="DIR",
              help="Where --find looks (may be repeated); here and among kept smoke tests if not given.")  # fmt: skip
@click.option("--signature", type=_FOLDER, metavar="FILE", help="Check this signature of the lock first.")
@click.option("--public-key", type=_FOLDER, metavar="FILE", help="The key (PEM) that the lock was signed with.")
@given(*OUTPUT)
def command(
    models: tuple[str, ...], lock_file: Path | None, sha256: str | None, folders: tuple[Path, ...],
    signature: Path | None, public_key: Path | None, format_name: str, output: Path | None,
) -> int:  # fmt: skip
    """Hold every locked file against its size and sha256, without a network; with --find, answer a recall."""
    if sha256 is None and folders:
        raise UserError("--in says where --find SHA256 looks; a lock is named with --lock")
    if sha256 is not None:
        from advisor.hub.recall import recall, usual_folders

        document: Any = recall(sha256, folders or usual_folders())
        deliver(document, "recall", format_name, output)
        return int(document.exit_code)
    path = found_lock(lock_file)
    document = _verified(path, models, signature, public_key)
    deliver(document, "verification", format_name, output)
    return int(document.exit_code)


def found_lock(stated: Path | None) -> Path:
    """Return the lock that was named, or the nearest one upwards.

    Raises:
        UserError: where there is none.
    """
    from advisor.hub.lock import NAME, find_lock

    path = stated or find_lock()
    if path is None or not path.is_file():
        named = f"{stated} is not there" if stated else f"there is no {NAME} here or in a folder above"
        raise UserError(f"{named}; 'advisor pull MODEL' writes one")
    return path


def known_as(name: str, catalog: Catalog) -> str | None:
    """Return the model that the catalog knows by this name, if there is one."""
    try:
        return catalog.find_model(name)
    except UnknownNameError:
        return None


def _verified(path: Path, models: tuple[str, ...], signature: Path | None, public_key: Path | None) -> Any:
    from advisor.hub.lock import read_lock
    from advisor.hub.settings import read_settings
    from advisor.hub.verify import verify

    if signature or public_key:
        from advisor.hub.signature import check_signature

        check_signature(path, signature, public_key)
    lock = read_lock(path)
    if not lock.models:
        say(f"{path} names no model.")
    signed = signature is not None
    chosen = lock.named(models, lambda name: known_as(name, open_catalog(())))
    return verify(path, lock, chosen, read_settings().cache, Shown(), signed)
