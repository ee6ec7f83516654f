"""What the bare text of a template shows, without parsing: characters that nobody sees, texts that are not text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.gguf.problem import Severity
from advisor.gguf.template import TemplateFinding

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8}))")
_ENCODED = re.compile(r"(?:[A-Za-z0-9+/]{4}){20,}={0,2}|(?:\\x[0-9a-fA-F]{2}){8,}")
_ADDRESS = re.compile(r"\b(?:https?|ftps?|file|data)://?[^\s'\"]+|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_PATH = re.compile(r"(?<![\w.])/(?:etc|proc|dev|root|home)/\w+|\bC:\\\\?\w+|(?:\.\./){2,}")

_PATTERNS: tuple[tuple[str, Severity, re.Pattern[str], str], ...] = (
    ("invisible-characters", "fail", _BIDI, "characters that reverse or hide text"),
    ("invisible-characters", "warn", _INVISIBLE, "characters of no width"),
    ("invisible-characters", "warn", _CONTROL, "control characters"),
    ("encoded-text", "warn", _ENCODED, "text in an encoding"),
    ("network-or-file", "warn", _ADDRESS, "an address"),
    ("network-or-file", "warn", _PATH, "a path of a file"),
)


def text_findings(text: str) -> list[TemplateFinding]:
    """Return findings of patterns, each rule and kind once, at its first line."""
    return [*_matches(text), *_escapes(text)]


def _matches(text: str) -> Iterator[TemplateFinding]:
    for rule, severity, pattern, kind in _PATTERNS:
        match = pattern.search(text)
        if match:
            line = text.count("\n", 0, match.start()) + 1
            message = f"it holds {kind}: {match[0][:60].encode('unicode_escape').decode()}"
            yield TemplateFinding(rule=rule, severity=severity, message=message, line=line)


def _escapes(text: str) -> Iterator[TemplateFinding]:
    """Find the same invisible characters where a literal spells them with a backslash."""
    for match in _ESCAPED.finditer(text):
        number = int(match["x"] or match["u"] or match["U"], 16)
        character = chr(number) if number < 0x110000 else ""
        for rule, severity, pattern, kind in _PATTERNS[:2]:
            if pattern.match(character):
                line = text.count("\n", 0, match.start()) + 1
                yield TemplateFinding(rule=rule, severity=severity, message=f"a literal spells {kind}", line=line)
                return
