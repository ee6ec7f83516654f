"""Asks llama.cpp what memory a model needs: `planner.py FILE n_ctx n_seq [unified]` prints JSON, in MiB as logged.

A program of its own, because llama.cpp aborts the process where a header and its expectations disagree.
No weight is read and no memory taken for them (`no_alloc`), so that a header over a hole is enough.
"""

from __future__ import annotations

import ctypes
import json
import re
import sys

import llama_cpp

SIZE = r"size\s*=\s*([\d.]+) MiB"
LINES = {
    "kv_cache": re.compile(rf"llama_kv_cache.*: {SIZE}"),
    "state": re.compile(rf"(?:llama_memory_recurrent: |llama_dsv4_comp_state: .*layers = \d+, ){SIZE}"),
    "compute": re.compile(rf"compute buffer {SIZE}"),
    "output": re.compile(rf"output buffer {SIZE}"),
}


def plan(file: str, n_ctx: int, n_seq: int, unified: bool = False) -> dict[str, float]:
    """Return what llama.cpp logs for each part, summed over its lines (one a cache), and the parameters loaded."""
    found = dict.fromkeys(LINES, 0.0)

    def read(_level: int, text: bytes, _data: object) -> None:
        line = text.decode(errors="replace")
        sys.stderr.write(line)
        for part, pattern in LINES.items():
            if match := pattern.search(line):
                found[part] += float(match[1])

    callback = llama_cpp.llama_log_callback(read)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    model_settings = llama_cpp.llama_model_default_params()
    model_settings.no_alloc = True
    model_settings.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model_settings.use_extra_bufts = False
    model_settings.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(file.encode(), model_settings)
    if not model:
        sys.exit("llama.cpp does not take the header")
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx, settings.n_seq_max, settings.kv_unified = n_ctx, n_seq, unified
    settings.swa_full = False
    settings.flash_attn_type = 1
    if not llama_cpp.llama_init_from_model(model, settings):
        sys.exit("llama.cpp makes no context")
    return {**found, "parameters": llama_cpp.llama_model_n_params(model)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(plan(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] == ["unified"])))
