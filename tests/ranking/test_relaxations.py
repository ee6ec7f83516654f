"""What would let something pass: the smallest changes, each tried before it is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from advisor.needs.resolve import resolve
from advisor.needs.units import parse_size
from advisor.ranking.schema import RelaxedOption
from advisor.recommend import recommend
from advisor.render import words


def told(document: Any) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    return [({step.option: step.to for step in r.relax}, r.passes) for r in document.relaxations]


def test_none_where_something_passes(made: Any) -> None:
    models = {made.subject: made.model(), "maker/large": made.model(tasks=made.tasks("code"))}
    assert told(made.recommended(models)) == []


@pytest.mark.parametrize(
    ("asks", "facts", "change"),
    [
        ({"lang": ("ja", "th")}, {}, {"lang": ["ja"]}),
        ({"task": ("chat", "vision")}, {}, {"task": ["chat"]}),
        ({"license": ("MIT",)}, {}, {"license": ["MIT", "Free"]}),
        ({"context": 200_000}, {}, {"context": 131_072}),
        ({"max_parameters": 10**9}, {}, {"max_parameters": 4 * 10**9}),
        ({"exclude_origin": ("JP",)}, {}, {"exclude_origin": []}),
        ({"origin": ("US",)}, {}, {"origin": ["US", "JP"]}),
        ({"min_quant": "Q8_0"}, {}, {"min_quant": "Q4_K_M"}),
        ({"publisher": ("packer",)}, {}, {"publisher": ["packer", "maker"]}),
        ({"use": "internal"}, {"license": "NC"}, {"use": "research"}),
        ({"monthly_users": 11}, {"license": "Limited"}, {"monthly_users": 10}),
        ({"territory": ("DE", "JP")}, {"license": "Abroad"}, {"territory": ["JP"]}),
    ],
)  # fmt: skip
def test_one_change(made: Any, asks: dict[str, Any], facts: dict[str, str], change: dict[str, Any]) -> None:
    licenses = {
        "NC": made.license(uses={"internal": "forbidden", "research": "allowed"}),
        "Limited": made.license(monthly_users=made.limit(10, "ask")),
        "Abroad": made.license(territories=made.excluding("EU")),
        "MIT": made.license(),
    }
    model = made.model(**{name: made.terms(value) for name, value in facts.items()})
    document = made.recommended(model, asks, licenses=licenses)
    assert told(document) == [(change, (made.subject,))]
    step = document.relaxations[0].relax[0]
    assert step.from_ == (list(was) if isinstance(was := asks[step.option], tuple) else was)


def test_the_rate_that_is_reached(made: Any) -> None:
    [(change, passes)] = told(made.recommended(asks={"min_speed": 500.0}))
    assert (set(change), passes) == ({"min_speed"}, (made.subject,))
    assert 8 < change["min_speed"] < 20


def test_more_memory_is_told_by_its_size(made: Any) -> None:
    document = made.recommended(machine=made.machine("2GiB"))
    [(change, passes)] = told(document)
    assert passes == (made.subject,)
    assert made.recommended(machine=made.machine(change["ram"])).exit_code == 0
    assert document.relaxations[0].relax[0].from_ == "2GiB"


def test_two_changes_where_one_is_not_enough(made: Any) -> None:
    document = made.recommended(asks={"lang": ("th",), "license": ("MIT",)}, licenses={"MIT": made.license()})
    assert told(document) == [({"lang": [], "license": ["MIT", "Free"]}, (made.subject,))]


def test_one_change_is_told_before_two(made: Any) -> None:
    far = made.model(context=made.context(4096), license=made.terms("MIT"))
    models = {made.subject: made.model(), "maker/far": far}
    document = made.recommended(models, {"license": ("Other",)}, licenses={"MIT": made.license()})
    assert told(document) == [({"license": ["Other", "Free"]}, (made.subject,))]


def test_the_least_memory_that_helps_is_told_first(made: Any) -> None:
    large = made.model(artifacts=(made.repository(made.file("Q4_K_M", "30GB")),))
    models = {made.subject: made.model(), "maker/large": large, "maker/larger": large}
    [(first, one), (second, all_three)] = told(made.recommended(models, machine=made.machine("2GiB")))
    assert parse_size(first["ram"]) < 6 * 2**30 < parse_size(second["ram"])
    assert (one, len(all_three)) == ((made.subject,), 3)


def test_three_amounts_of_memory_are_told_at_most(made: Any) -> None:
    files = {gb: made.file(size=f"{gb}GB") for gb in (4, 8, 16, 32)}
    models = {f"maker/of-{gb}": made.model(artifacts=(made.repository(file),)) for gb, file in files.items()}
    found = told(made.recommended(models, machine=made.machine("2GiB")))
    assert [len(passes) for _, passes in found] == [1, 2, 3]


def test_another_task_is_no_relaxation(made: Any) -> None:
    assert told(made.recommended(made.model(), {"task": ("reranking",)})) == []


@pytest.mark.parametrize("asks", [{"territory": ("DE",)}, {"seat": "DE"}])
def test_another_country_is_no_relaxation(made: Any, asks: dict[str, Any]) -> None:
    abroad = {"Abroad": made.license(territories=made.excluding("EU"), seat=made.excluding("EU"))}
    assert told(made.recommended(made.model(license=made.terms("Abroad")), asks, licenses=abroad)) == []


@pytest.mark.parametrize(
    ("option", "before", "to", "typed"),
    [
        ("license", ["MIT"], ["MIT", "Apache-2.0"], "with --license MIT --license Apache-2.0"),
        ("lang", ["ja", "th", "ko"], ["ja"], "without --lang th --lang ko"),
        ("air_gapped", True, False, "without --air-gapped"),
        ("ram", "24GB", "36GiB", "with --ram 36GiB"),
        ("min_quant", "Q8_0", "Q4_K_M", "with --min-quant Q4_K_M"),
        ("context", 200_000, 131_072, "with --context 131072"),
    ],
)
def test_a_change_reads_as_one_would_type_it(option: str, before: Any, to: Any, typed: str) -> None:
    assert words.change(RelaxedOption(option=option, from_=before, to=to)) == typed


@pytest.mark.parametrize(
    "facts",
    [
        {"instruction_tuned": False},
        {"context": None},
        {"artifacts": ()},
    ],
)
def test_nothing_is_told_where_no_requirement_is_at_fault(made: Any, facts: dict[str, Any]) -> None:
    assert told(made.recommended(made.model(**facts))) == []


def test_three_changes_are_too_many(made: Any) -> None:
    asks = {"lang": ("th",), "license": ("MIT",), "context": 200_000}
    assert told(made.recommended(asks=asks, licenses={"MIT": made.license()})) == []


def test_a_change_is_tried_before_it_is_told(made: Any) -> None:
    """Q4_0 would settle `artifact`, but it fits only into memory that the machine does not have."""
    coarse = made.repository(made.file("Q4_0", "30GB"))
    document = made.recommended(made.model(artifacts=(coarse,)), machine=made.machine("16GiB"))
    assert told(document) == []


@pytest.mark.parametrize(
    ("asks", "facts"),
    [
        ({"lang": ("th",)}, {}),
        ({"license": ("MIT",)}, {}),
        ({"context": 200_000}, {}),
        ({"privacy": "restricted"}, {"gated": True}),
        ({"air_gapped": True}, {"gated": True}),
        ({"territory": ("DE", "JP")}, {"license": "Abroad"}),
    ],
)
def test_what_is_told_can_be_written_into_a_requirements_file_and_helps(
    made: Any, tmp_path: Any, asks: dict[str, Any], facts: dict[str, Any]
) -> None:
    from advisor.catalog.load import Catalog

    licenses = {
        "Abroad": made.license(territories=made.excluding("EU"), seat=made.excluding("EU")),
        "MIT": made.license(),
    }
    shaped = {n: made.gated(v) if n == "gated" else made.terms(v) for n, v in facts.items()}
    catalog: Catalog = made.catalog(made.model(**shaped), licenses=licenses)
    machine = made.machine("32GiB")
    document = recommend(made.requirements(**asks), catalog, machine)
    [(change, passes)] = told(document)
    file = tmp_path / "needs.yaml"
    file.write_bytes(msgspec.json.encode(asks | change))
    again = recommend(resolve({}, catalog, file), catalog, machine)
    assert passes == tuple(c.id for c in again.candidates if c.rank)
    assert again.exit_code == 0


def test_sizes_are_written_as_they_are_typed(made: Any) -> None:
    [(change, _)] = told(made.recommended(machine=made.machine(ram=None, vram="2GB")))
    assert parse_size(change["vram"]) > 2 * 10**9
