"""Tokenizer fertility: how many tokens a language costs against English, from the file alone.

One text of ours, said in each language (`reference_texts.yaml`), is counted by the own vocabulary of the file. A ratio
of 1.8 means that 8192 tokens of context hold as much of the language as 4551 hold of English, and that the same content
takes 1.8 times as long to write. It says nothing about how well the language is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from advisor.catalog.schema import Record, Tag, Text
from advisor.engine.llama_cpp import installed
from advisor.engine.vocabulary import SECONDS, Counted, count
from advisor.records import read_record
from advisor.smoke.bench import Bench, Judgement
from advisor.smoke.language import same

ENGLISH = "en"


class ReferenceTexts(Record, frozen=True, kw_only=True):
    """One text in several languages, by tag."""

    schema: Literal["advisor.reference-texts/1"]
    texts: dict[Tag, Text]


class Fertility(Record, frozen=True, kw_only=True):
    """From which ratio to English on it warns; texts of one's own in the place of ours (English among them)."""

    warn_above: Annotated[float, Meta(gt=1)] = 2.5
    texts: dict[Tag, Text] | None = None


class Cost(NamedTuple):
    """What one language costs: tokens of the text and of the English one; letters that the vocabulary cannot write."""

    language: str
    tokens: int
    english: int
    characters: int
    lost: int = 0

    @property
    def ratio(self) -> float:
        """Tokens for each token of English with the same content."""
        return self.tokens / self.english

    def effective_context(self, context: int) -> int:
        """Return the tokens of English that say as much as `context` tokens of this language."""
        return int(context / self.ratio)


@cache
def reference_texts() -> Mapping[str, str]:
    """Return our own text in each language, by tag."""
    text = Path(__file__).with_name("reference_texts.yaml").read_text(encoding="utf-8")
    return read_record(text, ReferenceTexts).texts


def fertility(bench: Bench, asked: Fertility) -> Iterator[Judgement]:
    """What the run's language (all of them, where it has none) costs in tokens against English."""
    texts = asked.texts or reference_texts()
    wanted = [tag for tag in texts if tag != ENGLISH and (bench.language is None or same(tag, bench.language))]
    if ENGLISH not in texts:
        yield Judgement("unknown", "there is no English text to compare with")
    elif bench.language and same(ENGLISH, bench.language):
        yield Judgement("info", "English is what the other languages are compared with", 1.0)
    elif not wanted:
        yield Judgement("unknown", f"there is no text in {bench.language}; there are: {', '.join(texts)}")
    else:
        counted = _counted(bench, {tag: texts[tag] for tag in (ENGLISH, *wanted)})
        for tag in wanted:
            judged = judge(cost_of(tag, counted, texts[tag]), bench.context, asked.warn_above) if counted else UNTOLD
            yield judged._replace(part=None if len(wanted) == 1 else tag)


UNTOLD = Judgement("unknown", "the engine does not tell how many tokens a text is")


def cost_of(language: str, counted: Mapping[str, Counted], text: str) -> Cost:
    """Return what a language costs, by what was counted in it and in English."""
    found = counted[language]
    return Cost(language, found.tokens, counted[ENGLISH].tokens, len(text), found.lost)


def judge(cost: Cost, context: int, warn_above: float) -> Judgement:
    """Judge one language: letters that the vocabulary cannot write fail, a ratio above the bound warns."""
    ratio, holds = round(cost.ratio, 3), cost.effective_context(context)
    details: dict[str, Any] = {
        "language": cost.language, "tokens": cost.tokens, "english_tokens": cost.english,
        "tokens_per_character": round(cost.tokens / cost.characters, 3), "lost_letters": cost.lost,
        "context": context, "effective_context": holds,
    }  # fmt: skip
    if cost.lost:
        told = (
            f"the vocabulary cannot write {cost.language}: {cost.lost} letters of {cost.characters} characters are lost"
        )
        return Judgement("fail", told, ratio, warn_above, details)
    told = (
        f"{ratio:.2f} tokens where English takes one: {context} tokens of context hold what {holds} hold of English, "
        f"and the same answer takes {ratio:.2f} times as long"
    )
    return Judgement("warn" if cost.ratio > warn_above else "pass", told, ratio, warn_above, details)


def _counted(bench: Bench, texts: Mapping[str, str]) -> Mapping[str, Counted]:
    """Count by the file alone where there is one, else by asking the engine; nothing where it does not tell."""
    if bench.file is not None and installed():
        return count(bench.file, texts, min(SECONDS, bench.seconds_left())).texts
    told = {tag: bench.count(text) for tag, text in texts.items()}
    return {tag: Counted(tokens=n, lost=0) for tag, n in told.items() if n} if all(told.values()) else {}
