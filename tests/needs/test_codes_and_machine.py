"""Codes of languages and countries, and which machine is meant."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog import codes
from advisor.catalog.lineage import EU
from advisor.needs.machine import choose


def test_the_codes_that_the_catalog_uses_are_known(shipped: Any) -> None:
    countries = {p.country for p in shipped.providers.values() if p.country}
    assert countries | EU <= set(codes.countries())


@pytest.mark.parametrize(("tag", "name"), [("ja", "Japanese (ja)"), ("zh-Hans", "Chinese (zh-Hans)"), ("qqq", "qqq")])
def test_language_names(tag: str, name: str) -> None:
    assert codes.language_name(tag) == name


@pytest.mark.parametrize(
    ("meant", "known"),
    [
        (codes.COUNTRIES_OFTEN_MEANT, codes.countries()),
        pytest.param(
            codes.LANGUAGES_OFTEN_MEANT, codes.languages(),
        ),
    ],
)  # fmt: skip
def test_what_is_written_for_another_code_is_none_itself(meant: dict[str, str], known: dict[str, str]) -> None:
    assert not set(meant) & set(known)


def test_what_is_often_meant_exists() -> None:
    assert set(codes.COUNTRIES_OFTEN_MEANT.values()) <= set(codes.countries())
    assert set(codes.LANGUAGES_OFTEN_MEANT.values()) <= set(codes.languages())


def test_tags_that_stand_for_others_exist() -> None:
    same, regions = codes.SAME_LANGUAGE, codes.SCRIPT_OF_REGION
    assert set(same.values()) <= set(codes.languages())
    assert set(codes.INDIVIDUAL_LANGUAGES) <= set(codes.languages())
    assert {tag.split("-")[1] for tag in regions} <= set(codes.countries())
    assert set(regions.values()) == {"zh-Hans", "zh-Hant"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("JA", "ja"), ("zh-tw", "zh-Hant"), ("ZH-hans-cn", "zh-Hans-CN"), ("fil", "tl"), ("arb", "ar"), ("nb", "nb")],
)
def test_a_tag_has_one_form(written: str, meant: str) -> None:
    assert codes.canonical(written) == meant
    assert codes.canonical(meant) == meant


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
