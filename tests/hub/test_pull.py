"""`advisor pull` against a real hub: the right bytes, in the right place, in the lock; and why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gguf_files import needs_smollm2, tiny
from hub_files import CHECKOUT, LARGE, LICENSE, SMALL, content, entry, overlay, sha256
from hub_server import Hub

from advisor import strict_yaml

MACHINE = ("--ram", "16GiB")


def _lock(work: Path) -> Any:
    return strict_yaml.parse((work / "advisor.lock").read_text(encoding="utf-8"))


def test_the_best_that_fits_is_fetched_checked_and_locked(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), "--format", "json", HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    commit = olah.commits["acme/Tiny-GGUF"]
    (told,) = ran.stderr.splitlines()
    assert told.startswith(f"acme/Tiny: Q8_0 from acme/Tiny-GGUF at {commit[:12]}, licence Apache-2.0; ")
    assert "to fetch, " in told
    assert ran.document["locked"]
    (locked,) = _lock(work)["models"]
    assert locked["repository"] == "acme/Tiny-GGUF"
    assert locked["revision"] == olah.commits["acme/Tiny-GGUF"]
    assert locked["quantization"] == "Q8_0"
    weights, licence = locked["files"]
    assert (weights["path"], weights["size_bytes"], weights["sha256"]) == ("tiny-Q8_0.gguf", len(LARGE), sha256(LARGE))
    assert weights["checked_against"] == ["catalog", "hub"]
    assert (licence["path"], licence["role"], licence["sha256"]) == ("LICENSE", "license", sha256(LICENSE))
    assert locked["license"]["id"] == "Apache-2.0"
    assert (locked["publisher"], locked["verdict"]) == ("acme", "pass")
    stored = Path(ran.document["files"][0]["stored"])
    assert stored.read_bytes() == LARGE


def test_huggingface_hub_finds_what_was_pulled(advisor: Any, olah: Any, own: Path, tmp_path: Path) -> None:
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), "--format", "json", HF_ENDPOINT=olah.url)
    from huggingface_hub import hf_hub_download, scan_cache_dir

    cache = tmp_path / "hf" / "hub"
    found = hf_hub_download(
        "acme/Tiny-GGUF", "tiny-Q8_0.gguf", revision=olah.commits["acme/Tiny-GGUF"], cache_dir=cache,
        local_files_only=True,
    )  # fmt: skip
    assert found == ran.document["files"][0]["stored"]
    scanned = scan_cache_dir(cache)
    assert scanned.warnings == []
    assert [repository.repo_id for repository in scanned.repos] == ["acme/Tiny-GGUF"]
    assert sorted(path.name for path in cache.rglob("*advisor*")) == []


def test_what_huggingface_hub_has_is_not_fetched_again(advisor: Any, olah: Any, own: Path, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download("acme/Tiny-GGUF", "tiny-Q8_0.gguf", endpoint=olah.url, cache_dir=tmp_path / "hf" / "hub")
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), "--format", "json", HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    assert ran.document["files"][0]["present"]
    assert ran.document["download_bytes"] == len(LICENSE)


def test_a_second_pull_changes_nothing(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    first = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), HF_ENDPOINT=olah.url)
    lock = (work / "advisor.lock").read_bytes()
    second = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), HF_ENDPOINT=olah.url)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert (work / "advisor.lock").read_bytes() == lock
    assert "was there" in second.stdout


def test_a_dry_run_fetches_nothing(advisor: Any, olah: Any, own: Path, work: Path, tmp_path: Path) -> None:
    ran = advisor(
        "pull", "tiny", *MACHINE, "--dry-run", "--catalog", str(own), "--format", "json", HF_ENDPOINT=olah.url
    )
    assert ran.exit_code == 0
    assert not ran.document["locked"]
    assert ran.document["total_bytes"] == ran.document["download_bytes"] == len(LARGE) + len(LICENSE)
    assert ran.document["free_bytes"] > 0
    assert ran.document["license"]["id"] == "Apache-2.0"
    assert list(work.iterdir()) == []
    assert not (tmp_path / "hf").exists()


def test_a_quantization_can_be_named(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    ran = advisor("pull", "tiny", "--quant", "q4_k_m", *MACHINE, "--catalog", str(own), HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    (locked,) = _lock(work)["models"]
    assert (locked["quantization"], locked["files"][0]["sha256"]) == ("Q4_K_M", sha256(SMALL))


def test_a_quantization_that_there_is_not(advisor: Any, own: Path) -> None:
    ran = advisor("pull", "tiny", "--quant", "Q2_K", *MACHINE, "--catalog", str(own))
    assert ran.exit_code == 2
    assert "Known are acme/Tiny-GGUF: Q4_K_M, Q8_0" in ran.stderr


def test_the_lock_of_a_folder_above_is_used(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    above = work.parent / "advisor.lock"
    above.write_text("schema: advisor.lock/1\n", encoding="utf-8")
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), "--format", "json", HF_ENDPOINT=olah.url)
    assert ran.document["lock"] == str(above)
    assert not (work / "advisor.lock").exists()
    assert "acme/Tiny" in above.read_text(encoding="utf-8")


def test_into_a_folder_of_ones_own(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    ran = advisor(
        "pull", "tiny", "--to", "models", *MACHINE, "--catalog", str(own), "--format", "json", HF_ENDPOINT=olah.url
    )
    assert ran.exit_code == 0
    assert (work / "models" / "tiny-Q8_0.gguf").read_bytes() == LARGE
    (locked,) = _lock(work)["models"]
    assert locked["folder"] == "models"
    assert sorted(p.name for p in (work / "models").iterdir()) == ["LICENSE", "tiny-Q8_0.gguf"]
    assert advisor("verify").exit_code == 0


def test_a_folder_keeps_the_files_of_every_model_in_it(advisor: Any, hub: Hub, work: Path) -> None:
    def pulled(name: str, quantization: str, folder: str) -> Any:
        return advisor("pull", name, "--quant", quantization, "--to", folder, *MACHINE, HF_ENDPOINT=hub.url)

    assert pulled("acme/One", "Q8_0", "models").exit_code == 0
    assert pulled("acme/Two", "Q4_K_M", "models").exit_code == 0  # the same licence, byte for byte
    hub.files["LICENSE"] = b"Another licence.\n"
    refused = pulled("acme/Three", "Q4_K_M", "models")
    assert refused.exit_code == 2
    assert "belongs to acme/One; name another folder" in refused.stderr
    assert advisor("verify").exit_code == 0
    assert pulled("acme/Three", "Q4_K_M", "models/three").exit_code == 0
    assert advisor("verify").exit_code == 0


@pytest.mark.parametrize("folder", [".", "../sub"])
def test_not_into_the_locks_own_folder(folder: str, advisor: Any, own: Path) -> None:
    ran = advisor("pull", "tiny", "--to", folder, *MACHINE, "--catalog", str(own))
    assert ran.exit_code == 2
    assert "must be a folder for models alone" in ran.stderr


def test_shards_and_projector_come_along(advisor: Any, olah: Any, tmp_path: Path, work: Path) -> None:
    first, second = (f"split/tiny-Q6_K-0000{n}-of-00002.gguf" for n in (1, 2))
    hashes = [sha256(content(first)), sha256(content(second))]
    size = len(content(first)) + len(content(second))
    file = {"quantization": "Q6_K", "file": first, "shards": 2, "shard_sha256": hashes, "size_bytes": size}
    own = overlay(tmp_path / "own", [file], artifact={"projector": "mmproj-tiny.gguf"})
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    files = _lock(work)["models"][0]["files"]
    assert [(f["path"], f["role"]) for f in files] == [
        (first, "weights"), (second, "weights"), ("mmproj-tiny.gguf", "projector"), ("LICENSE", "license"),
    ]  # fmt: skip
    assert [f["sha256"] for f in files[:2]] == hashes
    assert files[2]["checked_against"] == ["hub"]


# --- what is refused ----------------------------------------------------------------------------------------


def test_what_rules_forbid_is_not_fetched(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    asked = ("pull", "tiny", "--license", "MIT", *MACHINE, "--catalog", str(own), "--format", "json")
    ran = advisor(*asked, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 1
    assert (ran.document["verdict"], ran.document["locked"]) == ("fail", False)
    assert {f["rule"]: f["verdict"] for f in ran.document["findings"]} == {"license": "fail"}
    assert list(work.iterdir()) == []


def test_an_override_is_written_down(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    asked = ("pull", "tiny", "--license", "MIT", *MACHINE, "--catalog", str(own))
    ran = advisor(*asked, "--override", "Legal said yes, ticket 4711", HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    (locked,) = _lock(work)["models"]
    assert locked["override"] == {"reason": "Legal said yes, ticket 4711", "rules": ["license"]}
    assert locked["verdict"] == "fail"
    assert locked["findings"].keys() == {"license"}
    assert locked["requirements"]["license"] == ["MIT"]


@pytest.mark.parametrize(("option", "said"), [("--override", "needs a reason"), ("--revision", "is empty")])
@pytest.mark.parametrize("value", ["", " "])
def test_what_is_given_and_empty_is_a_mistake(option: str, said: str, value: str, advisor: Any, own: Path) -> None:
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), option, value, HF_ENDPOINT="http://127.0.0.1:9")
    assert ran.exit_code == 2
    assert said in ran.stderr


FORBIDDING = """
name: House rules
description: What our lawyers allow.
notice: Not legal advice.
rules:
  - {id: paid-only, kind: license, categories: [proprietary], why: We want a contract., severity: deny,
     decided: {by: Legal, on: "2026-11-01"}}
sources: [{ref: https://example.com/rules, accessed: "2026-11-01", kind: registry}]
"""


def test_a_policy_that_forbids_stops_the_pull(advisor: Any, olah: Any, own: Path, work: Path, tmp_path: Path) -> None:
    policy = tmp_path / "house.yaml"
    policy.write_text(FORBIDDING, encoding="utf-8")
    asked = ("pull", "tiny", *MACHINE, "--catalog", str(own), "--policy", str(policy), "--format", "json")
    ran = advisor(*asked, HF_ENDPOINT=olah.url)
    assert (ran.exit_code, ran.document["locked"]) == (1, False)
    assert [f["rule"] for f in ran.document["findings"]] == ["policy/paid-only"]
    assert ran.document["policies"][0]["policy"]["name"] == "House rules"
    assert list(work.iterdir()) == []

    ran = advisor(*asked, "--override", "Legal said yes, ticket 4712", HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    (locked,) = _lock(work)["models"]
    assert locked["override"] == {"reason": "Legal said yes, ticket 4712", "rules": ["policy/paid-only"]}
    assert locked["findings"].keys() == {"policy/paid-only"}
    assert [(p["id"], p["origin"]) for p in locked["policies"]] == [("house", str(policy))]
    assert locked["policies"][0]["digest"] == ran.document["policies"][0]["digest"]


def test_under_a_policy_what_nobody_knows_is_not_fetched(advisor: Any, olah: Any, work: Path) -> None:
    asked = ("pull", "acme/Tiny-GGUF", "--quant", "Q8_0", *MACHINE, "--policy", "permissive-licences")
    ran = advisor(*asked, "--format", "json", HF_ENDPOINT=olah.url)
    assert (ran.exit_code, ran.document["verdict"]) == (1, "fail")
    assert "Under a policy (permissive-licences) it fails: its rules cannot be judged." in ran.document["notes"]
    assert list(work.iterdir()) == []


def test_a_policy_that_cannot_be_read_stops_before_the_hub_is_asked(
    advisor: Any, own: Path, work: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "house.yaml"
    policy.write_text(FORBIDDING.replace("severity: deny", "severity: maybe"), encoding="utf-8")
    asked = ("pull", "tiny", *MACHINE, "--catalog", str(own), "--policy", str(policy))
    ran = advisor(*asked, HF_ENDPOINT="http://127.0.0.1:9")
    assert ran.exit_code == 3
    assert "house.yaml:" in ran.stderr and "severity" in ran.stderr
    assert list(work.iterdir()) == []


def test_an_override_needs_a_reason(advisor: Any, olah: Any, own: Path) -> None:
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), "--override", " ", HF_ENDPOINT=olah.url)
    assert ran.exit_code == 2


def test_an_override_of_nothing_is_not_written_down(advisor: Any, olah: Any, own: Path, work: Path) -> None:
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), "--override", "why not", HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    assert "override" not in _lock(work)["models"][0]


def test_a_file_that_the_publisher_changed(advisor: Any, olah: Any, tmp_path: Path, work: Path) -> None:
    changed = overlay(tmp_path / "own", [entry("Q8_0", "tiny-Q8_0.gguf", sha256="a" * 64)])
    asked = ("pull", "tiny", *MACHINE, "--catalog", str(changed))
    ran = advisor(*asked, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 1
    assert "is not the file that the catalog knows" in ran.stderr
    assert list(work.iterdir()) == []
    commit = olah.commits["acme/Tiny-GGUF"]
    assert f"--revision {commit}" in ran.stderr
    taken = advisor(*asked, "--revision", commit, "--format", "json", HF_ENDPOINT=olah.url)
    assert taken.exit_code == 0
    assert _lock(work)["models"][0]["files"][0]["checked_against"] == ["hub"]


@pytest.mark.parametrize("name", ["pytorch_model.bin", "modeling.py"])
def test_never_a_pickle_nor_code(name: str, advisor: Any, olah: Any, tmp_path: Path, work: Path) -> None:
    own = overlay(tmp_path / "own", [{"quantization": "Q8_0", "file": name}])
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), HF_ENDPOINT=olah.url)
    assert ran.exit_code in (2, 3)
    assert list(work.iterdir()) == []


def test_a_closed_system_cannot_be_pulled(advisor: Any) -> None:
    ran = advisor("pull", "gpt-5")
    assert ran.exit_code == 2
    assert "nothing to pull" in ran.stderr


# --- what the catalog does not know -------------------------------------------------------------------------


def test_a_repository_that_nobody_knows(advisor: Any, olah: Any, work: Path) -> None:
    ran = advisor("pull", "acme/Tiny-GGUF", "--quant", "Q4_K_M", *MACHINE, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    assert "nothing is known of its licence" in " ".join(ran.stdout.split())
    (locked,) = _lock(work)["models"]
    assert (locked["verdict"], locked["model"]) == ("unknown", "acme/Tiny-GGUF")
    assert not {"license", "publisher"} & set(locked)


def test_a_repository_that_nobody_knows_strictly(advisor: Any, olah: Any, work: Path) -> None:
    asked = ("pull", "acme/Tiny-GGUF", "--quant", "Q4_K_M", "--strict", *MACHINE)
    ran = advisor(*asked, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 1
    assert list(work.iterdir()) == []
    said = " ".join(ran.stdout.split())
    assert "With --strict it fails: nothing of it can be judged." in said
    assert "Nothing was fetched: here what is not known fails." in said
    assert "give the same command with --override REASON" in said


def test_a_set_of_files_that_nobody_knows(advisor: Any, olah: Any, work: Path) -> None:
    ran = advisor("pull", "acme/Tiny-GGUF", "--quant", "Q6_K", *MACHINE, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0
    assert len([f for f in _lock(work)["models"][0]["files"] if f["role"] == "weights"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("acme/Tiny-GGUF",), "name its quantization with --quant"),
        (("acme/Tiny-GGUF", "--quant", "Q3_K_S"), "no file is called Q3_K_S"),
        (("qwen3-14",), "Did you mean"),
        (("../../etc/passwd",), "unknown model"),
    ],
)
def test_names_that_mean_nothing(arguments: tuple[str, ...], said: str, advisor: Any, olah: Any) -> None:
    ran = advisor("pull", *arguments, *MACHINE, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 2
    assert said in ran.stderr


def test_a_download_is_hashed_once(advisor: Any, olah: Any, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it comes, and not again from the disk."""

    def read_again(*_: object) -> None:
        raise AssertionError("hashed twice")

    monkeypatch.setattr("advisor.hub.download.hash_file", read_again)
    ran = advisor("pull", "tiny", *MACHINE, "--catalog", str(own), HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_every_format(form: str, advisor: Any, olah: Any, own: Path) -> None:
    asked = ("pull", "tiny", "--license", "MIT", "--dry-run", *MACHINE, "--catalog", str(own), "--format", form)
    shown = advisor(*asked, COLUMNS="300", HF_ENDPOINT=olah.url)
    assert shown.exit_code == 1
    assert "tiny-Q8_0.gguf" in shown.stdout
    if form != "csv":
        assert "Apache-2.0 is not" in shown.stdout.replace("\\", "") or "license" in shown.stdout


def test_a_template_that_has_no_business_there(advisor: Any, tmp_path: Path, work: Path) -> None:
    """What its audit refuses is not locked, unless somebody says why it may be."""
    bad = tiny(template="{{ ''.__class__.__mro__[1].__subclasses__() }}").content()
    serving = Hub({"bad-Q8_0.gguf": bad})
    own = overlay(tmp_path / "own", [{"quantization": "Q8_0", "file": "bad-Q8_0.gguf"}])
    asked = ("pull", "tiny", *MACHINE, "--catalog", str(own))
    try:
        refused = advisor(*asked, "--format", "json", HF_ENDPOINT=serving.url)
        assert (refused.exit_code, refused.document["inspection"]) == (1, "fail")
        assert any("template" in problem for problem in refused.document["problems"])
        assert list(work.iterdir()) == []
        taken = advisor(*asked, "--override", "read by the red team", HF_ENDPOINT=serving.url)
    finally:
        serving.stop()
    assert taken.exit_code == 0
    (locked,) = _lock(work)["models"]
    assert locked["override"] == {"reason": "read by the red team", "rules": ["template"]}
    assert locked["inspection"] == "warn"


@pytest.mark.parametrize("bad", [b"GGUF", b"GGUF" + b"\xff" * 64, tiny().content()[:-100]])
def test_a_header_that_does_not_pass_is_never_locked(bad: bytes, advisor: Any, tmp_path: Path, work: Path) -> None:
    serving = Hub({"bad-Q8_0.gguf": bad})
    own = overlay(tmp_path / "own", [{"quantization": "Q8_0", "file": "bad-Q8_0.gguf"}])
    try:
        ran = advisor(
            "pull", "tiny", *MACHINE, "--catalog", str(own), "--override", "I want it", "--format", "json",
            HF_ENDPOINT=serving.url,
        )  # fmt: skip
    finally:
        serving.stop()
    assert (ran.exit_code, ran.document["inspection"], ran.document["locked"]) == (1, "fail", False)
    assert list(work.iterdir()) == []


@needs_smollm2
def test_the_real_model_of_the_real_catalog(advisor: Any, olah: Any, work: Path, tmp_path: Path) -> None:
    """The shipped record of SmolLM2 with its hash; only the repository is the loopback's."""
    record = strict_yaml.parse((CHECKOUT / "catalog/models/HuggingFaceTB/SmolLM2-135M-Instruct.yaml").read_text())
    (stated,) = (f for r in record["artifacts"] for f in r["files"] if f["quantization"] == "Q4_1")
    own = overlay(tmp_path / "own", [stated], repo="acme/Smol-GGUF")
    asked = ("pull", "tiny", "--quant", "Q4_1", *MACHINE, "--catalog", str(own), "--format", "json")
    ran = advisor(*asked, HF_ENDPOINT=olah.url)
    assert ran.exit_code == 0, ran.stderr + ran.stdout
    (locked,) = _lock(work)["models"]
    assert locked["files"][0]["sha256"] == stated["sha256"]
    assert locked["files"][0]["checked_against"] == ["catalog", "hub"]
    assert len(locked["template_sha256"]) == 64
    assert advisor("verify").exit_code == 0
