"""Single values that no record of any kind may hold, and what a check yields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from advisor.catalog import codes
from advisor.catalog.schema import Source

Path = tuple[str | int, ...]
"""A place inside a record."""
Finding = tuple[Path, str]
"""A place, and what is wrong there."""
_ADDRESS = re.compile(r"https?://\S|(github|pypi|npm|arxiv|doi):\S|seeds:\d{3} |public file index no\. \d")

_OWN_FILE = re.compile(r"[\w./-]+\.(json|md|py|txt|ya?ml)")


def of_day(path: Path, day: str) -> Iterator[Finding]:
    """Yield what is wrong with a day or month of the past."""
    try:
        known = date.fromisoformat(day if len(day) > 7 else f"{day}-01")
    except ValueError:
        yield path, f"there is no {day}"
    else:
        if known > date.today():
            yield path, f"{day} lies in the future"


def of_tags(path: Path, tags: tuple[str, ...]) -> Iterator[Finding]:
    """Yield the tags that are no language but look like one."""
    for tag in tags:
        if tag in codes.LANGUAGES_OFTEN_MEANT:
            yield path, f"'{tag}' is no language; did you mean {codes.LANGUAGES_OFTEN_MEANT[tag]}?"


def of_source(path: Path, source: Source) -> Iterator[Finding]:
    """Yield what keeps others from following a source: a day to come, an address that is none."""
    yield from of_day(path, source.accessed)
    if not _ADDRESS.match(source.ref):
        told = "begin with https://, github:OWNER/NAME@COMMIT, pypi:NAME==VERSION, npm:NAME@VERSION, arxiv: or doi:"
        yield path, f"source '{source.ref}' is no address that others can follow; {told}"
    if source.via and _OWN_FILE.fullmatch(source.via):
        yield path, f"via '{source.via}' is a file that others do not have; say which public copy was read"
