"""A terminal as a person sees it: a real pseudo-terminal, and the screen that what is written there makes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pexpect
import pyte

UP, DOWN, LEFT, ENTER, SPACE, ESCAPE = "\x1b[A", "\x1b[B", "\x1b[D", "\r", " ", "\x1b"
CONTROL_C, CONTROL_D = "\x03", "\x04"
PATIENCE = 20.0
"""Seconds after which what is waited for will not come."""


class Terminal:
    """Runs a command on a terminal of so many columns and rows."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], cwd: Path, columns: int = 100, rows: int = 60
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child: Any = pexpect.spawn(
            command[0], command[1:], env=dict(environment), cwd=str(cwd), dimensions=(rows, columns), timeout=PATIENCE
        )

    @property
    def text(self) -> str:
        """Return what stands on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def waits_for(self, *texts: str) -> str:
        """Return the screen as soon as all texts stand on it."""
        return self.waits_until(lambda screen: all(text in screen for text in texts), str(texts))

    def waits_until(self, holds: Callable[[str], bool], what: str) -> str:
        """Return the screen as soon as something holds of it."""
        end = time.monotonic() + PATIENCE
        while not holds(self.text):
            assert time.monotonic() < end, f"{what} did not come; the screen shows:\n{self.text}"
            if not self._read():
                assert holds(self.text), f"it ended without {what}:\n{self.text}"
        return self.text

    def send(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.child.send(key)

    def interrupt(self) -> None:
        """Press Ctrl-C until it ends: Python misses one that comes just before it begins to read a line."""
        end = time.monotonic() + PATIENCE
        again = 0.0
        while time.monotonic() < end:
            if time.monotonic() >= again:
                self.child.send(CONTROL_C)
                again = time.monotonic() + 1.0
            if not self._read():
                return

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size, which the program is told."""
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def ends(self) -> int:
        """Wait for the end and return the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < end, f"it does not end; the screen shows:\n{self.text}"
        self.child.close()
        code = self.child.exitstatus
        assert code is not None, f"killed by signal {self.child.signalstatus}"
        return int(code)

    def _read(self) -> bool:
        """Take in what was written; say whether there can be more."""
        try:
            content = self.child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += content
        self._stream.feed(content)
        return True
