"""Two catalogs side by side: what came, what went, what changed, fact by fact."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.load import Catalog
from advisor.curation.diff import Difference, diff
from advisor.errors import DataError, UserError

MODEL = "catalog/models/maker/Fine-1B.yaml"
Change = Callable[[Path], None]


@pytest.fixture
def compared(shelf: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Change], Difference]:
    """Return a function that compares the small catalog with itself after a change."""
    old = tmp_path_factory.mktemp("old")
    shutil.copytree(shelf.root, old, dirs_exist_ok=True)

    def against(change: Change) -> Difference:
        change(shelf.root)
        return diff(old / "catalog", shelf.root / "catalog")

    return against


def replaced(name: str, old: str, new: str) -> Change:
    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def test_equal_catalogs_differ_in_nothing(compared: Any) -> None:
    document = compared(lambda root: None)
    assert document.records == []
    assert document.old == document.new


def test_records_that_come_and_go(compared: Any) -> None:
    def change(root: Path) -> None:
        text = (root / MODEL).read_text(encoding="utf-8")
        (root / "catalog/models/maker/Other-1B.yaml").write_text(text.replace("Fine-1B", "Other-1B"), encoding="utf-8")
        (root / "catalog/hardware/card.yaml").unlink()

    told = [(r.kind, r.id, r.change, r.facts) for r in compared(change).records]
    assert told == [("models", "maker/Other-1B", "added", []), ("hardware", "card", "removed", [])]


@pytest.mark.parametrize(
    ("old", "new", "path", "values"),
    [
        ("total: 1000000000", "total: 1100000000", "parameters.total", (1_000_000_000, 1_100_000_000)),
        ("total: 1000000000", "total: 1000000000, active: 5", "parameters.active", (None, 5)),
        (
            "size_bytes: 600000000",
            "size_bytes: 600000001",
            "artifacts[maker/Fine-1B-GGUF].files[Fine-1B-Q4_K_M.gguf].size_bytes",
            (600_000_000, 600_000_001),
        ),
        ("weights: open", "weights: announced", "availability.weights", ("open", "announced")),
    ],
)
def test_a_fact_that_changed(old: str, new: str, path: str, values: tuple[Any, Any], compared: Any) -> None:
    (record,) = compared(replaced(MODEL, old, new)).records
    assert (record.kind, record.id, record.change) == ("models", "maker/Fine-1B", "changed")
    assert [(fact.path, fact.old, fact.new) for fact in record.facts] == [(path, *values)]


def test_members_of_one_name_are_told_apart(shelf: Any, tmp_path: Path) -> None:
    source = '{ref: https://example.org/x, accessed: "2026-01-15", kind: card}'
    stated = "".join(
        f"  - {{fact: parameters.total, other: {other}, why: x, sources: [{source}]}}\n" for other in (5, 6)
    )
    with (shelf.root / MODEL).open("a", encoding="utf-8") as file:
        file.write(f"disagreements:\n{stated}")
    new = tmp_path / "new"
    shutil.copytree(shelf.root, new)
    replaced(MODEL, "other: 5", "other: 7")(new)
    (record,) = diff(shelf.root / "catalog", new / "catalog").records
    assert [(fact.path, fact.old, fact.new) for fact in record.facts] == [
        ("disagreements[parameters.total].other", 5, 7)
    ]


def test_articles_are_compared_only_where_both_sides_have_them(shelf: Any, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "catalog"
    shutil.copytree(shelf.root / "catalog", alone)
    assert diff(shelf.root / "catalog", alone).records == []


def test_sources_of_a_group_are_one_fact(compared: Any) -> None:
    (record,) = compared(
        replaced("catalog/providers/maker.yaml", "https://example.org/x", "https://example.org/y")
    ).records
    (fact,) = record.facts
    assert fact.path == "sources"
    assert (fact.old, fact.new) == (["https://example.org/x (2026-01-15)"], ["https://example.org/y (2026-01-15)"])


def test_overlays_are_compared_as_laid_over_the_shipped_catalog(shipped: Catalog, tmp_path: Path) -> None:
    for name, status in (("old", "retired"), ("new", "superseded")):
        record = tmp_path / name / "models" / "Qwen" / "Qwen3-14B.yaml"
        record.parent.mkdir(parents=True)
        source = '{ref: "https://bank.example/17", accessed: "2026-11-20", kind: documentation}'
        text = f"availability:\n  weights: open\n  status: {status}\n  sources:\n    - {source}\n"
        record.write_text(text, encoding="utf-8")
    found = diff(tmp_path / "old", tmp_path / "new")
    assert [(r.kind, r.id, r.change) for r in found.records] == [("models", "Qwen/Qwen3-14B", "changed")]
    assert [(f.path, f.old, f.new) for f in found.records[0].facts] == [
        ("availability.status", "retired", "superseded")
    ]
    assert found.old.records > len(shipped.models)


def test_a_folder_without_records(tmp_path: Path, shelf: Any) -> None:
    with pytest.raises(UserError, match="holds no records"):
        diff(tmp_path, shelf.root / "catalog")


def test_a_catalog_that_cannot_be_read(shelf: Any, tmp_path: Path) -> None:
    shutil.copytree(shelf.root / "catalog", tmp_path / "broken")
    (tmp_path / "broken" / "licenses" / "MIT.yaml").write_text("name: 5", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        diff(tmp_path / "broken", shelf.root / "catalog")
    assert any("licenses/MIT.yaml:1: name: expected text" in problem for problem in caught.value.problems)
