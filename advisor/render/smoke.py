"""A smoke test's result as text, Markdown, CSV and JUnit XML."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

from advisor.needs.units import format_count, format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, padded, paragraph, width_of
from advisor.render.markup import escaped, rows_as_csv, visible
from advisor.smoke.bench import Verdict
from advisor.smoke.document import Check, SmokeResult

ORDER: tuple[Verdict, ...] = ("fail", "warn", "unknown", "pass", "info")
_REFUSED_IN_XML = {c: "�" for c in range(32) if c not in (9, 10, 13)} | {0xFFFE: "�", 0xFFFF: "�"}


def table(document: SmokeResult, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return the verdict, what was tested where, every check, and what was measured."""
    lines = [paragraph(value, width, " " * 14, f"{name:<12}  ") for name, value in facts(document)]
    room = max((width_of(check.id) for check in document.checks), default=0)
    room = min(room, max(width // 2 - 10, 20))
    lines.append("")
    for check in document.checks:
        first = f"{check.verdict:<8}{padded(check.id, room)}  "
        lines.append(paragraph(_told(check), width, " " * (10 + room), first))
    lines += ["", paragraph(summary(document), width)]
    return visible("\n".join(lines)) + "\n"


def markdown(document: SmokeResult, **_: object) -> str:
    """Return the same with a table of checks, and every exchange below."""
    lines = [f"# Smoke test: {escaped(document.model.name)}", ""]
    lines += [f"- {name}: {escaped(value)}" for name, value in facts(document)]
    lines += [
        "",
        escaped(summary(document)),
        "",
        "| verdict | check | reason | measured | threshold |",
        "| --- " * 5 + "|",
    ]
    for check in document.checks:
        cells = (check.verdict, check.id, check.reason, _plain(check.measured), _plain(check.threshold))
        lines.append("| " + " | ".join(escaped(cell) for cell in cells) + " |")
    if document.transcripts:
        lines += ["", "## Transcripts", ""]
    for said in document.transcripts:
        lines.append(f"- **{escaped(said.suite)}, {escaped(said.case)}**: {escaped(said.prompt[:400])}")
        lines.append(f"  - {escaped(said.reply[:1200]) or '(empty)'}")
    return visible("\n".join(lines)) + "\n"


def csv(document: SmokeResult, **_: object) -> str:
    """Return one row a check."""
    header = [
        "model",
        "sha256",
        "date",
        "id",
        "verdict",
        "reason",
        "measured",
        "threshold",
        "suite",
        "case",
        "language",
        "task",
    ]
    model = document.model
    rows = [
        [model.name, model.sha256, document.date, c.id, c.verdict, c.reason, c.measured, c.threshold, c.suite, c.case,
         c.language, c.task]
        for c in document.checks
    ]  # fmt: skip
    return rows_as_csv([header, *rows])


def junit(document: SmokeResult, **_: object) -> str:
    """Return JUnit XML: a fail is a failure, an unknown is skipped, a warning stands in the output of its case."""
    root = ElementTree.Element("testsuites", name="advisor smoke")
    groups: dict[str, list[Check]] = {}
    for check in document.checks:
        groups.setdefault(check.suite or "advisor", []).append(check)
    for name, checks in groups.items():
        counts = Counter(check.verdict for check in checks)
        suite = ElementTree.SubElement(
            root, "testsuite", name=_clean(name), tests=str(len(checks)), failures=str(counts["fail"]), errors="0",
            skipped=str(counts["unknown"]), timestamp=f"{document.date}T00:00:00",
        )  # fmt: skip
        for check in checks:
            _case(suite, check, document)
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, check: Check, document: SmokeResult) -> None:
    name = f"smoke.{document.model.name}".replace(" ", "_")
    case = ElementTree.SubElement(suite, "testcase", classname=_clean(name), name=_clean(check.id), time="0")
    if check.verdict == "fail":
        ElementTree.SubElement(case, "failure", message=_clean(check.reason)).text = _clean(_told(check))
    elif check.verdict == "unknown":
        ElementTree.SubElement(case, "skipped", message=_clean(check.reason))
    else:
        ElementTree.SubElement(case, "system-out").text = _clean(f"{check.verdict}: {_told(check)}")


def facts(document: SmokeResult) -> list[tuple[str, str]]:
    """Return what was tested, by what, where, under which confinement."""
    model, engine = document.model, document.engine
    found = [("model", _model(document)), ("date", document.date)]
    if model.sha256:
        found.append(("sha256", model.sha256))
    if engine and engine.name != "none":
        version = f" {engine.version}" if engine.version else ""
        found.append(("engine", f"{engine.name}{version}" + (f" ({engine.build})" if engine.build else "")))
        if engine.flags:
            found.append(("flags", ", ".join(f"{name}={_plain(value)}" for name, value in engine.flags.items())))
    host = document.host
    memory = format_size(host.ram_bytes) if host.ram_bytes else "unknown memory"
    found.append(("host", f"{host.cpu_name or 'unknown processor'}, {host.cpu_threads or '?'} threads, {memory}"))
    if document.isolation:
        found.append(
            ("isolation", "; ".join(f"{name}: {_isolated(name, v)}" for name, v in document.isolation.items()))
        )
    if model.endpoint:
        found.append(("identity", "what the server runs under this name cannot be proved from here"))
    return found + _measured(document)


def summary(document: SmokeResult) -> str:
    """Return the verdict with the counts of its checks."""
    counts = Counter(check.verdict for check in document.checks)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict])
    interrupted = " It was interrupted." if document.interrupted else ""
    return f"Verdict: {document.verdict} ({told}).{interrupted}"


def _model(document: SmokeResult) -> str:
    model = document.model
    told = [model.name]
    if model.file and model.file != model.name:
        told.append(model.file)
    if model.endpoint:
        told.append(f"at {model.endpoint}")
    told += [text for text in (model.quantization, model.architecture) if text]
    told += [f"{format_count(model.parameters)} parameters"] if model.parameters else []
    told += [format_size(model.size_bytes)] if model.size_bytes else []
    return ", ".join(told)


def _measured(document: SmokeResult) -> list[tuple[str, str]]:
    measured = document.performance
    if measured is None:
        return []
    parts = []
    if measured.load_seconds is not None:
        parts.append(f"loaded in {measured.load_seconds:.2f} s")
    if measured.ttft_seconds is not None:
        parts.append(f"first token after {measured.ttft_seconds:.2f} s")
    if measured.prompt_tokens_per_second is not None:
        parts.append(f"{measured.prompt_tokens_per_second:.1f} tokens/s read")
    if measured.generation_tokens_per_second is not None:
        parts.append(f"{measured.generation_tokens_per_second:.1f} tokens/s written")
    if measured.peak_rss_bytes is not None:
        parts.append(f"{format_size(measured.peak_rss_bytes)} at the peak")
    if measured.memory_predicted_bytes is not None:
        parts.append(f"{format_size(measured.memory_predicted_bytes)} predicted")
    return [("measured", ", ".join(parts))] if parts else []


def _isolated(name: str, value: object) -> str:
    return format_size(value) if name.endswith("_bytes") and isinstance(value, int) else str(value)


def _told(check: Check) -> str:
    if check.measured is None or check.threshold is None or isinstance(check.threshold, bool | str):
        return check.reason
    return f"{check.reason} [{_plain(check.measured)}, threshold {_plain(check.threshold)}]"


def _plain(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _clean(text: str) -> str:
    """Take out what XML cannot hold."""
    return text.translate(_REFUSED_IN_XML).encode("utf-8", "replace").decode()
