"""The shape of a network read out of a header gives the memory that the catalog's record gives, for every model."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_engine_plans import MODELS, header_of

from advisor.gguf.header import read_header
from advisor.gguf.shape import UnknownShapeError, shape_of
from advisor.gguf.source import FileSource
from advisor.hardware import memory

UNREAD = {"deepseek4": "follow no formula", **dict.fromkeys(
    ("deepseek32", "glm-dsa", "glm5-next", "hy_v4", "minimax-m3", "qwen4exp"), "indexer")}  # fmt: skip
"""Architectures whose headers say too little, and what is said of them."""


@pytest.mark.parametrize("model_id", MODELS)
def test_a_header_says_what_the_record_says(model_id: str, tmp_path: Path) -> None:
    record, parameters = MODELS[model_id]
    source = FileSource(header_of(record, parameters, tmp_path))
    header = read_header(source)
    source.close()
    assert header.problems == ()
    if record.name in UNREAD:
        with pytest.raises(UnknownShapeError, match=UNREAD[record.name]):
            shape_of(header)
        return
    shape = shape_of(header)
    for context, users in ((8192, 1), (32_768, 4)):
        for element in (2.0, 34 / 32):
            assert memory.kv_cache_bytes(shape, context, users, element) == memory.kv_cache_bytes(
                record, context, users, element
            )
        assert memory.state_bytes(shape, users) == memory.state_bytes(record, users)
        assert memory.compute_bytes(shape, context, users) == memory.compute_bytes(record, context, users)
