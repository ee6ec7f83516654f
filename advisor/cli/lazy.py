"""A click group that imports a command's module when the command is called or helped."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "ask": "questions that end in a recommendation",
    "recommend": "ranked models for your needs",
    "explain": "why one model passes, fails or cannot be decided",
    "compare": "models side by side",
    "inspect": "a model's header, before anything native touches it",
    "hardware": "what this machine, or a profile, can hold",
    "pull": "verified download of a model, pinned in a lock",
    "verify": "locked files against their sizes and hashes",
    "smoke": "does a model really work here?",
    "bundle": "carry models into a network without a way out",
    "doctor": "what works here, and what to do about the rest",
    "catalog": "read and check the catalog",
}
"""Every command with its line for `--help`."""


class LazyGroup(click.Group):
    """Looks commands up by name in `advisor.cli`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"advisor.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from advisor.errors import UnknownNameError

            raise UnknownNameError("command", args[0], COMMANDS, "'advisor --help' lists all.")
        return super().resolve_command(ctx, args)
