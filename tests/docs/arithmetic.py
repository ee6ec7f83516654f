"""The sums that a page writes down: names, numbers, + - * /, and a few functions."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "log10": math.log10}


def evaluate(text: str, known: Mapping[str, float]) -> float:
    """Return the value of an expression over the names in `known`."""
    return _value(ast.parse(text, mode="eval").body, known)


def _value(node: ast.expr, known: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, known), _value(node.right, known))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS[node.func.id](*(_value(argument, known) for argument in node.args))
    raise ValueError(f"not a sum that a page may hold: {ast.unparse(node)}")


def as_shown(value: float, shown: str) -> bool:
    """Say whether `shown` is `value`, rounded to as many decimals as it has."""
    decimals = len(shown.partition(".")[2])
    return abs(value - float(shown)) <= 0.5 * 10**-decimals + 1e-9
