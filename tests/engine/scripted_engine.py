"""Speaks the protocol of the llama.cpp program and fails on demand: `scripted_engine.py` with WAY in its model file.

The "model" is a text file with one word: what is to happen.
"""

from __future__ import annotations

import json
import os
import signal
import sys

FACTS = {"version": "0", "context": 512, "load_seconds": 0.1, "flags": {}}


def respond(way: str, order: dict[str, object]) -> object:
    """Return what is answered to one order, or die."""
    if order["do"] == "open":
        if way == "needs-plain-buffers" and order["extra_buffers"]:
            os.kill(os.getpid(), signal.SIGILL)
        if way == "never-runs":
            os.kill(os.getpid(), signal.SIGILL)
        if way == "odd-facts":
            return {"facts": {"context": "many"}}
        flags = {"use_extra_bufts": order["extra_buffers"]}
        return {"facts": FACTS | {"flags": flags}, "peak_rss_bytes": 1000}
    if way == "dies-when-asked":
        os.kill(os.getpid(), signal.SIGSEGV)
    if way == "odd-replies":
        return {"reply": {"text": 7}}
    if way == "no-object":
        return [1]
    if way == "refuses":
        return {"refused": "too long"}
    return {"reply": {"text": "yes", "finish": "stop", "seconds": 0.5}, "peak_rss_bytes": 5000}


def main() -> None:
    """Answer until stdin ends."""
    way = ""
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "open":
            with open(order["file"], encoding="ascii") as file:
                way = file.read()
        sys.stdout.write(json.dumps(respond(way, order)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
