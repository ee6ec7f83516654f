"""Japanese answers cut into sentences; what is quoted, listed or code stays out of judgement."""

from __future__ import annotations

import re
from unicodedata import normalize

_CODE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+", re.DOTALL)
_MARKUP = re.compile(r"^[ \t]*(?:[#>*・•●■□◆▼\-–]+|\d+[.)）、]|[①-⑳]|[（(]\d+[)）])[ \t]*|\*\*|__", re.MULTILINE)
_KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
_JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿々]")
_OPENING, _CLOSING, _ENDS = "「『（(【", "」』）)】", "。！？!?"
QUOTED = re.compile(r"[「『（(【][^「」『』（）()【】]*[」』）)】]")


def sentences(text: str) -> list[str]:
    """Return the sentences of an answer in their order; lines that hold no Japanese are left out."""
    plain = _MARKUP.sub("", _CODE.sub("", normalize("NFKC", text)))
    return [part for line in plain.split("\n") for part in _cut(line) if _JAPANESE.search(part)]


def is_japanese(text: str) -> bool:
    """Tell whether there is kana in a text."""
    return bool(_KANA.search(text))


def without_quotations(sentence: str) -> str:
    """Return a sentence with what others said left away: their register is not the writer's."""
    previous = ""
    while previous != sentence:
        previous, sentence = sentence, QUOTED.sub("", sentence)
    return sentence


def _cut(line: str) -> list[str]:
    """Cut behind full stops, question and exclamation marks that stand in no brackets."""
    parts, depth, current = [], 0, ""
    for i, character in enumerate(line):
        current += character
        depth += (character in _OPENING) - (character in _CLOSING and depth > 0)
        if character in _ENDS and depth == 0 and line[i + 1 : i + 2] not in tuple(_ENDS):
            parts.append(current)
            current = ""
    return [part.strip() for part in (*parts, current) if part.strip()]
