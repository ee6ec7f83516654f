"""How often the measures of Japanese register are right, and what they cost: python tests/bench/politeness.py

On the labelled sentences of `advisor/smoke/politeness/labelled.yaml` by which no rule was mended (`held-out`, `hard`).
SudachiPy comes with the extra `ja`; fugashi with unidic-lite is measured beside it where it is installed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from advisor.smoke.politeness.accuracy import KINDS, Part, scores, sentences
from advisor.smoke.politeness.register import Classify, by_suffix, by_words
from advisor.smoke.politeness.words import mecab, sudachi

MEASURES: dict[str, Callable[[], Classify]] = {
    "SudachiPy, core dictionary": lambda: by_words(sudachi()),
    "fugashi, unidic-lite": lambda: by_words(mecab()),
    "last letters (no extra)": lambda: by_suffix,
}
PARTS: tuple[Part, ...] = ("held-out", "hard")


def main() -> None:
    """Print counts, precision and recall by measure, part and label; then the seconds of a start and of a sentence."""
    for name, make in MEASURES.items():
        begun = time.perf_counter()
        try:
            classify = make()
            classify("はい、承知いたしました。")
        except ImportError as error:
            sys.stdout.write(f"{name}: not measured ({error})\n")
            continue
        started = time.perf_counter() - begun
        for part in PARTS:
            for kind in KINDS:
                score = scores(classify, part)[kind]
                told = f"precision {score.precision:.2f}  recall {score.recall:.2f}  of {score.labelled}"
                sys.stdout.write(f"{name:<28}  {part:<9} {kind:<7} {told}\n")
        every = [s for part in PARTS for listed in sentences(part).values() for s in listed]
        begun = time.perf_counter()
        for sentence in every:
            classify(sentence)
        each = (time.perf_counter() - begun) / len(every)
        sys.stdout.write(f"{name:<28}  start {started:.2f} s, {each * 1e6:.0f} µs a sentence\n")


if __name__ == "__main__":
    main()
