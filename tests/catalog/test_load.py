"""The catalog that is installed: whole, damaged or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import paths
from advisor.catalog.load import load
from advisor.errors import ExternalError


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x81\xa6digest\xa1\xff", b"\x81\xa1x\x01"])
def test_a_damaged_installation_says_how_to_mend_it(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = tmp_path / "catalog.msgpack"
    compiled.write_bytes(content)
    monkeypatch.setattr(paths, "COMPILED", str(compiled))
    with pytest.raises(ExternalError, match="is damaged.*install local-model-advisor again"):
        load()


def test_an_installation_without_a_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "COMPILED", str(tmp_path / "none"))
    monkeypatch.setattr(paths, "checkout", lambda: None)
    with pytest.raises(ExternalError, match="holds no catalog"):
        load()
