"""YAML as people mean it: 1.2 booleans, no dates, octals, tags or anchors, no key twice, every value with its line."""

from __future__ import annotations

import re
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 40
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
_SPECIAL = re.compile(r"[!&*]")
_BRACKET = re.compile(r"[\[\]{}]")
_INDENT = re.compile(rf"^[ \-?]{{{MAX_DEPTH},}}", re.MULTILINE)


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


_StrictLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,29})$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]+|[0-9]+(?:\.[0-9]+)?[eE][-+]?[0-9]{1,3})$", "-+0123456789"),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), [*_first, ""])


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
        if _suspicious(text):
            _refuse_specials(text)
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not valid YAML"
        if "nesting" in problem:  # the limit of the C parser itself, which looks ahead of the events
            problem = _TOO_DEEP
        raise YamlProblem(mark.line + 1 if mark else 1, problem) from None
    except yaml.YAMLError as error:
        raise YamlProblem(1, " ".join(str(error).split())) from None


def _suspicious(text: str) -> bool:
    """Say cheaply whether a text may hold tags, anchors, or nesting that the C parser cannot bear."""
    if _SPECIAL.search(text) or _INDENT.search(text):
        return True
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _refuse_specials(text: str) -> None:
    """Go through the events, which needs no recursion, and refuse what nobody needs here."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None) is not None:
            raise YamlProblem(line, "anchors and aliases are not accepted")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise YamlProblem(line, f"tags are not accepted ('{tag}')")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise YamlProblem(line, _TOO_DEEP)


class Lines:
    """Finds the lines of values in a text that `parse` accepts; the text is read once."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=_StrictLoader)

    def of(self, path: tuple[str | int, ...]) -> int:
        """Return the line (from 1) of the value at `path`, or of its nearest parent that exists."""
        node, line = self._root, 1
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


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """Return the line of one value: `Lines` for a single question."""
    return Lines(text).of(path)
