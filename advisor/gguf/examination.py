"""All that can be said of a model's files without a catalog and without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from advisor.catalog.schema import Record
from advisor.errors import UserError
from advisor.gguf.header import Header, read_header
from advisor.gguf.problem import Problem
from advisor.gguf.second_opinion import SecondOpinion, ask
from advisor.gguf.shards import Opener, check_shards, shard_names
from advisor.gguf.source import HeaderSource
from advisor.gguf.template import TemplateFinding, audit

Verdict = Literal["pass", "warn", "fail"]
TEMPLATE = "tokenizer.chat_template"


class Template(Record, frozen=True, kw_only=True):
    """The chat template of a file: its hash and what the audit found in it."""

    present: bool
    sha256: str | None = None
    """Of the default template's UTF-8 text, as it stands in the file."""
    stripped_sha256: str | None = None
    """Of the same text without white space at its end, where that differs; tools drop or add it."""
    named: dict[str, str] = msgspec.field(default_factory=dict)
    """Further templates by name, with their hashes."""
    findings: tuple[TemplateFinding, ...]
    second_opinion: SecondOpinion | None = None


class Shard(NamedTuple):
    """One file of a model, open."""

    name: str
    source: HeaderSource
    header: Header


class Examination(NamedTuple):
    """Headers, problems and template of a model in one or more files; the first file holds the keys."""

    shards: tuple[Shard, ...]
    problems: tuple[Problem, ...]
    template: Template

    @property
    def header(self) -> Header:
        return self.shards[0].header

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(shard.header.size for shard in self.shards)

    @property
    def verdict(self) -> Verdict:
        """The worst of all problems and template findings."""
        return worst(self.problems, self.template.findings)


def worst(problems: tuple[Problem, ...], findings: tuple[TemplateFinding, ...]) -> Verdict:
    """Return `fail` or `warn` where anything says so, else `pass`."""
    found = {p.severity for p in problems} | {f.severity for f in findings}
    return "fail" if "fail" in found else "warn" if "warn" in found else "pass"


def examine(name: str, open_file: Opener, stack: ExitStack) -> Examination:
    """Read and check the headers of the model that file `name` is (a part of), and audit its template.

    `open_file` opens a file by its name; `stack` closes what was opened.

    Raises:
        UserError: where there is no file of this name.
        ExternalError: where a file cannot be read.
    """
    names = shard_names(name)
    shards: list[Shard] = []
    for each in names:
        source = open_file(each)
        if source is not None:
            stack.callback(source.close)
            shards.append(Shard(each, source, read_header(source)))
    if all(shard.name != name for shard in shards):
        raise UserError(f"there is no file {name}")
    headers = {shard.name: shard.header for shard in shards}
    problems = [problem for shard in shards for problem in _own(shard, len(names) > 1)]
    if len(names) > 1 or (shards[0].header.integer("split.count") or 1) > 1:
        problems += check_shards(names, headers)
    problems += _contents(shards)
    return Examination(tuple(shards), tuple(problems), template_of(shards[0].header))


def _own(shard: Shard, several: bool) -> Iterator[Problem]:
    """Yield the problems of one file, with its name where there are several."""
    for p in shard.header.problems:
        file = shard.name if several else None
        yield Problem(code=p.code, message=p.message, offset=p.offset, severity=p.severity, file=file)


def _contents(shards: list[Shard]) -> Iterator[Problem]:
    """Yield what is wrong with a header that can be read: no architecture, no tensors."""
    header = shards[0].header
    if not header.complete:
        return
    if not header.text("general.architecture"):
        message = "the header names no architecture; no engine can load it"
        yield Problem(code="architecture", message=message, offset=0, severity="fail")
    if not any(shard.header.tensors for shard in shards):
        message = "the file holds no tensors: a vocabulary, not a model"
        yield Problem(code="no-tensors", message=message, offset=0, severity="warn")


def template_of(header: Header) -> Template:
    """Return the hashes of a file's templates and the findings in all of them."""
    texts = dict(_templates(header))
    default = texts.get("")
    findings: list[TemplateFinding] = []
    for name, text in texts.items():
        findings += [
            TemplateFinding(rule=f.rule, severity=f.severity, message=f.message, line=f.line, template=name or None)
            for f in audit(text)
        ]
    if TEMPLATE in header.entries and default is None:
        message = "the template is no text, or too long to be one"
        findings.append(TemplateFinding(rule="too-large", severity="warn", message=message))
    return Template(
        present=any(key.startswith(TEMPLATE) for key in header.entries),
        sha256=_hash(default) if default is not None else None,
        stripped_sha256=_hash(default.rstrip()) if default is not None and default != default.rstrip() else None,
        named={name: _hash(text) for name, text in texts.items() if name},
        findings=tuple(findings),
        second_opinion=ask(default) if default else None,
    )


def _templates(header: Header) -> Iterator[tuple[str, str]]:
    """Yield the templates of a file by name; the default one has none."""
    for key, entry in header.entries.items():
        if isinstance(entry.value, str) and (key == TEMPLATE or key.startswith(TEMPLATE + ".")):
            yield key[len(TEMPLATE) + 1 :], entry.value


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
