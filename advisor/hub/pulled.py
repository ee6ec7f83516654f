"""What a pull tells (`advisor.pull/1`)."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.hub.lock import LockedLicense, Override, Role
from advisor.needs.schema import UsedPolicy
from advisor.rules.finding import Finding
from advisor.rules.verdict import FAIL, Verdict

SCHEMA = "advisor.pull/1"


class PulledFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a pull; `present` says that its bytes were there before."""

    path: str
    role: Role
    repository: str
    revision: str
    size_bytes: int | None = None
    sha256: str | None = None
    present: bool = False
    stored: str | None = None


class Pulled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was, or would be, pulled, why, and where it is written down."""

    schema: str = msgspec.field(name="schema")
    model: str
    repository: str
    revision: str
    quantization: str
    publisher: str | None = None
    endpoint: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    """Those that are not passed."""
    policies: tuple[UsedPolicy, ...] = ()
    conditions: tuple[str, ...] = ()
    license: LockedLicense | None = None
    override: Override | None = None
    files: tuple[PulledFile, ...]
    total_bytes: int
    download_bytes: int
    free_bytes: int
    dry_run: bool
    lock: str
    locked: bool
    """Whether the lock has it now."""
    inspection: Literal["pass", "warn", "fail"] | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 0 if it is in the lock, or would be."""
        return 0 if self.locked or (self.dry_run and may_be_pulled(self.verdict, self.override)) else 1


def may_be_pulled(verdict: Verdict, override: Override | None) -> bool:
    """Say whether nothing forbids it, or somebody said why it may be all the same."""
    return verdict is not FAIL or override is not None
