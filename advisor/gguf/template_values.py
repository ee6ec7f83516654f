"""Constants of a template, also where they are put together from pieces to hide what they spell."""

from __future__ import annotations

from jinja2 import nodes

LONGEST = 4096
"""Characters up to which pieces are put together."""
_DEEPEST = 40


def folded(node: nodes.Node, depth: int = 0) -> str | None:
    """Return the text that a node always gives: a literal, or literals joined, replaced, reversed; else None."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, nodes.Const):
        return node.value if isinstance(node.value, str) and len(node.value) <= LONGEST else None
    if isinstance(node, nodes.Concat):
        return _joined(node.nodes, "", depth)
    if isinstance(node, nodes.Add):
        return _joined([node.left, node.right], "", depth)
    if isinstance(node, nodes.Mod):
        return _formatted(node, depth)
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _filtered(node.name, node.node, node.args, depth)
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        return _called(node.node, node.args, depth)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        return _reversed(node, depth)
    return None


def number_of(node: nodes.Node, depth: int = 0) -> float | None:
    """Return the number that a node always gives; products and sums are worked out, powers count as endless."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, nodes.Const):
        return float(node.value) if isinstance(node.value, (int, float)) and abs(node.value) < 1e300 else None
    if isinstance(node, nodes.Pow):
        return float("inf")
    if isinstance(node, (nodes.Mul, nodes.Add)):
        left, right = number_of(node.left, depth + 1), number_of(node.right, depth + 1)
        if left is None or right is None:
            return None
        return left * right if isinstance(node, nodes.Mul) else left + right
    return None


def _joined(parts: list[nodes.Expr], between: str, depth: int) -> str | None:
    texts = [folded(part, depth + 1) for part in parts]
    if any(text is None for text in texts):
        return None
    whole = between.join(text for text in texts if text is not None)
    return whole if len(whole) <= LONGEST else None


def _formatted(node: nodes.Mod, depth: int) -> str | None:
    """Return `'%s…' % (…)` with its texts put in."""
    form = folded(node.left, depth + 1)
    parts = node.right.items if isinstance(node.right, nodes.Tuple) else [node.right]
    texts = [folded(part, depth + 1) for part in parts]
    if form is None or any(text is None for text in texts) or form.count("%") != form.count("%s"):
        return None
    for text in texts:
        form = form.replace("%s", text or "", 1)
    return form if len(form) <= LONGEST else None


def _filtered(name: str, inner: nodes.Expr, args: list[nodes.Expr], depth: int) -> str | None:
    if name == "join" and isinstance(inner, (nodes.List, nodes.Tuple)):
        between = folded(args[0], depth + 1) if args else ""
        return None if between is None else _joined(inner.items, between, depth)
    text = folded(inner, depth + 1)
    if text is None:
        return None
    if name == "replace":
        return _replaced(text, args, depth)
    return {"reverse": text[::-1], "lower": text.lower(), "upper": text.upper(), "trim": text.strip()}.get(name)


def _called(method: nodes.Getattr, args: list[nodes.Expr], depth: int) -> str | None:
    text = folded(method.node, depth + 1)
    if text is None:
        return None
    if method.attr == "join" and args and isinstance(args[0], (nodes.List, nodes.Tuple)):
        return _joined(args[0].items, text, depth)
    if method.attr == "replace":
        return _replaced(text, args, depth)
    if method.attr == "format":
        texts = [folded(part, depth + 1) for part in args]
        if any(part is None for part in texts):
            return None
        for part in texts:
            text = text.replace("{}", part or "", 1)
        return text if len(text) <= LONGEST else None
    return {"lower": text.lower(), "upper": text.upper(), "strip": text.strip()}.get(method.attr)


def _replaced(text: str, args: list[nodes.Expr], depth: int) -> str | None:
    parts = [folded(part, depth + 1) for part in args[:2]]
    if len(parts) < 2 or parts[0] is None or parts[1] is None:
        return None
    if not parts[0] or len(text) * (len(parts[1]) + 1) > LONGEST * 8:
        return None
    return text.replace(parts[0], parts[1])


def _reversed(node: nodes.Getitem, depth: int) -> str | None:
    """Return a text read backwards: `'…'[::-1]`."""
    step = node.arg.step if isinstance(node.arg, nodes.Slice) else None
    backwards = isinstance(step, nodes.Neg) or (isinstance(step, nodes.Const) and step.value == -1)
    text = folded(node.node, depth + 1)
    return text[::-1] if text is not None and backwards else None
