"""What `advisor recommend` loads: a table in a blink, because next to nothing is imported for it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
NEVER = {
    "huggingface_hub",
    "httpx2",
    "filelock",
    "llama_cpp",
    "jinja2",
    "rich",
    "questionary",
    "cyclonedx",
    "jsonschema",
    "yaml",
    "tabulate",
    "requests",
    "httpx",
    "urllib3",
    "numpy",
    "gguf",
    "highspy",
    "pycld2",
    "pydantic",
    "socket",
    "ssl",
    "asyncio",
    "http",
    "email",
    "importlib.metadata",
    "xml",
    "json",
    "csv",
    "logging",
    "concurrent",
    "multiprocessing",
    "sqlite3",
    "pdb",
    "unittest",
    "pkg_resources",
    "setuptools",
    "advisor.strict_yaml",
    "advisor.catalog.schema.policy",
    "advisor.needs.policies",
    "advisor.rules.policy",
    "advisor.render.sarif",
    "advisor.curation.lint",
    "advisor.catalog.compile",
    "advisor.catalog.overlay",
    "advisor.cli.catalog",
    "advisor.cli.compare",
    "advisor.cli.explain",
    "advisor.hardware.bandwidth",
    "advisor.cli.inspect",
    "advisor.gguf",
    "advisor.engine",
    "c4nary",
    "advisor.hub",
    "advisor.smoke",
    "statistics",
    "random",
}
SCRIPT = """
import sys
from advisor.cli.main import run
code = run(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def loaded(process: Any) -> Any:
    """Return which modules a command has loaded when it ends, on the shipped catalog with a warm cache."""

    def of(*arguments: str) -> set[str]:
        process(*arguments, cwd=CHECKOUT, PYTHONPATH=str(CHECKOUT))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *arguments],
            env=process.environment({"PYTHONPATH": str(CHECKOUT)}),
            cwd=CHECKOUT,
            capture_output=True,
            timeout=60,
        )
        code, *modules = done.stderr.decode().split()
        assert code == "0"
        return set(modules)

    return of


def _within(modules: set[str], names: set[str]) -> set[str]:
    return {name for name in names if any(m == name or m.startswith(f"{name}.") for m in modules)}


def test_recommend_loads_little(loaded: Any) -> None:
    modules = loaded("recommend", "--lang", "ja", "--ram", "16GiB")
    assert _within(modules, NEVER) == set()
    assert _within(modules, {"subprocess", "difflib"}) == set()


def test_reading_the_cache_loads_nothing_to_write_it(loaded: Any) -> None:
    modules = loaded("recommend", "--lang", "ja", "--ram", "16GiB")
    assert _within(modules, {"tempfile", "shutil", "random", "bz2", "lzma"}) == set()


def test_looking_at_this_machine_asks_no_network(loaded: Any) -> None:
    modules = loaded("recommend", "--lang", "ja")
    assert _within(modules, NEVER) == set()


def test_json_needs_no_more(loaded: Any) -> None:
    modules = loaded("recommend", "--lang", "ja", "--ram", "16GiB", "--format", "json")
    assert _within(modules, NEVER) == set()


def test_help_loads_no_catalog(loaded: Any) -> None:
    modules = loaded("--help")
    assert _within(modules, {"msgspec", "yaml", "advisor.catalog", "advisor.rules"}) == set()


def test_a_recommendation_takes_less_than_a_second(process: Any) -> None:
    process("recommend", "--lang", "ja", cwd=CHECKOUT, PYTHONPATH=str(CHECKOUT))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert process("recommend", "--lang", "ja", cwd=CHECKOUT, PYTHONPATH=str(CHECKOUT)).exit_code == 0
        times.append(time.perf_counter() - start)
    assert min(times) < 1
