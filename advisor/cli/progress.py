"""How far a download or a check is, on a terminal; elsewhere only what has to be said."""

from __future__ import annotations

import os
import sys
import time

from advisor.cli.output import say
from advisor.needs.units import format_size

EVERY = 0.2
"""Seconds between two pictures."""


class Shown:
    """Draws one line over and over on stderr where that is a terminal."""

    def __init__(self) -> None:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._draws = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._what, self._total, self._done = "", 0, 0
        self._began = self._drawn = 0.0
        self._width = 0

    def start(self, what: str, total: int | None, done: int = 0) -> None:
        """Begin a piece of work of `total` bytes."""
        self._what, self._total, self._done = what, total or 0, done
        self._began = self._drawn = time.monotonic()

    def advance(self, count: int) -> None:
        """Tell that `count` bytes more are done."""
        self._done += count
        if self._draws and time.monotonic() - self._drawn >= EVERY:
            self._draw(self._line())

    def note(self, message: str) -> None:
        """Say something in a line of its own."""
        self.finish()
        say(message)

    def finish(self) -> None:
        """Take the line away."""
        if self._width:
            self._draw("")
            self._width = 0

    def _line(self) -> str:
        seconds = time.monotonic() - self._began
        rate = self._done / seconds if seconds else 0.0
        left = ""
        if self._total and rate > 0:
            share = min(self._done / self._total, 1.0)
            remaining = int(max(self._total - self._done, 0) / rate)
            left = f" of {format_size(self._total)} {share:4.0%}, {remaining // 60}:{remaining % 60:02} left"
        return f"{self._what}: {format_size(self._done)}{left}, {rate / 1e6:.0f} MB/s"

    def _draw(self, line: str) -> None:
        self._drawn = time.monotonic()
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        except (OSError, ValueError):
            columns = 80
        line = line.encode(sys.stderr.encoding or "utf-8", "replace").decode(sys.stderr.encoding or "utf-8")
        line = line[: columns - 1]
        sys.stderr.write("\r" + line + " " * max(0, self._width - len(line)) + ("\r" if not line else ""))
        sys.stderr.flush()
        self._width = len(line)
