"""Pipes, closed streams, full disks and the files that are written: whole or not at all, as what they were."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells, pipes, signals and terminals")
NEEDS = ("recommend", "--lang", "ja", "--ram", "16GiB")
LINE = " ".join(NEEDS)


# --- pipes, closed streams and full disks ---------------------------------------------------------------------


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


# --- files ----------------------------------------------------------------------------------------------------


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


def test_a_link_to_itself_is_told(console: Any, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    ran = console("catalog", "list", "-o", str(link))
    assert (ran.exit_code, ran.stderr) == (4, f"Error: cannot write {link}: it links to itself\n")
    assert link.is_symlink()


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
