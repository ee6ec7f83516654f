"""Licence ids of the shipped catalog: SPDX where there is one, ScanCode's key where there is none."""

from __future__ import annotations

import pytest
from license_expression import get_license_index

from advisor.catalog.load import load

NEWER_THAN_THE_INDEX = {"gemma-tou-2025-03-24", "moonshot-ai-modified-mit-2025", "qwen-2024"}
"""Keys of ScanCode LicenseDB (github:aboutcode-org/scancode-licensedb@053a651) that the packaged index lacks."""
INDEX = get_license_index()
SPDX = {entry["spdx_license_key"] for entry in INDEX if entry.get("spdx_license_key")}
SCANCODE = {entry["license_key"] for entry in INDEX} | NEWER_THAN_THE_INDEX
IDS = sorted(load().licenses)


@pytest.mark.parametrize("license_id", IDS)
def test_an_id_is_one_that_others_know(license_id: str) -> None:
    if license_id.startswith("LicenseRef-scancode-"):
        assert license_id.removeprefix("LicenseRef-scancode-") in SCANCODE
    elif not license_id.startswith("LicenseRef-advisor-"):
        assert license_id in SPDX


@pytest.mark.parametrize("license_id", [i for i in IDS if i.startswith("LicenseRef-advisor-")])
def test_a_name_of_our_own_stands_only_where_scancode_has_none(license_id: str) -> None:
    assert license_id.removeprefix("LicenseRef-advisor-") not in SCANCODE
