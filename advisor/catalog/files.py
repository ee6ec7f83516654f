"""The files of a catalog folder: which kinds there are, where they stand, how an id follows from a path."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from advisor.catalog import schema
from advisor.catalog.schema.policy import Policy
from advisor.catalog.schema.questions import QuestionSet
from advisor.errors import DataError

KINDS: dict[str, type[Any]] = {
    "models": schema.Model,
    "providers": schema.Provider,
    "families": schema.Family,
    "licenses": schema.License,
    "benchmarks": schema.Benchmark,
    "safety": schema.SafetyEvaluation,
    "shelf_life": schema.ShelfLives,
    "hardware": schema.HardwareProfile,
    "quantizations": schema.QuantizationTable,
    "questions": QuestionSet,
    "policies": Policy,
    "articles": schema.Article,
}
SINGLE = frozenset({"questions"})
"""Kinds of one file, which stands beside the folders: `questions.yaml`."""


class CatalogFile(NamedTuple):
    """One YAML file: the kind and id that its path gives it, its name for messages, its bytes."""

    kind: str
    id: str
    name: str
    content: bytes

    def text(self) -> str:
        """Return the content as text.

        Raises:
            DataError: where it is not UTF-8.
        """
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.content[: error.start].count(b"\n") + 1
            raise DataError([f"{self.name}:{line}: is not UTF-8 text"]) from None


def read_folder(catalog: Path, articles: Path | None = None) -> list[CatalogFile]:
    """Return every record file below `catalog` (and the articles in `articles`), in order of path.

    Raises:
        DataError: where the folder or a file in it cannot be read.
    """
    try:
        found = [file for kind in KINDS if kind != "articles" for file in _files(catalog, kind)]
        if articles and articles.is_dir():
            found += _in_folder("articles", str(articles), "", articles.name)
    except OSError as error:
        raise DataError([f"{error.filename or catalog}:1: cannot be read: {error.strerror}"]) from None
    return found


def _files(catalog: Path, kind: str) -> Iterator[CatalogFile]:
    folder, shown = os.path.join(catalog, kind), os.path.join(catalog.name, kind)
    if kind in SINGLE:
        if os.path.isfile(folder + ".yaml"):
            with open(folder + ".yaml", "rb") as file:
                yield CatalogFile(kind, kind, shown + ".yaml", file.read())
        return
    if not os.path.isdir(folder):
        return
    if kind != "models":
        yield from _in_folder(kind, folder, "", shown)
        return
    for org in sorted(os.listdir(folder)):
        inner = os.path.join(folder, org)
        if os.path.isdir(inner):
            yield from _in_folder(kind, inner, f"{org}/", os.path.join(shown, org))


def _in_folder(kind: str, folder: str, prefix: str, shown: str) -> Iterator[CatalogFile]:
    """Read the YAML files of one folder; plain calls, since there may be ten thousand of them."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".yaml"):
            with open(os.path.join(folder, name), "rb") as file:
                yield CatalogFile(kind, prefix + name.removesuffix(".yaml"), os.path.join(shown, name), file.read())


BESIDE = frozenset({"suites"})
"""Folders of a catalog that hold no records: the suites of the smoke test."""
EMPTY = "holds no records; name the folder that has models/, providers/ … in it"
STRAY = "lies where no record is read; see docs/adding-a-model.md"


def strays(catalog: Path) -> list[str]:
    """Return YAML files below `catalog` that no kind of record takes in."""
    found = []
    for path in sorted([*catalog.rglob("*.yaml"), *catalog.rglob("*.yml")]):
        kind, *rest = path.relative_to(catalog).parts
        if kind in BESIDE:
            continue
        if not rest and kind.removesuffix(".yaml") in SINGLE and path.suffix == ".yaml":
            continue
        depth = 2 if kind == "models" else 1
        if path.suffix == ".yml" or kind not in KINDS or kind in ("articles", *SINGLE) or len(rest) != depth:
            found.append(str(path.relative_to(catalog.parent)))
    return found


def digest(files: list[CatalogFile]) -> str:
    """Return the sha256 over kinds, ids and contents: equal files have equal digests on every machine."""
    total = hashlib.sha256()
    for file in sorted(files):
        content = file.content.replace(b"\r\n", b"\n")
        total.update(f"{file.kind}/{file.id}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()
