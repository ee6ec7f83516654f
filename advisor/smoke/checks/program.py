"""Code that a model wrote is run against tests: confined, or not at all."""

from __future__ import annotations

import re
import secrets
import sys
from pathlib import Path
from typing import Any

from advisor.catalog.schema import Record, Text
from advisor.engine.child import MIB, Child, Leash
from advisor.engine.confine import REFUSED
from advisor.engine.interface import EngineFailure
from advisor.smoke.bench import Exchange, Judgement
from advisor.smoke.checks.text import quoted

_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
_RUNNER = Path(__file__).with_name("answer_runner.py")


class Runs(Record, frozen=True, kw_only=True):
    """`before` stands before the answer's code (a signature that it continues), `tests` after it; both are Python."""

    tests: Text
    before: str = ""
    seconds: float = 10.0
    memory_mib: int = 512


def runs(given: Exchange, asked: Runs) -> Judgement:
    """The code in the answer must pass the tests; it runs without network, in a folder of its own, or not at all."""
    code = _code(given.text)
    if not code.strip():
        return Judgement("fail", f"no code: {quoted(given.text)}", False, True)
    token = secrets.token_hex(16)
    leash = Leash(
        address_space=asked.memory_mib * MIB, cpu_seconds=int(asked.seconds) + 1, processes=False, strict=True
    )
    child = Child([sys.executable, "-I", str(_RUNNER)], leash)
    try:
        child.send({"code": asked.before + code, "tests": asked.tests, "token": token})
        return _judged(child.receive(asked.seconds), token)
    except EngineFailure as failure:
        if f"status {REFUSED}" in failure.diagnosis.message:
            return Judgement("unknown", "this system cannot confine a program, so the answer's code was not run")
        return Judgement("fail", _told(failure), False, True)
    finally:
        child.end()


def _code(text: str) -> str:
    """Return the code blocks of an answer; without one, the answer as it is."""
    return "\n".join(_FENCE.findall(text)) or text


def _judged(told: Any, token: str) -> Judgement:
    if isinstance(told, dict) and told.get("passed") == token:
        return Judgement("pass", "its code passes the tests", True, True)
    if not isinstance(told, dict) or "error" not in told:
        return Judgement("fail", "its code answered in the place of the tests", False, True)
    at = f" at '{told['line']}'" if told.get("line") else ""
    where = "its code does not run" if told.get("stage") == "code" else "its code fails a test"
    return Judgement("fail", f"{where}: {told['error']}{at}", False, True)


def _told(failure: EngineFailure) -> str:
    """Say how the program ended: the words of the diagnosis are about engines."""
    return failure.diagnosis.message.replace("the engine", "its code")
