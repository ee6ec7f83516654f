"""What a rule found out about one candidate: the verdict together with what it rests on."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.catalog.schema import Source
from advisor.rules.verdict import UNKNOWN, Verdict

Value = str | int | float | bool | list[str]

RULES = (
    "status", "deployment", "task", "language", "license", "license-use", "users", "revenue", "territory", "seat",
    "origin", "parameters", "context", "publisher", "artifact", "memory", "speed",
)  # fmt: skip
"""Every rule, in the order in which findings are told; those of policies, `policy/ID`, come after them."""
POLICY = "policy/"
"""How the names of policies' rules begin."""


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A requirement and the value at which a rule would pass."""

    option: str
    to: Value


Outcome = Literal["kept", "broken", "unknown", "excepted"]


class Excepted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The exception that lets a model off a policy's rule."""

    reason: str
    requester: str
    approver: str
    approved: str
    expires: str


class Ruling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What one rule of one policy decided, and who decided the rule and when."""

    policy: str
    rule: str
    severity: str
    mode: str
    outcome: Outcome
    verdict: Verdict
    why: str
    decided_by: str
    decided_on: str
    exception: Excepted | None = None


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
    rulings: tuple[Ruling, ...] = ()
    """Of a finding `policy/ID`: what each policy with a rule of this id decided, the one that holds first."""

    def change(self) -> Change | None:
        """Return the change of requirements that makes the rule pass, if there is one."""
        if self.option is None or self.passes_at is None:
            return None
        return Change(option=self.option, to=self.passes_at)


def unknown(rule: str, reason: str, *missing: str, required: Value | None = None) -> Finding:
    """Return a finding that says which facts are missing."""
    return Finding(rule=rule, verdict=UNKNOWN, reason=reason, missing=missing, required=required)
