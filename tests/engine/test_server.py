"""A llama-server of our own: started, asked, stopped.

The real one where it is installed, else a lookalike with the same library behind it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.engine.interface import EngineFailure, Message, Question
from advisor.engine.llama_cpp import Settings
from advisor.engine.server import LlamaServer, find

pytestmark = [pytest.mark.engine, pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")]
LOOKALIKE = Path(__file__).with_name("llama_server_lookalike.py")
ASKED = Question(messages=(Message(role="user", content="What is 2 + 3?"),), max_tokens=8)
Make = Callable[..., LlamaServer]


@pytest.fixture
def lookalike(tmp_path: Path, served: Any) -> Path:
    """Return a program that takes llama-server's options (`served` says whether its parts are there)."""
    program = tmp_path / "llama-server"
    program.write_text(f"#!{sys.executable}\n" + LOOKALIKE.read_text(encoding="utf-8"), encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def make(smollm2: Path, socket_enabled: None) -> Iterator[Make]:
    made = []

    def server(program: Path | str, **more: Any) -> LlamaServer:
        settings = Settings(file=str(smollm2), context=512, threads=1, seconds=120.0, **more)
        made.append(LlamaServer(settings, str(program)))
        return made[-1]

    yield server
    for each in made:
        each.close()


def test_it_is_started_asked_and_stopped(make: Make, lookalike: Path) -> None:
    server = make(lookalike)
    facts = server.open(60)
    assert (facts.name, facts.build, facts.context) == ("llama-server", "1 (lookalike)", 512)
    assert facts.load_seconds and facts.load_seconds > 0
    assert server.ask(ASKED, 60).text
    child = server._child
    assert child is not None
    server.close()
    assert not child.poll()
    assert "random key" in server.isolation["network"]
    assert (server.usage.peak_rss_bytes or 0) > 50 * 1024**2


def test_a_server_that_dies_at_once(make: Make, lookalike: Path) -> None:
    lookalike.with_name("way").write_text("SIGILL", encoding="ascii")
    begun = time.monotonic()
    with pytest.raises(EngineFailure) as raised:
        make(lookalike).open(60)
    assert raised.value.diagnosis.code == "illegal-instruction"
    assert time.monotonic() - begun < 20


def test_an_illegal_instruction_is_met_once_by_plain_buffers(make: Make, lookalike: Path) -> None:
    lookalike.with_name("way").write_text("SIGILL --no-repack", encoding="ascii")
    server = make(lookalike)
    assert server.open(60).flags["use_extra_bufts"] is False
    assert server.ask(ASKED, 60).text


def test_a_server_that_dies_while_it_is_asked(make: Make, lookalike: Path) -> None:
    server = make(lookalike)
    server.open(60)
    assert server._child is not None
    os.killpg(server._child.pid, 9)
    with pytest.raises(EngineFailure) as raised:
        server.ask(ASKED, 30)
    assert raised.value.diagnosis.code == "oom"


def test_a_server_that_is_never_ready(make: Make, tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\nexec sleep 60\n", encoding="ascii")
    program.chmod(0o755)
    with pytest.raises(EngineFailure) as raised:
        make(program).open(1.0)
    assert raised.value.diagnosis.code == "hang"


@pytest.mark.skipif(
    find() is None and not os.environ.get("CI"),
    reason="needs a llama-server: python tests/build_llama_server.py builds one",
)
def test_the_real_llama_server(make: Make) -> None:
    server = make(find() or "")
    facts = server.open(60)
    assert facts.name == "llama-server"
    assert facts.template and facts.template.renders and facts.template.keeps_system and facts.template.keeps_user
    reply = server.ask(ASKED, 60)
    assert reply.text and reply.prompt_tokens_per_second and reply.generation_tokens_per_second
    assert server.count("hello world") == 2


def test_it_is_found_in_the_path_or_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADVISOR_LLAMA_SERVER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find() is None
    program = tmp_path / "llama-server"
    program.write_text("", encoding="ascii")
    program.chmod(0o755)
    assert find() == str(program)
    monkeypatch.setenv("ADVISOR_LLAMA_SERVER", "/opt/llama-server")
    assert find() == "/opt/llama-server"
