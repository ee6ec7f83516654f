"""The only place that prints: data to stdout or a file, what is said to people to stderr."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, TextIO

from advisor.errors import ExternalError
from advisor.render import renderer
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL

NARROWEST = 30
"""Cells below which nothing is laid out."""


def say(message: str) -> None:
    """Tell the user something on stderr."""
    _write(sys.stderr, message + "\n")


def deliver(document: Any, kind: str, format_name: str, output: Path | None, **options: Any) -> None:
    """Render `document` and write it to stdout, or whole to `output`."""
    width = WIDTH_WITHOUT_TERMINAL if output else terminal_width()
    text = renderer(kind, format_name)(document, width=width, **options)
    if output is None:
        _write(sys.stdout, text)
    else:
        write_file(output, text)
        say(f"Written to {output}")


def terminal_width() -> int:
    """Return the cells of the terminal; of `COLUMNS` where that is set; a fixed width without a terminal."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated):
        return max(int(stated), NARROWEST)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH_WITHOUT_TERMINAL, NARROWEST)
    except (OSError, ValueError):
        return WIDTH_WITHOUT_TERMINAL


def write_file(target: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        ExternalError: where the folder or the disk does not let us.
    """
    import tempfile

    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=target.parent, delete=False) as file:
            file.write(text)
        try:
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, target)
        except OSError:
            os.unlink(file.name)
            raise
    except OSError as error:
        raise ExternalError(f"cannot write {target}: {error.strerror}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _write(stream: TextIO, text: str) -> None:
    """Write text to a stream of any encoding: what it cannot show is replaced."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()
