"""Rules on the words of an answer."""

from __future__ import annotations

import re
from typing import Annotated
from unicodedata import normalize

from msgspec import Meta

from advisor.catalog.schema import Text
from advisor.smoke.bench import Exchange, Judgement

Words = Annotated[tuple[Text, ...], Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]
Flag = bool
SHOWN = 80
"""Characters of an answer that a reason quotes."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DENSE = re.compile(r"[぀-ヿ㐀-鿿豈-﫿฀-๿຀-໿က-႟ក-៿]")
"""Characters of scripts that put no blanks between words."""
CHARACTERS_A_WORD = 2
"""How many of them are counted as one word."""


def contains(given: Exchange, asked: Words) -> Judgement:
    """Every text must stand in the answer; `a|b` is met by either. Case and width do not count."""
    answer = folded(given.text)
    missing = [text for text in asked if not any(folded(one) in answer for one in text.split("|"))]
    if missing:
        return Judgement(
            "fail", f"lacks {_listed(missing)}: {quoted(given.text)}", len(asked) - len(missing), len(asked)
        )
    return Judgement("pass", f"contains {_listed(asked)}", len(asked), len(asked))


def avoids(given: Exchange, asked: Words) -> Judgement:
    """None of the texts may stand in the answer."""
    answer = folded(given.text)
    found = [text for text in asked if folded(text) in answer]
    if found:
        return Judgement("fail", f"contains {_listed(found)}: {quoted(given.text)}", len(found), 0)
    return _unless_empty(given, Judgement("pass", f"avoids {_listed(asked)}", 0, 0))


def matches(given: Exchange, asked: Text) -> Judgement:
    """The regular expression must be found in the answer (multi-line, case counts)."""
    try:
        found = re.search(asked, given.text, re.MULTILINE)
    except re.error as error:
        return Judgement("unknown", f"'{asked}' is not a regular expression: {error}")
    if found:
        return Judgement("pass", f"matches {asked}", True, True)
    return Judgement("fail", f"does not match {asked}: {quoted(given.text)}", False, True)


def equals(given: Exchange, asked: Text) -> Judgement:
    """The answer must be this text; case, width, outer punctuation and blanks do not count."""
    same = _bare(given.text) == _bare(asked)
    return Judgement("pass" if same else "fail", f"answered {quoted(given.text)}", same, True)


def max_words(given: Exchange, asked: Count) -> Judgement:
    """The answer may have this many words; where a script has no blanks, two characters count as one."""
    counted = word_count(given.text)
    told = f"{counted} words, {asked} allowed"
    return _unless_empty(given, Judgement("pass" if counted <= asked else "fail", told, counted, asked))


def min_words(given: Exchange, asked: Count) -> Judgement:
    """The answer must have at least this many words."""
    counted = word_count(given.text)
    return Judgement("pass" if counted >= asked else "fail", f"{counted} words, {asked} needed", counted, asked)


def stops(given: Exchange, asked: Flag) -> Judgement:
    """The model must end its answer by itself."""
    ended = given.reply.finish == "stop"
    told = "ended by itself" if ended else f"was cut off after {given.reply.completion_tokens or 'all its'} tokens"
    return Judgement("pass" if ended == asked else "fail", told, ended, asked)


def word_count(text: str) -> int:
    """Return the words of a text; scripts without blanks count by characters."""
    dense = len(_DENSE.findall(text))
    return len(_WORD.findall(_DENSE.sub(" ", text))) + -(-dense // CHARACTERS_A_WORD)


def folded(text: str) -> str:
    """Return a text in which case, width and runs of blanks do not count."""
    return " ".join(normalize("NFKC", text).casefold().split())


def quoted(text: str) -> str:
    """Return the beginning of an answer for a reason."""
    line = " ".join(text.split())
    if not line:
        return "the answer is empty"
    return f"“{line[:SHOWN]}…”" if len(line) > SHOWN else f"“{line}”"


def _bare(text: str) -> str:
    return folded(text).strip(" .,!?\"'“”‘’`*。！？「」、")


def _listed(texts: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"“{text}”" for text in texts)


def _unless_empty(given: Exchange, judgement: Judgement) -> Judgement:
    """An empty answer keeps no rule."""
    if given.text:
        return judgement
    return Judgement("fail", "the answer is empty", judgement.measured, judgement.threshold)
