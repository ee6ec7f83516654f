"""Compiles the catalog into the wheel and lays the suites beside it; an editable install keeps reading the checkout."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogHook(BuildHookInterface):
    """Puts `advisor/_data/catalog.msgpack` into a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, self.root)
        import msgspec

        from advisor.catalog.compile import compile_files
        from advisor.catalog.files import read_folder
        from advisor.catalog.references import problems_of

        snapshot = compile_files(read_folder(root / "catalog", root / "seeds"))
        problems = problems_of(snapshot)
        if problems:
            raise ValueError("\n".join(f"{p.kind}/{p.id}: {p.message}" for p in problems))
        target = Path(tempfile.mkdtemp()) / "catalog.msgpack"
        target.write_bytes(msgspec.msgpack.encode(snapshot))
        build_data["force_include"][str(target)] = "advisor/_data/catalog.msgpack"
        build_data["force_include"][str(root / "catalog" / "suites")] = "advisor/_data/suites"
