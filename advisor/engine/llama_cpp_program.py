"""Runs one model in llama-cpp-python for the process that started it. A program of its own; nothing of advisor.

Reads one JSON object a line from stdin (`open`, `ask`, `count`, `stop`) and writes one a line to what was stdout; what
native code prints goes to stderr. Tried with llama-cpp-python 0.3.36.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

CONTROL = 1 << 3
"""`LLAMA_TOKEN_ATTR_CONTROL`."""
MOST_SPECIAL = 2000
SYSTEM, USER = "Sentinel-of-the-system 7319", "Sentinel-of-the-user 2846"


class Refused(Exception):
    """A question that cannot be asked; the model lives on."""


class Model:
    """One loaded model."""

    def __init__(self, order: dict[str, Any]) -> None:
        import llama_cpp
        from llama_cpp import llama_cpp as native

        if not order["extra_buffers"]:
            _without_extra_buffers(native)
        begun = time.perf_counter()
        self.library, self.native = llama_cpp, native
        self.llm = self._load(order)
        self.load_seconds = time.perf_counter() - begun
        self.order = order

    def _load(self, order: dict[str, Any]) -> Any:
        settings = {
            "n_ctx": order["context"], "n_threads": order["threads"], "n_threads_batch": order["threads"],
            "n_gpu_layers": order["gpu_layers"], "seed": order["seed"], "swa_full": False, "flash_attn": True,
            "verbose": True,
        }  # fmt: skip
        own = "tokenizer.chat_template"
        try:
            llm = self.library.Llama(order["file"], **settings)
        except (ValueError, RuntimeError) as error:
            raise Refused(str(error)) from None
        if own in llm.metadata:
            llm.chat_format = "chat_template.default"  # the file's own, never a guess at it
        return llm

    def facts(self) -> dict[str, Any]:
        """Return what the engine says of itself and of the model."""
        llm, native = self.llm, self.native
        architecture = llm.metadata.get("general.architecture")
        return {
            "architecture": architecture,
            "expert_count": int(llm.metadata.get(f"{architecture}.expert_count", 0)) or None,
            "version": self.library.__version__,
            "build": native.llama_print_system_info().decode(errors="replace").strip(),
            "context": llm.n_ctx(),
            "trained_context": native.llama_model_n_ctx_train(llm.model),
            "load_seconds": self.load_seconds,
            "template": self._template(),
            "special_tokens": self._special_tokens(),
            "model_bytes": native.llama_model_size(llm.model),
            "parameters": native.llama_model_n_params(llm.model),
            "flags": {
                "n_ctx": llm.n_ctx(), "n_threads": llm.context_params.n_threads, "n_batch": llm.n_batch,
                "n_ubatch": llm.context_params.n_ubatch, "n_gpu_layers": self.order["gpu_layers"],
                "type_k": llm.context_params.type_k, "type_v": llm.context_params.type_v, "flash_attn": True,
                "swa_full": False, "use_mmap": True, "use_extra_bufts": self.order["extra_buffers"],
                "seed": self.order["seed"],
            },
        }  # fmt: skip

    def _template(self) -> dict[str, Any]:
        """Render the file's own template with a system and a user turn, then with a user turn alone."""
        text = self.llm.metadata.get("tokenizer.chat_template")
        if not text:
            return {"present": False}
        told: dict[str, Any] = {"present": True, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        with_system = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]
        for messages in (with_system, with_system[1:]):
            try:
                rendered = self._render(text, messages)
            except Exception as error:
                told["error"] = f"{type(error).__name__}: {error}"[:300]
                continue
            told |= {"renders": True, "keeps_system": SYSTEM in rendered, "keeps_user": USER in rendered}
            break
        return told

    def _render(self, text: str, messages: list[Any]) -> str:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        native, llm = self.native, self.llm
        vocabulary = native.llama_model_get_vocab(llm.model)

        def piece(token: int) -> str:
            return native.llama_vocab_get_text(vocabulary, token).decode(errors="replace") if token != -1 else ""

        formatter = Jinja2ChatFormatter(text, eos_token=piece(llm.token_eos()), bos_token=piece(llm.token_bos()))
        return str(formatter(messages=messages).prompt)

    def _special_tokens(self) -> list[str]:
        native = self.native
        vocabulary = native.llama_model_get_vocab(self.llm.model)
        found: list[str] = []
        for token in range(native.llama_vocab_n_tokens(vocabulary)):
            if native.llama_vocab_get_attr(vocabulary, token) & CONTROL:
                found.append(native.llama_vocab_get_text(vocabulary, token).decode(errors="replace"))
                if len(found) >= MOST_SPECIAL:
                    break
        return [text for text in found if len(text) > 2]

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Answer one question; times are of this process, so that no pipe is in them."""
        self.llm.reset()  # every answer is computed whole: a kept prefix would make prompts look fast
        self.native.llama_perf_context_reset(self.llm.ctx)
        begun, first, last, finish = time.perf_counter(), None, None, "other"
        pieces: list[str] = []
        try:
            for text, finish in self._stream(order):  # noqa: B007  # the last one counts
                if text:
                    last = time.perf_counter()
                    first = first or last
                    pieces.append(text)
        except ValueError as error:
            raise Refused(str(error)) from None
        return {"text": "".join(pieces), "finish": finish, "seconds": time.perf_counter() - begun,
                **({"ttft_seconds": first - begun} if first else {}), **self._counted(finish)}  # fmt: skip

    def _stream(self, order: dict[str, Any]) -> Iterator[tuple[str, str]]:
        shape = order.get("json_schema")
        more = {"response_format": {"type": "json_object", "schema": shape}} if shape is not None else {}
        chunks = self.llm.create_chat_completion(
            order["messages"], max_tokens=order["max_tokens"], temperature=order["temperature"], seed=order["seed"],
            stream=True, **more,
        )  # fmt: skip
        for chunk in chunks:
            choice = chunk["choices"][0]
            yield choice["delta"].get("content") or "", choice.get("finish_reason") or "other"

    def _counted(self, finish: str) -> dict[str, Any]:
        """Return tokens and rates as llama.cpp itself counts them."""
        told = self.native.llama_perf_context(self.llm.ctx)
        counted: dict[str, Any] = {"prompt_tokens": told.n_p_eval,
                                   "completion_tokens": told.n_eval + (finish == "length")}  # fmt: skip
        if told.n_p_eval and told.t_p_eval_ms > 0:
            counted["prompt_tokens_per_second"] = told.n_p_eval * 1000 / told.t_p_eval_ms
        if told.n_eval and told.t_eval_ms > 0:
            counted["generation_tokens_per_second"] = told.n_eval * 1000 / told.t_eval_ms
        return counted

    def count(self, text: str) -> int:
        """Return the tokens of a text, without special ones."""
        return len(self.llm.tokenize(text.encode(), add_bos=False, special=False))


def _without_extra_buffers(native: Any) -> None:
    """Load without repacked weights: the kernels for them are those that need AMX and the like."""
    defaults = native.llama_model_default_params

    def plain() -> Any:
        settings = defaults()
        settings.use_extra_bufts = False
        return settings

    native.llama_model_default_params = plain


def peak_rss() -> int | None:
    """Return the most memory this process has held, in bytes."""
    with contextlib.suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    with contextlib.suppress(ImportError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return None


def answer(model: Model | None, order: dict[str, Any]) -> tuple[Model | None, dict[str, Any]]:
    """Do what one line asks."""
    try:
        if order["do"] == "open":
            model = Model(order)
            return model, {"facts": model.facts()}
        assert model is not None
        if order["do"] == "ask":
            return model, {"reply": model.ask(order)}
        return model, {"count": model.count(order["text"])}
    except Refused as error:
        return model, {"refused": str(error)}


def main() -> None:
    """Answer until stdin ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    model: Model | None = None
    for line in sys.stdin:
        model, told = answer(model, json.loads(line))
        told["peak_rss_bytes"] = peak_rss()
        out.write(json.dumps(told) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
