"""The names under which suites call checks. A check is a function; its second parameter's type is what a suite gives.

Add a line here and the function there; nothing else knows a check by name.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

RULES: dict[str, str] = {
    "contains": "advisor.smoke.checks.text:contains",
    "avoids": "advisor.smoke.checks.text:avoids",
    "matches": "advisor.smoke.checks.text:matches",
    "max_words": "advisor.smoke.checks.text:max_words",
    "min_words": "advisor.smoke.checks.text:min_words",
    "equals": "advisor.smoke.checks.text:equals",
    "json_schema": "advisor.smoke.checks.structure:json_schema",
    "stops": "advisor.smoke.checks.text:stops",
    "runs": "advisor.smoke.checks.program:runs",
    "language": "advisor.smoke.checks.language:language",
    "no_loop": "advisor.smoke.checks.language:no_loop",
    "polite": "advisor.smoke.checks.politeness:polite",
}
"""Rules judge one answer: `(Exchange, parameters) -> Judgement`."""

PROBES: dict[str, str] = {
    "template": "advisor.smoke.checks.mechanics:template",
    "stops": "advisor.smoke.checks.mechanics:stops",
    "no-leak": "advisor.smoke.checks.mechanics:no_leak",
    "same-twice": "advisor.smoke.checks.mechanics:same_twice",
    "obeys-system": "advisor.smoke.checks.mechanics:obeys_system",
    "json-by-grammar": "advisor.smoke.checks.structure:json_by_grammar",
    "needle": "advisor.smoke.checks.needle:needle",
    "survives": "advisor.smoke.checks.mechanics:survives",
    "performance": "advisor.smoke.checks.performance:performance",
    "fertility": "advisor.smoke.fertility:fertility",
    "politeness": "advisor.smoke.checks.politeness:politeness",
    "viewpoint": "advisor.smoke.viewpoint:viewpoint",
}
"""Probes ask for themselves: `(Bench, parameters) -> Iterator[Judgement]`."""


def function(target: str) -> Callable[..., Any]:
    """Return the function at `module:name`."""
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


@cache
def parameter_type(target: str) -> Any:
    """Return the type of what a suite has to give to a check: that of its second parameter."""
    hints = typing.get_type_hints(function(target), include_extras=True)
    return [hint for name, hint in hints.items() if name != "return"][1]
