"""Rules on the language of an answer."""

from __future__ import annotations

from collections import Counter
from unicodedata import category, normalize

from advisor.catalog.schema import Tag
from advisor.smoke.bench import Exchange, Judgement, Verdict
from advisor.smoke.checks.text import Flag, quoted
from advisor.smoke.language import GROUPS, Languages, MissingDetectorError, identify

ENOUGH, HALF = 0.8, 0.5
"""Shares of the answer, by weight of letters: from `ENOUGH` on it passes, from `HALF` on it warns."""
PIECE = 6
"""Characters of the pieces by which a loop is found."""
SHORTEST_LOOP = 40
MOST_REPEATED = 0.5
"""The share of pieces that may have stood before in the same answer. Texts of ours have at most 0.12 of them, 40
letters cut from any prompt of ours at most 0.23."""


def language(given: Exchange, asked: Tag) -> Judgement:
    """The answer must be in this language: 80 % of it; from 50 % on it warns that it is mixed; circles fail."""
    if not given.text:
        return Judgement("fail", "the answer is empty", 0.0, ENOUGH)
    if in_circles(given.text):
        return Judgement("fail", f"goes in circles, which is no answer: {quoted(given.text)}", 0.0, ENOUGH)
    try:
        found = identify(given.text)
    except MissingDetectorError as error:
        return Judgement("unknown", str(error))
    if not found.shares:
        told = f"{found.letters} letters are too few to tell the language: {quoted(given.text)}"
        return Judgement("unknown" if found.letters else "fail", told if found.letters else "no letters", None, ENOUGH)
    share = round(found.share_of(asked), 3)
    verdict: Verdict = "pass" if share >= ENOUGH else "warn" if share >= HALF else "fail"
    reason = f"{_told(found)}{_group(asked)}"
    details = {"shares": {k: round(v, 3) for k, v in found.shares.items()}, "undecided": round(found.undecided, 3)}
    return Judgement(
        verdict, reason if verdict == "pass" else f"{reason}: {quoted(given.text)}", share, ENOUGH, details
    )


def no_loop(given: Exchange, asked: Flag) -> Judgement:
    """The answer must not say the same again and again; below 40 letters nothing is judged."""
    if not given.text:
        return Judgement("fail", "the answer is empty")
    text = _joined(given.text)
    if len(text) < SHORTEST_LOOP:
        return Judgement("pass", f"{len(text)} letters are too few for a loop")
    share = round(repeated(text), 3)
    told = f"{share:.0%} of it stood there before"
    if (share <= MOST_REPEATED) == asked:
        return Judgement("pass", told, share, MOST_REPEATED)
    return Judgement("fail", f"{told}: {quoted(given.text)}", share, MOST_REPEATED)


def in_circles(text: str) -> bool:
    """Tell whether a text says the same again and again."""
    joined = _joined(text)
    return len(joined) >= SHORTEST_LOOP and repeated(joined) > MOST_REPEATED


def repeated(text: str) -> float:
    """Return the share of pieces of six characters that stood earlier in the text."""
    pieces = Counter(text[i : i + PIECE] for i in range(len(text) - PIECE + 1))
    return 1 - len(pieces) / max(sum(pieces.values()), 1)


def _joined(text: str) -> str:
    """Return letters, their signs and digits alone: the lines of a table are no loop."""
    return "".join(c for c in normalize("NFKC", text) if category(c)[0] in "LMN")


def _told(found: Languages) -> str:
    shares = ", ".join(f"{share:.0%} {language}" for language, share in found.shares.items() if share >= 0.005)
    left = f"; {found.undecided:.0%} of the letters could not be decided" if found.undecided >= 0.005 else ""
    return f"{shares}{left}"


def _group(asked: str) -> str:
    group = next((g for g in GROUPS if asked in g), None)
    return f" ({' and '.join(group)} are not told apart)" if group else ""
