"""From `--policy FILE-or-NAME` to checked policies; what cannot be read or contradicts itself stops the run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from advisor import strict_yaml
from advisor.catalog.load import Catalog
from advisor.catalog.policies import contradictions, problems_of
from advisor.catalog.schema.policy import Policy
from advisor.errors import DataError, UnknownNameError
from advisor.needs.resolve import is_path
from advisor.needs.schema import UsedPolicy
from advisor.paths import read_whole
from advisor.records import RecordError, read_record

CATALOG = "catalog"
"""The origin of a policy that was named and not given as a file."""


class ReadPolicy(NamedTuple):
    """A policy with the name that is used for it, where it is from, and its text where that is a file."""

    id: str
    origin: str
    policy: Policy
    text: str | None = None

    def placed(self, path: tuple[str | int, ...], message: str) -> str:
        """Return a problem as `file:line: message`; records of the catalog are not kept with their lines."""
        if self.text is None:
            return f"policies/{self.id}.yaml:1: {message}"
        return f"{self.origin}:{strict_yaml.line_of(self.text, path)}: {message}"

    def of_rule(self, rule_id: str) -> tuple[str | int, ...]:
        """Return the place of a rule."""
        return "rules", next(index for index, rule in enumerate(self.policy.rules) if rule.id == rule_id)


def load_policies(names: Sequence[str], catalog: Catalog, as_of: str) -> tuple[UsedPolicy, ...]:
    """Return the policies called `names`, or in the files of these names, as they stand on a day.

    Raises:
        UnknownNameError: where no policy of the catalog and no file has a name.
        DataError: where a file cannot be read, is no policy, names what the catalog does not have, or where two
            rules that deny contradict each other on that day; with every problem.
    """
    problems: list[str] = []
    found: dict[str, ReadPolicy] = {}
    for name in names:
        try:
            policy = _named(name, catalog) or read_policy(_file(name, catalog), catalog)
        except DataError as error:
            problems += error.problems
            continue
        if policy.id in found and found[policy.id].origin != policy.origin:
            policy = policy._replace(id=policy.origin)
        found[policy.id] = policy
    if not problems:
        problems = list(_contradicting(found, as_of, catalog))
    if problems:
        raise DataError(problems)
    return tuple(_used(policy, as_of) for policy in found.values())


def _named(name: str, catalog: Catalog) -> ReadPolicy | None:
    """Return the policy of the catalog that is called `name`, by its id or an alias, in any case."""
    for policy_id, record in catalog.snapshot.policies.items():
        if name.casefold() in (known.casefold() for known in (policy_id, *record.get("aliases", ()))):
            return ReadPolicy(policy_id, CATALOG, msgspec.convert(record, Policy))
    return None


def _file(name: str, catalog: Catalog) -> str:
    """Return `name` where it is that of a file.

    Raises:
        UnknownNameError: where it is neither written like a file nor one.
    """
    if is_path(name) or Path(name).is_file():
        return name
    known = {alias for i, r in catalog.snapshot.policies.items() for alias in (i, *r.get("aliases", ()))}
    raise UnknownNameError("policy", name, sorted(known), "Name a file as ./FILE.yaml.")


def read_policy(name: str, catalog: Catalog) -> ReadPolicy:
    """Return the policy in the file called `name`.

    Raises:
        DataError: where the file cannot be read, is no policy, or names what the catalog does not have.
    """
    try:
        text = read_whole(name).decode("utf-8")
    except OSError as error:
        raise DataError([f"{name}:1: the policy cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError([f"{name}:{line}: is not UTF-8 text"]) from None
    except ValueError as error:  # a name that no file can have
        raise DataError([f"{name!r}:1: the policy cannot be read: {error}"]) from None
    try:
        found = ReadPolicy(Path(name).stem, name, read_record(text, Policy), text)
    except RecordError as error:
        raise DataError(error.listed(name)) from None
    problems = [found.placed(place, message) for place, message in problems_of(found.policy, catalog.snapshot)]
    if problems:
        raise DataError(problems)
    return found


def _contradicting(found: dict[str, ReadPolicy], as_of: str, catalog: Catalog) -> Iterator[str]:
    policies = [(name, policy.policy) for name, policy in found.items()]
    for (one, first), (other, second), domain in contradictions(policies, as_of, catalog.snapshot):
        told = f"rule '{first}' of policy '{one}' and rule '{second}' of policy '{other}' contradict each other"
        place = found[other].of_rule(second)
        yield found[other].placed(place, f"{told}: no {domain} is allowed by both; drop one of the two policies")


def _used(found: ReadPolicy, as_of: str) -> UsedPolicy:
    content = msgspec.json.encode(found.policy, order="sorted")
    return UsedPolicy(
        id=found.id,
        origin=found.origin,
        digest=hashlib.sha256(content).hexdigest(),
        remarks=tuple(_remarks(found.policy, as_of)),
        policy=msgspec.to_builtins(found.policy),
    )


def _remarks(policy: Policy, day: str) -> Iterator[str]:
    """Tell which rules and exceptions do not hold on a day."""
    for rule in policy.rules:
        if (rule.begins or "") > day:
            yield f"rule '{rule.id}' begins on {rule.begins}"
        elif (rule.until or "9999") < day:
            yield f"rule '{rule.id}' ended on {rule.until}"
    for exception in policy.exceptions:
        told = f"the exception of {exception.model} to '{exception.rule}'"
        if exception.expires < day:
            yield f"{told} expired on {exception.expires}"
        elif day < exception.approved:
            yield f"{told} was approved only on {exception.approved}"


def turning_points(policies: Sequence[UsedPolicy], since: str, today: str) -> list[str]:
    """Tell what of policies begins or ends after the day `since` and up to `today`: the two are not judged alike."""
    found = []
    for used in policies if since < today else ():
        now = _remarks(msgspec.convert(used.policy, Policy), today)
        found += [f"policy '{used.id}': {remark}" for remark in sorted({*used.remarks}.symmetric_difference(now))]
    return found
