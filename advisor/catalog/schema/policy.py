"""An organisation's rules about models: typed parameters, no expression language.

Not imported with the other records: only who asks for a policy needs these types.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from advisor.catalog.schema.source import Count, Country, Day, Record, Source, Tag, Task, Text, Use

Severity = Literal["deny", "review", "warn"]
"""What breaking a rule means: the model may not be used; somebody has to decide; it is told and passes."""
SEVERITIES: tuple[Severity, ...] = ("warn", "review", "deny")
"""From the mildest to the strictest."""
Mode = Literal["enforce", "audit"]
RuleId = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="lower-case words joined by hyphens")]
Role = Literal["maker", "base-models", "publisher"]
Duty = Literal[
    "attribution", "naming", "notice", "flow-down", "acceptable-use", "field-of-use", "output-training",
    "output-ownership", "remote-restriction", "revocable", "patent-termination", "governing-law",
    "acceptance", "call-home", "display", "source-disclosure",
]  # fmt: skip


class Decided(Record, frozen=True, kw_only=True):
    """Who decided, and on which day."""

    by: Text
    on: Day


class PolicyRule(Record, frozen=True, kw_only=True, tag_field="kind"):
    """What every rule says beside its parameters."""

    id: RuleId
    why: Text
    severity: Severity
    decided: Decided
    begins: Day | None = msgspec.field(name="from", default=None)
    """The first day on which it holds; absent: it always has."""
    until: Day | None = None
    """The last day on which it holds."""
    unknown: Severity | None = None
    """What it means where the facts do not tell; absent: `review`, or `warn` for a rule that only warns."""
    sources: tuple[Source, ...] = ()

    @property
    def when_unknown(self) -> Severity:
        """Return what the rule does where the facts do not tell."""
        return self.unknown or ("warn" if self.severity == "warn" else "review")

    def holds_on(self, day: str) -> bool:
        """Say whether the rule is in force on a day."""
        return (self.begins or "") <= day <= (self.until or "9999")


class LicenseRule(PolicyRule, frozen=True, kw_only=True, tag="license"):
    """Which licences bind: the model's and all its base models'."""

    allow: tuple[Text, ...] = ()
    deny: tuple[Text, ...] = ()
    categories: tuple[Literal["permissive", "conditional", "community", "non-commercial", "proprietary"], ...] = ()
    """Only licences of these categories."""
    osi_approved: bool = False


class DutyRule(PolicyRule, frozen=True, kw_only=True, tag="license-duty"):
    """Obligations and reserved rights that no licence of the chain may hold."""

    deny: Annotated[tuple[Duty, ...], Meta(min_length=1)]


class RightsRule(PolicyRule, frozen=True, kw_only=True, tag="license-rights"):
    """What every licence of the chain has to grant: a use, to so large an organisation, in these places."""

    use: Use | None = None
    monthly_users: Count | None = None
    annual_revenue: Count | None = None
    """US dollars a year."""
    territory: tuple[Country, ...] = ()
    seat: Country | None = None


class OriginRule(PolicyRule, frozen=True, kw_only=True, tag="origin"):
    """Countries of those who made the model, its base models, or uploaded the file; `EU` stands for its members."""

    allow: tuple[Country, ...] = ()
    deny: tuple[Country, ...] = ()
    of: Annotated[tuple[Role, ...], Meta(min_length=1)] = ("maker", "base-models")


class DeveloperRule(PolicyRule, frozen=True, kw_only=True, tag="developer"):
    """Organisations, by provider id, that made the model or its base models."""

    allow: tuple[Text, ...] = ()
    deny: tuple[Text, ...] = ()
    of: Annotated[tuple[Literal["maker", "base-models"], ...], Meta(min_length=1)] = ("maker", "base-models")


class PublisherRule(PolicyRule, frozen=True, kw_only=True, tag="publisher"):
    """Who uploaded the file: provider ids, or `official` for the model's own maker."""

    allow: tuple[Text, ...] = ()
    deny: tuple[Text, ...] = ()


class ModelRule(PolicyRule, frozen=True, kw_only=True, tag="model"):
    """Single models, by id."""

    allow: tuple[Text, ...] = ()
    deny: tuple[Text, ...] = ()


class ArtifactRule(PolicyRule, frozen=True, kw_only=True, tag="artifact"):
    """What has to be known of the file, and how coarse it may be."""

    hashed: bool = False
    """The sha256 of all shards is recorded."""
    pinned: bool = False
    """The repository's revision is recorded."""
    min_quant: Text | None = None


class ParametersRule(PolicyRule, frozen=True, kw_only=True, tag="parameters"):
    """The largest number of parameters."""

    most: Count


class DeploymentRule(PolicyRule, frozen=True, kw_only=True, tag="deployment"):
    """Where it has to be able to run."""

    place: Literal["on-prem", "air-gapped"]


class StatusRule(PolicyRule, frozen=True, kw_only=True, tag="status"):
    """Which words of the maker about the model's standing are not accepted."""

    deny: Annotated[tuple[Literal["superseded", "retired"], ...], Meta(min_length=1)]


class EvidenceRule(PolicyRule, frozen=True, kw_only=True, tag="evidence"):
    """Results of independent benchmarks for each language and task; with neither, of any."""

    languages: tuple[Tag, ...] = ()
    tasks: tuple[Task, ...] = ()


class SafetyRule(PolicyRule, frozen=True, kw_only=True, tag="safety"):
    """The figure of an official body's evaluation, by its id, within bounds."""

    evaluation: Text
    most: float | None = None
    least: float | None = None


class FactsRule(PolicyRule, frozen=True, kw_only=True, tag="facts"):
    """Facts that have to be recorded: groups of a model's record, or `group.field`."""

    known: Annotated[tuple[Text, ...], Meta(min_length=1)]


class PurposeRule(PolicyRule, frozen=True, kw_only=True, tag="purpose"):
    """Which uses may be asked for at all."""

    uses: Annotated[tuple[Use, ...], Meta(min_length=1)]


Rule = (
    LicenseRule | DutyRule | RightsRule | OriginRule | DeveloperRule | PublisherRule | ModelRule | ArtifactRule
    | ParametersRule | DeploymentRule | StatusRule | EvidenceRule | SafetyRule | FactsRule | PurposeRule
)  # fmt: skip


class PolicyException(Record, frozen=True, kw_only=True):
    """One model is let off one rule, for a reason, until a day; who approves is not who asks."""

    model: Text
    rule: RuleId
    reason: Text
    requester: Text
    approver: Text
    approved: Day
    expires: Day
    """The last day on which it holds."""

    def holds_on(self, day: str) -> bool:
        """Say whether the exception is in force on a day."""
        return self.approved <= day <= self.expires


class Policy(Record, frozen=True, kw_only=True):
    """An organisation's rules; its id is the name of its file."""

    schema: Literal["advisor.policy/1"] = "advisor.policy/1"
    name: Text
    description: Text
    notice: Text
    """What it is not: shipped policies say that they are no legal advice."""
    aliases: tuple[Text, ...] = ()
    mode: Mode = "enforce"
    """`audit`: what it finds is told and decides nothing."""
    fresh: bool = False
    """Whether facts past their shelf life count as unknown for its rules."""
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1)]
    exceptions: tuple[PolicyException, ...] = ()
    sources: tuple[Source, ...] = ()
    notes: tuple[Text, ...] = ()
