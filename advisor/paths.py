"""Where data lives: the shipped catalog and suites, a checkout's, and the user's own folders.

`pathlib` costs a start two milliseconds; here and on the way of `recommend` it is imported where a path is worked with.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = os.path.dirname(__file__)
COMPILED = os.path.join(PACKAGE, "_data", "catalog.msgpack")
SUITES = os.path.join(PACKAGE, "_data", "suites")


LARGEST_DOCUMENT = 64 << 20
"""Bytes beyond which no requirements, answers, policy, result or sheet is read."""


def read_whole(path: str | Path) -> bytes:
    """Return the content of a file that a user names; what never ends (a device) or is huge is refused.

    Raises:
        OSError: where it cannot be read, or is larger than any such file.
    """
    with open(path, "rb") as file:
        content = file.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def checkout() -> Path | None:
    """Return the folder that holds `catalog/` and `seeds/` of a source checkout, if we run from one."""
    from pathlib import Path

    root = Path(PACKAGE).parent
    return root if (root / "catalog" / "models").is_dir() else None


def suites_folder() -> Path:
    """Return the folder of the smoke tests' own suites: the wheel's, else the checkout's."""
    from pathlib import Path

    shipped = Path(SUITES)
    return shipped if shipped.is_dir() else Path(PACKAGE).parent / "catalog" / "suites"


def data_folder() -> Path | None:
    """Return the user's folder for what this program has measured, or None where there is no home."""
    return _path(_user_folder(*_DATA))


def has_smoke_tests() -> bool:
    """Say whether the user's data folder holds results of smoke tests."""
    data = _user_folder(*_DATA)
    return data is not None and os.path.isdir(os.path.join(data, "smoke"))


def cache_folder() -> Path | None:
    """Return the user's cache folder for this program, or None where there is no home."""
    return _path(_user_folder("XDG_CACHE_HOME", "Library/Caches", "LOCALAPPDATA", ".cache"))


def state_folder() -> Path | None:
    """Return the user's folder for logs, or None where there is no home."""
    return _path(_user_folder("XDG_STATE_HOME", "Library/Logs", "LOCALAPPDATA", ".local/state"))


_DATA = ("XDG_DATA_HOME", "Library/Application Support", "LOCALAPPDATA", ".local/share")


def _path(name: str | None) -> Path | None:
    from pathlib import Path

    return Path(name) if name else None


def _user_folder(xdg: str, mac: str, windows: str, plain: str) -> str | None:
    """Return the platform's folder of one purpose, named after the program."""
    if sys.platform == "win32":
        base = os.environ.get(windows)
        return os.path.join(base, "advisor") if base else None
    stated = os.environ.get(xdg, "")
    if os.path.isabs(stated):
        return os.path.join(stated, "advisor")
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return None
    return os.path.join(home, mac if sys.platform == "darwin" else plain, "advisor")
