"""`advisor doctor`: each failing route is named, with what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hub_files import LARGE, overlay
from hub_server import COMMIT, Hub

from advisor.curation.schemas import json_schema

ASKED = ("doctor", "--repo", "acme/Tiny-GGUF")


def _checks(ran: Any) -> dict[str, dict[str, str]]:
    jsonschema.Draft202012Validator(json_schema("doctor")).validate(ran.document)
    return {check["id"]: check for check in ran.document["checks"]}


def test_everything_works(hub: Hub, advisor: Any) -> None:
    ran = advisor(*ASKED, "--format", "json", HF_ENDPOINT=hub.url)
    checks = _checks(ran)
    assert ran.exit_code == 0
    for name in ("connection", "clock", "resolve", "get", "ranges", "list", "paths-info", "catalog", "lock", "ca"):
        assert checks[name]["verdict"] == "pass", checks[name]
    assert "account" not in checks
    assert "a mirror" in checks["endpoint"]["said"]


def test_a_real_hub(olah: Any, advisor: Any) -> None:
    ran = advisor(*ASKED, "--file", "tiny-Q4_K_M.gguf", "--format", "json", HF_ENDPOINT=olah.url)
    checks = _checks(ran)
    assert ran.exit_code == 0
    assert ran.document["verdict"] == "warn"
    assert {name: checks[name]["verdict"] for name in ("resolve", "get", "list", "paths-info")} == dict.fromkeys(
        ("resolve", "get", "list", "paths-info"), "pass"
    )
    assert checks["ranges"] == {
        "id": "ranges", "verdict": "warn", "said": "no ranges (HTTP 200)",
        "remedy": "A broken download starts again; 'advisor inspect' of a hub file reads the file from its start",
    }  # fmt: skip


def test_a_poor_mirror(hub: Hub, advisor: Any) -> None:
    hub.lists = hub.ranges = hub.tells_hash = False
    checks = _checks(advisor(*ASKED, "--format", "json", HF_ENDPOINT=hub.url))
    assert {n: checks[n]["verdict"] for n in ("resolve", "get", "ranges", "list", "paths-info")} == {
        "resolve": "warn", "get": "pass", "ranges": "warn", "list": "warn", "paths-info": "warn",
    }  # fmt: skip
    assert all(checks[n]["remedy"] for n in ("resolve", "ranges", "list", "paths-info"))


def test_nobody_there(advisor: Any) -> None:
    ran = advisor("doctor", "--format", "json", HF_ENDPOINT="http://127.0.0.1:9")
    checks = _checks(ran)
    assert ran.exit_code == 1
    assert checks["connection"]["verdict"] == "fail"
    assert "resolve" not in checks
    shown = advisor("doctor", HF_ENDPOINT="http://127.0.0.1:9").stdout
    assert "FAIL  connection" in shown


def test_a_repository_that_is_not_there(hub: Hub, advisor: Any) -> None:
    ran = advisor("doctor", "--repo", "acme/Tiny-GGUF", "--file", "none", "--format", "json", HF_ENDPOINT=hub.url)
    resolve = _checks(ran)["resolve"]
    assert (ran.exit_code, resolve["verdict"]) == (1, "fail")
    assert "--repo org/name --file PATH" in resolve["remedy"]


def test_a_login_page(hub: Hub, advisor: Any) -> None:
    hub.answers.append(lambda handler: handler.reply(200, b"<html>", Content_Type="text/html"))
    connection = _checks(advisor(*ASKED, "--format", "json", HF_ENDPOINT=hub.url))["connection"]
    assert connection["verdict"] == "fail"
    assert "does not answer as a hub does" in connection["said"]


@pytest.mark.parametrize(("status", "verdict"), [(200, "pass"), (401, "fail"), (404, "skip")])
def test_the_token_is_tried_and_not_shown(status: int, verdict: str, hub: Hub, advisor: Any) -> None:
    hub.answers.append(lambda h: h.reply(status, b"{}") if h.path == "/api/whoami-v2" else False)
    for form in ("table", "json", "markdown", "csv"):
        ran = advisor(*ASKED, "--format", form, HF_ENDPOINT=hub.url, HF_TOKEN="hf_geheim")
        assert "geheim" not in ran.stdout + ran.stderr
        assert ran.exit_code == (1 if verdict == "fail" else 0)
    ran = advisor(*ASKED, "--format", "json", HF_ENDPOINT=hub.url, HF_TOKEN="hf_geheim")
    assert _checks(ran)["account"]["verdict"] == verdict


def test_a_token_over_an_open_line(advisor: Any) -> None:
    surroundings = {"HF_ENDPOINT": "http://mirror.example.org", "HF_HUB_OFFLINE": "1", "HF_TOKEN": "hf_x"}
    endpoint = _checks(advisor("doctor", "--format", "json", **surroundings))["endpoint"]
    assert endpoint["verdict"] == "fail"
    assert "in the clear" in endpoint["said"]


@pytest.mark.parametrize(
    ("surroundings", "check", "said"),
    [
        ({"HTTPS_PROXY": "proxy:3128"}, "proxy", "has no scheme"),
        ({"HTTPS_PROXY": "me:geheim@proxy:3128"}, "proxy", "HTTPS_PROXY=proxy:3128: HTTPS_PROXY has no scheme"),
        ({"HTTPS_PROXY": "http://[geheim"}, "proxy", "is no address"),
        ({"HTTPS_PROXY": "http://me:geheim/1@proxy:3128"}, "proxy", "is no address"),
        ({"ALL_PROXY": "http://me:1#geheim@proxy:3128"}, "proxy", "is no address"),
        (
            {"HTTPS_PROXY": "http://me:geheim@proxy.example.org:3128", "NO_PROXY": "x"},
            "proxy",
            "proxy.example.org:3128",
        ),
        ({"SSL_CERT_FILE": "/nowhere.pem"}, "ca", "is not there"),
        ({"HF_HUB_CACHE": "/proc/nowhere"}, "cache", "nothing can be written there"),
        ({}, "offline", "no route was tried"),
        ({}, "token", "none"),
    ],
)
def test_what_the_environment_says(surroundings: dict[str, str], check: str, said: str, advisor: Any) -> None:
    ran = advisor("doctor", "--format", "json", HF_HUB_OFFLINE="1", **surroundings)
    assert said in _checks(ran)[check]["said"]
    assert "geheim" not in ran.stdout


def test_a_lock_and_a_catalog_that_are_wrong(advisor: Any, work: Path, tmp_path: Path) -> None:
    (work / "advisor.lock").write_text("schema: advisor.lock/1\nmodels: 7\n")
    broken = overlay(tmp_path / "own", [{"quantization": "Q8_0", "file": "x.gguf", "size_bytes": "many"}])
    ran = advisor("doctor", "--catalog", str(broken), "--format", "json", HF_HUB_OFFLINE="1")
    checks = _checks(ran)
    assert (ran.exit_code, checks["lock"]["verdict"], checks["catalog"]["verdict"]) == (1, "fail", "fail")
    assert "advisor.lock:2" in checks["lock"]["said"]


def test_no_engine(advisor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.hub.doctor.find_spec", lambda _: None)
    engine = _checks(advisor("doctor", "--format", "json", HF_HUB_OFFLINE="1"))["engine"]
    assert (engine["verdict"], engine["remedy"]) == ("warn", "pip install 'local-model-advisor[engine]'")


def test_no_client(advisor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.hub.huggingface.import_module", _missing)
    ran = advisor("doctor", "--format", "json")
    client = _checks(ran)["client"]
    assert (ran.exit_code, client["verdict"]) == (1, "fail")
    assert "pip install 'huggingface_hub" in client["said"]


def _missing(name: str) -> None:
    raise ImportError(f"No module named '{name}'")


def test_nothing_is_left_behind(hub: Hub, advisor: Any, work: Path, tmp_path: Path) -> None:
    advisor(*ASKED, HF_ENDPOINT=hub.url)
    assert list(work.iterdir()) == []
    assert not (tmp_path / "hf").exists()


# --- files of the hub, piece by piece -----------------------------------------------------------------------


@pytest.mark.parametrize("ranges", [True, False])
def test_a_header_is_read_without_its_weights(ranges: bool, hub: Hub, reach: Any) -> None:
    from advisor.hub.ranges import HubFile

    hub.ranges = ranges
    client = reach(hub.url)
    source = HubFile(client, client.stat("acme/Tiny-GGUF", "tiny-Q8_0.gguf", "main"), block=4096)
    assert source.size == len(LARGE)
    assert source.read(0, 4) == b"GGUF"
    assert source.read(4, 100) == LARGE[4:104]
    assert len(hub.gets("Q8_0.gguf")) == 1
    assert source.read(10_000, 50_000) == LARGE[10_000:60_000]
    assert source.read(5, 10) == LARGE[5:15]
    assert source.read(len(LARGE) - 3, 10) == LARGE[-3:]
    assert source.read(len(LARGE) + 5, 10) == b""
    assert source.fetched < 200_000
    source.close()


def test_weights_are_not_read_piece_by_piece(hub: Hub, reach: Any) -> None:
    from advisor.errors import ExternalError
    from advisor.hub.ranges import HubFile

    client = reach(hub.url)
    source = HubFile(client, client.stat("acme/Tiny-GGUF", "tiny-Q8_0.gguf", COMMIT), block=4096, most=100_000)
    with pytest.raises(ExternalError, match="pull it instead"):
        source.read(0, 200_000)


def test_a_hub_that_sends_less_than_it_says(hub: Hub, reach: Any) -> None:
    from advisor.errors import ExternalError
    from advisor.hub.interface import RemoteFile
    from advisor.hub.ranges import HubFile

    file = RemoteFile(repository="acme/Tiny-GGUF", revision=COMMIT, path="LICENSE", size_bytes=1000)
    with pytest.raises(ExternalError, match="sent less"):
        HubFile(reach(hub.url), file).read(0, 1000)
    with pytest.raises(ExternalError, match="does not tell the size"):
        HubFile(reach(hub.url), RemoteFile(repository="acme/x", revision=COMMIT, path="y"))


def test_inspecting_a_model_of_the_hub(hub: Hub, advisor: Any, own: Path) -> None:
    ran = advisor("inspect", "tiny", "--catalog", str(own), "--format", "json", HF_ENDPOINT=hub.url)
    assert ran.document["size_bytes"] == len(LARGE)
    assert ran.document["architecture"] == "llama"
    assert len(hub.gets("Q8_0.gguf")) <= 3
