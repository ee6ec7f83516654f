"""Counts tokens by a model file's vocabulary alone. A program of its own; nothing of advisor, no weight is read.

Reads one JSON object from stdin (`file`, `texts`) and writes one to what was stdout: for each text its `tokens`, and
the `lost` letters that do not come back from them. What native code prints goes to stderr. Tried with 0.3.36.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections import Counter
from typing import Any


def count(file: str, texts: dict[str, str]) -> dict[str, Any]:
    """Return the tokens of each text, special ones left away, and the letters that they do not hold."""
    from llama_cpp import llama_cpp as native

    settings = native.llama_model_default_params()
    settings.vocab_only = True
    settings.n_gpu_layers = 0
    native.llama_backend_init()
    model = native.llama_model_load_from_file(file.encode(), settings)
    if not model:
        return {"refused": "llama.cpp does not load the vocabulary"}
    vocabulary = native.llama_model_get_vocab(model)
    counted = {name: _tokens(native, vocabulary, text) for name, text in texts.items()}
    told = {"vocabulary": native.llama_vocab_n_tokens(vocabulary), "texts": counted}
    native.llama_model_free(model)
    return told


def _tokens(native: Any, vocabulary: Any, text: str) -> dict[str, int]:
    encoded = text.encode()
    room = (native.llama_token * (len(encoded) + 8))()
    found = native.llama_tokenize(vocabulary, encoded, len(encoded), room, len(room), False, False)
    back = (native.ctypes.c_char * (8 * len(encoded) + 64))()
    size = native.llama_detokenize(vocabulary, room, found, back, len(back), False, False)
    if found < 0 or size < 0:
        raise ValueError(f"a text of {len(encoded)} bytes became more tokens or bytes than there was room for")
    lost = _letters(text) - _letters(bytes(back[:size]).decode(errors="replace"))
    return {"tokens": found, "lost": lost.total()}


def _letters(text: str) -> Counter[str]:
    """Return the letters of a text without case and accents, which some vocabularies leave away on purpose."""
    return Counter(c for c in unicodedata.normalize("NFKD", text.casefold()) if unicodedata.category(c)[0] == "L")


def main() -> None:
    """Answer one line."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.loads(sys.stdin.readline())
    out.write(json.dumps(count(order["file"], order["texts"])) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
