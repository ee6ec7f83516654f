"""The register of one sentence: polite, plain, mixed or none; by grammar, or approximately by its last letters.

By grammar (extra `ja`): a sentence ends politely where its last predicate holds the auxiliary ます or です, or asks
with ください. It is mixed where a casual form stands in a sentence that ends politely, or a clause with ます or です in
one that ends plainly. Relative clauses and reasons with ので may be plain in polite speech and do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple
from unicodedata import normalize

from advisor.smoke.politeness.sentences import without_quotations
from advisor.smoke.politeness.words import Analyser, Word

Kind = Literal["polite", "plain", "mixed", "none"]
Classify = Callable[[str], "Register"]
POLITE_CONJUGATIONS = ("助動詞-マス", "助動詞-デス")
CONTRACTED = ("ちゃう", "じゃう", "ちまう", "とく", "どく", "てる", "でる", "たげる")
"""Auxiliaries of speech: しちゃう, しとく, している without its い."""
CASUAL = re.compile(
    r"めっちゃ|めちゃ(?:くちゃ)?|マジで?|まじで|やば[いく]|すっごく|っす(?:[。!?かねよ]|$)|なんで、|みたいな感じ|ぶっちゃけ|うちら|やっぱ(?!り)"
)
JOINING = ("けど", "から", "し")
"""Between clauses these are casual behind a plain form."""
CLAUSE_ENDS = ("が", "けど", "けれど", "けれども", "から", "ので", "し", "て")
ANSWERS = ("はい", "いいえ", "ええ")
BARE = ("ありがとう", "ごめん", "すまん", "了解")


class Register(NamedTuple):
    """What one sentence is, and the casual forms (or the polite clause) in it."""

    ending: Literal["polite", "plain", "none"]
    also: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """A sentence in which the other register stands too is mixed."""
        return "mixed" if self.also and self.ending != "none" else self.ending


def by_words(analyse: Analyser) -> Classify:
    """Return the measure by grammar."""

    def classify(sentence: str) -> Register:
        text = _prepared(sentence)
        words = [w for w in analyse(text) if w.pos not in ("補助記号", "空白", "記号")]
        tail, head = _tail(words)
        ending = _ending(tail, stopped=text.endswith(("。", "!", "?")))
        if ending == "polite":
            return Register(ending, (*_casual_words([*head, *tail]), *CASUAL.findall(text)))
        return Register(ending, _polite_clauses(head) if ending == "plain" else ())

    return classify


def _prepared(sentence: str) -> str:
    return without_quotations(normalize("NFKC", sentence)).strip()


def _tail(words: list[Word]) -> tuple[list[Word], list[Word]]:
    """Return the last predicate (a word, its auxiliaries, particles behind them) and what stands before it."""
    end = len(words)
    while end and words[end - 1].pos == "助詞":
        end -= 1
    start = end
    while start and words[start - 1].pos == "助動詞":
        start -= 1
    start = max(start - 1, 0)
    return words[start:], words[:start]


def _ending(tail: list[Word], stopped: bool) -> Literal["polite", "plain", "none"]:
    if any(_polite(word) for word in tail):
        return "polite"
    core = [word for word in tail if word.pos != "助詞"]
    particles = [word for word in tail if word.pos == "助詞"]
    if not core:
        return "none"
    last = core[-1]
    if last.base in ("くださる", "下さる") and last.form.startswith("命令形"):
        return "polite"
    if last.base in BARE and stopped:
        return "plain"
    if last.pos == "動詞" and not stopped and [word.surface for word in particles] == ["て"]:
        return "none"
    if last.pos in ("動詞", "形容詞", "助動詞"):
        return "plain"
    if last.pos == "形状詞" or last.third.endswith("形状詞可能"):
        return "plain" if stopped else "none"
    return "plain" if any(word.detail == "終助詞" for word in particles) else "none"


def _polite(word: Word) -> bool:
    return word.conjugation in POLITE_CONJUGATIONS and word.surface != "っす"


def _casual_words(words: list[Word]) -> tuple[str, ...]:
    """Return casual forms: contracted auxiliaries, って, じゃない, and けど, から, し behind a plain form."""
    found = [w.surface for w in words if w.base in CONTRACTED and w.pos == "助動詞"]
    for i, word in enumerate(words):
        joined = i > 0 and words[i - 1].pos in ("動詞", "形容詞", "助動詞")
        if word.pos == "助詞" and word.surface == "って":
            found.append(word.surface)
        elif word.detail == "接続助詞" and word.surface in JOINING and joined and not _ends_politely(words[:i]):
            found.append(words[i - 1].surface + word.surface)
        elif word.base == "ない" and i > 0 and words[i - 1].surface == "じゃ":
            found.append("じゃ" + word.surface)
    return tuple(found)


def _polite_clauses(head: list[Word]) -> tuple[str, ...]:
    """Return polite forms that end a clause inside a sentence."""
    ends = (i for i, w in enumerate(head) if w.pos == "助詞" and w.surface in CLAUSE_ENDS)
    return tuple(head[i - 1].surface + head[i].surface for i in ends if _ends_politely(head[:i]))


def _ends_politely(words: list[Word]) -> bool:
    """Tell whether ます or です stands last, in whatever tense and negation."""
    for word in reversed(words):
        if word.pos != "助動詞":
            return False
        if _polite(word):
            return True
    return False


_SUFFIX = re.compile(
    r"(?:ます|ました|ません|ませんでした|ましょう|ませ|です|でした|でしょう|ください|下さい|くださいませ)"
    r"(?:[かねよ]|が|ので|から|けど|けれども?)*[。!?～〜…\s♪]*$"
)
_PLAIN_END = re.compile(r"[ぁ-ゖ][。!?～〜…\s♪]*$")
_HEADING = re.compile(r"[一-鿿々ァ-ヺー\d](?:から|まで|より|のみ|について|につき|など)$")
"""Behind a noun, without a full stop, these end a heading or an entry of a list."""
_SUFFIX_CASUAL = re.compile(
    rf"{CASUAL.pattern}|[いただるうくぐすつぬぶむ](?:けど|から|し)、|ちゃ[いうっ]|[っん]て、|じゃな[いく]|[てで]る(?:ので|と)"
)
_SUFFIX_CLAUSE = re.compile(r"(?:ます|ました|ません|です|でした)(?:が|けど|けれど|から|ので|し)、")


def by_suffix(sentence: str) -> Register:
    """Judge one sentence approximately, by the letters of its end; for where no analyser is installed."""
    text = _prepared(sentence)
    if _SUFFIX.search(text):
        return Register("polite", tuple(_SUFFIX_CASUAL.findall(text)))
    if _PLAIN_END.search(text) and not _HEADING.search(text) and text.rstrip("。!") not in ANSWERS:
        return Register("plain", tuple(_SUFFIX_CLAUSE.findall(text)))
    return Register("none")
