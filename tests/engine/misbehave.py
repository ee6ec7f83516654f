"""A program that ends, hangs or talks in one wrong way: `misbehave.py WAY`. What engines do, without an engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time


def answer_all() -> None:
    """Answer each line with what it said."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps({"said": json.loads(line)}) + "\n")
        sys.stdout.flush()


def raise_signal(name: str) -> None:
    """Die of a signal, the way native code does."""
    number = getattr(signal, name)
    signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
    os.kill(os.getpid(), number)
    time.sleep(5)


def eat() -> None:
    """Take memory until there is no more."""
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def flood_line() -> None:
    while True:
        sys.stdout.write("x" * (1 << 20))


def flood_log() -> None:
    while True:
        os.write(2, b"y" * (1 << 20))


def stubborn() -> None:
    """Ignore the request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.write('"ready"\n')
    sys.stdout.flush()
    time.sleep(60)


def close_pipe() -> None:
    os.close(1)
    time.sleep(60)


def have_children() -> None:
    """Start a program that outlives its parent unless somebody ends the group."""
    inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    sys.stdout.write(json.dumps({"pid": inner.pid}) + "\n")
    sys.stdout.flush()
    time.sleep(60)


def look_around() -> None:
    """Tell what can be seen and done from inside."""
    import resource
    import socket

    told = {
        "environment": sorted(os.environ),
        "folder": os.getcwd(),
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
        "address_space": resource.getrlimit(resource.RLIMIT_AS)[0],
        "session": os.getsid(0) == os.getpid(),
    }
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=1).close()
        told["network"] = "reached"
    except OSError as error:
        told["network"] = error.strerror or str(error)
    try:
        with open(sys.argv[3], "ab") as file:
            file.write(b"!")
        told["write"] = "written"
    except OSError as error:
        told["write"] = error.strerror
    with open("own", "w", encoding="ascii") as file:
        told["own"] = file.write("1")
    sys.stdout.write(json.dumps(told) + "\n")


def fail_assertion() -> None:
    sys.stderr.write("llama.cpp: GGML_ASSERT(n_embd == 2048) failed\n")
    sys.stderr.flush()
    raise_signal("SIGABRT")


WAYS = {
    "answers": answer_all,
    "sleeps": lambda: time.sleep(60),
    "eats": eat,
    "floods": flood_line,
    "floods-log": flood_log,
    "stubborn": stubborn,
    "closes-pipe": close_pipe,
    "children": have_children,
    "looks": look_around,
    "asserts": fail_assertion,
    "no-text": lambda: sys.stdout.buffer.write(b'"\xff"\n'),
    "deep": lambda: sys.stdout.write("[" * 100_000 + "\n"),
    "garbage": lambda: sys.stdout.write("llama_model_loader: loaded\n"),
    "exits": lambda: sys.exit(3),
    "leaves": lambda: sys.exit(0),
}

if __name__ == "__main__":
    way = sys.argv[1]
    raise_signal(way) if way.startswith("SIG") else WAYS[way]()
