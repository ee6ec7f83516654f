"""A bounded view that moves forward over a source: never more in memory than one block and one kept text."""

from __future__ import annotations

from struct import Struct, error

from advisor.gguf.problem import HeaderError
from advisor.gguf.source import HeaderSource

BLOCK = 512 * 1024
"""Bytes that are asked of a source at once."""
HEADER_CAP = 64 * 1024**2
"""Bytes beyond which no header goes: the largest seen, with 262,144 tokens, has 16 MB."""
_LENGTH = Struct("<Q")


class Window:
    """Reads numbers and texts one after another. Every length is compared with what is there before it is used."""

    def __init__(self, source: HeaderSource) -> None:
        self.size = source.size
        self._source = source
        self._block = b""
        self._start = 0
        self._at = 0

    @property
    def position(self) -> int:
        """The next byte, counted from the beginning of the file."""
        return self._start + self._at

    @property
    def left(self) -> int:
        """How many bytes the header may still have: up to the end of the file or to the cap."""
        return min(self.size, HEADER_CAP) - self.position

    def unpack(self, form: Struct) -> tuple[int, ...]:
        """Read fixed fields.

        Raises:
            HeaderError: where the file ends or the header is too long.
        """
        if self._at + form.size > len(self._block):
            self._refill(form.size)
        values = form.unpack_from(self._block, self._at)
        self._at += form.size
        return values

    def take(self, length: int, what: str) -> bytes:
        """Read `length` bytes, which belong to `what`.

        Raises:
            HeaderError: where so many are not there.
        """
        self.check(length, what)
        if self._at + length > len(self._block):
            self._refill(length)
        taken = self._block[self._at : self._at + length]
        self._at += length
        return taken

    def back(self, length: int) -> None:
        """Go back over the last `length` bytes that were taken."""
        self._at -= length

    def skip(self, length: int, what: str) -> None:
        """Go on by `length` bytes without reading them.

        Raises:
            HeaderError: where so many are not there.
        """
        self.check(length, what)
        self._at += length

    def skip_texts(self, count: int, what: str) -> None:
        """Go over `count` texts, each with its length before it, and build nothing of them.

        Raises:
            HeaderError: where a length points beyond the header.
        """
        unpack = _LENGTH.unpack_from
        while count > 0:
            block, at, passed = self._block, self._at, 0
            try:
                for passed in range(count):  # noqa: B007  # how far it came is what counts
                    at += 8 + unpack(block, at)[0]
                passed = count
            except (error, OverflowError):  # the block, or the file, ends before this length
                pass
            if self._start + at > min(self.size, HEADER_CAP):
                self._go_to_last_length(passed)
                raise self._short(self._start + at - min(self.size, HEADER_CAP), what)
            self._at = at
            count -= passed
            if count:
                self._refill(8)

    def _go_to_last_length(self, passed: int) -> None:
        """Stand before the last of the lengths just passed: the one that points too far."""
        for _ in range(passed - 1):
            self._at += 8 + _LENGTH.unpack_from(self._block, self._at)[0]

    def check(self, length: int, what: str) -> None:
        """Make sure that `length` bytes are there.

        Raises:
            HeaderError: where they are not.
        """
        if length > self.left:
            raise self._short(length - self.left, what)

    def _refill(self, needed: int) -> None:
        """Load the block that begins at the position."""
        position = self.position
        if needed > self.left:
            raise self._short(needed - self.left, "the header")
        wanted = min(max(BLOCK, needed), self.left)
        block = self._source.read(position, wanted)
        if len(block) < needed:
            raise HeaderError("truncated", "the file ended while it was being read", position + len(block))
        self._block, self._start, self._at = block, position, 0

    def _short(self, missing: int, what: str) -> HeaderError:
        if missing <= self.size - HEADER_CAP:
            cap = f"{HEADER_CAP // 1024**2} MiB"
            return HeaderError("header-too-long", f"{what} goes beyond {cap}, which no header needs", self.position)
        return HeaderError("truncated", f"{what} needs {missing:,} bytes more than the file has", self.position)
