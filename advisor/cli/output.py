"""The only place that prints: data to stdout or a file, what is said to people to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from advisor.errors import ExternalError
from advisor.render import renderer
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL

if TYPE_CHECKING:
    from pathlib import Path

_OBEYED = dict.fromkeys(
    (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "�"
)
"""Characters that a terminal obeys instead of showing them: controls, and what turns the direction of text around."""
NARROWEST = 30
"""Cells below which nothing is laid out."""


class ReaderGoneError(Exception):
    """Whoever read our output has closed it, as `head` does."""


def say(message: str) -> None:
    """Tell the user something on stderr; where that is closed or full, nobody is there to tell."""
    if sys.stderr is not None:
        encoding = sys.stderr.encoding or "utf-8"
        message = message.translate(_OBEYED)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(message.encode(encoding, "replace").decode(encoding) + "\n")
            sys.stderr.flush()


def is_read_by_people() -> bool:
    """Say whether stderr is a terminal: remarks that no script should have to expect are only made there."""
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()


def deliver(document: Any, kind: str, format_name: str, output: Path | None, **options: Any) -> None:
    """Render `document` and write it to stdout (`-` too), or whole to `output`."""
    output = None if str(output) == "-" else output
    width = WIDTH_WITHOUT_TERMINAL if output else terminal_width()
    text = renderer(kind, format_name)(document, width=width, **options)
    if format_name in ("table", "markdown"):
        text = text.translate(_OBEYED)  # names out of bundles, locks and hubs are anybody's
    if output is None:
        write(text, for_people=format_name == "table")
    else:
        write_file(output, text)
        say(f"Written to {output}")


def write(text: str, for_people: bool = True) -> None:
    """Write to stdout: in the terminal's encoding for people, in UTF-8 for programs.

    Raises:
        ReaderGoneError: where the other end of a pipe is closed.
        ExternalError: where stdout is closed or cannot be written.
    """
    if sys.stdout is None:
        raise ExternalError("standard output is closed; name a file with -o")
    encoding = (sys.stdout.encoding or "utf-8") if for_people else "utf-8"
    content = text.encode(encoding, "replace")
    try:
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content.decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None
    except (OSError, ValueError) as error:
        raise ExternalError(f"standard output cannot be written: {error}") from None


def terminal_width(stream: TextIO | None = None) -> int:
    """Return the cells of the terminal of a stream; of `COLUMNS` where that is set; a fixed width without one."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated):
        return max(int(stated), NARROWEST)
    try:
        return max(os.get_terminal_size((stream or sys.stdout).fileno()).columns or WIDTH_WITHOUT_TERMINAL, NARROWEST)
    except (OSError, ValueError, AttributeError):
        return WIDTH_WITHOUT_TERMINAL


def write_file(target: Path, text: str) -> None:
    """Write a file whole or not at all, through links and with the rights it had; a device or pipe as it is.

    Raises:
        ExternalError: where the folder or the disk does not let us.
    """
    try:
        if target.exists() and not target.is_file():
            with open(target, "w", encoding="utf-8", errors="replace", newline="\n") as device:
                device.write(text)
        else:
            from advisor.atomic import replace_file

            named = type(target)(os.path.realpath(target))
            if named.is_symlink():
                raise ExternalError(f"cannot write {target}: it links to itself")
            replace_file(named, text.encode("utf-8", "replace"))
    except OSError as error:
        raise ExternalError(f"cannot write {target}: {error.strerror}") from None
