"""A static audit of chat templates: parsed by jinja2, never compiled, never rendered.

A chat template turns messages into a prompt: it walks over them and puts markers between. Whatever else it does is
a finding. Known attacks: CVE-2024-34359 (code through attribute chains), poisoned templates that add instructions
when a word occurs. A template without findings is not proved harmless.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from advisor.catalog.schema import Record
from advisor.gguf.header import shown
from advisor.gguf.problem import Severity

if TYPE_CHECKING:
    from jinja2 import nodes

LONGEST = 256 * 1024
"""Characters beyond which nothing is parsed; the longest real template seen has 35,000."""
MOST_FINDINGS = 50
INSTALL = "pip install 'local-model-advisor[audit]'"


class TemplateFinding(Record, frozen=True, kw_only=True):
    """Something that a template has no business doing, with the line on which it stands."""

    rule: str
    severity: Severity
    message: str
    line: int | None = None
    template: str | None = None
    """The name of the template, where a file has several."""


def auditable() -> bool:
    """Say whether jinja2 is there to parse with."""
    return find_spec("jinja2") is not None


def audit(text: str) -> tuple[TemplateFinding, ...]:
    """Return what a template does beyond putting markers between messages, in the order of its lines.

    Without jinja2 the only finding is that nothing was audited.
    """
    from advisor.gguf.template_text import text_findings

    found = text_findings(text)
    if len(text) > LONGEST:
        found.append(_of("too-large", "warn", f"{len(text):,} characters; it was not parsed"))
    elif not auditable():
        found.append(_of("not-audited", "warn", f"the template was not audited; {INSTALL}"))
    else:
        found += _parsed(text)
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda f: (f.line or 0, f.rule, f.message)))[:MOST_FINDINGS]


def _of(rule: str, severity: Severity, message: str, line: int | None = None) -> TemplateFinding:
    return TemplateFinding(rule=rule, severity=severity, message=message, line=line)


def _parsed(text: str) -> list[TemplateFinding]:
    import jinja2

    from advisor.gguf.template_rules import RULES

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are the template's business
            tree = _environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        reason = shown(error.message or "syntax error")
        return [_of("unparseable", "warn", f"jinja2 cannot parse it: {reason}", error.lineno)]
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        return [_of("unparseable", "fail", f"jinja2 gives up on it: {type(error).__name__}")]
    every = list(walk(tree))
    return [finding for rule in RULES for finding in rule(tree, every)]


def _environment() -> Any:
    """Return a parser that knows the tags which chat templates use beyond jinja2's own."""
    from jinja2 import nodes
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}…{% endgeneration %}` of transformers, which marks what the model says."""

        tags = {"generation"}  # noqa: RUF012  # as the base class has it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    return ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", Generation])


def walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Yield every node below and with `tree`, without recursion: a template may nest as deep as it likes."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(node.iter_child_nodes())))


Rule = Callable[["nodes.Template", "list[nodes.Node]"], Iterator[TemplateFinding]]
