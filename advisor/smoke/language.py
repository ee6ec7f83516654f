"""In which languages is a text written? By script where a script tells, by pycld2 (extra `smoke`) where it does not.

A text is cut into sentences; each is given to one language or left undecided, and languages get shares by weight of
their letters. What is too short to tell is left out and said, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, name, normalize

from advisor.errors import ExternalError

Detect = Callable[[str], str | None]
"""The language of a text as a BCP 47 tag, or None where it cannot be told."""

OF_SCRIPT = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "THAI": "th", "TAMIL": "ta", "LAO": "lo", "KHMER": "km",
    "MYANMAR": "my", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
    "ORIYA": "or", "SINHALA": "si", "GREEK": "el", "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip
"""Scripts that one language of today has to itself, so far as answers of a model go."""
GROUPS = (("id", "ms"), ("bs", "hr", "sr-Latn"), ("nb", "nn", "no"), ("fil", "tl"))
"""Languages that no detector tells apart in a few sentences, or that have two tags: each stands for the others."""
ALIASES = {"zh": "zh-Hans", "iw": "he", "jw": "jv", "tl": "fil", "sr-ME": "sr-Latn"}
"""Codes of pycld2 that BCP 47 writes otherwise."""
REGIONS = {"zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", "zh-MO": "zh-Hant"}
DENSE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
DENSE_WEIGHT = 3
"""A character of these scripts says about as much as three letters."""
FEWEST = {"CJK": 15, "DEVANAGARI": 15}
FEWEST_LETTERS = 30
"""Below so many letters pycld2 is not asked; `tests/bench/languages.py` prints how often it errs at each length.

Signs for vowels are no letters here, so 15 of Devanagari are as long as 30 of Latin.
"""
_NO_LANGUAGE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+|\S+@\S+|</?\w[^>\n]*>", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[。！？!?।])\s*|(?<=\.)\s+|\n+")


class MissingDetectorError(ExternalError):
    """A language can only be told with pycld2, and that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "pycld2 is not installed, and no script tells this language; pip install 'local-model-advisor[smoke]'"
        )


class Languages(NamedTuple):
    """The languages of a text: `shares` of its decided weight (they sum to 1), the largest first."""

    shares: dict[str, float]
    letters: int
    undecided: float
    """The share of the whole weight that was too short or too strange to decide."""

    def share_of(self, tag: str) -> float:
        """Return the share of a language; `zh` is both ways of writing, and a group counts as one."""
        return sum(share for found, share in self.shares.items() if same(found, tag))


def identify(text: str, detect: Detect | None = None) -> Languages:
    """Return the languages of a text; code, addresses and tags of mark-up do not count.

    Raises:
        MissingDetectorError: where sentences in Latin and other shared scripts must be told apart without pycld2.
    """
    sentences = [s for s in _SENTENCE_END.split(_NO_LANGUAGE.sub("\n", normalize("NFKC", text))) if s and letters_in(s)]
    weights: Counter[str] = Counter()
    open_ones: dict[str, list[str]] = {}
    for sentence in sentences:
        script = main_script(sentence)
        language = OF_SCRIPT.get(script) or _certain(sentence, script, detect)
        if language:
            weights[language] += weight(sentence)
        else:
            open_ones.setdefault(script, []).append(sentence)
    undecided = _settle(open_ones, weights, detect)
    decided = sum(weights.values())
    shares = {language: part / decided for language, part in weights.most_common()}
    return Languages(shares, sum(map(letters_in, sentences)), undecided / (decided + undecided or 1))


def _settle(open_ones: dict[str, list[str]], weights: Counter[str], detect: Detect | None) -> int:
    """Decide short sentences together where that makes them long enough; return the weight that stays undecided."""
    undecided = 0
    for script, sentences in open_ones.items():
        whole = " ".join(sentences)
        if script == "CJK" and weights["ja"]:
            weights["ja"] += weight(whole)  # headings and dates without kana in a text that has kana
        elif len(sentences) > 1 and (language := _certain(whole, script, detect)):
            weights[language] += weight(whole)
        else:
            undecided += weight(whole)
    return undecided


def _certain(sentence: str, script: str, detect: Detect | None) -> str | None:
    if letters_in(sentence) < FEWEST.get(script, FEWEST_LETTERS):
        return None
    return (detect or by_cld2)(sentence)


def by_cld2(text: str) -> str | None:
    """Return what pycld2 is sure of.

    Raises:
        MissingDetectorError: where it is not installed.
    """
    try:
        import pycld2
    except ImportError:
        raise MissingDetectorError from None
    clean = "".join(c if category(c)[0] not in "C" else " " for c in text)
    sure, _bytes, found = pycld2.detect(clean.encode(), isPlainText=True)
    code = str(found[0][1])
    return ALIASES.get(code, code) if sure and code != "un" else None


def same(found: str, asked: str) -> bool:
    """Tell whether a language found is the one asked for; regions do not count, ways of writing Chinese do."""
    asked = REGIONS.get(asked, asked)
    if asked.split("-")[0] == "zh":
        return found == asked or (asked == "zh" and found in ("zh-Hans", "zh-Hant"))
    group = next((g for g in GROUPS if asked in g or asked.split("-")[0] in g), (asked.split("-")[0],))
    return found in group or found.split("-")[0] in group


def main_script(text: str) -> str:
    """Return the script with the most weight; kana among Chinese characters make it Japanese, hangul Korean."""
    found: Counter[str] = Counter()
    for character in text:
        if script := script_of(character):
            found[script] += DENSE_WEIGHT if script in DENSE else 1
    kana = found["HIRAGANA"] + found["KATAKANA"]
    if kana and 6 * kana >= found["CJK"]:
        found["HIRAGANA"] += found.pop("CJK", 0) + found.pop("KATAKANA", 0)
    return found.most_common(1)[0][0] if found else ""


def weight(text: str) -> int:
    """Return the letters of a text, those of dense scripts threefold."""
    return sum(DENSE_WEIGHT if script_of(c) in DENSE else 1 for c in text if script_of(c))


def letters_in(text: str) -> int:
    """Return how many letters a text has."""
    return sum(bool(script_of(c)) for c in text)


@lru_cache(maxsize=8192)
def script_of(character: str) -> str:
    """Return the script of a letter: the first word of its name in Unicode; nothing for what is no letter."""
    if category(character) not in ("Lu", "Ll", "Lt", "Lo", "Lm"):
        return ""
    return name(character, "UNNAMED").split()[0].split("-")[0]
