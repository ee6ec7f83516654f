"""The questions that `advisor ask` puts: texts in two languages, when each is asked, what an answer means.

Not imported with the other records: only who asks needs these types.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from advisor.catalog.schema.source import Record, Text

UiLanguage = Literal["en", "ja"]
Stake = Literal["users", "revenue", "territory", "seat"]
Setting = bool | int | float | str | tuple[Text, ...] | dict[str, float]
Sets = dict[str, Setting]
"""Values by name of the requirements file."""


class Texts(Record, frozen=True, kw_only=True):
    """The same text in every language of the questionnaire."""

    en: Text
    ja: Text

    def in_(self, language: UiLanguage) -> str:
        """Return the text in one language."""
        return self.en if language == "en" else self.ja


class Condition(Record, frozen=True, kw_only=True):
    """Holds where the answer to an earlier question is `among` some options, or has none of those `outside`.

    A question that was not asked has no answer: `among` does not hold, `outside` does.
    """

    question: Text
    among: tuple[Text, ...] = ()
    outside: tuple[Text, ...] = ()


class Option(Record, frozen=True, kw_only=True):
    """One answer to choose. Without `sets` it gives its id to the question's `field`, if there is one."""

    id: Text
    text: Texts
    """`{machine}` stands for what was measured of the machine at hand."""
    sets: Sets | None = None
    alone: bool = False
    """Whether it cannot be chosen together with others."""
    when: tuple[Condition, ...] = ()


class Unsure(Record, frozen=True, kw_only=True):
    """What "not sure" means: what is asked for meanwhile, and how that is said."""

    says: Texts
    sets: Sets = {}


class Question(Record, frozen=True, kw_only=True):
    """One question. It is skipped where a condition does not hold or what it sets is already given."""

    id: Text
    kind: Literal["one", "many", "whole", "size"]
    """`one` or `many` of the options, a `whole` number, a `size` of memory."""
    topic: Texts
    """A word or two, for the list of answers."""
    text: Texts
    why: Texts
    """One line: why it is asked."""
    unsure: Unsure
    default: str | int | tuple[Text, ...]
    default_in: dict[UiLanguage, str | int | tuple[Text, ...]] = msgspec.field(default_factory=dict)
    """The default of a questionnaire held in one language; an answers file never takes it."""
    field: Text | None = None
    """The requirement that is answered, where options do not say otherwise."""
    options: tuple[Option, ...] = ()
    options_from: Literal["hardware"] | None = None
    """Further options from the catalog: its hardware profiles."""
    other: Literal["language", "country"] | None = None
    """What may be typed beside the options."""
    or_none: bool = False
    """Whether a size may be 0."""
    settled_by: tuple[Text, ...] = ()
    """Further requirements that make it needless when they are given, besides those that it sets."""
    when: tuple[Condition, ...] = ()
    stake: Stake | None = None
    """Asked only where a licence of a model still in play could depend on it."""


class Words(Record, frozen=True, kw_only=True):
    """What is said around the questions. Names in braces are put in."""

    not_sure: Texts
    another: Texts
    another_language: Texts
    another_country: Texts
    arrows_one: Texts
    arrows_many: Texts
    arrows_typed: Texts
    lines_one: Texts
    lines_many: Texts
    lines_typed: Texts
    proposed: Texts
    still_in: Texts
    none_left: Texts
    not_offered: Texts
    not_a_number: Texts
    not_a_size: Texts
    only_alone: Texts
    mark_one: Texts
    resumed: Texts
    kept: Texts
    lost: Texts
    nothing_before: Texts
    written: Texts
    same_as: Texts
    open_answers: Texts
    file_head: Texts
    file_given: Texts


class QuestionSet(Record, frozen=True, kw_only=True):
    """A whole questionnaire. Answers name its `id`; it changes when old answers no longer fit."""

    schema: Literal["advisor.questions/1"]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    words: Words
    questions: tuple[Question, ...]
