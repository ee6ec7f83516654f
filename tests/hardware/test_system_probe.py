"""The machine at hand behind the interface of detection: real files, real processes."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.hardware import probe as probing
from advisor.hardware import windows
from advisor.hardware.probe import SystemProbe

posix = pytest.mark.skipif(os.name != "posix", reason="the tools are shell scripts")


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def tools(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path


def test_files_that_cannot_be_read(tmp_path):
    probe = SystemProbe()
    assert probe.read_text(str(tmp_path / "absent")) is None
    assert probe.read_text(str(tmp_path)) is None
    assert probe.read_text("\0") is None
    assert probe.list_folder(str(tmp_path / "absent")) == ()
    assert probe.list_folder("\0") == ()


def test_files(tmp_path):
    (tmp_path / "b").write_bytes(b"\xff5\n")
    (tmp_path / "a").write_text("")
    assert SystemProbe().read_text(str(tmp_path / "b")) == "\ufffd5\n"
    assert SystemProbe().list_folder(str(tmp_path)) == ("a", "b")


def test_tool_that_is_not_installed(tools):
    assert SystemProbe().run("no-such-tool-anywhere") is None


@posix
def test_tool_that_answers_in_the_c_locale_and_reads_nothing(tools):
    tool(tools, "nvidia-smi", 'read line; echo "$LC_ALL:$line:$1"')
    assert SystemProbe().run("nvidia-smi", "--x") == ("C::--x\n", None)


@posix
def test_tool_beside_path(tools, tmp_path, monkeypatch):
    beside = tmp_path / "wsl"
    beside.mkdir()
    tool(beside, "made-up-smi", "echo here")
    monkeypatch.setattr(SystemProbe, "_elsewhere", (str(beside),))
    assert SystemProbe().run("made-up-smi") == ("here\n", None)


@posix
def test_tool_that_fails(tools):
    tool(tools, "rocm-smi", "echo partial; echo 'ERROR: no driver' >&2; echo more >&2; exit 9")
    answer = SystemProbe().run("rocm-smi")
    assert answer == ("partial\n", "ended with status 9: ERROR: no driver")


@posix
def test_tool_that_fails_silently(tools):
    tool(tools, "rocm-smi", "exit 3")
    assert SystemProbe().run("rocm-smi") == ("", "ended with status 3")


@posix
def test_tool_that_hangs(tools, monkeypatch):
    monkeypatch.setattr(probing, "TOOL_SECONDS", 0.2)
    tool(tools, "xpu-smi", "exec sleep 30")
    start = time.monotonic()
    assert SystemProbe().run("xpu-smi") == ("", "did not answer within 0.2 s")
    assert time.monotonic() - start < 10


@posix
def test_tool_that_cannot_be_started(tools):
    (tools / "xpu-smi").write_bytes(b"\x7fELF garbage")
    (tools / "xpu-smi").chmod(0o755)
    text, problem = SystemProbe().run("xpu-smi")
    assert text == ""
    assert problem.startswith("could not be started: ")


def test_threads(monkeypatch):
    assert SystemProbe().threads() >= 1
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5, 7})
        assert SystemProbe().threads() == 3
        monkeypatch.setattr(os, "sched_getaffinity", _refused)
        assert SystemProbe().threads() == os.cpu_count()
        monkeypatch.delattr(os, "sched_getaffinity")
    assert SystemProbe().threads() == os.cpu_count()


def _refused(_: object) -> bool:
    raise OSError("not permitted")


def test_windows_calls_are_for_windows():
    if sys.platform != "win32":
        assert SystemProbe().native_memory() is None
        assert SystemProbe().native_cpu_name() is None
        assert windows.total_memory() is None
        assert windows.cpu_name() is None


def test_global_memory_status():
    def fill(status: windows.MemoryStatus) -> bool:
        assert status.length == ctypes.sizeof(windows.MemoryStatus) == 64
        status.total_physical = 32 << 30
        return True

    assert windows.total_memory(fill) == 32 << 30
    assert windows.total_memory(lambda status: False) is None
    assert windows.total_memory(lambda status: True) is None
    assert windows.total_memory(_refused) is None


def test_detection_loads_no_module_of_another_platform():
    code = (
        "import sys; import advisor.hardware.detect; "
        "bad = {'ctypes', 'subprocess', 'winreg', 'advisor.hardware.windows'} & set(sys.modules); "
        "sys.exit(repr(bad) if bad else 0)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
