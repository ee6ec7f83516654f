"""The measurement of memory bandwidth: its arithmetic, its limits, and one real run."""

from __future__ import annotations

import ctypes
import threading
from itertools import pairwise

import msgspec
import pytest

from advisor.errors import ExternalError
from advisor.hardware import bandwidth
from advisor.hardware.bandwidth import MIB, Measurement, last_cache, measure, wanted


def test_a_real_run():
    found = measure(0.05, buffer_bytes=32 * MIB, threads=2)
    assert 0 < found.low <= found.bytes_per_second <= found.high
    assert found.runs >= 3
    assert (found.threads, found.buffer_bytes) == (2, 32 * MIB)
    assert found.method.split(":")[0] in ("read", "copy")
    assert msgspec.convert(msgspec.to_builtins(found), Measurement) == found


def test_every_byte_is_read_once_and_none_is_changed(monkeypatch):
    parts = []
    monkeypatch.setattr(bandwidth, "_method", lambda: bandwidth._Method("seen", lambda a, n: parts.append((a, n))))
    size = 3 * MIB + 1
    measure(0, buffer_bytes=size, threads=3)
    runs = len(parts) // 3
    assert runs == 4  # one to warm up, three measured
    last = sorted(parts[-3:])
    assert sum(n for _, n in last) == size
    assert all(a + n == b for (a, n), (b, _) in pairwise(last))


def test_median_and_extremes(monkeypatch):
    seconds = iter([9.0, 1.0, 4.0, 2.0])
    monkeypatch.setattr(bandwidth, "_run", lambda buffer, workers, work: next(seconds))
    monkeypatch.setattr(bandwidth, "_method", lambda: bandwidth._Method("x", lambda a, n: None))
    found = measure(0, buffer_bytes=4 * MIB, threads=1)
    assert (found.low, found.bytes_per_second, found.high) == (MIB, 2 * MIB, 4 * MIB)
    assert found.runs == 3


def test_the_number_of_runs_is_bounded(monkeypatch):
    monkeypatch.setattr(bandwidth, "_run", lambda buffer, workers, work: 1e-3)
    assert measure(60, buffer_bytes=MIB, threads=1).runs == 25


def test_copying_where_there_is_no_c_library(monkeypatch):
    def missing(name):
        raise OSError("no such library")

    monkeypatch.setattr(bandwidth.ctypes, "CDLL", missing)
    method = bandwidth._method()
    assert method.text.startswith("copy: ")
    buffer = bytearray(b"ab")
    view = (ctypes.c_char * 2).from_buffer(buffer)
    method.work(ctypes.addressof(view), 2)
    assert bytes(buffer) == b"bb"
    assert measure(0, buffer_bytes=MIB, threads=2).method.startswith("copy: ")


def test_searching_finds_nothing_in_the_buffer():
    assert 2 not in bandwidth._buffer(64, 64)


def test_less_memory_than_wanted(monkeypatch):
    sizes = []

    class Short:
        def __init__(self, _):
            pass

        def __mul__(self, size):
            sizes.append(size)
            if size > 40 * MIB:
                raise MemoryError
            return bytearray(b"\1") * 8

    monkeypatch.setattr(bandwidth, "bytearray", Short, raising=False)
    assert len(bandwidth._buffer(128 * MIB, 32 * MIB)) == 8
    assert sizes == [128 * MIB, 64 * MIB, 32 * MIB]
    with pytest.raises(ExternalError, match="needs 50 MiB of free memory"):
        bandwidth._buffer(50 * MIB, 32 * MIB)


def test_no_thread_can_be_started(monkeypatch):
    def refused(self):
        if threading.current_thread() is threading.main_thread():
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(ExternalError, match="2 threads: can't start new thread"):
        measure(0, buffer_bytes=MIB, threads=2)


def test_started_threads_go_home_when_another_cannot_start(monkeypatch):
    start = threading.Thread.start
    begun = []

    def second_fails(self):
        if begun:
            raise RuntimeError("can't start new thread")
        begun.append(self)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", second_fails)
    with pytest.raises(ExternalError):
        measure(0, buffer_bytes=MIB, threads=2)
    begun[0].join(5)
    assert not begun[0].is_alive()


@pytest.mark.parametrize(
    "cache, ram_kib, size",
    [
        (None, None, 256 * MIB),
        (32 * MIB, None, 256 * MIB),
        (96 * MIB, None, 384 * MIB),
        (480 * MIB, None, 512 * MIB),
        (None, 1 << 20, 128 * MIB),
        (None, 1 << 16, 32 * MIB),
    ],
)
def test_size_of_the_buffer(probe_of, cache, ram_kib, size):
    files = {"/proc/meminfo": f"MemTotal: {ram_kib} kB\n"} if ram_kib else {}
    assert wanted(cache, probe_of(files=files)) == size


def test_last_cache(tmp_path):
    for index, size in enumerate(["48K", "2048K", "480M", "1"]):
        (tmp_path / f"index{index}").mkdir()
        (tmp_path / f"index{index}" / "size").write_text(size + "\n")
    (tmp_path / "uevent").mkdir()
    assert last_cache(str(tmp_path)) == 480 * MIB
    assert last_cache(str(tmp_path / "absent")) is None


@pytest.mark.parametrize("text", ["", "x", "K", "1T"])
def test_cache_size_that_cannot_be_read(tmp_path, text):
    (tmp_path / "index0").mkdir()
    (tmp_path / "index0" / "size").write_text(text)
    assert last_cache(str(tmp_path)) is None


def test_a_small_buffer_is_admitted(monkeypatch):
    monkeypatch.setattr(bandwidth, "last_cache", lambda folder: 64 * MIB)
    found = measure(0, buffer_bytes=MIB, threads=1)
    assert found.cache_bytes == 64 * MIB
    assert found.method.endswith("under four times the last cache, which may help")
    monkeypatch.setattr(bandwidth, "last_cache", lambda folder: None)
    plain = measure(0, buffer_bytes=MIB, threads=1)
    assert plain.cache_bytes is None
    assert plain.method in (bandwidth.READ, bandwidth.COPY)


def test_threads_without_affinity(monkeypatch):
    monkeypatch.delattr(bandwidth.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(bandwidth.os, "cpu_count", lambda: None)
    assert bandwidth._usable_threads() == 1


def test_threads_with_affinity(monkeypatch):
    monkeypatch.setattr(bandwidth.os, "sched_getaffinity", lambda pid: {1, 3}, raising=False)
    assert bandwidth._usable_threads() == 2
