"""YAML as people mean it: 1.2 booleans, no dates, no octals, duplicate keys refused, problems with line numbers."""

from __future__ import annotations

import re
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEPT = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}
MAX_DEPTH = 40


class _StrictLoader(_Base):  # type: ignore[misc]  # the C loader is untyped
    """A safe loader whose plain scalars follow the YAML 1.2 core schema."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="keys must be plain text", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"key '{key}' stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _KEPT]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]+|[0-9]+(?:\.[0-9]+)?[eE][-+]?[0-9]+)$"),
    list("-+0123456789"),
)


class YamlProblem(ValueError):
    """A text that is not the YAML we accept; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def parse(text: str) -> Any:
    """Return the one document in `text` as plain Python data.

    Raises:
        YamlProblem: with the line, where the text is not acceptable YAML.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not valid YAML"
        raise YamlProblem(mark.line + 1 if mark else 1, problem) from None
    except yaml.YAMLError as error:
        raise YamlProblem(1, " ".join(str(error).split())) from None
    except (RecursionError, ValueError) as error:
        raise YamlProblem(1, f"cannot be read: {error}") from None


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """Return the line (from 1) of the value at `path`, or of its nearest parent that exists."""
    node = yaml.compose(text, Loader=_StrictLoader)
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(step)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
