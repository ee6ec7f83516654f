"""Caches, homes, pipes, disks, encodings, terminals, signals and bugs: the program says what is wrong and leaves."""

from __future__ import annotations

import codecs
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells, pipes, signals and terminals")
NEEDS = ("recommend", "--lang", "ja", "--ram", "16GiB")
LINE = " ".join(NEEDS)


@pytest.fixture(scope="module")
def due(process: Any) -> str:
    """Return what `NEEDS` gives on stdout where nothing is in the way; the cache is warm then."""
    ran = process(*NEEDS)
    assert (ran.exit_code, ran.stderr) == (0, "")
    return str(ran.stdout)


# --- cache and home -----------------------------------------------------------------------------------------


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


# --- pipes, closed streams and full disks -------------------------------------------------------------------


def test_a_reader_that_leaves_after_a_line(process: Any, tmp_path: Path) -> None:
    ran = process.shell(f"advisor {LINE} --format json | head -1", tmp_path)
    assert (ran.stdout, ran.stderr) == ("{\n", "")


@pytest.mark.parametrize("command", ["--help", "catalog list --format json", LINE])
def test_a_reader_that_is_gone(command: str, process: Any, tmp_path: Path) -> None:
    ran = process.shell(f"(sleep 0.5; advisor {command}; echo $? >&2) | true", tmp_path)
    assert ran.stderr == "0\n"


@pytest.mark.parametrize("command", ["--help", "catalog list --format json", LINE, "catalog schema"])
def test_a_disk_that_is_full(command: str, process: Any, tmp_path: Path) -> None:
    ran = process.shell(f"advisor {command} > /dev/full", tmp_path)
    assert ran.exit_code == 4
    assert ran.stderr.startswith("Error: ")
    assert "No space left on device" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [LINE, f"{LINE} -o list.txt"])
def test_stdout_that_is_closed(command: str, process: Any, tmp_path: Path) -> None:
    ran = process.shell(f"advisor {command} >&-", tmp_path)
    assert ran.exit_code == (0 if "-o" in command else 4)
    assert ran.stderr == (
        "Written to list.txt\n" if "-o" in command else "Error: standard output is closed; name a file with -o\n"
    )


def test_stderr_that_is_closed_does_not_matter_where_nothing_is_said(process: Any, due: str, tmp_path: Path) -> None:
    ran = process.shell(f"advisor {LINE} 2>&-", tmp_path)
    assert (ran.exit_code, ran.stdout) == (0, due)


@pytest.mark.parametrize(("command", "exit_code"), [("recommend --ram 3", 2), (f"{LINE} -o list.txt", 0)])
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_stderr_that_takes_nothing(command: str, exit_code: int, stderr: str, process: Any, tmp_path: Path) -> None:
    assert process.shell(f"advisor {command} {stderr}", tmp_path).exit_code == exit_code


# --- files --------------------------------------------------------------------------------------------------


def test_output_into_a_folder_that_is_not_there(console: Any, tmp_path: Path) -> None:
    ran = console(*NEEDS, "-o", str(tmp_path / "none" / "list"))
    assert (ran.exit_code, ran.stdout) == (4, "")
    assert ran.stderr == f"Error: cannot write {tmp_path / 'none' / 'list'}: No such file or directory\n"


def test_output_that_is_a_folder(console: Any, tmp_path: Path) -> None:
    ran = console(*NEEDS, "-o", str(tmp_path))
    assert ran.exit_code == 4
    assert f"cannot write {tmp_path}: " in ran.stderr
    assert list(tmp_path.parent.glob("tmp*")) == []


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else False, reason="root may write everywhere")
def test_output_into_a_read_only_folder(console: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ran = console(*NEEDS, "-o", str(tmp_path / "list"))
    tmp_path.chmod(0o700)
    assert ran.exit_code == 4
    assert "Permission denied" in ran.stderr


def test_a_refused_file_leaves_the_old_one(
    console: Any, tmp_path: Path, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write("out/list", "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    ran = console("catalog", "list", "-o", str(old))
    assert ran.exit_code == 4
    assert "No space left on device" in ran.stderr
    assert old.read_text() == "old"
    assert list(old.parent.iterdir()) == [old]


_LIMITED = (
    "import resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (100, 100)); from advisor.cli.start import entry; entry()"
)


@pytest.fixture
def full_disk(process: Any, write: Any) -> tuple[subprocess.CompletedProcess[bytes], Path]:
    """Return a run that may write no more than 100 bytes to a file, and the file that it should replace."""
    old = write("out/list", "old")
    line = [sys.executable, "-c", _LIMITED, "catalog", "list", "-o", str(old)]
    return subprocess.run(line, env=process.environment({}), cwd=process.house, capture_output=True, timeout=60), old


def test_a_disk_that_fills_up_leaves_the_old_file(full_disk: Any) -> None:
    done, old = full_disk
    assert done.returncode == 4
    assert b"File too large" in done.stderr
    assert old.read_text() == "old"


def test_a_disk_that_fills_up_leaves_nothing_else(full_disk: Any) -> None:
    _, old = full_disk
    assert list(old.parent.iterdir()) == [old]


def test_a_new_file_has_the_rights_of_any_other(console: Any, tmp_path: Path) -> None:
    console("catalog", "list", "-o", str(tmp_path / "list"))
    (tmp_path / "other").touch()
    assert (tmp_path / "list").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_private_file_stays_private(console: Any, write: Any) -> None:
    old = write("list", "old")
    old.chmod(0o600)
    console("catalog", "list", "-o", str(old))
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_a_link_is_written_through(console: Any, write: Any) -> None:
    real = write("real", "old")
    link = real.parent / "link"
    link.symlink_to(real)
    console("catalog", "list", "-o", str(link))
    assert link.is_symlink()
    assert real.read_text() != "old"


def test_a_link_to_nothing_makes_what_it_names(console: Any, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    console("catalog", "list", "-o", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == console("catalog", "list").stdout


@pytest.mark.parametrize(("device", "exit_code"), [("/dev/null", 0), ("/dev/full", 4)])
def test_a_device_stays_one(device: str, exit_code: int, console: Any) -> None:
    before = os.stat(device)
    ran = console("catalog", "list", "-o", device)
    assert ran.exit_code == exit_code
    assert ("No space left on device" in ran.stderr) == (exit_code == 4)
    after = os.stat(device)
    assert (before.st_ino, before.st_rdev) == (after.st_ino, after.st_rdev)


@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/fd/1", ">(cat)"])
def test_stdout_by_its_name(target: str, process: Any, console: Any, tmp_path: Path) -> None:
    ran = process.shell(f"advisor catalog list -o {target} | cat", tmp_path, PYTHONIOENCODING="utf-8")
    assert ran.stdout == console("catalog", "list").stdout


def test_a_pipe_is_not_replaced(process: Any, console: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        process("catalog", "list", "-o", str(pipe))
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert os.read(reader, 1 << 16).decode() == console("catalog", "list").stdout
        assert list(tmp_path.iterdir()) == [pipe]
    finally:
        os.close(reader)


# --- encodings ----------------------------------------------------------------------------------------------

ENCODINGS = [
    ({"PYTHONIOENCODING": "ascii"}, "ascii"),
    ({"PYTHONIOENCODING": "cp932"}, "cp932"),
    ({"PYTHONIOENCODING": "cp1252"}, "cp1252"),
    ({"PYTHONIOENCODING": "utf-16"}, "utf-16"),
    ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "ascii"),
]


@pytest.mark.parametrize(("surroundings", "encoding"), ENCODINGS)
@pytest.mark.parametrize("command", [LINE, "explain asagi --lang ja --ram 16GiB", "explain 翠"])
def test_terminals_that_do_not_know_every_letter(
    command: str, surroundings: dict[str, str], encoding: str, process: Any
) -> None:
    done = subprocess.run(
        process.command(*command.split()),
        env=process.environment(surroundings),
        cwd=process.house,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == (2 if "翠" in command else 0)
    assert b"Traceback" not in done.stderr
    assert codecs.decode(done.stdout + done.stderr, encoding)


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
@pytest.mark.parametrize(("surroundings", "encoding"), ENCODINGS)
def test_documents_are_utf8_whatever_the_terminal(
    form: str, surroundings: dict[str, str], encoding: str, process: Any, console: Any
) -> None:
    done = subprocess.run(
        process.command(*NEEDS, "--format", form),
        env=process.environment(surroundings),
        cwd=process.house,
        capture_output=True,
        timeout=60,
    )
    assert done.stdout == console(*NEEDS, "--format", form).stdout.encode()


def test_a_file_is_utf8_whatever_the_terminal(process: Any, console: Any, tmp_path: Path) -> None:
    process(*NEEDS, "--format", "json", "-o", str(tmp_path / "out.json"), PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (tmp_path / "out.json").read_bytes() == console(*NEEDS, "--format", "json").stdout.encode()
    assert "研究所" in (tmp_path / "out.json").read_text(encoding="utf-8")


def test_an_overlay_in_a_folder_whose_name_is_no_text(process: Any, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/own\xff"
    os.makedirs(folder + b"/models/acme")
    with open(folder + b"/models/acme/Asagi-7B.yaml", "w", encoding="utf-8") as file:
        file.write("name: Ours\n")
    line = [*process.command("catalog", "show", "asagi-7b", "--format", "json", "--catalog"), folder]
    done = subprocess.run(line, env=process.environment({}), cwd=process.house, capture_output=True, timeout=60)
    assert done.returncode == 0


def test_words_that_are_no_text(process: Any) -> None:
    done = subprocess.run(
        [*process.command("explain"), b"\xff\xfe"],
        env=process.environment({}),
        cwd=process.house,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: unknown model '")


@pytest.mark.parametrize("form", ["table", "json", "markdown", "csv"])
@pytest.mark.parametrize("to", [(), ("-o", "out")])
def test_a_file_whose_name_is_no_text(form: str, to: tuple[str, ...], process: Any, tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.gguf", "wb") as file:
        file.write(b"GGUF")
    done = subprocess.run(
        [*process.command("inspect", "--format", form, *to), b"\xff.gguf"],
        env=process.environment({"PYTHONIOENCODING": "utf-8"}),
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert b".gguf" in ((tmp_path / "out").read_bytes() if to else done.stdout)


def test_a_folder_whose_name_is_no_text_stands_in_no_lock(process: Any, tmp_path: Path) -> None:
    line = [*process.command("pull", "asagi", "--to"), os.fsencode(tmp_path) + b"/\xff"]
    done = subprocess.run(line, env=process.environment({}), cwd=process.house, capture_output=True, timeout=60)
    assert done.returncode == 2
    assert b"name is no text" in done.stderr


# --- bugs and interruptions ---------------------------------------------------------------------------------


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


# --- terminals ----------------------------------------------------------------------------------------------


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
