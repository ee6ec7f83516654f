"""`advisor hardware`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from advisor.cli.options import machine_options, open_catalog, output_options
from advisor.cli.output import deliver
from advisor.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@click.command("hardware")
@click.option(
    "--for", "model", metavar="MODEL", help="Say whether this model fits here; name the smallest profiles that hold it."
)
@click.option("--measure", is_flag=True, help="Measure the memory bandwidth of this machine (some seconds).")
@machine_options
@output_options
def command(
    model: str | None, measure: bool, catalog: tuple[Path, ...], format_name: str, output: Path | None, **needs: Any
) -> int:
    """Show what this machine (or a profile) can hold."""
    from advisor.capacity import holders, report
    from advisor.needs.machine import choose
    from advisor.needs.resolve import resolve

    opened = open_catalog(catalog)
    requirements = resolve(needs, opened)
    machine = choose(requirements, opened)
    if measure and (model or machine.basis != "detected"):
        raise UserError("--measure measures this machine: leave out --for, and name no other machine")
    if model:
        document = holders(requirements, opened, machine, opened.find_model(model))
    else:
        document = report(requirements, opened, *_measured(machine, measure))
    deliver(document, "hardware", format_name, output)
    return document.exit_code


def _measured(machine: Any, measure: bool) -> tuple[Any, Any]:
    """Return the machine with its measured bandwidth, and the measurement, where one was asked for."""
    if not measure:
        return machine, None
    import msgspec

    from advisor.hardware.bandwidth import measure as measure_bandwidth

    found = measure_bandwidth()
    return msgspec.structs.replace(machine, ram_bandwidth=int(found.bytes_per_second)), found
