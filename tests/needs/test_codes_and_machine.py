"""Codes of languages and countries, and which machine is meant."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.lineage import EU
from advisor.needs import codes
from advisor.needs.machine import choose


def test_the_codes_that_the_catalog_uses_are_known(shipped: Any) -> None:
    countries = {p.country for p in shipped.providers.values() if p.country}
    assert countries | EU <= set(codes.countries())


@pytest.mark.parametrize(
    ("tag", "name"), [("ja", "Japanese (ja)"), ("zh-Hans", "Chinese (zh-Hans)"), ("qqq", "qqq")]
)
def test_language_names(tag: str, name: str) -> None:
    assert codes.language_name(tag) == name


@pytest.mark.parametrize("meant", codes.OFTEN_MEANT.values())
def test_what_is_often_meant_exists(meant: str) -> None:
    assert meant in codes.languages() or meant in codes.countries()


@pytest.mark.parametrize(
    ("asked", "basis", "ram", "vram"),
    [
        ({"ram": 24 * 10**9}, "stated", 24 * 10**9, None),
        ({"vram": 8 * 10**9}, "stated", None, 8 * 10**9),
        ({"ram": 64 * 10**9, "vram": 8 * 10**9}, "stated", 64 * 10**9, 8 * 10**9),
        ({"hardware": "card-24"}, "profile", None, 24 * 10**9),
        ({"hardware": "card-24", "ram": 64 * 10**9}, "profile", 64 * 10**9, 24 * 10**9),
    ],
)
def test_sizes_describe_a_machine_or_correct_the_named_one(
    made: Any, asked: dict[str, Any], basis: str, ram: int | None, vram: int | None
) -> None:
    machine = choose(made.requirements(**asked), made.catalog())
    assert (machine.basis, machine.ram_bytes, machine.vram_bytes) == (basis, ram, vram)


def test_without_a_word_it_is_this_machine(made: Any) -> None:
    assert choose(made.requirements(), made.catalog()).basis == "detected"
    corrected = choose(made.requirements(hardware="this", ram=3 * 10**9), made.catalog())
    assert (corrected.basis, corrected.ram_bytes) == ("detected", 3 * 10**9)
