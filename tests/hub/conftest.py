"""Hubs on loopback, a catalog whose models they hold, and the program as its callers meet it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import msgspec
import olah_hub
import pytest
from gguf_files import smollm2
from hub_files import CHECKOUT, FILES, NOWHERE, TINY, entry, overlay
from hub_server import Hub

from advisor.catalog.load import Catalog
from advisor.cli.main import run
from advisor.curation.schemas import json_schema
from advisor.hub.huggingface import HuggingFace
from advisor.hub.settings import Settings

_LEFT_OUT = ("HF_", "HUGGING", "XDG_", "COLUMNS", "NO_COLOR", "SSL_CERT", "REQUESTS_CA", "CURL_CA", "ADVISOR_DEBUG")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder reach this machine, and nothing else."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))


class Ran(NamedTuple):
    """What a caller sees of one run."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return msgspec.json.decode(self.stdout)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return an overlay in which acme/Tiny has a Q4_K_M and a Q8_0, both with their hashes."""
    files = [entry("Q4_K_M", "tiny-Q4_K_M.gguf"), entry("Q8_0", "tiny-Q8_0.gguf")]
    return overlay(tmp_path / "own", files)


# --- hubs ---------------------------------------------------------------------------------------------------


class Olah(NamedTuple):
    """A running olah: its address, and the commit of each repository."""

    url: str
    commits: Mapping[str, str]


@pytest.fixture(scope="session")
def olah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Olah]:
    """Return a real hub with acme/Tiny-GGUF, and acme/Smol-GGUF where the real model is at hand."""
    try:
        venv = olah_hub.environment()
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"olah cannot be installed: {error}")
    folder = tmp_path_factory.mktemp("olah")
    stored = folder / "stored"
    stored.mkdir()
    files: dict[str, bytes | Path] = {}
    for name, data in FILES.items():
        if isinstance(data, bytes) and name.endswith(".gguf"):
            (stored / name.replace("/", "-")).write_bytes(data)
            files[name] = stored / name.replace("/", "-")
        else:
            files[name] = data
    commits = {"acme/Tiny-GGUF": olah_hub.repository(folder, "acme/Tiny-GGUF", files)}
    real = smollm2()
    if real is not None:
        smol = {"SmolLM2-135M-Instruct.Q4_1.gguf": real, "README.md": b"x\n"}
        commits["acme/Smol-GGUF"] = olah_hub.repository(folder, "acme/Smol-GGUF", smol)
    port = olah_hub.free_port()
    running = olah_hub.start(venv, folder, port, "acme/Tiny-GGUF")
    yield Olah(f"http://127.0.0.1:{port}", commits)
    running.terminate()
    running.wait(timeout=30)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Return a hub of our own that can be broken in any way."""
    serving = Hub(dict(FILES))
    yield serving
    serving.stop()


@pytest.fixture
def other() -> Iterator[Hub]:
    """Return a second one, as another host."""
    serving = Hub(dict(FILES))
    yield serving
    serving.stop()


@pytest.fixture
def reach(tmp_path: Path) -> Iterator[Callable[..., HuggingFace]]:
    """Return a function that makes a client of a hub, or of a transport in the place of the network."""
    made: list[HuggingFace] = []

    def client(endpoint: str, transport: Any = None, note: Any = None, **settings: Any) -> HuggingFace:
        asked = Settings(endpoint=endpoint, cache=tmp_path / "hub-cache", **settings)
        made.append(HuggingFace(asked, note, transport, waits=(0.0, 0.0, 0.0)))
        return made[-1]

    yield client
    for each in made:
        each.close()


# --- the program --------------------------------------------------------------------------------------------


@pytest.fixture
def surroundings(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a run: nobody's token, cache or proxy; the compiled catalog is shared."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(_LEFT_OUT) and n.lower() not in _PROXIES}
    shared = tmp_path_factory.getbasetemp() / "advisor-cache"
    return {
        **kept,
        "HF_HOME": str(tmp_path / "hf"),
        "XDG_CACHE_HOME": str(shared),
        "XDG_STATE_HOME": str(shared),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return the working folder of a run."""
    folder = tmp_path / "project" / "sub"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def advisor(surroundings: dict[str, str], work: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Return a function that runs a command in this process."""

    def ran(*arguments: str, cwd: Path | None = None, **changes: str) -> Ran:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - surroundings.keys():
                patch.delenv(name)
            for name, value in {**surroundings, **changes}.items():
                patch.setenv(name, value)
            patch.chdir(cwd or work)
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr("advisor.hub.huggingface.WAITS", (0.0, 0.0, 0.0))
            exit_code = run(list(arguments))
        for stream in (out, err):
            stream.seek(0)
        return Ran(exit_code, out.read(), err.read())

    return ran


@pytest.fixture
def process(surroundings: dict[str, str], work: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Return a function that starts a command as a process of its own."""

    def started(*arguments: str, cwd: Path | None = None, **changes: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "advisor", *arguments],
            env={**surroundings, "PYTHONPATH": str(CHECKOUT), "PYTHONUTF8": "1", **changes},
            cwd=cwd or work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return started


@pytest.fixture
def shipped_catalog() -> Catalog:
    from advisor.catalog.load import load

    return load()


@pytest.fixture
def bundle(advisor: Any, hub: Any, own: Path, work: Path, tmp_path: Path) -> Path:
    """Return a bundle with one model in a Q8_0 and a Q4_K_M, and a decision about it."""
    for quantization in ("Q8_0", "Q4_K_M"):
        ran = advisor(*TINY, "--quant", quantization, "--catalog", str(own), HF_ENDPOINT=hub.url)
        assert ran.exit_code == 0
    (work / "decision.json").write_text('{"schema": "advisor.recommendation/1"}')
    target = tmp_path / "models.tar"
    ran = advisor(
        "bundle",
        "export",
        str(target),
        "--record",
        "decision.json",
        "--catalog",
        str(own),
        "--format",
        "json",
        **NOWHERE,
    )
    assert ran.exit_code == 0, ran.stderr
    jsonschema.Draft202012Validator(json_schema("export")).validate(ran.document)
    (tmp_path / "expected").write_text(ran.document["manifest_sha256"])
    return target


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """Return a working folder on the other side, where nothing is yet."""
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


@pytest.fixture
def taken(advisor: Any, inside: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that imports on the other side, with a hub cache of its own."""

    def ran(*arguments: str, **changes: str) -> Any:
        return advisor(*arguments, cwd=inside, **{**NOWHERE, "HF_HOME": str(tmp_path / "inside-hf"), **changes})

    return ran
