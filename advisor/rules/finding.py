"""What a rule found out about one candidate: the verdict together with what it rests on."""

from __future__ import annotations

import msgspec

from advisor.catalog.schema import Source
from advisor.rules.verdict import UNKNOWN, Verdict

Value = str | int | float | bool | list[str]

RULES = (
    "status", "deployment", "task", "language", "license", "license-use", "users", "revenue", "territory", "seat",
    "origin", "parameters", "context", "publisher", "artifact", "memory", "speed",
)  # fmt: skip
"""Every rule, in the order in which findings are told."""


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A requirement and the value at which a rule would pass."""

    option: str
    to: Value


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One rule's answer: what the catalog says, what was asked, why, and on whose word."""

    rule: str
    verdict: Verdict
    observed: Value | None = None
    required: Value | None = None
    reason: str
    passes_at: Value | None = None
    option: str | None = None
    """The requirement whose change to `passes_at` makes the rule pass."""
    missing: tuple[str, ...] = ()
    """Paths of the facts that would settle an unknown."""
    conditions: tuple[str, ...] = ()
    """What has to be kept to for the verdict to hold."""
    sources: tuple[Source, ...] = ()

    def change(self) -> Change | None:
        """Return the change of requirements that makes the rule pass, if there is one."""
        if self.option is None or self.passes_at is None:
            return None
        return Change(option=self.option, to=self.passes_at)


def unknown(rule: str, reason: str, *missing: str, required: Value | None = None) -> Finding:
    """Return a finding that says which facts are missing."""
    return Finding(rule=rule, verdict=UNKNOWN, reason=reason, missing=missing, required=required)
