"""Hubs that are slow, broken, false or in a bad mood: nothing wrong is ever kept, and the next call continues."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_files import FILES, LARGE, sha256
from hub_server import COMMIT, Handler, Hub

from advisor.errors import ExternalError
from advisor.hub.download import fetch_into_cache, partial_path
from advisor.hub.failures import UnverifiedError
from advisor.hub.interface import RemoteFile, Silent

NAME = "tiny-Q8_0.gguf"
PULL = ("pull", "tiny", "--ram", "16GiB", "--format", "json")


def _file(**facts: Any) -> RemoteFile:
    known = {"repository": "acme/Tiny-GGUF", "revision": COMMIT, "path": NAME}
    return RemoteFile(**{**known, "size_bytes": len(LARGE), "sha256": sha256(LARGE), **facts})


class Noted(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


def _left(folder: Path) -> list[str]:
    """Return the files of a cache but for its locks."""
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and ".locks" not in p.parts)


def test_a_download_that_is_cut_off_continues(hub: Hub, reach: Any, tmp_path: Path) -> None:
    hub.cut_after = [3_000_000, 1_500_000, 2_000_000]
    done = fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    assert done.path.read_bytes() == LARGE
    starts = [int(seen.headers["range"].removeprefix("bytes=")[:-1]) for seen in hub.gets(NAME)[1:]]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert starts[0] >= 2_000_000


def test_a_server_without_ranges_starts_again(hub: Hub, reach: Any, tmp_path: Path) -> None:
    hub.ranges, hub.cut_after = False, [2_500_000, 3_000_000]
    done = fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    assert done.path.read_bytes() == LARGE
    assert done.digest.sha256 == sha256(LARGE)


def test_a_connection_that_always_breaks_is_given_up_and_kept(hub: Hub, reach: Any, tmp_path: Path) -> None:
    hub.ranges, hub.cut_after = False, [3_000_000] * 100
    with pytest.raises(ExternalError, match="answers no ranges and breaks off every time"):
        fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    (left,) = _left(tmp_path / "cache")
    assert left.endswith(".advisor-part")
    hub.ranges, hub.cut_after = True, []
    hub.seen.clear()
    done = fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    assert done.path.read_bytes() == LARGE
    (get,) = hub.gets(NAME)
    assert int(get.headers["range"].removeprefix("bytes=")[:-1]) >= 2_000_000


def test_a_part_that_was_damaged_is_fetched_from_the_start(hub: Hub, reach: Any, tmp_path: Path) -> None:
    blob = tmp_path / "cache" / "models--acme--Tiny-GGUF" / "blobs" / sha256(LARGE)
    blob.parent.mkdir(parents=True)
    partial_path(blob).write_bytes(LARGE[:1000] + b"\0" * 5000)
    done = fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    assert done.path.read_bytes() == LARGE
    assert [seen.headers.get("range") for seen in hub.gets(NAME)] == ["bytes=6000-", None]


def test_a_part_that_is_too_long_is_fetched_from_the_start(hub: Hub, reach: Any, tmp_path: Path) -> None:
    blob = tmp_path / "cache" / "models--acme--Tiny-GGUF" / "blobs" / sha256(LARGE)
    blob.parent.mkdir(parents=True)
    partial_path(blob).write_bytes(LARGE + b"more")
    assert fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent()).path.read_bytes() == LARGE


def test_a_damaged_file_of_the_cache_is_fetched_again(hub: Hub, reach: Any, tmp_path: Path) -> None:
    done = fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    blob = done.path.resolve()
    blob.write_bytes(LARGE[:-1] + b"?")
    told = Noted()
    again = fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", told)
    assert (again.cached, again.path.read_bytes()) == (False, LARGE)
    assert [note.rpartition(" is damaged")[0] for note in told.notes] == [str(done.path)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (LARGE[:-1] + bytes([LARGE[-1] ^ 1]), "has sha256"),
        (LARGE + b"more", "more than the"),
        (b"GGUF" + bytes(len(LARGE) - 4), "has sha256"),
        (b"\x80\x04" + bytes(len(LARGE) - 2), "something else in the place of a GGUF file"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"\n  <html>", "a web page"),
    ],
)
def test_wrong_bytes_never_stay(wrong: bytes, said: str, hub: Hub, reach: Any, tmp_path: Path) -> None:
    hub.files[NAME] = wrong
    with pytest.raises(UnverifiedError, match=said):
        fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    assert _left(tmp_path / "cache") == []


def test_a_body_that_ends_too_early_is_no_file(hub: Hub, reach: Any, tmp_path: Path) -> None:
    hub.files[NAME] = LARGE[:-1000]
    with pytest.raises(ExternalError, match="ended before all"):
        fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())
    assert [name for name in _left(tmp_path / "cache") if not name.endswith("part")] == []


def test_wrong_bytes_never_get_into_the_lock(hub: Hub, advisor: Any, own: Path, work: Path, tmp_path: Path) -> None:
    def lie(handler: Handler) -> bool:
        if handler.command == "GET" and handler.path.endswith(NAME):
            return handler.reply(200, LARGE[:-1] + b"?")
        return False

    hub.answers.append(lie)
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 1
    assert "has sha256" in ran.stderr
    assert list(work.iterdir()) == []
    assert _left(tmp_path / "hf") == []
    hub.answers.clear()
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0


def test_a_hub_that_lies_about_the_hash_too(hub: Hub, advisor: Any, own: Path, work: Path) -> None:
    hub.files[NAME] = LARGE[:-1] + b"?"
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 1
    assert "is not the file that the catalog knows" in ran.stderr
    assert hub.gets(NAME) == []
    assert list(work.iterdir()) == []


# --- answers that say no ------------------------------------------------------------------------------------


def _always(status: int, **headers: str) -> Callable[[Handler], bool]:
    return lambda handler: handler.reply(status, b"no", **headers)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (403, {"X_Error_Code": "GatedRepo"}, "is gated: sign in at https://huggingface.co/acme/Tiny-GGUF and accept"),
        (401, {"X_Error_Code": "GatedRepo"}, "is gated"),
        (401, {"X_Error_Code": "RepoNotFound"}, "ask whoever runs it"),
        (401, {}, "asks for a token"),
        (403, {"X_Error_Message": "Blocked by policy"}, "forbids acme/Tiny-GGUF/tiny-Q8_0.gguf (Blocked by policy)"),
        (404, {"X_Error_Code": "EntryNotFound"}, "is not in that revision"),
        (404, {"X_Error_Code": "RevisionNotFound"}, "no such revision"),
        (404, {}, "The mirror may not hold it"),
        (429, {"Retry_After": "3600"}, "wants 3600 s of pause"),
        (429, {"RateLimit": '"api";r=0;t=290'}, "wants 290 s of pause"),
        (500, {}, "fails with status 500"),
        (429, {"Retry_After": "1"}, "wants 1 s of pause"),
        (429, {}, "wants a pause"),
        (503, {}, "fails with status 503"),
        (418, {}, "with status 418"),
    ],
)
def test_each_no_has_its_next_step(
    status: int, headers: dict[str, str], said: str, hub: Hub, advisor: Any, own: Path, work: Path
) -> None:
    hub.answers.append(_always(status, **headers))
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert (ran.exit_code, ran.stdout) == (4, "")
    assert ran.stderr.startswith("Error: ")
    assert len(ran.stderr.splitlines()) == 1
    assert said in ran.stderr
    assert list(work.iterdir()) == []


def test_a_server_that_recovers_is_asked_again(hub: Hub, advisor: Any, own: Path) -> None:
    sick = [503, 429, 500]

    def recovers(handler: Handler) -> bool:
        return handler.reply(sick.pop()) if sick and handler.path.endswith(NAME) else False

    hub.answers.append(recovers)
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0
    assert sick == []


def test_a_short_pause_is_kept_to(hub: Hub, advisor: Any, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", slept.append)
    busy = [1]

    def pauses(handler: Handler) -> bool:
        if busy and handler.command == "GET" and handler.path.endswith(NAME):
            busy.pop()
            return handler.reply(429, Retry_After="5")
        return False

    hub.answers.append(pauses)
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 0
    assert 6.0 in slept
    assert "Rate limited" in ran.stderr


def test_a_short_pause_before_a_head_or_a_list_is_kept_to(
    hub: Hub, reach: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("advisor.hub.huggingface.time.sleep", slept.append)
    busy = [5, 7]
    hub.answers.append(lambda handler: handler.reply(429, Retry_After=str(busy.pop(0))) if busy else False)
    client = reach(hub.url)
    assert client.listing("acme/Tiny-GGUF", "main")
    assert slept == [5, 7]
    busy[:] = [3]
    assert client.stat("acme/Tiny-GGUF", NAME, "main").revision == COMMIT
    assert slept == [5, 7, 3]


def test_a_clock_that_is_wrong_does_not_matter(hub: Hub, advisor: Any, own: Path) -> None:
    Handler.date_time_string = lambda self, timestamp=None: "Mon, 01 Jan 2001 00:00:00 GMT"  # type: ignore[method-assign]
    try:
        assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url).exit_code == 0
        told = advisor("doctor", "--repo", "acme/Tiny-GGUF", "--format", "json", HF_ENDPOINT=hub.url).document
    finally:
        del Handler.date_time_string
    (clock,) = [check for check in told["checks"] if check["id"] == "clock"]
    assert clock["verdict"] == "warn"
    assert "NTP" in clock["remedy"]


# --- poor mirrors -------------------------------------------------------------------------------------------


def test_a_mirror_that_has_only_head_and_get(hub: Hub, advisor: Any, tmp_path: Path, work: Path) -> None:
    from hub_files import entry, overlay

    own = overlay(tmp_path / "own", [entry("Q8_0", NAME)], artifact={"revision": COMMIT})
    hub.lists = hub.tells_commit = hub.tells_hash = hub.tells_size = False
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 0, ran.stderr
    weights = ran.document["files"][0]
    assert (weights["sha256"], weights["size_bytes"], weights["revision"]) == (sha256(LARGE), len(LARGE), COMMIT)
    assert "checked_against: [catalog]" in (work / "advisor.lock").read_text().replace("\n    - catalog", " [catalog]")


def test_a_hash_that_nobody_tells_is_said_to_be_unknown(hub: Hub, advisor: Any, tmp_path: Path) -> None:
    from hub_files import entry, overlay

    own = overlay(tmp_path / "own", [entry("Q8_0", NAME, pinned=False)])
    hub.lists = hub.tells_hash = False
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 0
    assert any("Nobody says what the sha256" in note for note in ran.document["notes"])


def test_a_hash_that_only_another_route_tells(hub: Hub, reach: Any) -> None:
    hub.tells_hash = False
    found = reach(hub.url).stat("acme/Tiny-GGUF", NAME, "main")
    assert (found.sha256, found.size_bytes) == (sha256(LARGE), len(LARGE))


def test_a_branch_without_a_commit_is_not_taken(hub: Hub, advisor: Any, own: Path) -> None:
    hub.tells_commit = False
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 4
    assert "does not name a commit" in ran.stderr


# --- login pages of networks --------------------------------------------------------------------------------


LISTS = [b"[]", b"{}", b"null", b'{"id": "a/b"}', b'{"id": "a/b", "sha": 7, "siblings": []}', b"[" * 100_000, b'"\xff"']
LISTS += [b'{"id": "a/b", "sha": "%s", "siblings": %s}' % (COMMIT.encode(), rest) for rest in (b"7", b"[{}]", b'["x"]')]


@pytest.mark.parametrize("body", LISTS)
def test_a_list_that_is_none(body: bytes, hub: Hub, reach: Any) -> None:
    hub.answers.append(lambda handler: handler.reply(200, body, Content_Type="application/json"))
    with pytest.raises(ExternalError):
        reach(hub.url).listing("acme/Tiny-GGUF", "main")


def test_a_mirror_whose_list_is_none_is_pulled_from_all_the_same(hub: Hub, advisor: Any, own: Path) -> None:
    hub.answers.append(lambda handler: "/api/" in handler.path and handler.reply(200, b"{}"))
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 0, ran.stderr


def test_a_login_page_is_told_for_what_it_is(hub: Hub, advisor: Any, own: Path, work: Path) -> None:
    page = b"<html><form>Accept the terms of our WLAN</form></html>"
    hub.answers.append(lambda handler: handler.reply(200, page, Content_Type="text/html; charset=utf-8"))
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 4
    assert "A login page of the network" in ran.stderr
    assert list(work.iterdir()) == []


def test_a_redirect_to_a_login_page(hub: Hub, other: Hub, advisor: Any, own: Path) -> None:
    other.answers.append(lambda handler: handler.reply(200, b"<html>", Content_Type="text/html"))
    hub.answers.append(lambda handler: handler.reply(302, Location=f"{other.url}/login"))
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 4
    assert "does not answer as a hub does" in ran.stderr


def test_a_redirect_to_a_name_that_nobody_resolves(hub: Hub, reach: Any) -> None:
    hub.answers.append(lambda handler: handler.reply(302, Location="http://login.portal.invalid/"))
    with pytest.raises(ExternalError, match=rf"http://login.portal.invalid:80 \(where {hub.url} sends us\)"):
        reach(hub.url).listing("acme/Tiny-GGUF", "main")


def test_a_redirect_in_a_circle(hub: Hub, reach: Any) -> None:
    hub.answers.append(lambda handler: handler.reply(302, Location=f"{hub.url}/again"))
    with pytest.raises(ExternalError, match="from one address to another without an end"):
        reach(hub.url).listing("acme/Tiny-GGUF", "main")


def test_a_login_page_that_comes_in_the_middle(hub: Hub, reach: Any, tmp_path: Path) -> None:
    hub.cut_after = [2_500_000]

    def portal(handler: Handler) -> bool:
        late = handler.command == "GET" and "Range" in handler.headers
        return handler.reply(200, b"<html>sign in</html>", Content_Type="text/plain") if late else False

    hub.answers.append(portal)
    with pytest.raises(UnverifiedError, match="a web page"):
        fetch_into_cache(reach(hub.url), _file(), tmp_path / "cache", Silent())


def test_names_that_a_terminal_would_obey(hub: Hub, advisor: Any) -> None:
    hub.files = {"\x1b[2Jtiny\x9b31m-\u202eQ8_0.gguf": b"GGUF"}
    for quantization in ("Q4_0", "Q8_0"):
        ran = advisor("pull", "acme/Tiny-GGUF", "--quant", quantization, HF_ENDPOINT=hub.url)
        assert ran.exit_code == 2
        assert "tiny" in ran.stderr
        assert not {"\x1b", "\x9b", "\u202e"} & set(ran.stderr)


# --- disks --------------------------------------------------------------------------------------------------


def test_too_little_room_is_told_before_anything_comes(
    hub: Hub, advisor: Any, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisor.hub.cache.shutil.disk_usage", lambda _: os.terminal_size((0, 0)) and _Usage())
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    assert ran.exit_code == 4
    assert "are to be fetched" in ran.stderr
    assert hub.gets(NAME) == []


class _Usage:
    free = 1000


def test_a_disk_that_fills_up(hub: Hub, process: Any, own: Path, work: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000));"
        "from advisor.cli.start import entry; entry()"
    )
    running = process("--version")
    running.communicate()
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "PYTHONPATH": str(_checkout()),
    }
    done = subprocess.run(
        [sys.executable, "-c", limited, *PULL, "--catalog", str(own)], env=environment, cwd=work, capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 4
    assert b"no room for" in done.stderr
    assert b"Traceback" not in done.stderr
    assert list(work.iterdir()) == []
    environment.pop("HF_HUB_OFFLINE", None)
    again = process(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err


def _checkout() -> Path:
    from hub_files import CHECKOUT

    return CHECKOUT


def test_every_file_of_the_repository_is_served(hub: Hub) -> None:
    assert hub.files == FILES
