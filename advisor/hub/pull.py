"""From a model's name to verified bytes and an entry in the lock (`advisor.pull/1`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.catalog.load import Catalog
from advisor.errors import ExternalError, UserError
from advisor.hardware.schema import Machine
from advisor.hub import cache
from advisor.hub.choice import Choice, choose, choose_unknown
from advisor.hub.download import Fetched, fetch_into_cache, fetch_into_folder, holds, partial_path
from advisor.hub.failures import UnverifiedError
from advisor.hub.header import TEMPLATE, HeaderCheck, check_headers
from advisor.hub.interface import Hub, Progress, RemoteFile
from advisor.hub.lock import (
    LICENSES,
    NAME,
    CheckedAgainst,
    LockedCatalog,
    LockedFile,
    LockedLicense,
    LockedModel,
    LockedPolicy,
    Override,
    Role,
    add,
    check_folder,
    find_lock,
    folder_from,
    owners,
    read_lock,
)
from advisor.hub.pulled import SCHEMA, Pulled, PulledFile, may_be_pulled
from advisor.hub.settings import Settings
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.needs.units import format_size
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict

RESERVE = 256 << 20
"""Bytes that stay free on the disk."""


class Wanted(NamedTuple):
    """What was asked of a pull."""

    model: str
    quantization: str | None = None
    revision: str | None = None
    folder: Path | None = None
    override: str | None = None
    dry_run: bool = False
    start: Path = Path()
    """The working folder: the lock is looked for from here upwards."""


class _Part(NamedTuple):
    """A file to fetch: what the hub says of it, corrected by what the catalog knows."""

    remote: RemoteFile
    role: Role
    checked_against: tuple[CheckedAgainst, ...]
    present: Path | None


class Puller:
    """Carries out pulls for one set of requirements on one machine."""

    def __init__(
        self, catalog: Catalog, requirements: Requirements, machine: Machine, settings: Settings,
        connect: Callable[[], Hub], progress: Progress, policies: Sequence[UsedPolicy] = (),
        local: tuple[LocalResult, ...] = (),
    ) -> None:  # fmt: skip
        self.catalog, self.requirements, self.machine = catalog, requirements, machine
        self.settings, self.connect, self.progress = settings, connect, progress
        self.policies, self.local = tuple(policies), local

    def pull(self, wanted: Wanted) -> Pulled:
        """Choose, show, fetch, check, inspect, and only then write the lock.

        Raises:
            UserError: where the name or an option means nothing.
            DataError: where the lock that is there is wrong.
            UnverifiedError: where bytes are wrong; nothing of them stays and the lock is as it was.
            ExternalError: where hub or disk are in the way; the same call continues.
        """
        if wanted.revision is not None and not wanted.revision.strip():
            raise UserError("--revision is empty; name a commit, branch or tag, or leave it out")
        lock = find_lock(wanted.start) or wanted.start.absolute() / NAME
        check_folder(wanted.folder, lock)
        if lock.is_file():
            read_lock(lock)  # what is wrong with it is better known before anything is fetched
        known = choose(
            wanted.model, wanted.quantization, self.requirements, self.catalog, self.machine, self.policies, self.local
        )
        hub = self.connect()
        choice = known or self._unknown(hub, wanted)
        verdict = _verdict(choice, closed=self.requirements.strict or bool(self.policies))
        override = _override(wanted.override, choice, verdict)
        parts = self._parts(hub, choice, wanted)
        self._check_places(choice, parts, wanted, lock)
        told = self._told(wanted, choice, verdict, override, parts, lock)
        if wanted.dry_run or not may_be_pulled(verdict, override):
            return told
        self._check_room(wanted, told)
        self.progress.note(_announcement(told))
        fetched = [self._fetched(hub, part, wanted) for part in parts]
        return self._inspected(wanted, choice, told, list(zip(parts, fetched, strict=True)), lock)

    # --- what ---------------------------------------------------------------------------------------------

    def _unknown(self, hub: Hub, wanted: Wanted) -> Choice:
        """Find the artifact in a repository that the catalog does not know."""
        names = tuple(self.catalog.names.values())
        if wanted.quantization is None:
            return choose_unknown(wanted.model, None, (), names)
        listed = hub.listing(wanted.model, wanted.revision or "main")
        return choose_unknown(wanted.model, wanted.quantization, tuple(f.path for f in listed), names)

    def _parts(self, hub: Hub, choice: Choice, wanted: Wanted) -> list[_Part]:
        """Ask the hub for every file, the first at the revision asked for and the others at the commit it names.

        Raises:
            UnverifiedError: where the hub has other bytes than the catalog knows.
        """
        revision = wanted.revision or choice.revision or "main"
        first = hub.stat(choice.repository, choice.files[0], revision)
        commit = first.revision
        rest = [hub.stat(choice.repository, path, commit) for path in choice.files[1:]]
        pins = choice.hashes if wanted.revision in (None, choice.revision) else (None,) * len(choice.files)
        found = [self._part(file, "weights", pin, wanted) for file, pin in zip((first, *rest), pins, strict=True)]
        if choice.projector:
            projector = hub.stat(choice.repository, choice.projector, commit)
            found.append(self._part(projector, "projector", None, wanted))
        texts = self._license_texts(hub, choice.repository, commit)
        if not texts and choice.model != choice.repository:
            texts = self._license_texts(hub, choice.model, "main")
        return found + [self._part(text, "license", None, wanted) for text in texts]

    def _part(self, file: RemoteFile, role: Role, pin: str | None, wanted: Wanted) -> _Part:
        if role != "license" and not file.path.endswith(".gguf"):
            raise UserError(f"{file.name} is no GGUF file; nothing else is ever pulled as a model")
        if pin and file.sha256 and pin != file.sha256:
            raise UnverifiedError(
                f"{file.name} on {self.settings.shown_endpoint} is not the file that the catalog knows: sha256 "
                f"{file.sha256} in the place of {pin}. Its publisher has changed it, or the mirror has. To take what "
                f"is there as it is, name its commit: --revision {file.revision}"
            )
        said: tuple[tuple[CheckedAgainst, bool], ...] = (
            ("catalog", pin is not None),
            ("hub", bool(file.sha256 or file.git_sha1)),
        )
        file = msgspec.structs.replace(file, sha256=pin or file.sha256)
        return _Part(file, role, tuple(who for who, known in said if known), self._present(file, wanted))

    def _present(self, file: RemoteFile, wanted: Wanted) -> Path | None:
        """Return where a file of the right size lies already; its bytes are checked when it is taken."""
        place = self._place(file, wanted)
        blob = cache.blob_path(self.settings.cache, file.repository, file.blob) if file.blob else place
        for path in (place,) if wanted.folder else (place, blob):
            if path.is_file() and file.size_bytes in (None, path.stat().st_size):
                return path
        return None

    def _place(self, file: RemoteFile, wanted: Wanted) -> Path:
        if wanted.folder:
            return wanted.folder / file.path
        return cache.snapshot_path(self.settings.cache, file.repository, file.revision, file.path)

    def _check_places(self, choice: Choice, parts: list[_Part], wanted: Wanted, lock: Path) -> None:
        """Raises UserError where a file of another locked model would be overwritten."""
        key = choice.model, choice.repository, choice.quantization
        for part in parts if wanted.folder else ():
            place = self._place(part.remote, wanted)
            for owner, _ in owners(lock, place, key):
                if not holds(place, part.remote):
                    raise UserError(f"{place} belongs to {owner.model}; name another folder with --to")

    def _license_texts(self, hub: Hub, repository: str, revision: str) -> list[RemoteFile]:
        """Return the licence texts of a repository under a usual name; a hub that cannot list is asked for one."""
        try:
            listed = hub.listing(repository, revision)
            names = [file.path for file in listed if file.path in LICENSES]
            revision = listed[0].revision if listed else revision
        except ExternalError:
            names = [LICENSES[0]]
        found = []
        for name in names:
            with suppress(ExternalError):
                found.append(hub.stat(repository, name, revision))
        return found

    # --- the document -------------------------------------------------------------------------------------

    def _told(
        self, wanted: Wanted, choice: Choice, verdict: Verdict, override: Override | None, parts: list[_Part],
        lock: Path,
    ) -> Pulled:  # fmt: skip
        judged = choice.judged
        findings = judged.findings if judged else ()
        sizes = [part.remote.size_bytes or 0 for part in parts]
        missing = sum(self._missing(part, wanted) for part in parts)
        return Pulled(
            schema=SCHEMA,
            model=choice.model,
            repository=choice.repository,
            revision=parts[0].remote.revision,
            quantization=choice.quantization,
            publisher=choice.publisher,
            endpoint=self.settings.shown_endpoint,
            verdict=verdict,
            findings=tuple(f for f in findings if f.verdict is not PASS),
            policies=self.policies,
            conditions=tuple(dict.fromkeys(c for f in findings for c in f.conditions)),
            license=self._license(choice),
            override=override,
            files=tuple(_shown(part) for part in parts),
            total_bytes=sum(sizes),
            download_bytes=missing,
            free_bytes=cache.free_bytes(wanted.folder or self.settings.cache),
            dry_run=wanted.dry_run,
            lock=str(lock),
            locked=False,
            notes=tuple(_notes(choice, parts, wanted, self._closed())),
        )

    def _closed(self) -> str | None:
        """Return why a repository that nobody knows is not fetched here, if it is not."""
        if self.policies:
            return f"Under a policy ({', '.join(p.id for p in self.policies)}) it fails: its rules cannot be judged."
        return "With --strict it fails: nothing of it can be judged." if self.requirements.strict else None

    def _missing(self, part: _Part, wanted: Wanted) -> int:
        """Return how many bytes of a file have to come over the network."""
        if part.present:
            return 0
        place = self._place(part.remote, wanted)
        if not wanted.folder and part.remote.blob:
            place = cache.blob_path(self.settings.cache, part.remote.repository, part.remote.blob)
        partial = partial_path(place)
        had = partial.stat().st_size if partial.is_file() else 0
        return max(0, (part.remote.size_bytes or 0) - had)

    def _license(self, choice: Choice) -> LockedLicense | None:
        stated = self.catalog.models[choice.model].license if choice.judged else None
        if stated is None or choice.judged is None:
            return None
        record = self.catalog.licenses.get(stated.id)
        own = {stated.id, *stated.also}
        inherited = tuple(t.id for t in choice.judged.subject.chain.terms if t.id not in own)
        text = record.text.sha256 if record else None
        return LockedLicense(id=stated.id, text_sha256=text, inherited=(*stated.also, *inherited))

    # --- carrying it out ----------------------------------------------------------------------------------

    def _check_room(self, wanted: Wanted, told: Pulled) -> None:
        """Raises ExternalError where the disk has not enough room for what is still to come."""
        if told.download_bytes and told.download_bytes + RESERVE > told.free_bytes:
            place = wanted.folder or self.settings.cache
            raise ExternalError(
                f"{format_size(told.download_bytes)} are to be fetched and {place} has {format_size(told.free_bytes)} "
                f"free ({format_size(RESERVE)} stay free). Make room, or name another place with --to FOLDER or "
                f"HF_HUB_CACHE."
            )

    def _fetched(self, hub: Hub, part: _Part, wanted: Wanted) -> Fetched:
        if wanted.folder:
            return fetch_into_folder(hub, part.remote, wanted.folder, self.progress)
        return fetch_into_cache(hub, part.remote, self.settings.cache, self.progress)

    def _inspected(
        self, wanted: Wanted, choice: Choice, told: Pulled, done: list[tuple[_Part, Fetched]], lock: Path
    ) -> Pulled:
        """Inspect what was fetched; write the lock if nothing stands against it."""
        check = check_headers({p.remote.path: fetched.path for p, fetched in done if p.role != "license"})
        verdict = check.verdict(excused=wanted.override is not None)
        told = msgspec.structs.replace(
            told,
            files=tuple(_shown(part, fetched) for part, fetched in done),
            inspection=verdict,
            problems=check.told,
            override=_with_template(told.override, wanted.override, check),
        )
        if verdict == "fail":
            return told
        add(lock, (self._entry(wanted, choice, told, done, check.template_sha256, lock),))
        return msgspec.structs.replace(told, locked=True)

    def _entry(
        self, wanted: Wanted, choice: Choice, told: Pulled, done: list[tuple[_Part, Fetched]], template: str | None,
        lock: Path,
    ) -> LockedModel:  # fmt: skip
        snapshot = self.catalog.snapshot
        return LockedModel(
            model=told.model,
            repository=told.repository,
            revision=told.revision,
            quantization=told.quantization,
            publisher=told.publisher,
            folder=folder_from(lock, wanted.folder),
            files=tuple(_locked(part, fetched, told) for part, fetched in done),
            license=told.license,
            catalog=LockedCatalog(digest=snapshot.digest, as_of=snapshot.as_of),
            verdict=told.verdict.value,
            findings={f.rule: f.reason for f in told.findings},
            policies=tuple(LockedPolicy(id=p.id, origin=p.origin, digest=p.digest) for p in self.policies),
            requirements=_asked(self.requirements),
            override=told.override,
            inspection="warn" if told.inspection == "warn" else "pass",
            template_sha256=template,
        )


def _announcement(told: Pulled) -> str:
    """Say what is about to come, before it comes."""
    licence = told.license.id if told.license else "unknown"
    size = f"{format_size(told.download_bytes)} to fetch, {format_size(told.free_bytes)} free"
    where = f"{told.repository} at {told.revision[:12]}"
    return f"{told.model}: {told.quantization} from {where}, licence {licence}; {size}"


def _verdict(choice: Choice, closed: bool) -> Verdict:
    """Return the judgement; of what nobody knows it is unknown, and `--strict` or a policy makes that fail."""
    if choice.judged:
        return choice.judged.verdict
    return FAIL if closed else UNKNOWN


def _override(reason: str | None, choice: Choice, verdict: Verdict) -> Override | None:
    """Return the override, where there is something to override."""
    if reason is not None and not reason.strip():
        raise UserError("--override needs a reason; it is written into the lock")
    if reason is None or verdict is not FAIL:
        return None
    findings = choice.judged.findings if choice.judged else ()
    failed = tuple(f.rule for f in findings if f.verdict is FAIL)
    return Override(reason=reason.strip(), rules=failed or ("strict",))


def _with_template(override: Override | None, reason: str | None, check: HeaderCheck) -> Override | None:
    """Return the override with the chat template among its rules, where that is what it excuses too."""
    if reason is None or not check.template:
        return override
    return Override(reason=reason.strip(), rules=(*(override.rules if override else ()), TEMPLATE))


def _shown(part: _Part, fetched: Fetched | None = None) -> PulledFile:
    remote = part.remote
    return PulledFile(
        path=remote.path, role=part.role, repository=remote.repository, revision=remote.revision,
        size_bytes=fetched.digest.size_bytes if fetched else remote.size_bytes,
        sha256=fetched.digest.sha256 if fetched else remote.sha256,
        present=fetched.cached if fetched else part.present is not None,
        stored=str(fetched.path) if fetched else str(part.present) if part.present else None,
    )  # fmt: skip


def _locked(part: _Part, fetched: Fetched, told: Pulled) -> LockedFile:
    remote = part.remote
    elsewhere = (remote.repository, remote.revision) != (told.repository, told.revision)
    return LockedFile(
        path=remote.path, role=part.role, size_bytes=fetched.digest.size_bytes, sha256=fetched.digest.sha256,
        checked_against=part.checked_against,
        repository=remote.repository if elsewhere else None, revision=remote.revision if elsewhere else None,
    )  # fmt: skip


def _asked(requirements: Requirements) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(requirements)
    return found


def _notes(choice: Choice, parts: list[_Part], wanted: Wanted, closed: str | None) -> list[str]:
    found = []
    if choice.judged is None:
        found.append(
            f"The catalog does not know {choice.repository}: nothing is known of its licence, its maker, its origin or "
            f"its memory. Read its card before you use it."
        )
        if closed:
            found.append(closed)
    if wanted.revision and choice.revision and wanted.revision != choice.revision and any(choice.hashes):
        found.append(
            "Another revision than the catalog's was asked for, so that its hashes do not speak of these files."
        )
    found += [
        f"Nobody says what the sha256 of {part.remote.path} should be: neither catalog nor hub. What came is locked as "
        f"it is; compare it with its publisher's figure."
        for part in parts
        if not part.checked_against
    ]
    if not any(part.role == "license" for part in parts):
        asked = dict.fromkeys((choice.repository, choice.model if choice.judged else choice.repository))
        found.append(f"No licence text under a usual name in {' or '.join(asked)}.")
    return found
