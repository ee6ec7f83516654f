"""Every way in which a child can end: the diagnosis, the next step, and nothing left behind."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from advisor.engine.child import MIB, MOST_WRITTEN, Child, Leash
from advisor.engine.interface import Diagnosis, EngineFailure

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")
PROGRAM = Path(__file__).with_name("misbehave.py")
Start = Callable[..., Child]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts the program that misbehaves; what it starts is ended."""
    started = []

    def begin(*arguments: str, leash: Leash = Leash()) -> Child:  # noqa: B008  # immutable
        child = Child([sys.executable, str(PROGRAM), *arguments], leash)
        started.append(child)
        return child

    yield begin
    for child in started:
        child.end()


def diagnosis(child: Child, seconds: float = 10.0) -> Diagnosis:
    """Return what a child is diagnosed with when it is asked for a line."""
    with pytest.raises(EngineFailure) as raised:
        child.receive(seconds)
    return raised.value.diagnosis


ENDINGS = {
    "SIGILL": ("illegal-instruction", "SIGILL", "GGML_NATIVE=OFF"),
    "SIGSEGV": ("segfault", "SIGSEGV", "advisor inspect --hash"),
    "SIGABRT": ("assertion", "SIGABRT", "advisor inspect --hash"),
    "SIGBUS": ("bus-error", "SIGBUS", "disk is sound"),
    "SIGFPE": ("arithmetic", "SIGFPE", "advisor inspect --hash"),
    "SIGKILL": ("oom", "want of memory", "--max-memory"),
    "SIGXCPU": ("cpu-limit", "processor time", "--timeout"),
    "SIGUSR1": ("signal", "SIGUSR1", "another build"),
    "asserts": ("assertion", "GGML_ASSERT(n_embd == 2048)", "another build|newer build"),
    "exits": ("exit", "status 3", "newer build"),
    "leaves": ("gone", "without an answer", "newer build"),
    "garbage": ("garbage", "not an answer", "newer build"),
    "no-text": ("garbage", "not an answer", "newer build"),
    "deep": ("garbage", "not an answer", "newer build"),
}


@pytest.mark.parametrize("way", ENDINGS)
def test_each_ending_has_its_diagnosis_and_a_next_step(way: str, start: Start) -> None:
    code, told, step = ENDINGS[way]
    found = diagnosis(start(way))
    assert found.code == code
    assert told in found.message
    assert any(part in found.next_step for part in step.split("|"))


def test_a_hang_ends_when_its_time_is_over(start: Start) -> None:
    begun = time.monotonic()
    found = diagnosis(start("sleeps"), 0.3)
    assert found.code == "hang"
    assert time.monotonic() - begun < 5
    assert "--timeout" in found.next_step


def test_who_ignores_sigterm_is_killed_and_it_is_told(start: Start) -> None:
    child = start("stubborn")
    assert child.receive(10) == "ready"
    found = diagnosis(child, 0.2)
    assert found.code == "hang"
    assert "had to be killed" in found.message
    assert not child.poll()


def test_a_stubborn_child_is_gone_after_the_end(start: Start) -> None:
    child = start("stubborn")
    child.receive(10)
    child.end()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_memory_ends_at_the_limit(start: Start) -> None:
    found = diagnosis(start("eats", leash=Leash(address_space=512 * MIB)), 20)
    assert found.code == "memory-limit"
    assert "512 MiB of address space" in found.message
    assert "--max-memory" in found.next_step


def test_a_flood_is_cut_off(start: Start) -> None:
    assert diagnosis(start("floods"), 30).code == "flood"


def test_a_flooded_log_is_cut_off(start: Start) -> None:
    child = start("floods-log")
    assert diagnosis(child, 30).code in ("flood", "exit")  # Python turns the signal into an error
    assert (child.folder / "log").stat().st_size <= MOST_WRITTEN


def test_native_code_that_floods_its_log_is_ended_by_a_signal() -> None:
    child = Child(["/bin/sh", "-c", "exec cat /dev/zero >&2"], Leash())
    assert diagnosis(child, 30).code == "flood"
    child.end()


def test_a_closed_pipe_is_no_hang(start: Start) -> None:
    assert diagnosis(start("closes-pipe"), 30).code == "silent"


def test_a_program_that_is_not_there() -> None:
    child = Child(["/nonexistent/llama-server"], Leash())
    found = diagnosis(child)
    child.end()
    assert "No such file" in (found.log or "")


def test_failures_are_told_again_and_again(start: Start) -> None:
    child = start("exits")
    assert diagnosis(child) == diagnosis(child)


def test_lines_go_in_and_come_out(start: Start) -> None:
    child = start("answers")
    for number in range(3):
        child.send({"number": number, "text": "日本語 \u2028 🙂"})
        assert child.receive(10) == {"said": {"number": number, "text": "日本語 \u2028 🙂"}}


def test_the_whole_group_ends(start: Start) -> None:
    child = start("children")
    inner = child.receive(10)["pid"]
    child.end()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and Path(f"/proc/{inner}").exists():
        time.sleep(0.05)
    assert not Path(f"/proc/{inner}").exists()


def test_the_folder_is_gone_after_the_end(start: Start) -> None:
    child = start("answers")
    child.send(1)
    child.receive(10)
    assert child.folder.is_dir()
    child.end()
    assert not child.folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces of Linux")
def test_from_inside_little_can_be_seen_and_done(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = start("looks", str(server.getsockname()[1]), str(model), leash=Leash(address_space=900 * MIB))
        told = child.receive(10)
    assert not {"HF_TOKEN", "HTTPS_PROXY"} & set(told["environment"])
    assert told["folder"] == str(child.folder)
    assert (told["core"], told["address_space"], told["session"], told["own"]) == (0, 900 * MIB, True, 1)
    isolation = child.isolation()
    assert isolation["limits"] == "limited"
    if isolation["network"] == "isolated":
        assert told["network"] != "reached"
    else:
        assert "kernel does not permit" in isolation["network"]
    if isolation["writable"] == "isolated":
        assert told["write"] == "Read-only file system"
        assert model.read_bytes() == b"GGUF"


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces of Linux")
def test_with_the_network_allowed_loopback_is_reached(start: Start, tmp_path: Path, socket_enabled: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        leash = Leash(network=True)
        told = start("looks", str(server.getsockname()[1]), str(tmp_path / "x"), leash=leash).receive(10)
    assert told["network"] == "reached"
