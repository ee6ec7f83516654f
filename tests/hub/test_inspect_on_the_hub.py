"""`advisor inspect MODEL`: the artifact that `pull` would take, by ranges, before a byte of its weights is fetched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gguf_files import needs_engine, needs_smollm2, smollm2
from hub_files import LARGE, entry, overlay, part, sha256
from hub_server import COMMIT, Hub

MACHINE = ("--ram", "16GiB")
JSON = ("--format", "json")


def asked_bytes(hub: Hub, ending: str) -> int:
    """Return how many bytes of a file the ranges of all requests add up to."""
    spans = [re.fullmatch(r"bytes=(\d+)-(\d+)", seen.headers.get("range", "")) for seen in hub.gets(ending)]
    assert all(spans), "every request names both ends of its range"
    return sum(int(span[2]) - int(span[1]) + 1 for span in spans if span)


def test_it_is_what_pull_would_take(advisor: Any, olah: Any, own: Path) -> None:
    ran = advisor("inspect", "tiny", *MACHINE, "--catalog", str(own), *JSON, HF_ENDPOINT=olah.url)
    assert ran.stderr == ""
    found = ran.document
    assert (found["repository"], found["file"]) == ("acme/Tiny-GGUF", "tiny-Q8_0.gguf")
    assert found["revision"] == olah.commits["acme/Tiny-GGUF"]
    assert found["size_bytes"] == len(LARGE)
    assert found["match"] == {**found["match"], "model": "acme/Tiny", "how": "asked"}
    assert {"field": "size", "agrees": True, "file": f"{len(LARGE):,}", "catalog": f"{len(LARGE):,}"} in found["claims"]


def test_it_says_what_it_says_of_the_same_file_on_disk(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    (work / "local.gguf").write_bytes(LARGE)
    local = advisor("inspect", "local.gguf", *JSON).document
    remote = advisor("inspect", "tiny", *MACHINE, "--catalog", str(own), *JSON, HF_ENDPOINT=olah.url).document
    for key in ("size_bytes", "architecture", "parameters", "context_length", "memory", "chat_template", "format"):
        assert remote[key] == local[key]


def test_a_quantization_and_a_revision_can_be_named(advisor: Any, olah: Any, own: Path) -> None:
    more = ("--quant", "q4_k_m", "--revision", "main")
    ran = advisor("inspect", "tiny", *more, "--catalog", str(own), *JSON, HF_ENDPOINT=olah.url)
    assert ran.document["file"] == "tiny-Q4_K_M.gguf"


@needs_smollm2
def test_of_a_real_model_a_few_megabytes_are_read(advisor: Any, hub: Hub, tmp_path: Path) -> None:
    path = smollm2()
    assert path
    hub.files = {"SmolLM2-135M-Instruct.Q4_1.gguf": path}
    artifact = {"quantization": "Q4_1", "file": path.name, "size_bytes": path.stat().st_size}
    own = overlay(tmp_path / "smol", [artifact])
    ran = advisor("inspect", "tiny", "--quant", "Q4_1", "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url)
    found = ran.document
    assert (found["parameters"], found["size_bytes"]) == (134_515_008, 98_362_432)
    assert found["format"]["header_bytes"] == 1_785_664
    assert asked_bytes(hub, ".gguf") < 4 * 2**20


def test_weights_are_never_asked_for(advisor: Any, hub: Hub, own: Path) -> None:
    head = LARGE[:4096]
    hub.files["tiny-Q8_0.gguf"] = LARGE + bytes(20 * 2**20)
    ran = advisor("inspect", "tiny", *MACHINE, "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url)
    assert asked_bytes(hub, "tiny-Q8_0.gguf") <= 2 * 2**20
    assert head.startswith(b"GGUF")
    codes = {problem["code"] for problem in ran.document["problems"]}
    assert {"trailing-bytes", "claim-size"} <= codes


def test_a_model_in_parts(advisor: Any, hub: Hub, tmp_path: Path) -> None:
    files = [f"split/tiny-Q6_K-0000{n}-of-00002.gguf" for n in (1, 2)]
    own = overlay(tmp_path / "parts", [{"quantization": "Q6_K", "file": files[0], "shards": 2,
                                        "size_bytes": len(part(0, 2)) + len(part(1, 2)),
                                        "shard_sha256": [sha256(part(n, 2)) for n in (0, 1)]}])  # fmt: skip
    found = advisor("inspect", "tiny", "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url).document
    assert [each["file"] for each in found["files"]] == files
    assert found["format"]["tensors"] == 20
    assert "split-missing" not in {problem["code"] for problem in found["problems"]}


def test_a_part_that_the_hub_lacks(advisor: Any, hub: Hub, tmp_path: Path) -> None:
    first, second = (f"split/tiny-Q6_K-0000{n}-of-00002.gguf" for n in (1, 2))
    own = overlay(tmp_path / "parts", [{"quantization": "Q6_K", "file": first, "shards": 2}])
    del hub.files[second]
    ran = advisor("inspect", "tiny", "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url)
    assert ran.exit_code == 4
    assert second in ran.stderr


def test_a_page_in_the_place_of_a_model(advisor: Any, hub: Hub, own: Path) -> None:
    hub.files["tiny-Q8_0.gguf"] = b"<!DOCTYPE html><html><title>Sign in</title></html>".ljust(len(LARGE))
    ran = advisor("inspect", "tiny", *MACHINE, "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url)
    assert ran.exit_code == 1
    assert "a web page" in ran.document["problems"][0]["message"]


def test_a_hub_that_knows_no_ranges(advisor: Any, hub: Hub, own: Path) -> None:
    hub.ranges = False
    ran = advisor("inspect", "tiny", *MACHINE, "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url)
    assert ran.exit_code in (0, 1)
    assert ran.document["size_bytes"] == len(LARGE)
    assert ran.document["format"]["complete"]


def test_a_hub_that_cannot_be_reached(advisor: Any, own: Path) -> None:
    ran = advisor("inspect", "tiny", *MACHINE, "--catalog", str(own), HF_ENDPOINT="http://127.0.0.1:9")
    assert ran.exit_code == 4
    assert ran.stdout == ""


def test_a_repository_that_the_catalog_does_not_know(advisor: Any, hub: Hub) -> None:
    ran = advisor("inspect", "acme/Other-GGUF", "--quant", "Q8_0", *JSON, HF_ENDPOINT=hub.url)
    found = ran.document
    assert (found["repository"], found["revision"], found["file"]) == ("acme/Other-GGUF", COMMIT, "tiny-Q8_0.gguf")
    assert "match" not in found
    assert (ran.exit_code, found["verdict"]) == (0, "pass")


class TestWithTheEngine:
    pytestmark = needs_engine

    def test_the_engine_plans_before_any_download(self, advisor: Any, olah: Any, own: Path) -> None:
        more = ("--context", "4096", "--concurrency", "2", *JSON)
        ran = advisor("inspect", "acme/Tiny-GGUF", "--quant", "Q8_0", *more, HF_ENDPOINT=olah.url)
        memory = ran.document["memory"]
        assert (memory["basis"], memory["context"], memory["concurrency"]) == ("engine", 4096, 2)


def test_the_catalogs_pin_is_what_counts(advisor: Any, hub: Hub, tmp_path: Path) -> None:
    own = overlay(tmp_path / "pinned", [entry("Q8_0", "tiny-Q8_0.gguf")], artifact={"revision": COMMIT})
    found = advisor("inspect", "tiny", "--catalog", str(own), *JSON, HF_ENDPOINT=hub.url).document
    assert found["revision"] == COMMIT
