"""A `llama-server` of this machine: started on loopback with a random port and key, asked, and stopped again."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from typing import Any

from msgspec.structs import replace

from advisor.engine.child import Child, Leash, peak_rss
from advisor.engine.diagnosis import fault
from advisor.engine.endpoint import Endpoint
from advisor.engine.http import Access, Http, HttpError
from advisor.engine.interface import EngineFacts, EngineFailure, Question, Reply, TemplateFacts, Usage
from advisor.engine.llama_cpp import Settings

PROGRAM = "llama-server"
VERSION_SECONDS = 10.0
PAUSE = 0.2
"""Seconds between two questions whether it is ready."""
SYSTEM, USER = "Sentinel-of-the-system 7319", "Sentinel-of-the-user 2846"
WAITING = frozenset({"unreachable", "busy", "hang"})


def find() -> str | None:
    """Return where a llama-server is installed: `ADVISOR_LLAMA_SERVER`, else in PATH."""
    return os.environ.get("ADVISOR_LLAMA_SERVER") or shutil.which(PROGRAM)


class LlamaServer:
    """One model file in a llama-server of our own."""

    def __init__(self, settings: Settings, program: str) -> None:
        self.settings = settings
        self.extra_buffers = True
        self._program = program
        self._child: Child | None = None
        self._endpoint: Endpoint | None = None
        self._usage = Usage()
        self._isolation: dict[str, Any] = {}

    @property
    def isolation(self) -> dict[str, Any]:
        """See `Engine`."""
        return self._isolation

    @property
    def usage(self) -> Usage:
        """See `Engine`."""
        return self._usage

    def open(self, seconds: float) -> EngineFacts:
        """See `Engine`. An illegal instruction is met once, by leaving repacked weights (AMX) away."""
        try:
            return self._open(seconds)
        except EngineFailure as failure:
            if failure.diagnosis.code != "illegal-instruction" or not self.extra_buffers:
                raise
            first = failure
        self.extra_buffers = False
        try:
            return self._open(seconds)
        except EngineFailure:
            raise first from None

    def _open(self, seconds: float) -> EngineFacts:
        self.close()
        ends, begun, key = time.monotonic() + seconds, time.perf_counter(), secrets.token_urlsafe(24)
        port = _free_port()
        self._child = Child([self._program, *self._arguments(port)], self._leash(), {"LLAMA_API_KEY": key})
        http = Http(Access(f"http://127.0.0.1:{port}", key, direct=True))
        while not self._ready(http):
            if not self._child.poll():
                raise self._ended()
            if time.monotonic() > ends:
                self.close()
                raise fault(
                    "hang", f"{PROGRAM} was not ready within {seconds:.0f} s", "Give it more time with --timeout."
                )
            time.sleep(PAUSE)
        self._note()
        self._endpoint = Endpoint(http.access, None)
        facts = self._endpoint.open(max(ends - time.monotonic(), 1.0))
        loaded = time.perf_counter() - begun
        asked = self.settings
        flags = {
            "n_ctx": asked.context,
            "n_threads": asked.threads,
            "n_gpu_layers": asked.gpu_layers,
            "swa_full": False,
            "use_extra_bufts": self.extra_buffers,
        }
        return replace(facts, name=PROGRAM, build=_build(self._program), flags=flags, load_seconds=loaded,
                       context=asked.context, model=None, template=_template(http))  # fmt: skip

    def ask(self, question: Question, seconds: float) -> Reply:
        """See `Engine`."""
        child, endpoint = self._running()
        try:
            return endpoint.ask(question, seconds)
        except EngineFailure:
            if not child.poll() or not self._alive(child):
                raise self._ended() from None
            self.close()
            raise
        except KeyboardInterrupt:
            self.close()
            raise
        finally:
            self._note()

    def count(self, text: str) -> int | None:
        """See `Engine`."""
        _, endpoint = self._running()
        with contextlib.suppress(HttpError):
            told = Http(endpoint.access).json("/tokenize", {"content": text, "add_special": False})
            if isinstance(told, dict) and isinstance(told.get("tokens"), list):
                return len(told["tokens"])
        return None

    def close(self) -> None:
        """See `Engine`."""
        if self._child is not None:
            self._note()
            self._child.end()
        self._child = self._endpoint = None

    def _running(self) -> tuple[Child, Endpoint]:
        if self._child is None or self._endpoint is None:
            raise fault("closed", "the server is not running")
        return self._child, self._endpoint

    def _arguments(self, port: int) -> list[str]:
        asked = self.settings
        return ["--model", asked.file, "--host", "127.0.0.1", "--port", str(port), "--ctx-size", str(asked.context),
                "--threads", str(asked.threads), "--n-gpu-layers", str(asked.gpu_layers), "--seed", str(asked.seed),
                "--parallel", "1", "--jinja", *([] if self.extra_buffers else ["--no-repack"])]  # fmt: skip

    def _leash(self) -> Leash:
        asked = self.settings
        cpu = int(asked.seconds * asked.threads * 1.5) + 60
        return Leash(address_space=asked.max_memory, cpu_seconds=cpu, network=True)

    def _ready(self, http: Http) -> bool:
        """Say whether it answers; a server without /health is asked for its models."""
        for path in ("/health", "/v1/models"):
            try:
                http.json(path, seconds=2.0)
            except HttpError as error:
                if error.status == 404:
                    continue
                return False
            except EngineFailure as failure:
                if failure.diagnosis.code in WAITING:
                    return False
                raise
            return True
        return False

    def _alive(self, child: Child) -> bool:
        """A server that has just died may still be told as running: wait a moment."""
        time.sleep(PAUSE)
        return child.poll()

    def _ended(self) -> EngineFailure:
        """Return how the server ended, and close."""
        assert self._child is not None
        failure = self._child.failure()
        self.close()
        return failure

    def _note(self) -> None:
        if self._child is None:
            return
        peak = peak_rss(self._child.pid)
        if peak:
            self._usage = Usage(peak_rss_bytes=max(peak, self._usage.peak_rss_bytes or 0))
        told = {**self._child.isolation(), "network": "not isolated: it is asked over loopback, with a random key"}
        limit = self._child.leash.address_space
        self._isolation = {**told, "process_group": "own", **({"address_space_bytes": limit} if limit else {})}


def _template(http: Http) -> TemplateFacts | None:
    """Return what the server makes of a system and a user turn; None where it does not tell."""
    turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]
    with contextlib.suppress(HttpError, EngineFailure):
        told = http.json("/apply-template", {"messages": turns})
        prompt = told.get("prompt") if isinstance(told, dict) else None
        if isinstance(prompt, str):
            keeps_system, keeps_user = SYSTEM in prompt, USER in prompt
            return TemplateFacts(present=True, renders=True, keeps_system=keeps_system, keeps_user=keeps_user)
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _build(program: str) -> str | None:
    """Return how a llama-server names its version and build."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, timeout=VERSION_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (told.stderr + told.stdout).decode(errors="replace").splitlines()
    return next((line.partition(":")[2].strip()[:200] for line in lines if line.startswith("version:")), None)
