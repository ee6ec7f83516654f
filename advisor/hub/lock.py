"""`advisor.lock`: which bytes of which models a project stands on (`advisor.lock/1`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from advisor.atomic import replace_file
from advisor.catalog.schema import Record, Revision, Sha256, Text
from advisor.errors import DataError, ExternalError, UserError, nearest
from advisor.hub import cache
from advisor.hub.interface import COMMIT, check_path, check_repository
from advisor.records import RecordError, read_record

SCHEMA = "advisor.lock/1"
NAME = "advisor.lock"
LICENSES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "NOTICE", "NOTICE.txt")
"""Names of licence texts; a repository is asked for each, and nothing else is taken for one."""
Size = Annotated[int, Meta(ge=0)]
Role = Literal["weights", "projector", "license"]
CheckedAgainst = Literal["catalog", "hub", "bundle"]


class LockedFile(Record, frozen=True, kw_only=True):
    """One file; `checked_against` says whose statement of its hash the bytes were compared with."""

    path: Text
    role: Role
    size_bytes: Size
    sha256: Sha256
    checked_against: tuple[CheckedAgainst, ...] = ()
    repository: str | None = None
    """Where it is not the artifact's: the maker's repository that holds the licence."""
    revision: Revision | None = None


class LockedLicense(Record, frozen=True, kw_only=True):
    """The licence as the catalog had it; `text_sha256` is of the text that its record was read from."""

    id: Text
    text_sha256: Sha256 | None = None
    inherited: tuple[Text, ...] = ()


class LockedCatalog(Record, frozen=True, kw_only=True):
    """The catalog that the verdict rests on."""

    digest: Sha256
    as_of: Text


class Override(Record, frozen=True, kw_only=True):
    """Why a model was pulled that failed rules, and which."""

    reason: Text
    rules: tuple[Text, ...]


class LockedPolicy(Record, frozen=True, kw_only=True):
    """A policy that was applied: its name, `catalog` or its file, and the sha256 of its content."""

    id: Text
    origin: Text
    digest: Sha256


class LockedModel(Record, frozen=True, kw_only=True):
    """One model with its artifact, its files and what was decided about it."""

    model: Text
    repository: Text
    revision: Revision
    quantization: Text
    publisher: str | None = None
    """The provider id of who uploaded it; absent where the catalog does not know the uploader."""
    folder: str | None = None
    """Where the files lie, as seen from the lock; absent: in the hub cache."""
    files: Annotated[tuple[LockedFile, ...], Meta(min_length=1)]
    license: LockedLicense | None = None
    catalog: LockedCatalog
    verdict: Literal["pass", "unknown", "fail"]
    findings: dict[str, str] = msgspec.field(default_factory=dict)
    """By rule, those of policies too: why it was not passed."""
    policies: tuple[LockedPolicy, ...] = ()
    requirements: dict[str, Any] = msgspec.field(default_factory=dict)
    """What was asked when it was decided."""
    override: Override | None = None
    inspection: Literal["pass", "warn"] | None = None
    template_sha256: Sha256 | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what makes a later pull take the place of an earlier one."""
        return self.model, self.repository, self.quantization

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


class Lock(Record, frozen=True, kw_only=True):
    """All locked models, by name."""

    schema: Literal["advisor.lock/1"]
    models: tuple[LockedModel, ...] = ()

    def named(
        self, names: tuple[str, ...], meant: Callable[[str], str | None] = lambda name: None
    ) -> tuple[LockedModel, ...]:
        """Return the models called so (model or repository, in any case; else what `meant` says it is), or all.

        Raises:
            UserError: for a name that is not in the lock.
        """
        if not names:
            return self.models
        found: dict[int, LockedModel] = {}
        for name in names:
            hits = self._called(name) or self._called(meant(name) or name)
            if not hits:
                near = nearest(name, [m.model for m in self.models], cutoff=0.0)
                offer = f" Locked are: {', '.join(near)}." if near else " It is empty."
                raise UserError(f"the lock has no model '{name}'.{offer}")
            found.update({id(m): m for m in hits})
        return tuple(found.values())

    def _called(self, name: str) -> list[LockedModel]:
        folded = name.casefold()
        return [m for m in self.models if folded in (m.model.casefold(), m.repository.casefold())]


EMPTY = Lock(schema="advisor.lock/1")


def find_lock(start: Path | None = None) -> Path | None:
    """Return the lock in `start` (the working folder) or in the nearest folder above."""
    folder = (start or Path.cwd()).absolute()
    return next((place / NAME for place in (folder, *folder.parents) if (place / NAME).is_file()), None)


def read_lock(path: Path) -> Lock:
    """Return the lock in a file.

    Raises:
        DataError: with every problem and its line.
        ExternalError: where the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataError([f"{path}:1: is not UTF-8 text"]) from None
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}") from None
    try:
        lock = read_record(text, Lock)
    except RecordError as error:
        raise DataError(error.listed(str(path))) from None
    problems = [f"{path}:{line_of(text, i, j)}: {message}" for i, j, message in problems_of(lock)]
    if problems:
        raise DataError(problems)
    return lock


def line_of(text: str, model: int, file: int | None) -> int:
    """Return the line of a model of the lock, or of one of its files."""
    from advisor import strict_yaml

    return strict_yaml.line_of(text, ("models", model) if file is None else ("models", model, "files", file))


def problems_of(lock: Lock) -> Iterator[tuple[int, int | None, str]]:
    """Yield names that would lead out of their folder, by place in the lock: model, file, what is wrong."""
    for i, model in enumerate(lock.models):
        try:
            check_repository(model.repository)
        except UserError as error:
            yield i, None, str(error)
        for revision in {model.revision, *(file.revision for file in model.files if file.revision)}:
            if not COMMIT.match(revision):
                yield i, None, f"{revision!r} is not a commit"
        for j, file in enumerate(model.files):
            try:
                check_path(file.path)
                check_repository(file.repository or model.repository)
            except UserError as error:
                yield i, j, str(error)


def file_path(lock: Path, model: LockedModel, file: LockedFile, hub_cache: Path) -> Path:
    """Return where a locked file has to lie."""
    if model.folder is not None:
        return lock.parent / model.folder / file.path
    repository, revision = file.repository or model.repository, file.revision or model.revision
    return cache.snapshot_path(hub_cache, repository, revision, file.path)


def check_folder(folder: Path | None, lock: Path) -> None:
    """Refuse a folder for models that is not one for models alone.

    Raises:
        UserError: where it is the lock's own, or a file, or its name cannot stand in a lock.
    """
    if folder is not None and not _is_text(str(folder)):
        raise UserError(f"--to {folder}: a lock cannot name a folder whose name is no text; name another")
    if folder is not None and (Path(os.path.abspath(folder)) == lock.absolute().parent or folder.is_file()):
        raise UserError(f"--to {folder} must be a folder for models alone; name another, for example models")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def owners(lock: Path, place: Path, key: tuple[str, str, str]) -> Iterator[tuple[LockedModel, LockedFile]]:
    """Yield the models of a lock, but for the one with this key, whose files in folders of their own lie at `place`."""
    wanted = os.path.abspath(place)
    for model in read_lock(lock).models if lock.is_file() else ():
        for file in model.files if model.key != key and model.folder is not None else ():
            if os.path.abspath(file_path(lock, model, file, Path())) == wanted:
                yield model, file


def folder_from(lock: Path, folder: Path | None) -> str | None:
    """Return a folder as the lock names it: from its own place where it lies below, else whole."""
    if folder is None:
        return None
    place, home = Path(os.path.abspath(folder)), lock.absolute().parent
    return place.relative_to(home).as_posix() if place.is_relative_to(home) else str(place)


def add(path: Path, models: tuple[LockedModel, ...]) -> None:
    """Write models into the lock at `path`, each in the place of its earlier self; others stay as they are.

    Raises:
        DataError: where the lock that is there is wrong; it is left alone.
        ExternalError: where it cannot be written; the old one stays.
    """
    try:
        with cache.alone_in(path.parent):
            before = read_lock(path) if path.is_file() else EMPTY
            merged = {model.key: model for model in (*before.models, *models)}
            lock = Lock(schema="advisor.lock/1", models=tuple(merged[key] for key in sorted(merged)))
            replace_file(Path(os.path.realpath(path)), written(lock).encode())
    except OSError as error:
        raise ExternalError(f"cannot write {path}: {error.strerror}") from None


def written(lock: Lock) -> str:
    """Return a lock as the YAML that stands in the file."""
    import yaml

    data = msgspec.to_builtins(lock)
    head = "# Written by 'advisor pull'; keep it under version control. 'advisor verify' holds the files against it.\n"
    return head + str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110))
