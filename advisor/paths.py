"""Where data lives: the shipped catalog and suites, a checkout's, and the user's own folders.

`pathlib` costs a start two milliseconds; here and on the way of `recommend` it is imported where a path is worked with.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = os.path.dirname(__file__)
COMPILED = os.path.join(PACKAGE, "_data", "catalog.msgpack")
SUITES = os.path.join(PACKAGE, "_data", "suites")


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
    return _user_folder("XDG_DATA_HOME", "Library/Application Support", "LOCALAPPDATA", ".local/share")


def cache_folder() -> Path | None:
    """Return the user's cache folder for this program, or None where there is no home."""
    return _user_folder("XDG_CACHE_HOME", "Library/Caches", "LOCALAPPDATA", ".cache")


def state_folder() -> Path | None:
    """Return the user's folder for logs, or None where there is no home."""
    return _user_folder("XDG_STATE_HOME", "Library/Logs", "LOCALAPPDATA", ".local/state")


def _user_folder(xdg: str, mac: str, windows: str, plain: str) -> Path | None:
    """Return the platform's folder of one purpose, named after the program."""
    from pathlib import Path

    if sys.platform == "win32":
        base = os.environ.get(windows)
        return Path(base) / "advisor" if base else None
    stated = Path(os.environ.get(xdg, ""))
    if stated.is_absolute():
        return stated / "advisor"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / (mac if sys.platform == "darwin" else plain) / "advisor"
