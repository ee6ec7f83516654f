"""Caches, homes, terminals, signals and bugs: the program says what is wrong and leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells, pipes, signals and terminals")
NEEDS = ("recommend", "--lang", "ja", "--ram", "16GiB")


def test_an_interruption_while_modules_are_read(house: Path) -> None:
    code = (
        "import sys, types\n"
        "class Stopped(types.ModuleType):\n"
        "    def __getattr__(self, name): raise KeyboardInterrupt\n"
        "sys.modules['advisor.cli.main'] = Stopped('advisor.cli.main')\n"
        "from advisor.cli.start import entry\n"
        "entry()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=house)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_a_working_folder_that_is_gone(console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    ran = console("verify")
    monkeypatch.chdir(tmp_path)
    assert (ran.exit_code, ran.stdout) == (4, "")
    assert ran.stderr == "Error: the folder you are in is not there any more; change into another one\n"


# --- cache and home -------------------------------------------------------------------------------------------


def _cached(folder: Path) -> list[Path]:
    return sorted((folder / "advisor").glob("*.msgpack"))


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80", None], ids=["empty", "junk", "an empty record", "cut off"])
def test_a_damaged_cache_is_made_again(content: bytes | None, console: Any, due: str, tmp_path: Path) -> None:
    assert console(*NEEDS, XDG_CACHE_HOME=str(tmp_path)).stdout == due
    (file,) = _cached(tmp_path)
    good = file.read_bytes()
    file.write_bytes(good[: len(good) // 2] if content is None else content)
    ran = console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, due, "")
    assert _cached(tmp_path) == [file]
    assert len(file.read_bytes()) == len(good)


def test_a_cache_that_is_no_folder(console: Any, due: str, write: Any) -> None:
    ran = console(*NEEDS, XDG_CACHE_HOME=str(write("file", "x")))
    assert (ran.stdout, ran.stderr) == (due, "")


def test_a_cache_file_that_is_a_folder(console: Any, due: str, tmp_path: Path) -> None:
    console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    (file,) = _cached(tmp_path)
    file.unlink()
    file.mkdir()
    ran = console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    assert (ran.stdout, ran.stderr) == (due, "")


def test_a_cache_that_cannot_be_written_collects_nothing(console: Any, tmp_path: Path) -> None:
    console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    (file,) = _cached(tmp_path)
    file.unlink()
    file.mkdir()
    console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    assert list((tmp_path / "advisor").iterdir()) == [file]


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else False, reason="root may write everywhere")
def test_a_cache_that_is_read_only(console: Any, due: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ran = console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    tmp_path.chmod(0o700)
    assert (ran.stdout, ran.stderr) == (due, "")


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")])
def test_a_cache_on_a_disk_that_says_no(
    error: OSError, console: Any, due: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, "replace", refuse)
    ran = console(*NEEDS, XDG_CACHE_HOME=str(tmp_path))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, due, "")


@pytest.mark.parametrize("home", [None, "/proc/nowhere", ""], ids=["none", "not writable", "empty"])
def test_homes_that_are_missing(home: str | None, process: Any, due: str, tmp_path: Path) -> None:
    ran = process(*NEEDS, HOME=home, XDG_CACHE_HOME=None, XDG_STATE_HOME=None, TMPDIR=str(tmp_path))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, due, "")
    assert list(tmp_path.iterdir()) == []


def test_a_relative_cache_home_is_ignored(process: Any, tmp_path: Path) -> None:
    process(*NEEDS, XDG_CACHE_HOME="here", HOME=str(tmp_path / "home"), cwd=tmp_path)
    assert not (tmp_path / "here").exists()


# --- bugs and interruptions -----------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("wires are crossed")

    monkeypatch.setattr("advisor.recommend.recommend", fail)


@pytest.mark.usefixtures("broken")
def test_a_bug_is_one_line_and_a_log(console: Any, tmp_path: Path) -> None:
    ran = console(*NEEDS, XDG_STATE_HOME=str(tmp_path))
    log = tmp_path / "advisor" / "advisor-error.log"
    assert (ran.exit_code, ran.stdout) == (70, "")
    assert ran.stderr == f"Error: this is a bug in advisor; please report it with {log}\n"
    assert "RuntimeError: wires are crossed" in log.read_text(encoding="utf-8")
    assert "Traceback" in log.read_text(encoding="utf-8")


@pytest.mark.usefixtures("broken")
def test_a_bug_where_no_log_can_be_written(
    console: Any, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    ran = console(*NEEDS, XDG_STATE_HOME=str(write("file", "x")))
    assert ran.exit_code == 70
    assert f"please report it with {elsewhere / 'advisor-error.log'}" in ran.stderr
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    ran = console(*NEEDS, XDG_STATE_HOME=str(tmp_path / "file"))
    assert ran.exit_code == 70
    assert "RuntimeError: wires are crossed" in ran.stderr


@pytest.mark.usefixtures("broken")
def test_a_bug_can_be_shown(console: Any, tmp_path: Path) -> None:
    ran = console(*NEEDS, XDG_STATE_HOME=str(tmp_path), ADVISOR_DEBUG="1")
    assert ran.exit_code == 70
    assert "Traceback" in ran.stderr


def test_an_interruption(process: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "needs.yaml"
    os.mkfifo(pipe)
    running = subprocess.Popen(
        process.command("recommend", "-r", str(pipe)),
        env=process.environment({}),
        cwd=process.house,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with running, open(pipe, "wb"):  # opens as soon as the program reads
        time.sleep(0.05)  # so that it is most likely reading; caught a little earlier, it must say the same
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (130, b"", b"\nInterrupted.\n")


# --- terminals ------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*forkpty.*:DeprecationWarning")
@pytest.mark.parametrize("width", [140, 90, 60])
@pytest.mark.parametrize("command", ["recommend --ram 16GiB --as-of 2026-01-15", "hardware --ram 16GiB"])
def test_a_terminal_gets_its_width_and_no_colours(command: str, width: int, process: Any) -> None:
    line = process.command(*command.split())
    environment = process.environment({"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "COLUMNS": None})
    terminal = pexpect.spawn(
        line[0], line[1:], env=environment, cwd=process.house, dimensions=(50, width), encoding="utf-8", timeout=30
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert "\x1b" not in terminal.before
    assert max(len(line) for line in terminal.before.splitlines()) <= width
    piped = process.shell(f"advisor {command}", process.house, COLUMNS=str(width), PYTHONIOENCODING="utf-8").stdout
    assert terminal.before.replace("\r\n", "\n") == piped


def test_requirements_from_a_pipe(process: Any, console: Any, tmp_path: Path) -> None:
    ran = process.shell("echo 'lang: [ja]' | advisor recommend --ram 16GiB -r /dev/stdin --format json", tmp_path)
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["requirements"]["lang"] == ["ja"]
