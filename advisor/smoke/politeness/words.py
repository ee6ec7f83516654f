"""Japanese words with their grammar, by one of two analysers that speak the same tags (UniDic's)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

INSTALL = "pip install 'local-model-advisor[ja]'"


class Word(NamedTuple):
    """One short unit: as written, its dictionary form, and UniDic's part of speech, detail, conjugation and form."""

    surface: str
    base: str
    pos: str
    detail: str
    third: str
    conjugation: str
    form: str


Analyser = Callable[[str], list[Word]]


@cache
def sudachi() -> Analyser:
    """Return SudachiPy with the core dictionary.

    Raises:
        ImportError: where either is not installed.
    """
    import sudachidict_core  # noqa: F401  # the dictionary is a package of its own: miss it here, not later
    import sudachipy

    tokenizer = sudachipy.Dictionary(dict="core").tokenizer(mode=sudachipy.SplitMode.A)

    def analyse(text: str) -> list[Word]:
        return [_sudachi_word(m.surface(), m.dictionary_form(), m.part_of_speech()) for m in tokenizer.tokenize(text)]

    return analyse


@cache
def mecab() -> Analyser:
    """Return fugashi (MeCab) with unidic-lite.

    Raises:
        ImportError: where either is not installed.
    """
    import fugashi
    import unidic_lite  # noqa: F401  # as above

    tagger = fugashi.Tagger()

    def analyse(text: str) -> list[Word]:
        return [_mecab_word(word.surface, word.feature) for word in tagger(text)]

    return analyse


def _sudachi_word(surface: str, base: str, tags: tuple[str, ...]) -> Word:
    return Word(surface, base, *(tag if tag != "*" else "" for tag in (*tags[:3], *tags[4:6])))


def _mecab_word(surface: str, feature: object) -> Word:
    names = ("pos1", "pos2", "pos3", "cType", "cForm")
    tags = [getattr(feature, name, None) or "" for name in names]
    return Word(surface, getattr(feature, "orthBase", None) or surface, *(tag if tag != "*" else "" for tag in tags))
