"""The cache where links are not possible, names that could lead elsewhere, and what a terminal shows."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hub_files import LARGE, sha256
from hub_server import COMMIT, Hub

from advisor.cli.progress import Shown
from advisor.errors import ExternalError, UserError
from advisor.hub import download
from advisor.hub.cache import free_bytes, name_blob
from advisor.hub.download import fetch_into_cache
from advisor.hub.failures import UnverifiedError
from advisor.hub.interface import RemoteFile, Silent, check_path, check_repository

FILE = RemoteFile(
    repository="acme/Tiny-GGUF", revision=COMMIT, path="tiny-Q8_0.gguf", size_bytes=len(LARGE), sha256=sha256(LARGE)
)


def _no_links(*_: object) -> None:
    raise OSError("links are not possible here")


def test_where_links_are_not_possible_the_bytes_move(
    hub: Hub, reach: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "symlink", _no_links)
    done = fetch_into_cache(reach(hub.url), FILE, tmp_path / "cache", Silent())
    assert done.path.read_bytes() == LARGE
    assert not done.path.is_symlink()
    hub.seen.clear()
    again = fetch_into_cache(reach(hub.url), FILE, tmp_path / "cache", Silent())
    assert (again.cached, hub.seen) == (True, [])


def test_a_name_is_given_once(tmp_path: Path) -> None:
    blob, name = tmp_path / "blobs" / "b", tmp_path / "snapshots" / "c" / "deep" / "x.gguf"
    blob.parent.mkdir()
    blob.write_bytes(b"x")
    for _ in range(2):
        name_blob(blob, name)
        assert os.readlink(name) == os.path.join("..", "..", "..", "blobs", "b")
    assert [path.name for path in name.parent.iterdir()] == ["x.gguf"]


def test_small_files_are_held_against_git(hub: Hub, reach: Any, tmp_path: Path) -> None:
    import hashlib

    content = hub.files["LICENSE"]
    assert isinstance(content, bytes)
    right = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    file = RemoteFile(repository="acme/Tiny-GGUF", revision=COMMIT, path="LICENSE", git_sha1=right)
    assert fetch_into_cache(reach(hub.url), file, tmp_path / "cache", Silent()).path.resolve().name == right
    wrong = RemoteFile(repository="acme/Tiny-GGUF", revision=COMMIT, path="LICENSE", git_sha1="0" * 40)
    with pytest.raises(UnverifiedError, match="the hub's git"):
        fetch_into_cache(reach(hub.url), wrong, tmp_path / "cache", Silent())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "no room for"),
        (OSError(122, "Disk quota exceeded"), "no room for"),
        (OSError(13, "Permission denied"), "cannot write"),
        (OSError(30, "Read-only file system"), "cannot write"),
    ],
)
def test_disks_that_say_no(
    error: OSError, said: str, hub: Hub, reach: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(download.HashingFile, "flush_to_disk", refuse)
    with pytest.raises(ExternalError, match=said):
        fetch_into_cache(reach(hub.url), FILE, tmp_path / "cache", Silent())
    monkeypatch.undo()
    assert fetch_into_cache(reach(hub.url), FILE, tmp_path / "cache", Silent()).path.read_bytes() == LARGE


def test_a_folder_that_is_not_there_yet_has_the_room_of_its_disk(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "a/../b", "/a", "a//b", "a/", "a\\b", "a:b", "a\nb", "a\x9bb", "nul", "COM1.gguf", "a/aux", "a.",
     "a ", "x" * 1001],
)  # fmt: skip
def test_paths_that_lead_elsewhere_or_nowhere(path: str) -> None:
    with pytest.raises(UserError, match="is not a path inside a repository"):
        check_path(path)


@pytest.mark.parametrize("name", ["a", "a/b/c", "../b", "a/..", "a--b/c", "a/b?c", "-a/b", "a/b\n", "", "a/b#c"])
def test_names_that_are_no_repository(name: str) -> None:
    with pytest.raises(UserError, match="is not the name of a repository"):
        check_repository(name)


class _Terminal(io.StringIO):
    encoding = "ascii"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, now = _Terminal(), [0.0]
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("advisor.cli.progress.time.monotonic", lambda: now[0])
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = Shown()
    shown.start("modèle.gguf", 10 << 30)
    for _ in range(10):
        now[0] += 1
        shown.advance(1 << 30)
    shown.note("a word")
    shown.finish()
    pictures = terminal.getvalue().split("\r")
    assert "mod?le.gguf: 5.0 GiB of 10.0 GiB  50%, 0:05 left, 1074 MB/s" in pictures
    assert terminal.getvalue().endswith("\ra word\n")
    assert "\x1b" not in terminal.getvalue()


@pytest.mark.parametrize("surroundings", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_pictures_where_none_are_wanted(surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    shown = Shown()
    shown.start("x", None)
    monkeypatch.setattr("advisor.cli.progress.EVERY", -1.0)
    shown.advance(1)
    shown.finish()
    assert terminal.getvalue() == ""
