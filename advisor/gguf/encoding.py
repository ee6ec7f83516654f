"""The numbers of the format: types of values and tensors, names of quantizations.

Source: `ggml_type`, `gguf_type` and `llama_ftype` in llama.cpp's `ggml.h`, `gguf.h` and `llama.h`; sizes from the
blocks in `ggml-common.h`. The tests compare them with the `gguf` package.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

SCALARS = {
    0: ("uint8", Struct("<B")), 1: ("int8", Struct("<b")), 2: ("uint16", Struct("<H")), 3: ("int16", Struct("<h")),
    4: ("uint32", Struct("<I")), 5: ("int32", Struct("<i")), 6: ("float32", Struct("<f")), 7: ("bool", Struct("<B")),
    10: ("uint64", Struct("<Q")), 11: ("int64", Struct("<q")), 12: ("float64", Struct("<d")),
}  # fmt: skip
"""Values of fixed size by the number of their type."""
BOOL, STRING, ARRAY = 7, 8, 9


class TensorType(NamedTuple):
    """How elements are stored: `block` elements of a row in `size` bytes."""

    name: str
    block: int
    size: int


TENSOR_TYPES = {
    number: TensorType(*row)
    for number, row in {
        0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
        7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
        12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
        16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
        20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
        24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
        29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
        39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18), 42: ("Q2_0", 64, 18),
    }.items()
}  # fmt: skip
REMOVED_TYPES = frozenset({4, 5, 31, 32, 33, 36, 37, 38})
"""Numbers of types that llama.cpp once had and reads no more."""

FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4",
    40: "Q1_0", 41: "Q2_0",
}  # fmt: skip
"""Quantizations by `general.file_type`."""
