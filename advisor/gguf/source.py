"""Where the bytes of a header come from: a local file, a seekable stream, or anything else of this shape."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Protocol

from advisor.errors import ExternalError, UserError


class HeaderSource(Protocol):
    """Random access to the bytes of one file.

    `advisor.hub` implements it over HTTP ranges. A source gives what is there and judges nothing.
    """

    @property
    def size(self) -> int:
        """The size of the whole file in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset`: at most `length`, fewer only where the file ends.

        Raises:
            ExternalError: where they cannot be had.
        """
        ...

    def close(self) -> None:
        """Give back what the source holds. Closing twice does no harm."""
        ...


class StreamSource:
    """A seekable binary stream as a source; closing the source leaves the stream open."""

    def __init__(self, stream: BinaryIO, name: str = "stream") -> None:
        self._stream, self._name = stream, name
        self._size = stream.seek(0, os.SEEK_END)

    @property
    def size(self) -> int:
        """The size of the stream in bytes when the source was made."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset`, fewer than `length` only at the end.

        Raises:
            ExternalError: where the stream cannot be read.
        """
        parts = []
        try:
            self._stream.seek(offset)
            while length > 0 and (part := self._stream.read(length)):
                parts.append(part)
                length -= len(part)
        except OSError as error:
            raise ExternalError(f"{self._name} cannot be read at byte {offset}: {error.strerror or error}") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Do nothing: who opened the stream closes it."""


class FileSource(StreamSource):
    """A local file as a source."""

    def __init__(self, path: Path) -> None:
        """Open a regular file.

        Raises:
            UserError: where there is none of this name, or it is something else.
            ExternalError: where it cannot be opened.
        """
        if path.is_dir():
            raise UserError(f"{path} is a folder; name a .gguf file in it")
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is no regular file; a header needs one in which one can go back and forth")
        try:
            # no buffer of its own: the reader asks for large blocks
            stream = path.open("rb", buffering=0)
        except FileNotFoundError:
            raise UserError(f"there is no file {path}") from None
        except OSError as error:
            raise ExternalError(f"{path} cannot be opened: {error.strerror}") from None
        super().__init__(stream, str(path))

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


SMALL_GAP = 1024**2
"""Bytes that are rather fetched in one piece with what follows than left out."""


class KeptSource:
    """Another source whose bytes are kept in a temporary file, so that what was read once is not fetched again."""

    def __init__(self, source: HeaderSource) -> None:
        import tempfile

        self._source = source
        self._file = tempfile.TemporaryFile(prefix="advisor-header-")  # noqa: SIM115  # closed by close()
        self._spans: list[tuple[int, int]] = []
        """What is kept: from and to."""

    @property
    def size(self) -> int:
        """The size of the whole file in bytes."""
        return self._source.size

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset`, fewer than `length` only at the end.

        Raises:
            ExternalError: where the other source cannot be read.
        """
        parts: list[bytes] = []
        end = min(offset + length, self.size)
        while offset < end:
            part = self._kept(offset, end) or self._fetched(offset, end)
            if not part:
                break
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _kept(self, offset: int, end: int) -> bytes:
        for start, stop in self._spans:
            if start <= offset < stop:
                self._file.seek(offset)
                return self._file.read(min(end, stop) - offset)
        return b""

    def _fetched(self, offset: int, end: int) -> bytes:
        """Fetch up to where something is kept already, and keep it; a small gap before it is filled."""
        last = max([0, *(stop for _, stop in self._spans if stop <= offset)])
        start = last if 0 < offset - last <= SMALL_GAP else offset
        end = min([end, *(kept for kept, _ in self._spans if kept > offset)])
        part = self._source.read(start, end - start)
        self._file.seek(start)
        self._file.write(part)
        stop = start + len(part)
        before = next((span for span in self._spans if span[1] == start), None)
        if before:
            self._spans.remove(before)
        self._spans.append((before[0] if before else start, stop))
        return part[len(part) - max(stop - offset, 0) :]

    def close(self) -> None:
        """Let go of what was kept, and close the other source."""
        self._file.close()
        self._source.close()
