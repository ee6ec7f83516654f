"""How often the language of a text is told, and told wrongly, by its length: python tests/bench/languages.py

On sentences of ours in 14 languages: the questions of the viewpoint suite and the prompts of the language suite, whole
and cut at a blank. The bounds of length were set by this. Needs the extra `smoke` (pycld2).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from advisor.smoke.language import (
    DENSE,
    FEWEST,
    FEWEST_LETTERS,
    OF_SCRIPT,
    by_cld2,
    identify,
    letters_in,
    main_script,
    same,
)
from advisor.smoke.suites import load_suite

LENGTHS = (5, 10, 15, 20, 30, 40, 60, 100)
"""Letters at which the sentences are cut."""
Sentence = tuple[str, str]


def sentences() -> Iterator[Sentence]:
    """Yield (language, text)."""
    for probe in load_suite("viewpoint").suite.probes:
        for questions in probe.given["questions"].values():
            yield from ((str(probe.language), question) for question in questions.values())
    for case in load_suite("language").suite.cases:
        if case.id.endswith(("question", "explanation")):
            yield str(case.language), case.prompt or ""


def cut(text: str, letters: int) -> str | None:
    """Return the beginning of a text with about so many letters, up to a blank where the script has any."""
    if letters_in(text) < letters:
        return None
    end = next(end for end in range(len(text) + 1) if letters_in(text[:end]) >= letters)
    blank = text.find(" ", end)
    dense = main_script(text) in (*DENSE, "THAI")
    return text[:end] if dense or blank < 0 else text[:blank]


def told(tag: str, text: str) -> str:
    """Return `right`, `wrong` or `open`; a text in which two languages are found is wrong."""
    shares = identify(text).shares
    if not shares:
        return "open"
    return "right" if all(same(found, tag) for found in shares) else "wrong"


def alone(tag: str, text: str) -> str:
    """Return what pycld2 says without our bounds."""
    found = by_cld2(text)
    return "open" if found is None else "right" if same(found, tag) else "wrong"


def line(name: str, counts: Counter[str]) -> None:
    total = counts.total()
    shares = "  ".join(f"{kind} {counts[kind]:>4} ({counts[kind] / total:6.1%})" for kind in ("right", "open", "wrong"))
    sys.stdout.write(f"{name:<24} {total:>4} texts  {shares}\n")


def main() -> None:
    """Print how whole sentences are told, by language; then cut ones, by length; then those by pycld2 alone."""
    every = list(sentences())
    for tag in dict.fromkeys(tag for tag, _ in every):
        line(tag, Counter(told(tag, text) for language, text in every if language == tag))
    line("all", Counter(told(tag, text) for tag, text in every))
    for letters in LENGTHS:
        parts = [(tag, part) for tag, text in every if (part := cut(text, letters))]
        line(f"{letters} letters", Counter(told(tag, part) for tag, part in parts))
    shared = [(tag, text) for tag, text in every if main_script(text) not in OF_SCRIPT]
    for letters in LENGTHS:
        parts = [(tag, part) for tag, text in shared if (part := cut(text, letters))]
        line(f"{letters} letters, pycld2", Counter(alone(tag, part) for tag, part in parts))
    sys.stdout.write(f"pycld2 is not asked below {FEWEST_LETTERS} letters, or {FEWEST}\n")


if __name__ == "__main__":
    main()
