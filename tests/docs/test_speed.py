"""`docs/speed.md`: its constants are the program's, its estimates are today's."""

from __future__ import annotations

import re

import pytest

from advisor.catalog.load import Catalog, load
from advisor.hardware import placement, speed

from .generate import SPEED, estimated, rows

PAGE = SPEED.read_text(encoding="utf-8")
MODULES = {"speed": speed, "placement": placement}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def test_every_constant_is_the_programs() -> None:
    found = rows(PAGE, "constant")
    for line, (name, value, _) in found:
        module, _, constant = name.strip("`").partition(".")
        actual = getattr(MODULES[module], constant)
        assert float(value) == actual, f"docs/speed.md:{line}: {name} is {actual} in the program, the page says {value}"
    public = {
        f"{module}.{name}"
        for module, members in MODULES.items()
        for name, value in vars(members).items()
        if name.isupper() and isinstance(value, (int, float))
    }
    own = {name for name in public if not name.startswith("placement.ASSUMED")}
    assert {cells[0].strip("`") for _, cells in found} == own, "docs/speed.md: the table of constants is not complete"


@pytest.mark.parametrize("first", ["machine, one user", "machine, many users"])
def test_every_estimate_is_todays(catalog: Catalog, first: str) -> None:
    found = rows(PAGE, first)
    assert len(found) >= 4
    old = [
        f"docs/speed.md:{line}: the estimates are now {' | '.join(estimated(catalog, first, cells))}"
        for line, cells in found
        if estimated(catalog, first, cells) != cells
    ]
    assert not old, "run: make docs\n" + "\n".join(old)


def test_no_estimate_is_wildly_off(catalog: Catalog) -> None:
    for line, cells in rows(PAGE, "machine, one user"):
        published, estimate = float(cells[4]), float(cells[5])
        assert 1 / 2.5 < estimate / published < 2.5, (
            f"docs/speed.md:{line}: {estimate} estimated, {published} published"
        )


def test_every_row_names_a_source_of_the_list() -> None:
    sources = {int(number) for number in re.findall(r"^(\d+)\. ", PAGE, re.MULTILINE)}
    for first in ("machine, one user", "machine, many users"):
        for line, cells in rows(PAGE, first):
            assert int(cells[-1].strip("[]")) in sources, f"docs/speed.md:{line}: no such source"
