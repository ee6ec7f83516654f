"""Do the records in `seeds/` match the articles they were made from?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from advisor.catalog.schema import Article
from advisor.errors import UserError


def check_articles(articles: Mapping[str, Article], folder: Path) -> list[str]:
    """Recompute hashes and paragraph counts, and look for each claim's surface form in its paragraph.

    Raises:
        UserError: where the folder with the articles does not exist.
    """
    if not folder.is_dir():
        raise UserError(f"--articles {folder}: no such folder")
    return [problem for name, article in articles.items() for problem in _check(name, article, folder)]


def _check(name: str, article: Article, folder: Path) -> list[str]:
    path = folder / article.file
    try:
        content = path.read_bytes()
    except OSError as error:
        return [f"seeds/{name}.yaml:1: {path}: cannot be read: {error.strerror}"]
    problems = []
    if hashlib.sha256(content).hexdigest() != article.sha256:
        problems.append(f"seeds/{name}.yaml:1: sha256 differs: {path} is another text")
    paragraphs = paragraphs_of(content.decode("utf-8", "replace"))
    if len(paragraphs) != article.paragraphs:
        problems.append(f"seeds/{name}.yaml:1: {path} has {len(paragraphs)} paragraphs, not {article.paragraphs}")
    for index, claim in enumerate(article.claims):
        if claim.paragraph > len(paragraphs) or claim.surface not in paragraphs[claim.paragraph - 1]:
            problems.append(
                f"seeds/{name}.yaml:1: claims[{index}]: paragraph {claim.paragraph} does not say '{claim.surface}'"
            )
    return problems


def paragraphs_of(text: str) -> list[str]:
    """Return the non-empty lines of an article; they are counted from 1."""
    return [line.strip() for line in text.splitlines() if line.strip()]
