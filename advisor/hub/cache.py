"""The hub cache as all programs share it: bytes under their hash, names as links to them.

The layout is huggingface_hub's own (`models--org--name/blobs`, `snapshots/COMMIT/PATH`); what stands here needs no
network and no huggingface_hub, so that files can be verified and imported where neither is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from advisor.hub.interface import check_path, check_repository


def repository_folder(cache: Path, repository: str) -> Path:
    """Return the folder of a repository's files."""
    return cache / ("models--" + check_repository(repository).replace("/", "--"))


def snapshot_path(cache: Path, repository: str, revision: str, path: str) -> Path:
    """Return under which name a file of a commit is found."""
    return repository_folder(cache, repository) / "snapshots" / revision / Path(*check_path(path).split("/"))


def blob_path(cache: Path, repository: str, blob: str) -> Path:
    """Return where bytes with the hash `blob` lie."""
    return repository_folder(cache, repository) / "blobs" / blob


def guard_path(cache: Path, repository: str, blob: str) -> Path:
    """Return the file by which programs keep out of each other's way; huggingface_hub uses the same one."""
    return cache / ".locks" / repository_folder(cache, repository).name / f"{blob}.lock"


def name_blob(blob: Path, name: Path) -> None:
    """Let `name` stand for the bytes at `blob`; where links are not possible the bytes move there.

    Raises:
        OSError: where the disk does not let us.
    """
    name.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(blob, name.parent)
    if name.is_symlink() and os.readlink(name) == target:
        return
    made = name.with_name(f".{name.name[:100]}.{os.getpid()}")
    made.unlink(missing_ok=True)
    try:
        os.symlink(target, made)
    except (OSError, NotImplementedError):
        shutil.move(blob, name)
        return
    os.replace(made, name)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs from changing the same lock or folder, or reading in the same file; nothing is left behind."""
    try:
        import fcntl
    except ImportError:  # Windows has no locks on folders
        import hashlib
        import tempfile

        from filelock import FileLock

        name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
        with FileLock(Path(tempfile.gettempdir()) / f"advisor-{name}.lock"):
            yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # network file systems without locks: the last writer's lock stands
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Return how many bytes fit below `folder`, which need not exist yet."""
    for place in (folder, *folder.absolute().parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return 0
