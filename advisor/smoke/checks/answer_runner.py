"""Runs a function that a model wrote against tests. A program of its own, confined by the one that starts it.

Reads one JSON object from stdin (`code`, `tests`, `token`), writes one to what was stdout. What the code prints goes
nowhere.
"""

from __future__ import annotations

import json
import os
import sys
import traceback


def main() -> None:
    """Run the code, then the tests in the same namespace; tell the token only where all passed."""
    order = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    space: dict[str, object] = {"__name__": "answer"}
    stage, told = "code", {"passed": order.pop("token")}
    try:
        exec(compile(order["code"], "answer", "exec"), space)
        stage = "tests"
        exec(compile(order["tests"], "tests", "exec"), space)
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        line = order[stage].splitlines()[last.lineno - 1].strip() if last.lineno and last.filename == stage else ""
        told = {"stage": stage, "error": f"{type(error).__name__}: {error}"[:300], "line": line[:200]}
    out.write(json.dumps(told) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
