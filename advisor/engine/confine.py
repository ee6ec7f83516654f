"""Starts another program with less power: `confine.py ORDERS COMMAND…`. A program of its own; nothing of advisor.

ORDERS is JSON: `limits` (by the names of `resource`, without RLIMIT_), `network` (false: none), `writable` (folders
that stay writable; absent: everything does), `processes` (false: it sees no other process), `report` (a file that is
told what could be had), `strict`. Where the system has no such thing, it says so in the report and goes on; `strict`:
it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
from typing import Any

NEW_MOUNTS, NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x00020000, 0x10000000, 0x20000000, 0x40000000
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
MOUNT_SETATTR = 442
AT_RECURSIVE, READ_ONLY = 0x8000, 0x1
DIE_WITH_PARENT, NO_NEW_PRIVILEGES = 1, 38
REFUSED = 125
"""The status where `strict` asks for more than the system has."""
HERE = -100
"""`AT_FDCWD`: paths are seen from the working folder."""


class MountAttributes(ctypes.Structure):
    """`struct mount_attr` of the kernel."""

    _fields_ = (("set", ctypes.c_uint64), ("clear", ctypes.c_uint64), ("propagation", ctypes.c_uint64),
                ("userns", ctypes.c_uint64))  # fmt: skip


def confine(orders: dict[str, Any]) -> dict[str, str]:
    """Take away what `orders` says; return what became of each part."""
    told: dict[str, str] = {}
    library = _library()
    if library:
        library.prctl(DIE_WITH_PARENT, 9, 0, 0, 0)
    wanted = [name for name in ("network", "writable", "processes") if orders.get(name, True) is not True]
    for name in wanted:
        told[name] = "not isolated: only Linux can" if library is None else ""
    if library and wanted:
        told |= _leave(library, orders, wanted)
    told["limits"] = _limit(orders.get("limits", {}))
    if library:
        library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return told


def _library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _leave(library: ctypes.CDLL, orders: dict[str, Any], wanted: list[str]) -> dict[str, str]:
    """Enter namespaces of our own, as far as the kernel permits it."""
    flags = {"network": NEW_NETWORK, "writable": NEW_MOUNTS, "processes": NEW_PROCESSES}
    user, group = os.getuid(), os.getgid()
    try:
        _call(library.unshare, NEW_USER | sum(flags[name] for name in wanted))
        with contextlib.suppress(FileNotFoundError):
            _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    except OSError as error:
        return dict.fromkeys(wanted, f"not isolated: the kernel does not permit it ({error.strerror})")
    told = dict.fromkeys(wanted, "isolated")
    if "writable" in wanted:
        try:
            _read_only(library, orders["writable"])
        except OSError as error:
            told["writable"] = f"not isolated: the kernel does not permit it ({error.strerror})"
    return told


def _read_only(library: ctypes.CDLL, folders: list[str]) -> None:
    """Make every file system read-only but for `folders`."""
    _call(library.mount, None, b"/", None, RECURSIVE | PRIVATE, None)
    for folder in folders:
        _call(library.mount, folder.encode(), folder.encode(), None, BIND, None)
    _set_mount(library, b"/", AT_RECURSIVE, MountAttributes(set=READ_ONLY))
    for folder in folders:
        _set_mount(library, folder.encode(), 0, MountAttributes(clear=READ_ONLY))
    os.chdir(os.getcwd())  # the way there now leads through the mount that may be written


def _set_mount(library: ctypes.CDLL, path: bytes, flags: int, attributes: MountAttributes) -> None:
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    _call(library.syscall, ctypes.c_long(MOUNT_SETATTR), HERE, path, flags, ctypes.byref(attributes), size)


def _call(function: Any, *arguments: Any) -> None:
    if function(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _limit(limits: dict[str, int]) -> str:
    """Set resource limits; a limit that is already lower stays."""
    try:
        import resource
    except ImportError:
        return "not limited: this system has no resource limits"
    failed = []
    for name, value in limits.items():
        try:
            kind = getattr(resource, f"RLIMIT_{name.upper()}")
            hard = resource.getrlimit(kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (most, most))
        except (AttributeError, ValueError, OSError):
            failed.append(name)
    return f"not limited: {', '.join(failed)}" if failed else "limited"


def _alone(command: list[str]) -> int:
    """Run `command` in the new world of processes, whose first one we are; return how it ended."""
    child = os.fork()
    if child == 0:
        _become(command)
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _become(command: list[str]) -> None:
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, and what is ignored is inherited
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        os._exit(127)


def main() -> None:
    """Confine this process and become the command."""
    orders, command = json.loads(sys.argv[1]), sys.argv[2:]
    told = confine(orders)
    if "report" in orders:
        _write(orders["report"], json.dumps(told))
    if orders.get("strict") and any(text.startswith("not") for text in told.values()):
        sys.exit(REFUSED)
    if told.get("processes") != "isolated":
        _become(command)
    first = os.fork()
    if first == 0:
        library = _library()
        if library:
            library.prctl(DIE_WITH_PARENT, 9, 0, 0, 0)
        os._exit(_alone(command))
    os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)


if __name__ == "__main__":
    main()
