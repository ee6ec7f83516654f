"""Honorific, humble and courteous forms in a text, and forms that do not belong in customer care, by `forms.yaml`."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple
from unicodedata import normalize

from advisor.catalog.schema import Record, Text
from advisor.records import read_record
from advisor.smoke.politeness.sentences import without_quotations

Class = Literal["honorific", "humble", "courteous"]


class Marker(Record, frozen=True, kw_only=True, rename={"kind": "is"}):
    """A form by which respect is shown."""

    id: str
    kind: Class
    pattern: Text
    example: Text
    fine: Text | None = None


class Unsuitable(Record, frozen=True, kw_only=True):
    """A form that does not belong in a reply to a customer; `then` is what it makes of the reply."""

    id: str
    then: Literal["fail", "warn"]
    pattern: Text
    why: Text
    instead: str
    example: Text
    fine: Text | None = None


class Forms(Record, frozen=True, kw_only=True):
    """The published lists."""

    schema: Literal["advisor.keigo-forms/1"]
    markers: tuple[Marker, ...]
    unsuitable: tuple[Unsuitable, ...]


class Found(NamedTuple):
    """One unsuitable form where it stands."""

    form: Unsuitable
    written: str

    def told(self) -> str:
        """Say what was written, why it is listed, and what is better."""
        better = f"; better {self.form.instead}" if self.form.instead else ""
        return f"“{self.written}” ({self.form.why}{better})"


@cache
def forms() -> Forms:
    """Return the published lists."""
    return read_record(Path(__file__).with_name("forms.yaml").read_text(encoding="utf-8"), Forms)


def markers_in(text: str) -> Counter[Class]:
    """Return how often each class of respectful forms stands in a text."""
    plain = normalize("NFKC", text)
    counted: Counter[Class] = Counter()
    for marker in forms().markers:
        counted[marker.kind] += len(re.findall(marker.pattern, plain))
    return counted


def unsuitable_in(text: str) -> list[Found]:
    """Return the unsuitable forms of a text, what is quoted left out."""
    plain = without_quotations(normalize("NFKC", text))
    found = ((form, re.search(form.pattern, plain, re.MULTILINE)) for form in forms().unsuitable)
    return [Found(form, match.group().strip()) for form, match in found if match]
