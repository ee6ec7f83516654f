"""A file on the hub read piece by piece: the header of a model without its weights."""

from __future__ import annotations

from advisor.errors import ExternalError
from advisor.hub.interface import Hub, RemoteFile

BLOCK = 1 << 20
"""Bytes asked for at once: a header is read in a few requests."""
MOST = 256 << 20
"""Bytes after which somebody is reading weights, which is not what this is for."""


class HubFile:
    """Bytes of a hub file by offset; blocks that were read are kept, so that walking through a header is cheap."""

    def __init__(self, hub: Hub, file: RemoteFile, block: int = BLOCK, most: int = MOST) -> None:
        """Take a file whose size the hub tells.

        Raises:
            ExternalError: where it does not.
        """
        if file.size_bytes is None:
            raise ExternalError(f"the hub does not tell the size of {file.name}; it has to be pulled to be inspected")
        self.size = file.size_bytes
        self.fetched = 0
        """Bytes that came over the network so far."""
        self._hub, self._file, self._block, self._most = hub, file, block, most
        self._start = 0
        self._kept = b""

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer where the file ends.

        Raises:
            ExternalError: where the hub does not answer, or too much of the file was read already.
        """
        length = max(0, min(length, self.size - offset))
        end = self._start + len(self._kept)
        if not self._start <= offset <= end:
            self._start, self._kept, end = offset, b"", offset
        if offset + length > end:
            self._kept = self._kept[offset - self._start :]
            self._start = offset
            self._more(max(length - len(self._kept), min(self._block, self.size - end)))
        return self._kept[offset - self._start : offset - self._start + length]

    def _more(self, count: int) -> None:
        if self.fetched + count > self._most:
            raise ExternalError(
                f"more than {self._most >> 20} MiB of {self._file.name} would be needed; pull it instead"
            )
        found = self._hub.read(self._file, self._start + len(self._kept), count)
        if len(found) < count:
            raise ExternalError(f"the hub sent less of {self._file.name} than it says there is; try again")
        self.fetched += count
        self._kept += found

    def close(self) -> None:
        """Let go of what was read."""
        self._kept = b""
