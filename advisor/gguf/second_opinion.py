"""`c4nary`, a young scanner of chat templates by other people, where it is installed (extra `audit`).

It runs in a process of its own with a limit of time: on some templates of 30,000 characters it takes seconds. It
imports nothing from the working folder, which may be that of a downloaded model, and is told no token.
"""

from __future__ import annotations

from importlib.util import find_spec

import msgspec

from advisor.catalog.schema import Record

TOOL = "c4nary"
LONGEST = 64 * 1024
"""Characters beyond which it is not asked."""
SECONDS = 2.0
MOST = 20
_KEPT = ("HOME", "PATH", "PYTHONPATH", "PYTHONUSERBASE", "LD_LIBRARY_PATH", "SYSTEMROOT", "APPDATA")
_PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
import c4nary
from c4nary.rules.template import analyze_template
text = sys.stdin.buffer.read().decode()
found = [[f.rule_id, f.severity, f.detail] for f in analyze_template(text) if f.severity != "INFO"]
sys.stdout.write(json.dumps({"version": c4nary.__version__, "findings": found}))
"""


class SecondOpinion(Record, frozen=True, kw_only=True):
    """What another scanner says of the template: shown, and never a verdict."""

    tool: str
    version: str | None = None
    findings: tuple[str, ...]


class _Answer(msgspec.Struct):
    version: str
    findings: list[tuple[str, str, str]]


def ask(text: str) -> SecondOpinion | None:
    """Return what c4nary finds in a template; None where it is not installed or the text is too long.

    Its rules have ids of their own (TPL001 …); `INFO` is left out. It parses, and renders nothing.
    """
    if find_spec(TOOL) is None or len(text) > LONGEST:
        return None
    import os
    import subprocess
    import sys

    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROGRAM],
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            input=text.encode(errors="replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=True,
        )
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except subprocess.TimeoutExpired:
        return SecondOpinion(tool=TOOL, findings=(f"it came to no end within {SECONDS:g} s",))
    except (subprocess.CalledProcessError, ValueError, RecursionError):
        return SecondOpinion(tool=TOOL, findings=("it stopped with an error",))
    said = [
        f"{rule} {severity.lower()}: {' '.join(detail.split())[:200]}" for rule, severity, detail in answer.findings
    ]
    return SecondOpinion(tool=TOOL, version=answer.version, findings=tuple(dict.fromkeys(said))[:MOST])
