"""Tokens, connections, offline mode: who is told what, and what is said when it does not work."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hub_files import LARGE, sha256
from hub_server import COMMIT, Handler, Hub

from advisor.errors import ExternalError, UserError
from advisor.hub.download import fetch_into_cache
from advisor.hub.interface import RemoteFile, Silent
from advisor.hub.settings import HOME, Secret, Settings, read_settings

NAME = "tiny-Q8_0.gguf"
TOKEN = "hf_verysecrettokenvalue"
PULL = ("pull", "tiny", "--ram", "16GiB", "--format", "json")


def _tokens(hub: Hub) -> set[str | None]:
    return {seen.headers.get("authorization") for seen in hub.seen}


# --- tokens -------------------------------------------------------------------------------------------------


def test_the_token_is_sent_to_the_endpoint_and_shown_to_nobody(hub: Hub, advisor: Any, own: Path, work: Path) -> None:
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN)
    assert ran.exit_code == 0
    assert _tokens(hub) == {f"Bearer {TOKEN}"}
    assert TOKEN not in ran.stdout + ran.stderr + (work / "advisor.lock").read_text()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_redirect_takes_no_token_along(method: str, hub: Hub, other: Hub, advisor: Any, own: Path) -> None:
    """Another port of the same machine is another host to us, as it is to browsers."""

    def elsewhere(handler: Handler) -> bool:
        if handler.command == method and handler.path.endswith(NAME):
            digest = f'"{sha256(LARGE)}"'
            told = {"X_Linked_ETag": digest, "X_Linked_Size": str(len(LARGE)), "X_Repo_Commit": COMMIT}
            return handler.reply(302, Location=f"{other.url}{handler.path}?signature=abc", **told)
        return False

    other.answers.append(lambda h: h.reply(200, LARGE) if h.command == "GET" and "signature" in h.path else False)
    hub.answers.append(elsewhere)
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN)
    assert ran.exit_code == 0, ran.stderr
    assert _tokens(hub) == {f"Bearer {TOKEN}"}
    if method == "GET":
        assert len(other.seen) == 1
    assert _tokens(other) <= {None}


def test_a_mirror_that_redirects_to_the_hub_itself_does_not_give_it_the_mirrors_token(reach: Any) -> None:
    """huggingface_hub keeps the token on its way from a mirror to huggingface.co; a mirror's token is not for there."""
    seen: list[tuple[str, str | None]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        if request.url.host == "mirror.example.org":
            return httpx2.Response(307, headers={"Location": f"{HOME}{request.url.path}"})
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{sha256(LARGE)}"', "Content-Length": "5"}
        return httpx2.Response(200, headers=headers)

    client = reach("https://mirror.example.org", httpx2.MockTransport(answer), token=Secret(TOKEN))
    assert client.stat("acme/Tiny-GGUF", NAME, "main").sha256 == sha256(LARGE)
    assert seen == [("mirror.example.org", f"Bearer {TOKEN}"), ("huggingface.co", None)]


def test_a_login_at_the_hub_is_not_told_to_a_mirror(hub: Hub, advisor: Any, own: Path, tmp_path: Path) -> None:
    login = tmp_path / "hf" / "token"
    login.parent.mkdir()
    login.write_text(TOKEN)
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0
    assert _tokens(hub) == {None}


def test_a_login_is_used_at_the_hub_itself(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    found = read_settings({"HF_HOME": str(tmp_path)})
    assert found.token is not None
    assert found.token.reveal() == TOKEN
    assert TOKEN not in repr(found)
    assert read_settings({"HF_HOME": str(tmp_path), "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}).token is None


@pytest.mark.parametrize("value", ["two words", "líne", "a\x00b"])
def test_what_is_no_token_is_not_sent_and_not_shown(value: str) -> None:
    with pytest.raises(UserError) as raised:
        read_settings({"HF_TOKEN": value})
    assert value not in str(raised.value)


def test_gated_with_a_token_of_somebody_who_has_not_accepted(hub: Hub, advisor: Any, own: Path) -> None:
    hub.answers.append(lambda handler: handler.reply(403, X_Error_Code="GatedRepo"))
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN)
    assert ran.exit_code == 4
    assert "The token in HF_TOKEN belongs to an account that has not accepted them" in ran.stderr
    assert TOKEN not in ran.stderr


def test_a_token_that_is_not_accepted(hub: Hub, advisor: Any, own: Path) -> None:
    hub.answers.append(
        lambda handler: handler.reply(401, X_Error_Message="Invalid credentials in Authorization header")
    )
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN)
    assert "does not accept the token in HF_TOKEN" in ran.stderr


def test_an_address_with_a_password_is_shown_without(hub: Hub, advisor: Any, own: Path, work: Path) -> None:
    endpoint = f"http://user:geheim@127.0.0.1:{hub.port}"
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=endpoint)
    assert ran.exit_code == 0
    hub.answers.append(lambda handler: handler.reply(500))
    failed = advisor(*PULL, "--quant", "Q4_K_M", "--catalog", str(own), HF_ENDPOINT=endpoint)
    told = advisor("doctor", HF_ENDPOINT=endpoint, HTTPS_PROXY="http://me:geheim@127.0.0.1:9")
    for each in (ran, failed, told):
        assert "geheim" not in each.stdout + each.stderr
    assert "geheim" not in (work / "advisor.lock").read_text()


@pytest.mark.parametrize("endpoint", ["hub.example.org", "ftp://x", "https://", "http://a b", "http://[::1"])
def test_endpoints_that_are_no_address(endpoint: str) -> None:
    with pytest.raises(UserError, match="HF_ENDPOINT is not an address"):
        read_settings({"HF_ENDPOINT": endpoint})


# --- what is asked for --------------------------------------------------------------------------------------


def test_nothing_is_asked_but_what_is_needed(hub: Hub, process: Any, own: Path) -> None:
    """No telemetry, no lists of agents, no update checks; and the hub is told our name and versions alone."""
    running = process(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, AI_AGENT="nobody", HF_DEBUG="1")
    _, err = running.communicate(timeout=60)
    assert (running.returncode, len(err.splitlines())) == (0, 1)
    base = "/acme/Tiny-GGUF"
    assert [(seen.method, seen.path) for seen in hub.seen] == [
        ("HEAD", f"{base}/resolve/main/{NAME}"),
        ("GET", f"/api/models{base}/revision/{COMMIT}"),
        ("HEAD", f"{base}/resolve/{COMMIT}/LICENSE"),
        ("GET", f"{base}/resolve/{COMMIT}/{NAME}"),
        ("GET", f"{base}/resolve/{COMMIT}/LICENSE"),
    ]
    agents = {seen.headers["user-agent"] for seen in hub.seen}
    assert all(agent.startswith("advisor/") and "nobody" not in agent for agent in agents)


def test_offline_asks_nothing(hub: Hub, advisor: Any, own: Path) -> None:
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1")
    assert ran.exit_code == 4
    assert "HF_HUB_OFFLINE is set" in ran.stderr
    assert hub.seen == []


# --- connections --------------------------------------------------------------------------------------------


def _closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_nobody_listens(advisor: Any, own: Path) -> None:
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=f"http://127.0.0.1:{_closed_port()}")
    assert ran.exit_code == 4
    assert "'advisor doctor' names the failing route" in ran.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx2.ConnectError("[Errno -2] Name or service not known"), "cannot be resolved"),
        (httpx2.ConnectTimeout("timed out"), "did not answer in 10 s"),
        (httpx2.ReadTimeout("timed out"), "it continues"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"), "set SSL_CERT_FILE"),
        (httpx2.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "Check HF_ENDPOINT"),
        (httpx2.ProxyError("403 Forbidden"), "the proxy does not let us through"),
        (httpx2.ProxyError("407 Proxy Authentication Required"), "asks for a user and a password"),
        (httpx2.RemoteProtocolError("peer closed connection"), "failed for acme/Tiny-GGUF"),
    ],
)
def test_each_way_not_to_get_there(error: Exception, said: str, reach: Any) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    client = reach("https://hub.example.org", httpx2.MockTransport(answer))
    with pytest.raises(ExternalError, match=said):
        client.stat("acme/Tiny-GGUF", NAME, "main")


def test_signed_addresses_are_not_shown(reach: Any) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("while reading https://cdn.example.org/x?X-Amz-Signature=geheim")

    with pytest.raises(ExternalError) as raised:
        reach("https://hub.example.org", httpx2.MockTransport(answer)).stat("acme/Tiny-GGUF", NAME, "main")
    assert "geheim" not in str(raised.value)


# --- pieces of files ----------------------------------------------------------------------------------------


def test_nothing_is_left_open(hub: Hub, advisor: Any, own: Path) -> None:
    before = threading.active_count()
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0
    names = [thread.name for thread in threading.enumerate() if "advisor" in thread.name]
    assert names == []
    assert threading.active_count() <= before + 2


def test_the_client_takes_the_place_of_the_network_through_huggingface_hub(reach: Any, tmp_path: Path) -> None:
    """A whole download over a transport of our own: what is tested here is what is used."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.method)
        return httpx2.Response(200, content=LARGE)

    file = RemoteFile(
        repository="acme/Tiny-GGUF", revision=COMMIT, path=NAME, size_bytes=len(LARGE), sha256=sha256(LARGE)
    )
    client = reach("https://hub.example.org", httpx2.MockTransport(answer))
    assert fetch_into_cache(client, file, tmp_path / "cache", Silent()).digest.sha256 == sha256(LARGE)
    assert asked == ["GET"]


def test_settings_without_a_home_of_ones_own() -> None:
    found = read_settings({"HF_HUB_CACHE": "/somewhere", "HF_HUB_DOWNLOAD_TIMEOUT": "30"})
    assert found == Settings(endpoint=HOME, cache=Path("/somewhere"), timeout=30.0)
    with pytest.raises(UserError, match="not a number of seconds"):
        read_settings({"HF_HUB_ETAG_TIMEOUT": "soon"})


def test_an_endpoint_below_a_path(hub: Hub, advisor: Any, own: Path) -> None:
    """As Artifactory has it."""
    prefix = "/artifactory/api/huggingfaceml/models"

    def behind(handler: Handler) -> bool:
        if not handler.path.startswith(prefix):
            return handler.reply(404, b"not below the path")
        handler.path = handler.path.removeprefix(prefix)
        return False

    hub.answers.append(behind)
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=f"{hub.url}{prefix}/").exit_code == 0
    assert advisor("doctor", "--repo", "acme/Tiny-GGUF", HF_ENDPOINT=f"{hub.url}{prefix}").exit_code == 0
