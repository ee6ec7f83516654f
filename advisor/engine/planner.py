"""Asks llama.cpp what memory a model needs. A program of its own; nothing of advisor.

Reads one JSON object from stdin and writes one to what was stdout. llama.cpp aborts the process where a header and its
expectations disagree, so nothing else may live in it. No weight is read and no memory taken for them (`no_alloc`): a
header over a hole is enough. Tried with llama-cpp-python 0.3.36.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from typing import Any

SIZE = r"size\s*=\s*([\d.]+) MiB"
LINES = {
    "kv_cache_mib": re.compile(rf"llama_kv_cache.*: {SIZE}"),
    "state_mib": re.compile(rf"(?:llama_memory_recurrent: |llama_dsv4_comp_state: .*layers = \d+, ){SIZE}"),
    "compute_mib": re.compile(rf"compute buffer {SIZE}"),
    "output_mib": re.compile(rf"output buffer {SIZE}"),
}
"""llama.cpp prints sizes in MiB with two digits: one line a cache and one a device."""
OFFLOADED = re.compile(r"offloaded (\d+)/\d+ layers to GPU")


def plan(request: dict[str, Any]) -> dict[str, Any]:
    """Return what llama.cpp logs for each part, summed over its lines, in MiB; weights in bytes."""
    import llama_cpp

    found: dict[str, Any] = dict.fromkeys(LINES, 0.0)

    def read(_level: int, text: bytes, _data: object) -> None:
        line = text.decode(errors="replace")
        sys.stderr.write(line)
        for part, pattern in LINES.items():
            if match := pattern.search(line):
                found[part] += float(match[1])
        if match := OFFLOADED.search(line):
            found["offloaded_layers"] = int(match[1])

    callback = llama_cpp.llama_log_callback(read)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    model_settings = llama_cpp.llama_model_default_params()
    model_settings.no_alloc = True
    model_settings.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model_settings.use_extra_bufts = False
    model_settings.n_gpu_layers = request["offload"]
    model = llama_cpp.llama_model_load_from_file(request["file"].encode(), model_settings)
    if not model:
        return {"refused": "llama.cpp does not take the header"}
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx, settings.n_seq_max = request["context"] * request["sequences"], request["sequences"]
    settings.kv_unified, settings.swa_full = request["unified"], False
    settings.type_k = settings.type_v = request["kv_type"]
    settings.flash_attn_type = 1
    if not llama_cpp.llama_init_from_model(model, settings):
        return {"refused": "llama.cpp makes no context"}
    return {
        **found,
        "weights_bytes": llama_cpp.llama_model_size(model),
        "parameters": llama_cpp.llama_model_n_params(model),
        "can_offload": bool(llama_cpp.llama_supports_gpu_offload()),
        "version": llama_cpp.__version__,
    }


def main() -> None:
    """Answer one line."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    out.write(json.dumps(plan(json.loads(sys.stdin.readline()))) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
