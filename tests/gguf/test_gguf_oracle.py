"""The header as the `gguf` package reads it: same keys, values and tensors on every real file at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf_files import needs_smollm2, needs_vocabularies, smollm2, vocabularies

from advisor.gguf.encoding import FILE_TYPES, TENSOR_TYPES
from advisor.gguf.header import Header, read_header
from advisor.gguf.source import FileSource

VOCABULARIES = 19
"""In the source distribution of llama-cpp-python 0.3.36."""


def read(path: Path) -> Header:
    source = FileSource(path)
    try:
        return read_header(source)
    finally:
        source.close()


def compare(path: Path) -> Header:
    """Assert that both readers see the same; return what ours saw."""
    header, oracle = read(path), gguf.GGUFReader(path)
    assert header.problems == ()
    assert header.complete
    fields = {name: field for name, field in oracle.fields.items() if not name.startswith("GGUF.")}
    assert list(header.entries) == list(fields)
    for name, field in fields.items():
        _same_value(name, header, field)
    assert [(t.name, t.dimensions, t.type, t.elements, t.size) for t in header.tensors] == [
        (t.name, tuple(map(int, t.shape)), int(t.tensor_type), t.n_elements, t.n_bytes) for t in oracle.tensors
    ]
    assert [header.data_offset + t.offset for t in header.tensors] == [t.data_offset for t in oracle.tensors]
    if oracle.tensors:
        assert (header.alignment, header.data_offset) == (oracle.alignment, oracle.data_offset)
    return header


def _same_value(name: str, header: Header, field: Any) -> None:
    entry = header.entries[name]
    assert entry.kind == field.types[-1].name.lower(), name
    assert entry.size == sum(int(part.nbytes) for part in field.parts[3:]), name
    if field.types[0] is gguf.GGUFValueType.ARRAY:
        assert entry.length == len(field.data), name
        if entry.value is not None:
            assert list(entry.value) == field.contents(), name
    else:
        assert entry.value == field.contents(), name


@needs_smollm2
def test_a_real_model() -> None:
    path = smollm2()
    assert path
    header = compare(path)
    assert len(header.tensors) == 272
    assert header.entries["tokenizer.ggml.tokens"].length == 49_152


@needs_vocabularies
def test_all_vocabularies_are_there() -> None:
    assert len(vocabularies()) == VOCABULARIES


@pytest.mark.parametrize("path", vocabularies(), ids=lambda p: p.stem)
def test_real_vocabularies(path: Path) -> None:
    assert compare(path).tensors == ()


def test_a_file_that_the_gguf_package_writes(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
    writer.add_custom_alignment(64)
    writer.add_uint8("a.uint8", 200)
    writer.add_int8("a.int8", -3)
    writer.add_uint16("a.uint16", 65_535)
    writer.add_int16("a.int16", -300)
    writer.add_int32("a.int32", -70_000)
    writer.add_uint64("a.uint64", 2**63 + 1)
    writer.add_int64("a.int64", -(2**62))
    writer.add_float32("a.float32", 0.1)
    writer.add_float64("a.float64", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "日本語 \n\0")
    writer.add_array("a.strings", ["", "a", "b" * 300])
    writer.add_array("a.numbers", [1, -2, 3])
    writer.add_array("a.booleans", [True, False])
    writer.add_token_list([f"token {i}" for i in range(5000)])
    writer.add_token_scores([float(i) for i in range(5000)])
    writer.add_tensor("one", np.ones((3, 5), dtype=np.float32))
    writer.add_tensor("two", np.ones((2, 2, 2), dtype=np.float16))
    writer.add_tensor("three", np.zeros(34, dtype=np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    header = compare(tmp_path / "model.gguf")
    assert header.array("a.strings") == ("", "a", "b" * 300)
    assert header.entries["tokenizer.ggml.tokens"].value is None


def test_types_are_those_of_the_package() -> None:
    theirs = {int(kind): (kind.name, *gguf.GGML_QUANT_SIZES[kind]) for kind in gguf.GGMLQuantizationType}
    assert {number: tuple(kind) for number, kind in TENSOR_TYPES.items() if number in theirs} == theirs


def test_file_types_are_those_of_the_package() -> None:
    theirs = {int(kind): kind.name.split("_", 1)[1] for kind in gguf.LlamaFileType if kind.name != "GUESSED"}
    assert {number: FILE_TYPES[number].replace("MXFP4", "MXFP4_MOE") for number in theirs} == theirs
