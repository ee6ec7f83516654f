"""Which artifact is chosen, and what a verdict over model and artifact looks like."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.compile import build
from advisor.catalog.load import Catalog
from advisor.rules.evaluate import evaluate
from advisor.rules.finding import RULES
from advisor.rules.offers import UNKNOWN_LOSS, losses
from advisor.rules.verdict import FAIL, PASS, UNKNOWN

OFFICIAL, PACKER, STRANGER = "maker/model-GGUF", "packer/model-GGUF", "stranger/model-GGUF"
SIZES = {"Q2_K": "1.5GB", "Q4_0": "2.2GB", "Q4_K_M": "2.5GB", "Q6_K": "3.3GB", "Q8_0": "6GB", "F16": "8GB"}


@pytest.fixture(scope="module")
def chosen(made: Any) -> Any:
    """Return a function from (repository, quantization) pairs to what is chosen among them, or None."""

    def choose(*files: tuple[str, str], asks: dict[str, Any] | None = None, ram: str = "32GiB", **more: Any) -> Any:
        repositories = tuple(
            made.repository(made.file(name, SIZES.get(name, "2GB")), repo=repo) for repo, name in files
        )
        judged = made.judged(made.model(artifacts=repositories), asks, made.machine(ram, **more))
        return judged.offer and (judged.offer.repository.repo, judged.offer.file.quantization)

    return choose


@pytest.mark.parametrize(
    ("files", "asks", "expected"),
    [
        pytest.param([(STRANGER, "Q8_0")], {}, None, id="a stranger is never offered"),
        pytest.param([(STRANGER, "Q8_0"), (PACKER, "Q4_K_M")], {}, (PACKER, "Q4_K_M"), id="nor preferred"),
        pytest.param([(OFFICIAL, "Q2_K"), (OFFICIAL, "Q4_0")], {}, None, id="below the default is not offered"),
        pytest.param([(OFFICIAL, "Q2_K")], {"min_quant": "Q2_K"}, (OFFICIAL, "Q2_K"), id="unless asked"),
        pytest.param([(OFFICIAL, "XQ7")], {}, None, id="a quantization that no table knows is not offered"),
        pytest.param([(OFFICIAL, "Q4_K_M"), (OFFICIAL, "Q6_K")], {}, (OFFICIAL, "Q6_K"), id="the finer one"),
        pytest.param([(OFFICIAL, "Q6_K"), (OFFICIAL, "Q8_0")], {}, (OFFICIAL, "Q6_K"), id="not below reading speed"),
        pytest.param(
            [(OFFICIAL, "Q6_K"), (OFFICIAL, "Q8_0")], {"prefer": {"speed": 0.0}}, (OFFICIAL, "Q8_0"),
            id="unless speed does not matter",
        ),
        pytest.param(
            [(OFFICIAL, "Q4_K_M"), (OFFICIAL, "Q6_K")], {"min_speed": 12.0}, (OFFICIAL, "Q4_K_M"),
            id="min-speed decides",
        ),
        pytest.param([(OFFICIAL, "F16"), (OFFICIAL, "Q4_K_M")], {}, (OFFICIAL, "Q4_K_M"), id="unquantized last"),
        pytest.param(
            [(OFFICIAL, "F16"), (OFFICIAL, "Q8_0")], {"prefer": {"speed": 0.0}}, (OFFICIAL, "Q8_0"),
            id="unquantized last whatever its speed",
        ),
        pytest.param([(OFFICIAL, "F16")], {}, (OFFICIAL, "F16"), id="but it is offered"),
        pytest.param([(PACKER, "Q4_K_M"), (OFFICIAL, "Q4_K_M")], {}, (OFFICIAL, "Q4_K_M"), id="official on ties"),
        pytest.param([(OFFICIAL, "Q4_K_M"), (PACKER, "Q6_K")], {}, (PACKER, "Q6_K"), id="only on ties"),
        pytest.param(
            [(OFFICIAL, "Q4_K_M"), (PACKER, "Q6_K")], {"publisher": ("official",)}, (OFFICIAL, "Q4_K_M"),
            id="the one that is allowed",
        ),
    ],
)  # fmt: skip
def test_choice(chosen: Any, files: Any, asks: dict[str, Any], expected: tuple[str, str] | None) -> None:
    assert chosen(*files, asks=asks) == expected
    assert chosen(*reversed(files), asks=asks) == expected


@pytest.mark.parametrize(("ram", "expected"), [("32GiB", "Q6_K"), ("4GiB", "Q4_K_M")])
def test_the_finest_that_fits(chosen: Any, ram: str, expected: str) -> None:
    assert chosen((OFFICIAL, "Q6_K"), (OFFICIAL, "Q4_K_M"), ram=ram) == (OFFICIAL, expected)


def test_a_fast_machine_gets_the_finest(chosen: Any) -> None:
    files = [(OFFICIAL, name) for name in ("Q4_K_M", "Q8_0", "Q6_K", "F16")]
    assert chosen(*files, ram="32GiB", ram_bandwidth=400 * 10**9) == (OFFICIAL, "Q8_0")


@pytest.mark.parametrize(
    ("vram", "asks", "expected"),
    [
        pytest.param("3.5GiB", {}, "Q4_K_M", id="on the GPU before finer beside it"),
        pytest.param("8GiB", {}, "Q6_K", id="the finest on the GPU"),
        pytest.param("2GiB", {}, "Q6_K", id="the finest where none fits the GPU"),
        pytest.param("3.5GiB", {"prefer": {"speed": 0.0}}, "Q6_K", id="the finest where speed does not matter"),
        pytest.param("3.5GiB", {"min_quant": "Q6_K"}, "Q6_K", id="or where coarser is not wanted"),
    ],
)
def test_what_fits_the_gpu(chosen: Any, vram: str, asks: dict[str, Any], expected: str) -> None:
    files = [(OFFICIAL, name) for name in ("Q4_K_M", "Q6_K")]
    found = chosen(*files, asks=asks, vram=vram, ram_bandwidth=100 * 10**9)
    assert found == (OFFICIAL, expected)


def test_known_bytes_on_ties(made: Any) -> None:
    unsure = made.repository(made.file("Q4_K_M", sha256=None), repo=PACKER)
    sure = made.repository(made.file("Q4_K_M"), repo="packer/z-GGUF")
    assert made.judged(made.model(artifacts=(unsure, sure))).offer.repository.repo == "packer/z-GGUF"


@pytest.mark.parametrize(
    ("least", "coarser"), [("Q2_K", "IQ1_S"), ("Q2_K", "TQ1_0"), ("Q3_K_S", "IQ3_XXS"), ("Q2_K", "UD-IQ2_M")]
)
def test_coarser_than_asked_is_never_offered(shipped: Any, least: str, coarser: str) -> None:
    assert losses(shipped)[coarser] > losses(shipped)[least]


def test_what_nobody_measured_is_not_offered_even_on_request(made: Any, shipped: Any) -> None:
    need = made.need(shipped, made.machine("512GiB"), min_quant="IQ1_S")
    offered = {j.offer.file.quantization for j in evaluate(need) if j.offer}
    assert offered
    assert not {name for name in offered if "IQ1" in name or "IQ2" in name or "TQ" in name}


def test_only_quantizations_whose_loss_is_unknown_leave_it_open(made: Any) -> None:
    found = made.finding("artifact", made.model(artifacts=(made.repository(made.file("XQ7")),)))
    assert (found.verdict, found.missing) == (UNKNOWN, ("quantizations: XQ7",))


def test_likeness_goes_one_step(made: Any) -> None:
    from advisor.catalog.schema import QuantizationLoss, QuantizationTable

    entries = {
        "A": QuantizationLoss(increase=0.5),
        "B": QuantizationLoss(like="A"),
        "C": QuantizationLoss(like="B"),
        "D": QuantizationLoss(),
    }
    table = QuantizationTable(name="T", metric="m", reference_model="r", entries=entries, sources=made.sources)
    catalog = Catalog(build("", {**made.records(), "quantizations": {"t": table}}))
    assert losses(catalog) == {"A": 0.5, "B": 0.5, "C": UNKNOWN_LOSS, "D": UNKNOWN_LOSS}


class TestVerdict:
    def test_findings_are_told_in_the_order_of_the_rules(self, made: Any) -> None:
        asks = {
            "lang": ("ja",), "license": ("Free",), "monthly_users": 1, "annual_revenue": 1, "territory": ("JP",),
            "seat": "JP", "origin": ("JP",), "air_gapped": True, "publisher": ("official",), "min_speed": 1.0,
            "max_parameters": 10**10,
        }  # fmt: skip
        judged = made.judged(asks=asks)
        assert [f.rule for f in judged.findings] == list(RULES)
        assert judged.verdict is PASS

    def test_a_fail_outweighs_an_unknown(self, made: Any) -> None:
        assert made.judged(made.model(context=None)).verdict is UNKNOWN
        assert made.judged(made.model(context=None, tasks=made.tasks("vision"))).verdict is FAIL

    def test_strict_fails_what_is_unknown_and_keeps_saying_why(self, made: Any) -> None:
        judged = made.judged(made.model(context=None), {"strict": True})
        assert judged.verdict is FAIL
        assert [f.rule for f in judged.findings if f.verdict is UNKNOWN] == ["context"]

    def test_strict_leaves_a_pass_alone(self, made: Any) -> None:
        assert made.judged(asks={"strict": True}).verdict is PASS
