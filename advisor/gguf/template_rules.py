"""The rules of the template audit: each goes over the parsed nodes and yields findings. Needs jinja2."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes

from advisor.gguf.header import shown
from advisor.gguf.problem import Severity
from advisor.gguf.template import Rule, TemplateFinding
from advisor.gguf.template_triggers import date_triggers, hidden_instructions
from advisor.gguf.template_values import folded, number_of

_DUNDER = re.compile(r"^_*__\w+__$|^__\w+$")
_INTERNALS = frozenset({
    "mro", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "f_back", "f_globals", "f_locals",
    "f_builtins", "f_code", "func_globals", "func_code", "tb_frame", "im_func", "im_self",
})  # fmt: skip
_INERT = frozenset({"__class__", "__name__", "__len__", "__str__"})
"""Used by honest templates to ask for a type; alone they lead nowhere."""
_NAMES = frozenset({
    "os", "subprocess", "importlib", "builtins", "shutil", "socket", "pty", "ctypes", "pickle", "eval", "exec", "open",
    "compile", "getattr", "setattr", "delattr", "globals", "locals", "vars", "breakpoint",
})  # fmt: skip
_GADGETS = frozenset({"lipsum", "cycler", "joiner", "self"})
"""jinja2's own globals from which attribute chains start."""
_METHODS = frozenset({
    "popen", "Popen", "system", "check_output", "import_module", "load_module", "eval", "exec", "read_text",
    "write_text", "urlopen", "format_map",
})  # fmt: skip
LONGEST_RANGE = 10_000
LARGEST_NUMBER = 10_000_000


def _of(rule: str, node: nodes.Node, message: str, severity: Severity = "fail") -> TemplateFinding:
    return TemplateFinding(rule=rule, severity=severity, message=message, line=node.lineno)


def python_internals(_tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """Names that lead out of the sandbox, written out or put together from pieces."""
    for node in every:
        for name in _spelled(node):
            if name in _INERT:
                yield _of("python-internals", node, f"it asks for {shown(name)}", "warn")
            elif name in _INTERNALS or _DUNDER.match(name):
                yield _of("python-internals", node, f"it reaches for Python's internals: {shown(name)}")


def _spelled(node: nodes.Node) -> Iterator[str]:
    """Yield the names that a node looks up or spells."""
    if isinstance(node, nodes.Getattr):
        yield node.attr
    elif isinstance(node, nodes.Name):
        yield node.name
    elif isinstance(node, (nodes.Const, nodes.Concat, nodes.Add, nodes.Mod, nodes.Filter, nodes.Call)):
        text = folded(node)
        if text is not None:
            yield text.strip()


def dangerous_names(_tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """Modules and functions of Python that no template needs; names that the template itself sets are its own."""
    own = {node.name for node in every if isinstance(node, nodes.Name) and node.ctx in ("store", "param")}
    own |= {node.name for node in every if isinstance(node, nodes.Macro)}
    for node in every:
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in own:
            if node.name in _NAMES:
                yield _of("dangerous-name", node, f"it uses {shown(node.name)}")
            elif node.name in _GADGETS:
                yield _of("dangerous-name", node, f"it uses jinja2's {shown(node.name)}", "warn")
        called = node.node if isinstance(node, nodes.Call) else None
        if isinstance(called, nodes.Getattr) and called.attr in _METHODS:
            yield _of("dangerous-name", node, f"it calls {shown(called.attr)}")


def attribute_filter(_tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """`|attr`, which fetches attributes past the sandbox (CVE-2025-27516)."""
    for node in every:
        if isinstance(node, nodes.Filter):
            named = [folded(argument) for argument in node.args[:1]]
            if node.name == "attr" or (node.name in ("map", "select", "reject") and named == ["attr"]):
                yield _of("attribute-filter", node, "it fetches attributes with the filter 'attr'")


def imports(_tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """Other templates: a model has only its own."""
    for node in every:
        if isinstance(node, (nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends)):
            yield _of("import", node, f"it loads another template ({type(node).__name__.lower()})")


def unbounded(_tree: nodes.Template, every: list[nodes.Node]) -> Iterator[TemplateFinding]:
    """Loops and texts whose length has nothing to do with the conversation."""
    for node in every:
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range":
            sizes = [number_of(argument) for argument in node.args[:2]]
            if any(size is not None and abs(size) > LONGEST_RANGE for size in sizes):
                yield _of("unbounded-loop", node, f"it counts beyond {LONGEST_RANGE:,}")
        elif isinstance(node, nodes.Pow):
            yield _of("unbounded-loop", node, "it raises a number to a power", "warn")
        elif isinstance(node, nodes.Const) and isinstance(node.value, (int, float)) and node.value > LARGEST_NUMBER:
            yield _of("unbounded-loop", node, f"it holds a number above {LARGEST_NUMBER:,}", "warn")
        elif isinstance(node, nodes.Mul) and _repeats(node):
            yield _of("unbounded-loop", node, "it repeats a text many times", "warn")
        elif isinstance(node, nodes.For):
            yield from _loop(node)
        elif isinstance(node, nodes.Macro) and _always_calls(node):
            yield _of("unbounded-loop", node, f"the macro {shown(node.name)} calls itself without a condition")


def _repeats(node: nodes.Mul) -> bool:
    sides = (node.left, node.right)
    text = any(folded(side) is not None for side in sides)
    return text and any((number_of(side) or 0) > LONGEST_RANGE for side in sides)


def _loop(node: nodes.For) -> Iterator[TemplateFinding]:
    """Find loops in loops in loops over fixed ranges, and recursive ones."""
    if node.recursive:
        yield _of("unbounded-loop", node, "a loop calls itself ('recursive')", "warn")
    steps, inner = 1, [node]
    while inner:
        loop = inner.pop()
        steps *= _fixed_length(loop.iter) or 1
        inner += [child for child in loop.body if isinstance(child, nodes.For)][:1]
    if steps > LONGEST_RANGE:
        yield _of("unbounded-loop", node, f"nested loops run {steps:,} times at least")


def _fixed_length(node: nodes.Node) -> int | None:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range" and node.args:
        size = number_of(node.args[min(len(node.args), 2) - 1])
        return int(min(max(size, 0), 10**9)) if size is not None else None
    return None


def _always_calls(macro: nodes.Macro) -> bool:
    """Say whether a macro calls itself outside of every condition and loop."""
    waiting: list[nodes.Node] = list(macro.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (nodes.If, nodes.For, nodes.CondExpr, nodes.Macro)):
            continue
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == macro.name:
            return True
        waiting.extend(node.iter_child_nodes())
    return False


RULES: tuple[Rule, ...] = (
    python_internals, dangerous_names, attribute_filter, imports, unbounded, hidden_instructions, date_triggers,
)  # fmt: skip
