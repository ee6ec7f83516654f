"""`advisor inspect`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import machine_options, open_catalog, output_options
from advisor.cli.output import deliver
from advisor.errors import UserError

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.hub.choice import Choice
    from advisor.hub.interface import Hub
    from advisor.inspect import Subject
    from advisor.needs.schema import Requirements

KV_TYPES = ("f16", "bf16", "f32", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


@click.command("inspect")
@click.argument("name", metavar="FILE-or-MODEL")
@click.option("--hash", "hash_files", is_flag=True, help="Read the whole file for its sha256; else only its header.")
@click.option("--kv-type", type=click.Choice(KV_TYPES), default="f16", show_default=True, help="Type of the KV cache.")
@click.option("--offload", type=click.IntRange(min=-1), default=0, metavar="N", help="Layers for the GPU; -1: all.")
@click.option("--model", metavar="MODEL", help="The catalog's model that FILE is said to be.")
@click.option("--quant", metavar="Q", help="Of MODEL on the hub: this quantization, not the best that fits.")
@click.option("--revision", metavar="REV", help="Of MODEL on the hub: this commit, branch or tag.")
@machine_options
@output_options
def command(
    name: str, hash_files: bool, kv_type: str, offload: int, model: str | None, quant: str | None,
    revision: str | None, catalog: tuple[Path, ...], format_name: str, output: Path | None, **needs: Any,
) -> int:  # fmt: skip
    """Check a GGUF's header, on disk or on the hub, before anything native touches it.

    Problems, chat template, exact memory, and whether it is what it says. Of a MODEL's artifact on the hub a few
    megabytes are read, never the weights.
    """
    from advisor.inspect import inspect, on_disk
    from advisor.model_memory import asked_of
    from advisor.needs.resolve import resolve

    if not name.strip():
        raise UserError("name a GGUF file, or a model")
    opened = open_catalog(catalog)
    asked, requirements = asked_of(needs, kv_type, offload), resolve(needs, opened)
    with ExitStack() as stack:
        if Path(name).exists() or name.endswith(".gguf") or name.startswith((".", "/")):
            _no_option_of_the_hub(name, quant=quant, revision=revision)
            subject = on_disk(Path(name), opened.find_model(model) if model else None)
        else:
            subject = _on_hub(name, quant, revision, opened, requirements, hash_files, stack)
        document = inspect(subject, asked, opened, hash_files, _progress(hash_files, stack))
    deliver(document, "inspection", format_name, output)
    return document.exit_code


def _no_option_of_the_hub(name: str, **given: str | None) -> None:
    """Refuse options that would do nothing.

    Raises:
        UserError: where one is given for a file on disk.
    """
    idle = [f"--{option}" for option, value in given.items() if value is not None]
    if idle:
        raise UserError(f"only a model on the hub takes {' and '.join(idle)}; {name} is a file")


def _on_hub(
    name: str, quant: str | None, revision: str | None, catalog: Catalog, requirements: Requirements,
    hash_files: bool, stack: ExitStack,
) -> Subject:  # fmt: skip
    """Return the artifact of a model that `pull` would take, read by ranges."""
    from advisor.hub.choice import choose
    from advisor.needs.machine import choose as choose_machine

    if hash_files:
        raise UserError(f"--hash would fetch all of {name}; 'advisor pull' does, and checks it")
    choice = choose(name, quant, requirements, catalog, choose_machine(requirements, catalog))
    hub = _connected(stack)
    return _remote(choice or _unknown(name, quant, revision, hub, catalog), revision, hub, catalog)


def _connected(stack: ExitStack) -> Hub:
    from advisor.cli.output import say
    from advisor.hub.huggingface import connected
    from advisor.hub.settings import read_settings

    return stack.enter_context(connected(read_settings(), say))


def _unknown(name: str, quant: str | None, revision: str | None, hub: Hub, catalog: Catalog) -> Choice:
    """Return the artifact of a repository that the catalog does not know."""
    from advisor.hub.choice import choose_unknown

    paths = tuple(f.path for f in hub.listing(name, revision or "main")) if quant else ()
    return choose_unknown(name, quant, paths, tuple(catalog.models))


def _remote(choice: Choice, revision: str | None, hub: Hub, catalog: Catalog) -> Subject:
    from advisor.gguf.source import KeptSource
    from advisor.hub.ranges import HubFile
    from advisor.inspect import Subject

    stated = hub.stat(choice.repository, choice.files[0], revision or choice.revision or "main")

    def opened(file: str) -> KeptSource:
        return KeptSource(HubFile(hub, hub.stat(choice.repository, file, stated.revision)))

    model = choice.model if choice.model in catalog.models else None
    return Subject(choice.files[0], opened, choice.files[0], choice.repository, stated.revision, model)


def _progress(hash_files: bool, stack: ExitStack) -> Any:
    """Return what is told of hashed bytes: a line on a terminal, nothing elsewhere."""
    if not hash_files:
        return lambda _: None
    from advisor.cli.progress import Shown

    shown = Shown()
    shown.start("hashing", None)
    stack.callback(shown.finish)
    return shown.advance
