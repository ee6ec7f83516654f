"""The header of a GGUF file: keys, values and the table of tensors, read without trusting a single length.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. What llama.cpp's own reader (`gguf.cpp`) refuses
is refused here. Token arrays are walked over, not built. A problem that leaves the rest readable is kept, and
reading goes on; one that does not ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from struct import Struct
from typing import NamedTuple

from advisor.gguf.encoding import ARRAY, BOOL, REMOVED_TYPES, SCALARS, STRING, TENSOR_TYPES, TensorType
from advisor.gguf.layout import DEFAULT_ALIGNMENT, alignment_of, check_layout
from advisor.gguf.magic import check_magic
from advisor.gguf.problem import HeaderError, Problem
from advisor.gguf.source import HeaderSource
from advisor.gguf.window import Window

MOST_KEYS = 4096
MOST_TENSORS = 16_384
"""Counts beyond which nothing is read; real files have some dozen keys and a few thousand tensors."""
LONGEST_KEY = 65_535
LONGEST_NAME = 63
"""Bytes of a tensor's name in llama.cpp (`GGML_MAX_NAME` less one)."""
MOST_DIMENSIONS = 4
MOST_ELEMENTS = 2**63 - 1
KEPT_TEXT = 1024**2
KEPT_TEXTS = 4 * 1024**2
"""Bytes of a text, and of all keys and texts together, up to which they are kept."""
KEPT_ELEMENTS = 4096
KEPT_ARRAYS = 262_144
"""Elements of an array, and of all arrays together, up to which they are kept."""
LONGEST_LABEL = 120
"""Characters of a name out of a file that are shown."""
MOST_PROBLEMS = 100

_COUNT, _TYPE = Struct("<Q"), Struct("<I")
_FIRST = Struct("<QQ")
_ELEMENTS = Struct("<IQ")
_DIMENSIONS = [Struct(f"<{n}QIQ") for n in range(MOST_DIMENSIONS + 1)]
_SMALLEST_ENTRY = 8 + 1 + 4 + 1
_SMALLEST_TENSOR = 8 + 4 + 4 + 8

Scalar = int | float | bool | str
Value = Scalar | tuple[Scalar, ...]


class Entry(NamedTuple):
    """One key's value: `value` is None where it was too long to keep; bytes `offset` to `offset + size` hold it."""

    kind: str
    """`uint32`, `string`, …; the kind of the elements where `length` is not None."""
    value: Value | None
    offset: int
    size: int
    length: int | None = None
    """Number of elements of an array."""


class Tensor(NamedTuple):
    """One row of the tensor table; `offset` counts from the beginning of the data, `place` from that of the file."""

    name: str
    dimensions: tuple[int, ...]
    type: int
    offset: int
    place: int
    """Where in the file the row of the table stands."""

    @property
    def encoding(self) -> TensorType | None:
        """How the elements are stored, or None where the type is not known."""
        return TENSOR_TYPES.get(self.type)

    @property
    def elements(self) -> int:
        return prod(self.dimensions)

    @property
    def size(self) -> int:
        """The size in bytes; 0 where the type is not known."""
        encoding = self.encoding
        return self.elements // encoding.block * encoding.size if encoding else 0


class Header(NamedTuple):
    """What was read. `complete` says that it was read to its end, whatever else is wrong."""

    size: int
    version: int | None
    entries: Mapping[str, Entry]
    tensors: tuple[Tensor, ...]
    alignment: int
    data_offset: int
    """Where the data begins: also the length of the header in bytes."""
    problems: tuple[Problem, ...]
    complete: bool

    def text(self, key: str) -> str | None:
        """Return the text under `key`; None where there is none or it is something else."""
        entry = self.entries.get(key)
        return entry.value if entry and isinstance(entry.value, str) else None

    def label(self, key: str) -> str | None:
        """Return a text that should be a name or a few words, cut where it is neither."""
        text = self.text(key)
        return text if text is None or len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"

    def integer(self, key: str) -> int | None:
        """Return the whole number under `key`; None where there is none or it is something else."""
        entry = self.entries.get(key)
        value = entry.value if entry else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def array(self, key: str) -> tuple[Scalar, ...] | None:
        """Return the elements under `key`; None where there is no array or it was too long to keep."""
        entry = self.entries.get(key)
        return entry.value if entry and isinstance(entry.value, tuple) else None

    @property
    def elements(self) -> int:
        """The elements of all tensors: the parameters of the model."""
        return sum(tensor.elements for tensor in self.tensors)

    @property
    def weights_bytes(self) -> int:
        """The bytes of all tensors without padding."""
        return sum(tensor.size for tensor in self.tensors)


def read_header(source: HeaderSource) -> Header:
    """Read the header of a GGUF file and check it against the size of the file.

    Reads forward in blocks of half a MiB, at most `HEADER_CAP` bytes, and never the weights. Never raises for what
    the file holds: everything wrong stands in `problems`.

    Raises:
        ExternalError: where the source cannot be read.
    """
    reader = _Reader(Window(source))
    try:
        reader.run()
    except HeaderError as error:
        reader.problems.append(error.problem)
    return reader.result()


class _Reader:
    """Goes through one header once."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.version: int | None = None
        self.entries: dict[str, Entry] = {}
        self.tensors: list[Tensor] = []
        self.problems: list[Problem] = []
        self.alignment = DEFAULT_ALIGNMENT
        self.data_offset = 0
        self.complete = False
        self._room = KEPT_TEXTS
        self._elements = KEPT_ARRAYS

    def result(self) -> Header:
        """Return what was read so far."""
        return Header(
            size=self.window.size,
            version=self.version,
            entries=self.entries,
            tensors=tuple(self.tensors),
            alignment=self.alignment,
            data_offset=self.data_offset or self.window.position,
            problems=tuple(self.problems[:MOST_PROBLEMS]),
            complete=self.complete,
        )

    def run(self) -> None:
        """Read magic, counts, keys and tensors, in that order."""
        self.version = check_magic(self.window)
        tensors, keys = self.window.unpack(_FIRST)
        self._plausible(keys, _SMALLEST_ENTRY, MOST_KEYS, "key", 16)
        self._plausible(tensors, _SMALLEST_TENSOR, MOST_TENSORS, "tensor", 8)
        for _ in range(keys):
            self._entry()
        self.alignment = alignment_of(self.entries.get("general.alignment"), self.problems)
        names: set[str] = set()
        for _ in range(tensors):
            self.tensors.append(self._tensor(names))
        end = self.window.position
        self.data_offset = end + -end % self.alignment if tensors else end
        self.complete = True
        check_layout(self.tensors, self.alignment, self.data_offset, self.window.size, self.problems)

    def _plausible(self, count: int, smallest: int, most: int, what: str, offset: int) -> None:
        """Compare a count with the bytes that are left and with what occurs."""
        if count * smallest > self.window.left:
            raise HeaderError(f"{what}-count", f"{count:,} {what}s do not fit into the file", offset)
        if count > most:
            raise HeaderError(f"{what}-count", f"{count:,} {what}s; no model has more than {most:,}", offset)

    def _say(self, code: str, message: str, offset: int) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code=code, message=message, offset=offset, severity="fail"))

    def _keeps(self, count: int) -> bool:
        """Say whether an array of `count` elements is kept, and set room aside for it."""
        kept = count <= min(KEPT_ELEMENTS, self._elements)
        self._elements -= count if kept else 0
        return kept

    # --- keys and values ----------------------------------------------------------------------------------

    def _entry(self) -> None:
        window = self.window
        place = window.position
        (length,) = window.unpack(_COUNT)
        if not 0 < length <= LONGEST_KEY:
            raise HeaderError("key-length", f"a key of {length:,} bytes; 1 to {LONGEST_KEY:,} are allowed", place)
        self._room -= length
        if self._room < 0:
            raise HeaderError("key-length", f"keys of more than {KEPT_TEXTS:,} bytes in all", place)
        key = self._decoded(window.take(length, "a key"), "a key", place)
        if key in self.entries:
            self._say("duplicate-key", f"the key {shown(key)} stands twice", place)
        (kind,) = window.unpack(_TYPE)
        entry = self._array(key) if kind == ARRAY else self._single(kind, key)
        self.entries.setdefault(key, entry)

    def _single(self, kind: int, key: str) -> Entry:
        place = self.window.position
        if kind == STRING:
            (length,) = self.window.unpack(_COUNT)
            return Entry("string", self._text(length, key), place, 8 + length)
        name, form = self._scalar(kind, key, place - 4)
        (value,) = self.window.unpack(form)
        if kind == BOOL:
            self._boolean(value, key, place)
            value = bool(value)
        return Entry(name, value, place, form.size)

    def _text(self, length: int, key: str) -> str | None:
        """Read a text, or go over it where it is too long to keep."""
        what = f"the value of {shown(key)}"
        if length > KEPT_TEXT or length > self._room:
            self.window.skip(length, what)
            return None
        place = self.window.position
        self._room -= length
        return self._decoded(self.window.take(length, what), what, place)

    def _decoded(self, content: bytes, what: str, place: int) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            self._say("not-utf8", f"{what} is not UTF-8", place + error.start)
            return content.decode(errors="replace")

    def _scalar(self, kind: int, key: str, place: int) -> tuple[str, Struct]:
        if kind not in SCALARS:
            raise HeaderError("value-type", f"{shown(key)} has a value of the unknown type {kind}", place)
        return SCALARS[kind]

    def _boolean(self, value: int, key: str, place: int) -> None:
        if value > 1:
            self._say("bool-value", f"{shown(key)} holds {value} where true or false is due", place)

    def _array(self, key: str) -> Entry:
        place = self.window.position
        kind, count = self.window.unpack(_ELEMENTS)
        what = f"the array {shown(key)}"
        if kind == ARRAY:
            raise HeaderError("nested-array", f"{what} holds arrays, which llama.cpp does not read", place)
        if kind == STRING:
            return self._texts(key, count, place)
        name, form = self._scalar(kind, key, place)
        value = None
        if self._keeps(count):
            many = Struct(f"<{count}{form.format[-1:]}") if count else Struct("")
            value = tuple(many.unpack(self.window.take(count * form.size, what)))
            if kind == BOOL:
                self._boolean(max(value, default=0), key, place + 12)
                value = tuple(map(bool, value))
        else:
            self.window.skip(count * form.size, what)
        return Entry(name, value, place, self.window.position - place, count)

    def _texts(self, key: str, count: int, place: int) -> Entry:
        """Keep a short list of texts; walk over the tokens and merges of a vocabulary."""
        what = f"the array {shown(key)}"
        self.window.check(8 * count, what)
        value: tuple[str, ...] | None = None
        if self._keeps(count):
            found = [self._text(self.window.unpack(_COUNT)[0], key) for _ in range(count)]
            value = tuple(text for text in found if text is not None)
            value = value if len(value) == count else None
        else:
            self.window.skip_texts(count, what)
        return Entry("string", value, place, self.window.position - place, count)

    # --- tensors ------------------------------------------------------------------------------------------

    def _tensor(self, names: set[str]) -> Tensor:
        window = self.window
        place = window.position
        (length,) = window.unpack(_COUNT)
        if length > LONGEST_NAME:
            raise HeaderError("tensor-name", f"a tensor's name of {length:,} bytes; 63 are allowed", place)
        name = self._decoded(window.take(length, "a tensor's name"), "a tensor's name", place + 8)
        if name in names:
            self._say("duplicate-tensor", f"the tensor {shown(name)} stands twice", place)
        names.add(name)
        (count,) = window.unpack(_TYPE)
        if count > MOST_DIMENSIONS:
            message = f"{shown(name)} has {count:,} dimensions; {MOST_DIMENSIONS} are allowed"
            raise HeaderError("dimensions", message, window.position - 4)
        *dimensions, kind, offset = window.unpack(_DIMENSIONS[count])
        tensor = Tensor(name, tuple(dimensions), kind, offset, place)
        self._check_tensor(tensor)
        return tensor

    def _check_tensor(self, tensor: Tensor) -> None:
        if 0 in tensor.dimensions:
            self._say("dimensions", f"{shown(tensor.name)} has a dimension of 0", tensor.place)
        if any(n > MOST_ELEMENTS for n in tensor.dimensions) or tensor.elements > MOST_ELEMENTS:
            raise HeaderError("dimensions", f"{shown(tensor.name)} has more elements than can be counted", tensor.place)
        encoding = tensor.encoding
        if encoding is None:
            removed = ", which llama.cpp reads no more" if tensor.type in REMOVED_TYPES else ""
            message = f"{shown(tensor.name)} is of the unknown type {tensor.type}{removed}"
            self._say("tensor-type", message, tensor.place)
        elif (tensor.dimensions[0] if tensor.dimensions else 1) % encoding.block:
            row = tensor.dimensions[0] if tensor.dimensions else 1
            message = f"{shown(tensor.name)}: rows of {row:,} do not divide into blocks of {encoding.block}"
            self._say("block-size", f"{message} ({encoding.name})", tensor.place)


def shown(name: str) -> str:
    """Return a name out of a file so that it can be printed: quoted, short, without control characters."""
    return repr(name if len(name) <= 80 else name[:79] + "…")
