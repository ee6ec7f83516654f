"""Requirements as one would type them: typed again, they are the same."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.load import Catalog
from advisor.needs.options import as_options
from advisor.needs.resolve import resolve

NUMBERS = ("monthly_users", "annual_revenue", "concurrency")
REPEATED = ("lang", "task", "license", "territory", "origin", "exclude_origin", "publisher", "prefer")


def typed(text: str) -> dict[str, Any]:
    """Read a line of options the way a shell and the command line do."""
    words, found = shlex.split(text), {}
    while words:
        name = words.pop(0).removeprefix("--").replace("-", "_")
        value: Any = words.pop(0) if words and not words[0].startswith("--") else True
        if name in REPEATED:
            found.setdefault(name, []).append(value)
        else:
            found[name] = int(value) if name in NUMBERS else float(value) if name == "min_speed" else value
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "lang": st.sampled_from([("ja",), ("zh-Hans", "th")]),
        "task": st.sampled_from([("chat",), ("code", "vision")]),
        "license": st.just(("MIT", "Apache-2.0")),
        "use": st.sampled_from(["internal", "research"]),
        "monthly_users": st.integers(100, 10**10),
        "annual_revenue": st.integers(1, 10**13),
        "territory": st.just(("DE", "FR")),
        "seat": st.just("SG"),
        "origin": st.just(("US",)),
        "exclude_origin": st.just(("CN", "RU")),
        "on_prem": st.just(True),
        "air_gapped": st.just(True),
        "privacy": st.sampled_from(["public", "confidential"]),
        "publisher": st.just(("official", "unsloth")),
        "ram": st.builds("{}{}".format, st.integers(1, 4096), st.sampled_from(["GB", "GiB", "MB", "MiB"])),
        "hardware": st.just("nvidia-l4"),
        "context": st.integers(1, 10**7).map(str),
        "concurrency": st.integers(1, 99),
        "min_speed": st.sampled_from([0.5, 8.0, 12.25]),
        "max_parameters": st.sampled_from(["14B", "135M", "123456789"]),
        "min_quant": st.sampled_from(["Q8_0", "Q4_K_M"]),
        "prefer": st.just(("speed=0.5", "language=2")),
        "strict": st.just(True),
        "as_of": st.just("2026-11-22"),
    },
)


@given(options=OPTIONS)
def test_what_was_typed_comes_back(shipped: Catalog, options: dict[str, Any]) -> None:
    requirements = resolve(options, shipped)
    assert resolve(typed(as_options(requirements)), shipped) == requirements


def test_defaults_are_left_out(shipped: Catalog) -> None:
    assert as_options(resolve({"task": ("chat",), "context": "8192"}, shipped)) == ""


@pytest.mark.parametrize("option", [{"ram": "1234567KB"}, {"ram": "1.234567GB"}, {"prefer": ("speed=0.12345678",)}])
def test_no_digit_is_lost(shipped: Catalog, option: dict[str, Any]) -> None:
    requirements = resolve(option, shipped)
    assert resolve(typed(as_options(requirements)), shipped) == requirements
