"""Any server with OpenAI's chat completions: llama-server, vLLM, Ollama, KServe. Needs nothing else of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from advisor.engine.diagnosis import fault
from advisor.engine.http import TOKEN, Access, Http, HttpError
from advisor.engine.interface import EngineFacts, EngineFailure, Question, RefusedError, Reply, Usage

PREFIXES = ("/v1", "", "/openai/v1")
"""Where the routes may lie below the address given; KServe has them at the last."""
REFUSALS = frozenset({400, 413, 422})
UNKNOWN_WORDS = REFUSALS | {500}
"""Statuses with which servers meet a word of the question that they do not know."""
BUSY = frozenset({429, 502, 503, 504})
TRIES = 3
WAIT = 2.0
"""A busy server is asked so often, with so many seconds between."""


class Endpoint:
    """One model at one address. What the server can do beyond a plain answer is found out with the first question."""

    isolation: dict[str, Any] = {"endpoint": "the model runs elsewhere: nothing is isolated from here"}  # noqa: RUF012  # never changed
    usage = Usage()

    def __init__(self, access: Access, model: str | None) -> None:
        self.access = access
        self.model = model
        self._http = Http(access)
        self._prefix: str | None = None
        self._streams = True
        self._counts = True
        self._schemas = ["json_schema", "json_object"]
        """Ways to ask for JSON by a schema, the ones that were refused taken away."""

    def open(self, seconds: float) -> EngineFacts:
        """See `Engine`: find the routes and the model."""
        served = self._served(seconds)
        if self.model is None:
            if len(served) != 1:
                told = f"it serves {', '.join(served)}" if served else "it does not list its models"
                raise fault("unknown-model", f"which model is meant is not clear: {told}", "Name it with --model.")
            self.model = served[0]
        elif served and self.model not in served:
            step = f"It serves: {', '.join(served[:10])}."
            raise fault("unknown-model", f"the server has no model '{self.model}'", step)
        if self._prefix is None:
            self._prefix = self._found_by_asking(seconds)
        flags: dict[str, str | int | float | bool] = {
            "base_url": self.access.url + self._prefix,
            "lists_models": bool(served),
        }
        return EngineFacts(name="endpoint", model=self.model, flags=flags)

    def ask(self, question: Question, seconds: float) -> Reply:
        """See `Engine`."""
        ends = time.monotonic() + seconds
        for number in range(TRIES):
            try:
                return self._ask(question, max(ends - time.monotonic(), 0.1))
            except HttpError as error:
                if error.status in BUSY and number < TRIES - 1 and ends - time.monotonic() > WAIT:
                    time.sleep(WAIT)
                    continue
                raise self._failed(error) from None
        raise AssertionError

    def count(self, text: str) -> int | None:
        """See `Engine`: chat completions do not tell."""
        return None

    def close(self) -> None:
        """See `Engine`: nothing was started."""

    def features(self) -> dict[str, bool | str]:
        """Return what the server turned out to offer."""
        return {"streams": self._streams, "counts_tokens": self._counts, "json": (self._schemas or ["none"])[0]}

    def _served(self, seconds: float) -> list[str]:
        """Return the models that the server lists, and remember under which prefix it does."""
        for prefix in ("",) if self.access.url.endswith("/v1") else PREFIXES:
            try:
                data = self._http.json(f"{prefix}/models", seconds=seconds)
            except HttpError as error:
                if error.status in (401, 403):
                    raise self._failed(error) from None
                continue
            except EngineFailure as failure:
                if failure.diagnosis.code == "garbage":  # a page for people, as at the root of many servers
                    continue
                raise
            listed = data.get("data") if isinstance(data, dict) else None
            if isinstance(listed, list):
                self._prefix = prefix
                return [str(item["id"]) for item in listed if isinstance(item, dict) and "id" in item]
        return []

    def _found_by_asking(self, seconds: float) -> str:
        """Return the prefix under which chat completions are answered, by asking for one token."""
        body = {"model": self.model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
        for prefix in ("",) if self.access.url.endswith("/v1") else PREFIXES:
            try:
                self._http.json(f"{prefix}/chat/completions", body, seconds)
            except HttpError as error:
                if error.status in (404, 405):
                    continue
                raise self._failed(error) from None
            return prefix
        tried = ", ".join(f"{prefix}/chat/completions" for prefix in PREFIXES)
        raise fault("no-route", f"{self.access.url} has no chat completions", f"Tried {tried}; give the base address.")

    def _ask(self, question: Question, seconds: float) -> Reply:
        """Ask in the richest way that the server has not yet refused."""
        while True:
            body = self._body(question)
            try:
                return self._streamed(body, seconds) if self._streams else self._whole(body, seconds)
            except HttpError as error:
                if error.status not in UNKNOWN_WORDS or not self._less(question, error):
                    raise

    def _less(self, question: Question, error: HttpError) -> bool:
        """Give up one thing that the server may have refused; say whether there was one that it names."""
        told = error.message.lower()
        shaped = question.json_schema is not None and self._schemas
        if shaped and any(word in told for word in ("response_format", "json_schema", "json_object")):
            self._schemas.pop(0)
            return True
        if self._streams and self._counts and "stream_options" in told:
            self._counts = False
            return True
        if self._streams and "stream" in told:
            self._streams = False
            return True
        return False

    def _body(self, question: Question) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [msgspec.to_builtins(message) for message in question.messages],
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "seed": question.seed,
        }
        if self._streams:
            body["stream"] = True
            if self._counts:
                body["stream_options"] = {"include_usage": True}
        if question.json_schema is not None and self._schemas:
            named = {"name": "answer", "schema": question.json_schema, "strict": True}
            shapes = {"json_schema": {"json_schema": named}, "json_object": {"schema": question.json_schema}}
            body["response_format"] = {"type": self._schemas[0], **shapes[self._schemas[0]]}
        return body

    def _whole(self, body: dict[str, Any], seconds: float) -> Reply:
        begun = time.perf_counter()
        data = self._http.json(f"{self._prefix}/chat/completions", body, seconds)
        taken = _Taken()
        taken.chunk(data, "message")
        if not taken.seen:
            raise fault("garbage", "the server gave no answer", "Is this the address of a model server?")
        return taken.reply(time.perf_counter() - begun)

    def _streamed(self, body: dict[str, Any], seconds: float) -> Reply:
        taken, begun = _Taken(), time.perf_counter()
        for data in self._http.events(f"{self._prefix}/chat/completions", body, seconds):
            taken.chunk(data, "delta")
            if taken.pieces and taken.first is None:
                taken.first = time.perf_counter() - begun
            if isinstance(data, dict) and "error" in data:
                raise HttpError(400, str(data["error"])[:300])
        lasted = time.perf_counter() - begun
        if not taken.seen:  # some end a stream without a word where they would refuse a plain request
            return self._whole(_plain(body), seconds)
        if not taken.usage:
            self._counts = False
            taken.usage = {"completion_tokens": len(taken.pieces), "prompt_tokens": self._counted(body, seconds)}
        return taken.reply(lasted)

    def _counted(self, body: dict[str, Any], seconds: float) -> int | None:
        """Return the tokens of a prompt from an answer that is not streamed, where streams do not tell them."""
        data = self._http.json(f"{self._prefix}/chat/completions", _plain(body) | {"max_tokens": 1}, seconds)
        usage = data.get("usage") if isinstance(data, dict) else None
        counted = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        return counted if isinstance(counted, int) else None

    def _failed(self, error: HttpError) -> RefusedError | EngineFailure:
        """Return what a refusal means."""
        if error.status in REFUSALS:
            return RefusedError(error.message)
        if error.status in (401, 403):
            return fault("unauthorized", f"the server wants another token ({error})", f"Set {TOKEN} to it.")
        if error.status in BUSY:
            return fault("busy", f"the server is busy or starting ({error})", "Try again when it is ready.")
        if 300 <= error.status < 400:
            return fault(
                "redirect", f"the server sends elsewhere ({error})", "Give the final address: none is followed."
            )
        return fault("server-error", f"the server failed ({error})", "Its own log says why.")


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if not key.startswith("stream")}


class _Taken:
    """What was taken from the chunks of one answer."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.thoughts: list[str] = []
        self.first: float | None = None
        self.finish = "other"
        self.usage: dict[str, Any] = {}
        self.timings: dict[str, Any] = {}
        self.seen = False

    def chunk(self, data: Any, part: str) -> None:
        """Take in one chunk, or a whole answer."""
        if not isinstance(data, dict):
            return
        self.usage = data["usage"] if isinstance(data.get("usage"), dict) else self.usage
        self.timings = data["timings"] if isinstance(data.get("timings"), dict) else self.timings
        for choice in _dicts(data.get("choices")):
            self.seen = True
            said = choice.get(part) or {}
            if not isinstance(said, dict):
                raise fault("garbage", f"the server's answer has {said!r:.80} in the place of a {part}")
            self.pieces += [said["content"]] if isinstance(said.get("content"), str) and said["content"] else []
            thought = said.get("reasoning_content") or said.get("reasoning")
            self.thoughts += [thought] if isinstance(thought, str) else []
            reason = choice.get("finish_reason")
            if reason:
                self.finish = reason if reason in ("stop", "length") else "other"

    def reply(self, seconds: float) -> Reply:
        """Return the answer; rates are the server's own where it tells any (llama-server)."""
        facts = {
            "text": "".join(self.pieces), "finish": self.finish, "seconds": seconds, "ttft_seconds": self.first,
            "reasoning": "".join(self.thoughts) or None,
            "prompt_tokens": self.usage.get("prompt_tokens"), "completion_tokens": self.usage.get("completion_tokens"),
            "prompt_tokens_per_second": self.timings.get("prompt_per_second"),
            "generation_tokens_per_second": self.timings.get("predicted_per_second"),
        }  # fmt: skip
        try:
            return msgspec.convert(facts, Reply)
        except msgspec.ValidationError as error:
            raise fault("garbage", f"the server's answer has parts of the wrong kind ({error})") from None


def _dicts(items: Any) -> Iterator[dict[str, Any]]:
    yield from (item for item in items or () if isinstance(item, dict)) if isinstance(items, list) else ()
