"""What 14 languages cost in tokens by the vocabularies of real files: python tests/bench/fertility.py [FILE.gguf…]

Without files: SmolLM2 and the vocabularies of llama.cpp that `python tests/gguf_files.py` fetches. Needs the extra
`engine`. One text of ours, said in each language, is counted against English (`advisor/smoke/reference_texts.yaml`).
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gguf_files import smollm2, vocabulary_folder

from advisor.engine import vocabulary
from advisor.smoke.fertility import ENGLISH, cost_of, reference_texts

NAMES = ("gemma-4", "qwen35", "llama-bpe")


def main(files: list[Path]) -> None:
    """Print the ratio to English for each language and file, with the letters lost, if any."""
    texts = reference_texts()
    real = smollm2()
    files = files or [
        *([real] if real else []),
        *(vocabulary_folder() / f"ggml-vocab-{name}.gguf" for name in NAMES),
    ]
    sys.stdout.write(f"{'':<28}" + "".join(f"{tag:>8}" for tag in texts) + "\n")
    for file in files:
        counted = vocabulary.count(file, texts).texts
        costs = [cost_of(tag, counted, texts[tag]) for tag in texts]
        row = "".join(f"{cost.ratio:>8.2f}" for cost in costs)
        lost = "".join(f"  {cost.language} loses {cost.lost}" for cost in costs if cost.lost)
        sys.stdout.write(f"{file.stem[:27]:<28}{row}   {counted[ENGLISH].tokens} tokens of English{lost}\n")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
