"""The look at a model's headers before its files may get into the lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, NamedTuple

from advisor.gguf.examination import Examination, examine
from advisor.gguf.shards import shard_names
from advisor.gguf.source import FileSource

TEMPLATE = "template"
"""The rule by which a chat template is refused."""


class HeaderCheck(NamedTuple):
    """What the inspection says of some files, in words; `template` is what stands against the chat template."""

    problems: tuple[str, ...]
    """What makes the files unfit to be loaded, whatever anybody says."""
    template: tuple[str, ...]
    """What a template has no business doing: refused unless somebody says why it may."""
    warnings: tuple[str, ...]
    template_sha256: str | None

    def verdict(self, excused: bool = False) -> Literal["pass", "warn", "fail"]:
        """Return `fail` where the files may not be locked."""
        if self.problems or (self.template and not excused):
            return "fail"
        return "warn" if self.warnings or self.template else "pass"

    @property
    def told(self) -> tuple[str, ...]:
        return (*self.problems, *self.template, *self.warnings)


def check_headers(files: Mapping[str, Path]) -> HeaderCheck:
    """Inspect GGUF files, given by their names in the repository; parts of one model are looked at together."""
    found = [_examined(name, files) for name in _firsts(files)]
    problems = [(p.severity, f"{p.file or ''} {p.message}".strip()) for each in found for p in each.problems]
    findings = [(f.severity, f"template: {f.message}") for each in found for f in each.template.findings]
    return HeaderCheck(
        problems=tuple(text for severity, text in problems if severity == "fail"),
        template=tuple(text for severity, text in findings if severity == "fail"),
        warnings=tuple(text for severity, text in (*problems, *findings) if severity == "warn"),
        template_sha256=next((each.template.sha256 for each in found if each.template.sha256), None),
    )


def _firsts(files: Mapping[str, Path]) -> Iterator[str]:
    """Yield the first file of every set."""
    seen: set[str] = set()
    for name in files:
        if name not in seen:
            seen |= set(shard_names(name))
            yield name


def _examined(name: str, files: Mapping[str, Path]) -> Examination:
    def opened(part: str) -> FileSource | None:
        return FileSource(files[part]) if part in files else None

    with ExitStack() as stack:
        return examine(name, opened, stack)
