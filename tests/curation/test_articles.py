"""The articles' records against their texts: hashes, paragraphs, surface forms."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.catalog.schema import Article, Claim
from advisor.curation.articles import check_articles, paragraphs_of
from advisor.errors import UserError

TEXT = "\ufeffFine is good.\r\n\r\n  It is small.  \n\n\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "900.txt").write_bytes(TEXT.encode())
    return tmp_path


def _claim(paragraph: int, surface: str) -> Claim:
    return Claim(
        paragraph=paragraph, subject="family:fine", surface=surface, attribute="x", says="y", identification="named"
    )


def _article(**changes: Any) -> Article:
    good = Article(
        number="900",
        file="900.txt",
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        paragraphs=2,
        claims=(_claim(1, "Fine"), _claim(2, "small")),
    )
    return msgspec.structs.replace(good, **changes)


def test_a_record_that_matches(folder: Path) -> None:
    assert check_articles({"900": _article()}, folder) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sha256": "0" * 64}, ["sha256 differs"]),
        ({"paragraphs": 3}, ["has 2 paragraphs, not 3"]),
        ({"claims": (_claim(2, "Fine"),)}, ["claims[0]: paragraph 2 does not say 'Fine'"]),
        ({"claims": (_claim(1, "Fine"), _claim(9, "Fine"))}, ["claims[1]: paragraph 9 does not say 'Fine'"]),
        ({"claims": (_claim(1, "fine"),)}, ["claims[0]: paragraph 1 does not say 'fine'"]),
        ({"file": "901.txt"}, ["cannot be read: No such file or directory"]),
        ({"sha256": "0" * 64, "paragraphs": 1, "claims": (_claim(1, "x"),)}, ["sha256", "paragraphs", "claims[0]"]),
    ],
)
def test_a_record_that_does_not(changes: dict[str, Any], told: list[str], folder: Path) -> None:
    problems = check_articles({"900": _article(**changes)}, folder)
    assert len(problems) == len(told)
    for problem, part in zip(problems, told, strict=True):
        assert problem.startswith("seeds/900.yaml:1: ")
        assert part in problem


def test_a_text_that_is_not_utf8(folder: Path) -> None:
    (folder / "900.txt").write_bytes(b"\xff\xfe")
    assert "sha256 differs" in check_articles({"900": _article()}, folder)[0]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        check_articles({}, tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "paragraphs"), [("", []), ("\n \n", []), ("a", ["a"]), (" a \n\nb\r\n\t\nc", ["a", "b", "c"])]
)
def test_paragraphs_are_the_lines_that_say_something(text: str, paragraphs: list[str]) -> None:
    assert paragraphs_of(text) == paragraphs
