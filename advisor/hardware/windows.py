"""Windows' own calls for total memory and the processor's name. Imported on Windows only."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable


class MemoryStatus(ctypes.Structure):
    """`MEMORYSTATUSEX` of sysinfoapi.h; sizes in bytes."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load_percent", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("available_physical", ctypes.c_uint64),
        ("total_page_file", ctypes.c_uint64),
        ("available_page_file", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended_virtual", ctypes.c_uint64),
    ]


def total_memory(fill: Callable[[MemoryStatus], bool] | None = None) -> int | None:
    """Return total physical memory in bytes by `GlobalMemoryStatusEx` (or by `fill`, in tests)."""
    status = MemoryStatus()
    status.length = ctypes.sizeof(MemoryStatus)
    try:
        done = (fill or _global_memory_status)(status)
    except (OSError, AttributeError):
        return None
    total: int = status.total_physical
    return total if done and total > 0 else None


def _global_memory_status(status: MemoryStatus) -> bool:
    if sys.platform != "win32":
        return False
    return bool(ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)))


def cpu_name() -> str | None:
    """Return the processor's name from the registry."""
    if sys.platform != "win32":
        return None
    import winreg

    key = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return str(winreg.QueryValueEx(opened, "ProcessorNameString")[0]).strip() or None
    except OSError:
        return None
