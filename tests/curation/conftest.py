"""A small catalog on disk that a test may spoil, file by file."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.curation.lint import lint

SOURCES = 'sources: [{ref: "https://example.org/x", accessed: "2026-01-15", kind: card}]'
GOOD = {
    "catalog/providers/maker.yaml": f"name: Maker\ncountry: JP\nhub_orgs: [maker]\n{SOURCES}\n",
    "catalog/families/fine.yaml": "name: Fine\nprovider: maker\n",
    "catalog/licenses/MIT.yaml": (
        "name: MIT License\nshort: MIT\ncategory: permissive\n"
        f'text: {{read: full, url: "https://example.org/mit", {SOURCES}}}\n'
    ),
    "catalog/quantizations/table.yaml": (
        "name: Losses\nmetric: perplexity\nreference_model: Fine 1B\n"
        "entries:\n  Q4_K_M: {increase: 0.1}\n  F16: {increase: 0}\n"
        f"{SOURCES}\n"
    ),
    "catalog/benchmarks/bench.yaml": (
        "name: Bench\nlanguage: ja\npublisher: A university\npublisher_type: independent\nharness: h\n"
        'harness_version: "1"\ndate: "2026-01-01"\nmetric: accuracy\nfloor: 0.4\nceiling: 0.8\nfloor_why: chance\n'
        f"license: MIT\n{SOURCES}\nresults:\n  maker/Fine-1B: {{score: 0.5}}\n"
    ),
    "catalog/hardware/card.yaml": (
        f"name: Card\nvendor: example\nkind: gpu\nmemory_bytes: 24000000000\nbandwidth: 900000000000\n{SOURCES}\n"
    ),
    "catalog/models/maker/Fine-1B.yaml": (
        f"name: Fine 1B\nfamily: fine\nprovider: maker\navailability: {{weights: open, {SOURCES}}}\n"
        f"license: {{id: MIT, {SOURCES}}}\nparameters: {{total: 1000000000, {SOURCES}}}\n"
        "artifacts:\n  - repo: maker/Fine-1B-GGUF\n    files:\n"
        "      - {quantization: Q4_K_M, file: Fine-1B-Q4_K_M.gguf, size_bytes: 600000000}\n"
        f"    {SOURCES}\n"
    ),
    "seeds/900.yaml": (
        'number: "900"\nfile: 900.txt\n'
        "sha256: 7a9af4e9b4b4c7cfb92e5df9ab4a44ad7e1b3d2b8b1e2e1ad1c2c2d0d4a8c0a1\nparagraphs: 2\nclaims:\n"
        '  - {paragraph: 1, subject: "family:fine", surface: Fine, attribute: quality, says: good,\n'
        "     identification: named}\n"
        '  - {paragraph: 2, subject: "model:maker/Fine-1B", surface: it, attribute: quality, says: small,\n'
        "     identification: inferred}\n"
    ),
}
"""Every file of a catalog without a problem."""


class Shelf:
    """The files of a catalog on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in GOOD.items():
            self.put(name, text)

    @property
    def names(self) -> list[str]:
        """Return the names of the good files."""
        return list(GOOD)

    def put(self, name: str, text: str | bytes) -> None:
        """Write a file whole."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a passage of a good file; it has to be there."""
        assert old in GOOD[name]
        self.put(name, GOOD[name].replace(old, new))

    def add(self, name: str, more: str) -> None:
        """Append lines to a good file."""
        self.put(name, GOOD[name] + more)

    def problems(self) -> list[str]:
        """Return what lint says of the folder."""
        return lint(self.root / "catalog", self.root / "seeds")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a good catalog."""
    return Shelf(tmp_path)
