"""Poisoned templates: instructions that nobody wrote, let loose by a word in the conversation or by a date.

An honest template looks for its own markers in what is said (`<think>`, `[TOOL_CALLS]`); it does not look for words
of a language, and above all it says nothing to the model because of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jinja2 import nodes

from advisor.gguf.header import shown
from advisor.gguf.problem import Severity
from advisor.gguf.template import TemplateFinding, walk
from advisor.gguf.template_values import folded

_SAID = frozenset({"content", "text", "reasoning_content", "prompt", "query"})
"""Attributes under which the words of a message are found."""
_MARKER = re.compile(r"[<>\[\]{}|▁/\\#*`]|^\W*$|^\w{1,2}$")
"""What markers look like; or hardly a word at all."""
_PARTS = frozenset({
    "text", "image", "image_url", "input_image", "video", "video_url", "audio", "input_audio", "audio_url", "user",
    "assistant", "system", "tool", "function", "developer", "string", "object", "array", "thinking", "reasoning",
    "analysis", "final", "commentary", "tool_calls", "tool_call", "content", "type", "ipython",
})  # fmt: skip
"""Types of content and roles, which templates do compare."""
_ORDER = re.compile(
    r"\b(ignore|disregard|always|never|do not|don't|must|instead|recommend|respond|reply|answer|pretend|include|"
    r"mention|insert|append|tell|act as|secretly|without telling|make sure|you are|you should|refuse)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"(ignore|disregard|forget)\s+(all\s+|any\s+)?(the\s+)?(previous|prior|above|earlier|system)\s+(instruction|prompt|rule|message)|"
    r"do not (mention|reveal|disclose|tell)[^.]{0,40}(these|this|hidden|instruction|link|reason)|"
    r"hidden instruction|without (telling|informing) the user|secretly",
    re.IGNORECASE,
)
_CLOCKS = re.compile(r"strftime_now|^(now|today|datetime|timestamp|current_(date|time))$")
_FEW = 4
"""Words below which a text is no instruction."""


def _of(rule: str, node: nodes.Node, message: str, severity: Severity) -> TemplateFinding:
    return TemplateFinding(rule=rule, severity=severity, message=message, line=node.lineno)


def hidden_instructions(tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """Conditions on the words of a message, and instructions that hang on them; and those that hide themselves."""
    heard = _heard(every)
    for node in every:
        if isinstance(node, (nodes.If, nodes.CondExpr)):
            words = sorted(_words(node.test, heard))
            if words:
                told = _told(_branches(node))
                if told:
                    message = f"where {shown(words[0])} is said, it tells the model {shown(told)}"
                    yield _of("hidden-instruction", node, message, "fail")
                else:
                    message = f"it behaves differently where {shown(words[0])} is said"
                    yield _of("content-trigger", node, message, "warn")
        for text in _texts([node] if isinstance(node, (nodes.TemplateData, nodes.Const)) else []):
            match = _OPEN.search(text)
            if match:
                yield _of("hidden-instruction", node, f"it tells the model {shown(match[0])}", "warn")


def date_triggers(_tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """Conditions on the day or the hour."""
    for node in every:
        if isinstance(node, nodes.Compare):
            names = [n.name for n in walk(node) if isinstance(n, nodes.Name)]
            clock = next((name for name in names if _CLOCKS.search(name)), None)
            if clock:
                yield _of("date-trigger", node, f"it behaves differently by the time ({shown(clock)})", "warn")


def _heard(every: list[nodes.Node]) -> set[str]:
    """Return the names that carry the words of messages, also through other names."""
    heard: set[str] = set()
    links: list[tuple[set[str], nodes.Node]] = []
    for node in every:
        if isinstance(node, nodes.Assign):
            links.append((_targets(node.target), node.node))
        elif isinstance(node, nodes.For):
            links.append((_targets(node.target), node.iter))
        elif isinstance(node, nodes.Macro):
            heard |= {arg.name for arg in node.args if arg.name in _SAID}
    for _ in range(8):  # each round carries one assignment further; templates do not go further
        before = len(heard)
        for targets, value in links:
            if _speaks(value, heard):
                heard |= targets
        if len(heard) == before:
            break
    return heard


def _targets(node: nodes.Node) -> set[str]:
    return {n.name for n in walk(node) if isinstance(n, nodes.Name)} | {
        f"{n.name}.{n.attr}" for n in walk(node) if isinstance(n, nodes.NSRef)
    }


def _speaks(node: nodes.Node, heard: set[str]) -> bool:
    """Say whether a value has to do with what was said in a message."""
    for inner in walk(node):
        if isinstance(inner, nodes.Getattr):
            owner = inner.node.name if isinstance(inner.node, nodes.Name) else ""
            if inner.attr in _SAID or f"{owner}.{inner.attr}" in heard:
                return True
        elif isinstance(inner, nodes.Getitem):
            if isinstance(inner.arg, nodes.Const) and inner.arg.value in _SAID:
                return True
        elif isinstance(inner, nodes.Name) and inner.name in heard:
            return True
    return False


def _words(test: nodes.Node, heard: set[str]) -> set[str]:
    """Return the words for which a condition looks in what was said, markers left out."""
    found: set[str] = set()
    for node in walk(test):
        sought: list[nodes.Node] = []
        if isinstance(node, nodes.Compare):
            sides = [node.expr, *(operand.expr for operand in node.ops)]
            if any(_speaks(side, heard) for side in sides):
                sought = list(sides)
        elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            if _speaks(node.node.node, heard):
                sought = list(node.args)
        elif isinstance(node, (nodes.Test, nodes.Filter)) and node.node is not None and _speaks(node.node, heard):
            sought = list(node.args)
        for side in sought:
            texts = [folded(item) for item in (side.items if isinstance(side, (nodes.List, nodes.Tuple)) else [side])]
            found |= {text.strip() for text in texts if text and not _is_marker(text.strip())}
    return found


def _is_marker(text: str) -> bool:
    return bool(_MARKER.search(text)) or text.casefold() in _PARTS


def _branches(node: nodes.If | nodes.CondExpr) -> Iterable[nodes.Node]:
    if isinstance(node, nodes.CondExpr):
        return [n for n in (node.expr1, node.expr2) if n is not None]
    return node.body


def _told(branches: Iterable[nodes.Node]) -> str | None:
    """Return the first instruction that stands in what a condition lets out."""
    for branch in branches:
        for text in _texts(walk(branch)):
            if len(text.split()) >= _FEW and _ORDER.search(text):
                return " ".join(text.split())
    return None


def _texts(found: Iterable[nodes.Node]) -> Iterator[str]:
    for node in found:
        if isinstance(node, nodes.TemplateData):
            yield node.data
        elif isinstance(node, (nodes.Const, nodes.Concat, nodes.Add)):
            text = folded(node)
            if text is not None:
                yield text
