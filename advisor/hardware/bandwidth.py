"""Memory read bandwidth of the machine at hand, measured with the standard library alone.

What is measured: every thread lets the C library's `memchr` search its part of one buffer for a
byte that is not there: each byte is read once and nothing is written. `ctypes` releases the
interpreter's lock for the call, so threads run side by side. The buffer is written before (pages
never written are one shared page of zeros, which stays in cache) and is four times the last cache,
where that fits.

What it is good for: generating text reads the weights once per token, so this is its ceiling.
`memchr` does some work per byte; where that work and not the memory is the limit, the figure is a
lower bound. Where the C library cannot be reached, `memmove` copies half of each part onto the
other. A copy is counted as one read and one write; the read that most processors add before a
write (write-allocate) is not counted, so true traffic can be 1.5 times that figure. `method` tells
which of the two was done.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from advisor.catalog.schema import Count, Record, Text
from advisor.errors import ExternalError
from advisor.hardware import linux
from advisor.hardware.probe import Probe, SystemProbe

READ = "read: C library memchr over a buffer, no write, each byte counted once"
COPY = "copy: memmove between two halves of a buffer, each byte counted as one read and one write"
MIB = 1 << 20
_SMALLEST = 32 * MIB
_USUAL = 256 * MIB
_LARGEST = 512 * MIB
_MOST_THREADS = 64
_FEWEST_RUNS = 3
_MOST_RUNS = 25
_CACHE = "/sys/devices/system/cpu/cpu0/cache"

Work = Callable[[int, int], None]
"""Reads (or copies) the bytes from one address on, a number of bytes long."""


class Measurement(Record, frozen=True, kw_only=True):
    """Bandwidth in bytes/s over repeated runs: `bytes_per_second` is their median."""

    bytes_per_second: Count
    low: Count
    high: Count
    runs: Count
    threads: Count
    buffer_bytes: Count
    cache_bytes: Count | None = None
    """The last level of cache, where the system tells it."""
    method: Text


class _Method(NamedTuple):
    """A way to move through memory; `counted` is how often a byte of the buffer counts."""

    text: str
    work: Work
    counted: int = 1


def measure(seconds_budget: float = 2.0, *, buffer_bytes: int | None = None, threads: int | None = None) -> Measurement:
    """Measure memory read bandwidth here for about `seconds_budget` seconds (at least three runs).

    Raises:
        ExternalError: when not even 32 MiB (or `buffer_bytes`) of memory can be had.
    """
    start = time.perf_counter()
    cache = last_cache(_CACHE)
    workers = max(1, min(threads or _usable_threads(), _MOST_THREADS))
    buffer = _buffer(buffer_bytes or wanted(cache, SystemProbe()), buffer_bytes or _SMALLEST)
    method = _method()
    rates: list[float] = []
    _run(buffer, workers, method.work)  # unmeasured: brings clocks and page tables up
    while len(rates) < _FEWEST_RUNS or (len(rates) < _MOST_RUNS and time.perf_counter() - start < seconds_budget):
        seconds = _run(buffer, workers, method.work)
        rates.append(method.counted * len(buffer) / seconds)
    return Measurement(
        bytes_per_second=round(statistics.median(rates)),
        low=round(min(rates)),
        high=round(max(rates)),
        runs=len(rates),
        threads=workers,
        buffer_bytes=len(buffer),
        cache_bytes=cache,
        method=_told(method.text, len(buffer), cache),
    )


def last_cache(folder: str) -> int | None:
    """Return the size in bytes of the largest cache in a sysfs folder; None where it lists none."""
    sizes = []
    try:
        for entry in os.listdir(folder):
            if entry.startswith("index"):
                with open(f"{folder}/{entry}/size", encoding="ascii") as file:
                    sizes.append(_cache_size(file.read().strip()))
    except (OSError, ValueError):
        return max(sizes, default=None)
    return max(sizes, default=None)


def _cache_size(text: str) -> int:
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1:] in units else int(text)


def _told(text: str, size: int, cache: int | None) -> str:
    """Add what limits the figure to the method's name."""
    if cache and size < 4 * cache:
        return f"{text}; the buffer is under four times the last cache, which may help"
    return text


def wanted(cache: int | None, probe: Probe) -> int:
    """Return four times the last cache (256 to 512 MiB), but no more than an eighth of RAM."""
    size = min(max(_USUAL, 4 * (cache or 0)), _LARGEST)
    memory = linux.memory(probe)
    ram = memory.limit or memory.total
    return size if ram is None else max(min(size, ram // 8), _SMALLEST)


def _usable_threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _buffer(size: int, smallest: int) -> bytearray:
    """Return written memory of `size` bytes, or of a half, a quarter … where there is no more."""
    while True:
        try:
            return bytearray(b"\1") * size
        except MemoryError:
            if size // 2 < smallest:
                message = f"memory bandwidth needs {size / MIB:.0f} MiB of free memory to measure"
                raise ExternalError(message) from None
            size //= 2


def _method() -> _Method:
    """Return reading by `memchr` where the C library can be reached, copying otherwise."""
    try:
        library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
        memchr = library.memchr
    except (OSError, AttributeError, TypeError):
        return _Method(COPY, _copy)
    memchr.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    memchr.restype = ctypes.c_void_p

    def read(address: int, size: int) -> None:
        memchr(address, 2, size)

    return _Method(READ, read)


def _copy(address: int, size: int) -> None:
    half = size // 2
    ctypes.memmove(address, address + half, half)


def _run(buffer: bytearray, workers: int, work: Work) -> float:
    """Let `workers` threads go through their parts at once; return the seconds that all took."""
    view = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    base = ctypes.addressof(view)
    share = len(buffer) // workers
    gate = threading.Barrier(workers)
    spans: list[tuple[float, float]] = []

    def go(number: int) -> None:
        size = share if number < workers - 1 else len(buffer) - share * (workers - 1)
        try:
            gate.wait()
        except threading.BrokenBarrierError:
            return
        begun = time.perf_counter()
        work(base + number * share, size)
        spans.append((begun, time.perf_counter()))

    team = [threading.Thread(target=go, args=(number,), daemon=True) for number in range(workers)]
    try:
        for member in team:
            member.start()
    except RuntimeError as error:
        gate.abort()
        raise ExternalError(f"bandwidth cannot be measured with {workers} threads: {error}") from None
    for member in team:
        member.join()
    return max(max(end for _, end in spans) - min(begun for begun, _ in spans), 1e-9)
