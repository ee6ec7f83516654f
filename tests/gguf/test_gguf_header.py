"""Every way in which a header can be wrong has a problem of its own, and none costs more than the file has."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gguf_files import ARRAY, Q4_K, STRING, Gguf, text, tiny

from advisor.errors import ExternalError, UserError
from advisor.gguf import header as module
from advisor.gguf.header import Header, read_header
from advisor.gguf.layout import MOST_MISPLACED
from advisor.gguf.source import FileSource, KeptSource, StreamSource
from advisor.gguf.window import BLOCK, HEADER_CAP

U32, U64 = (lambda n: struct.pack("<I", n)), (lambda n: struct.pack("<Q", n))


class Claimed:
    """Bytes at the beginning of a file that is said to be larger; counts what is asked of it."""

    def __init__(self, content: bytes, size: int | None = None) -> None:
        self.content, self.size = content, len(content) if size is None else size
        self.asked = 0
        self.largest = 0

    def read(self, offset: int, length: int) -> bytes:
        self.asked += length
        self.largest = max(self.largest, length)
        return self.content[offset : offset + length].ljust(min(length, max(self.size - offset, 0)), b"\0")

    def close(self) -> None:
        pass


def read(content: bytes | Gguf, size: int | None = None) -> Header:
    return read_header(Claimed(content.content() if isinstance(content, Gguf) else content, size))


def codes(content: bytes | Gguf, size: int | None = None) -> list[str]:
    return [problem.code for problem in read(content, size).problems]


def test_a_right_file_has_no_problem() -> None:
    header = read(tiny())
    assert header.problems == ()
    assert header.complete
    assert header.text("general.architecture") == "llama"
    assert header.integer("llama.block_count") == 2
    assert header.elements == sum(t.elements for t in header.tensors) > 50_000
    assert header.weights_bytes == 4 * header.elements


def test_accessors_do_not_mistake_kinds() -> None:
    header = read(Gguf().add("a", True).add("b", 1.5).add("c", "x").add("d", [1, 2]))
    assert [header.integer(k) for k in "abcde"] == [None] * 5
    assert [header.text(k) for k in "abde"] == [None] * 4
    assert header.array("d") == (1, 2)
    assert header.array("c") is None
    assert header.entries["a"].value is True


NOT_GGUF = {
    "empty": (b"", "empty", "empty"),
    "short": (b"GGUF\x03\0\0\0", "truncated", "ends after 8 bytes"),
    "zip": (b"PK\x03\x04" + bytes(60), "magic", "runs its code"),
    "pickle": (b"\x80\x04\x95" + bytes(60), "magic", "pickle"),
    "page": (b"<!DOCTYPE html><html>" + b" " * 40, "magic", "web page"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "magic", "Git LFS"),
    "error": (b'{"error": "Repository not found"}        ', "magic", "JSON"),
    "safetensors": (struct.pack("<Q", 40) + b'{"__metadata__": {}}' + bytes(40), "magic", "safetensors"),
    "ggjt": (b"tjgg" + bytes(60), "magic", "before GGUF"),
    "noise": (b"\x00\x01\x02\x03" + bytes(60), "magic", "00 01 02 03"),
    "version 1": (b"GGUF" + U32(1) + bytes(40), "version", "GGUF version 1"),
    "version 4": (b"GGUF" + U32(4) + bytes(40), "version", "GGUF version 4"),
    "big-endian": (b"GGUF" + struct.pack(">I", 3) + bytes(40), "big-endian", "big-endian"),
}


@pytest.mark.parametrize("name", NOT_GGUF)
def test_what_is_no_gguf_is_told_apart(name: str) -> None:
    content, code, words = NOT_GGUF[name]
    header = read(content)
    assert [problem.code for problem in header.problems] == [code]
    assert words in header.problems[0].message
    assert not header.complete


def _counts(tensors: int | None, keys: int | None) -> Gguf:
    return Gguf(counts=(tensors, keys)).add("a", 1)


WRONG: dict[str, tuple[Callable[[], bytes | Gguf], str, bool]] = {
    # name: what is read, the code of its problem, whether the rest is read all the same
    "more keys than bytes": (lambda: _counts(None, 2**62), "key-count", False),
    "more tensors than bytes": (lambda: _counts(2**60, None), "tensor-count", False),
    "too many keys": (lambda: _counts(None, module.MOST_KEYS + 1).content() + bytes(100_000), "key-count", False),
    "too many tensors": (
        lambda: _counts(module.MOST_TENSORS + 1, None).content() + bytes(2_000_000), "tensor-count", False
    ),
    "one key too many": (lambda: _counts(None, 2).content() + bytes(14), "key-length", False),
    "key of no length": (lambda: Gguf().raw(text(""), 4, U32(1)), "key-length", False),
    "key as long as the world": (lambda: Gguf().raw(text("a", 2**63 - 1), 4, U32(1)), "key-length", False),
    "key beyond the end": (lambda: Gguf().raw(text("a", 60_000), 4, U32(1)), "truncated", False),
    "key not UTF-8": (lambda: Gguf().raw(text(b"\xff\xfe"), 4, U32(1)), "not-utf8", True),
    "key twice": (lambda: Gguf().add("a", 1).add("a", 2), "duplicate-key", True),
    "unknown value type": (lambda: Gguf().raw("a", 13, U64(0)), "value-type", False),
    "text beyond the end": (lambda: Gguf().raw("a", STRING, text("x", 2**63 - 1)), "truncated", False),
    "text with the largest length": (lambda: Gguf().raw("a", STRING, text("x", 2**64 - 1)), "truncated", False),
    "text not UTF-8": (lambda: Gguf().raw("a", STRING, text(b"ab\xff")), "not-utf8", True),
    "boolean of 2": (lambda: Gguf().raw("a", 7, b"\2"), "bool-value", True),
    "booleans of 2": (lambda: Gguf().raw("a", ARRAY, U32(7) + U64(2) + b"\1\2"), "bool-value", True),
    "array of arrays": (lambda: Gguf().raw("a", ARRAY, U32(9) + U64(1) + U32(4) + U64(0)), "nested-array", False),
    "array of unknown type": (lambda: Gguf().raw("a", ARRAY, U32(77) + U64(1) + bytes(8)), "value-type", False),
    "array beyond the end": (lambda: Gguf().raw("a", ARRAY, U32(10) + U64(2**61)), "truncated", False),
    "texts beyond the end": (lambda: Gguf().raw("a", ARRAY, U32(8) + U64(2**61)), "truncated", False),
    "a text of many beyond the end": (
        lambda: Gguf().raw("a", ARRAY, U32(8) + U64(5000) + text("t") * 4999 + text("t", 2**63)), "truncated", False
    ),
    "a text of many with the largest length": (
        lambda: Gguf().raw("a", ARRAY, U32(8) + U64(5000) + text("t", 2**64 - 1) + bytes(80_000)), "truncated", False
    ),
    "the file ends among texts": (
        lambda: Gguf().raw("a", ARRAY, U32(8) + U64(5000) + text("") * 4999 + b"\1\0\0"), "truncated", False
    ),
    "alignment of another kind": (lambda: Gguf().add("general.alignment", 32, "uint64"), "alignment", True),
    "alignment of 0": (lambda: Gguf().add("general.alignment", 0), "alignment", True),
    "alignment of 24": (lambda: Gguf().add("general.alignment", 24), "alignment", True),
    "alignment of 2 GiB": (lambda: Gguf().add("general.alignment", 2**31), "alignment", True),
    "tensor name too long": (lambda: Gguf().tensor("n" * 64, 4), "tensor-name", False),
    "tensor twice": (lambda: Gguf().tensor("t", 8).tensor("t", 8), "duplicate-tensor", True),
    "five dimensions": (lambda: Gguf().tensor("t", 1, 1, 1, 1, 1), "dimensions", False),
    "dimension of 0": (lambda: Gguf().tensor("t", 0, 4), "dimensions", True),
    "product beyond 63 bits": (lambda: Gguf().tensor("t", 2**32, 2**32).header()[0], "dimensions", False),
    "dimension beyond 63 bits": (lambda: Gguf().tensor("t", 2**63).header()[0], "dimensions", False),
    "tensor of an unknown type": (lambda: Gguf().tensor("t", 32, kind=99), "tensor-type", True),
    "tensor of a removed type": (lambda: Gguf().tensor("t", 32, kind=31), "tensor-type", True),
    "row not in blocks": (lambda: Gguf().tensor("t", 100, 256, kind=Q4_K), "block-size", True),
    "offset not aligned": (lambda: Gguf(offsets={"t": 8}).tensor("t", 8), "offset-alignment", True),
    "overlap": (lambda: Gguf(offsets={"u": 0}).tensor("t", 64).tensor("u", 64), "overlap", True),
    "gap": (lambda: Gguf(offsets={"u": 1024}).tensor("t", 64).tensor("u", 64).content() + bytes(1024), "gap", True),
    "offset outside": (lambda: Gguf(offsets={"t": 2**50}).tensor("t", 64), "missing-bytes", True),
    "offset with the largest number": (lambda: Gguf(offsets={"t": 2**64 - 32}).tensor("t", 64), "missing-bytes", True),
    "missing bytes": (lambda: tiny().content()[:-100], "missing-bytes", True),
    "trailing bytes": (lambda: tiny().content() + bytes(100), "trailing-bytes", True),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_headers(name: str) -> None:
    make, code, complete = WRONG[name]
    header = read(make())
    assert code in [problem.code for problem in header.problems]
    assert header.complete is complete
    assert all(0 <= problem.offset <= header.size for problem in header.problems)
    assert all(problem.message for problem in header.problems)


def test_only_trailing_bytes_are_no_failure() -> None:
    wrong = {name: read(make()).problems for name, (make, _, _) in WRONG.items()}
    assert {name for name, found in wrong.items() if all(p.severity == "warn" for p in found)} == {"trailing bytes"}


def test_a_file_that_ends_anywhere_in_its_header_is_truncated() -> None:
    whole, _ = tiny().header()
    for end in range(24, len(whole)):
        found = read(whole[:end]).problems
        assert found, f"nothing wrong at {end}"
        assert found[0].code in ("truncated", "key-count", "tensor-count", "missing-bytes")


def test_the_offset_of_a_length_that_lies_is_told() -> None:
    before = Gguf().raw("a", ARRAY, U32(8) + U64(5000))
    place = len(before.header()[0]) + 9 * 4000
    content = Gguf().raw("a", ARRAY, U32(8) + U64(5000) + text("t") * 4000 + text("t", 10**12) + text("t") * 999)
    (problem,) = read(content).problems
    assert problem.offset == place


def test_texts_across_blocks_are_walked_over_whole() -> None:
    tokens = [str(i) * (i % 700) for i in range(5000)]
    content = Gguf().add("tokens", tokens).add("after", 7)
    header = read(content)
    assert header.size > 2 * BLOCK
    assert header.entries["tokens"].length == 5000
    assert header.integer("after") == 7


def test_one_text_longer_than_a_block_is_skipped() -> None:
    header = read(Gguf().add("long", "x" * (3 * module.KEPT_TEXT)).add("after", 7))
    assert header.entries["long"].value is None
    assert header.integer("after") == 7
    assert header.problems == ()


def test_a_header_beyond_the_cap_is_refused() -> None:
    content = Gguf().raw("a", STRING, text("x", HEADER_CAP))
    assert codes(content, size=10**12) == ["header-too-long"]


def test_weights_are_never_read() -> None:
    source = Claimed(tiny().header()[0], size=4 * 10**11)
    read_header(source)
    assert source.asked <= 2 * BLOCK


def test_no_more_is_asked_than_a_block_whatever_a_length_says() -> None:
    for name, (make, _, _) in WRONG.items():
        made = make()
        source = Claimed(made.content() if isinstance(made, Gguf) else made, size=10**13)
        read_header(source)
        assert source.largest <= BLOCK, name


def test_values_are_kept_up_to_a_bound() -> None:
    content = Gguf()
    for i in range(200):
        content.add(f"text {i}", "x" * 100_000).add(f"array {i}", [i] * 4000)
    header = read(content)
    texts = sum(len(e.value) for e in header.entries.values() if isinstance(e.value, str))
    elements = sum(len(e.value) for e in header.entries.values() if isinstance(e.value, tuple))
    assert 3_000_000 < texts <= module.KEPT_TEXTS
    assert 200_000 < elements <= module.KEPT_ARRAYS
    assert header.problems == ()


def test_keys_without_end_are_refused() -> None:
    content = Gguf()
    for i in range(100):
        content.add(f"{i:05}" + "k" * 60_000, i)
    assert codes(content) == ["key-length"]


def test_not_every_misplaced_tensor_is_told() -> None:
    content = Gguf()
    for i in range(500):
        content.tensor(f"t{i}", 8)
        content.offsets[f"t{i}"] = 0
    assert len(codes(content)) == MOST_MISPLACED


def test_names_are_shown_without_control_characters() -> None:
    (problem,) = read(Gguf().add("a\x1b[2J", 1).add("a\x1b[2J", 1)).problems
    assert problem.message.isprintable()


# --- sources ----------------------------------------------------------------------------------------------


def test_a_stream_is_a_source(tmp_path: Path) -> None:
    stream = io.BytesIO(tiny().content())
    source = StreamSource(stream)
    assert read_header(source).problems == ()
    source.close()
    assert not stream.closed


def test_a_folder_a_device_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        FileSource(tmp_path)
    with pytest.raises(UserError, match="no regular file"):
        FileSource(Path("/dev/null"))
    with pytest.raises(UserError, match="there is no file"):
        FileSource(tmp_path / "none.gguf")


def test_a_file_that_shrinks_meanwhile_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny().content())
    source = FileSource(path)
    with path.open("r+b") as file:
        file.truncate(100)
    assert [p.code for p in read_header(source).problems] == ["truncated"]
    source.close()


def test_a_stream_that_cannot_be_read(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(ExternalError, match="at byte 0: Input/output error"):
        read_header(StreamSource(Broken(tiny().content()), "the disk"))


def test_a_kept_source_asks_for_nothing_twice() -> None:
    content = bytes(range(251)) * 20_000
    inner = Claimed(content)
    source = KeptSource(inner)
    places = [(1000, 500), (0, 3000), (1500, 4000), (20_000, 100), (4_000_000, 10), (100, 25_000)]
    places += [(3_000_000, 1_100_000), (25_000, 5_020_000), (5_019_990, 500), (0, 7)]
    for offset, length in places:
        assert source.read(offset, length) == content[offset : offset + length]
    assert inner.asked == len(content)
    source.close()


def test_a_kept_source_is_the_same_file() -> None:
    for content in (tiny().content(), b"", tiny().content()[:200]):
        source = KeptSource(Claimed(content))
        assert read_header(source) == read(content)
        assert source.read(0, len(content) + 10) == content
        source.close()
