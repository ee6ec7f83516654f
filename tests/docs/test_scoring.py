"""`docs/scoring.md`: its weights are the program's, and its example can be done again from the page alone."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest

from advisor import strict_yaml
from advisor.needs.weights import CRITERIA
from advisor.ranking import criteria
from advisor.ranking.sensitivity import CHANGE

from .arithmetic import as_shown, evaluate
from .generate import DOCS, ROOT, rows

PAGE = (DOCS / "scoring.md").read_text(encoding="utf-8")
EXAMPLE = "google/gemma-4-26B-A4B-it"
READ = {cells[0]: (line, cells) for line, cells in rows(PAGE, "read")}
STEPS = {cells[0]: (line, cells) for line, cells in rows(PAGE, "step")}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What the program prints for the command of the example."""
    command = [sys.executable, "-m", "advisor", "recommend", "--lang", "ja", "--ram", "24GB", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def candidate(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in document["candidates"] if c["id"] == EXAMPLE)
    return found


def test_the_weights_are_the_programs() -> None:
    for line, cells in rows(PAGE, "criterion"):
        name, weight = cells[0].strip("`"), float(cells[1])
        assert CRITERIA[name] == weight, f"docs/scoring.md:{line}: the weight of {name} is {CRITERIA[name]}"
    assert [cells[0].strip("`") for _, cells in rows(PAGE, "criterion")] == list(CRITERIA)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("nobody has measured it: {:g}.", criteria.DECLARED),
        ("worth {:g}, as much as a declaration", criteria.DECLARED),
        ("is not known, it is worth {:g} at most", criteria.NO_EVIDENCE),
        ('one value for "not known": {:g}.', criteria.NO_EVIDENCE),
        ("on the same formula, times {:g}.", criteria.VENDOR_CEILING),
        ("else {:g} tokens per second, about", criteria.COMFORTABLE_SPEED),
        ("lowered and raised by {:.0f} %", 100 * CHANGE),
        ("permissive {permissive:g}, conditional {conditional:g}, community {community:g}", criteria.LICENSE_VALUES),
        ("non-commercial {non-commercial:g}, proprietary {proprietary:g} |", criteria.LICENSE_VALUES),
    ],
)
def test_the_prose_states_the_programs_constants(said: str, value: float | dict[str, float]) -> None:
    sentence = said.format(**value) if isinstance(value, dict) else said.format(value)
    assert sentence in PAGE, f"docs/scoring.md: should say '{sentence}'"


@pytest.mark.parametrize("name", READ)
def test_every_number_read_is_still_there(name: str, document: dict[str, Any]) -> None:
    line, (_, shown, place) = READ[name]
    file, *steps = place.strip("`").split(" > ")
    actual = _looked_up(file, steps, document)
    same = float(shown) == actual if isinstance(actual, (int, float)) else shown == actual
    assert same, f"docs/scoring.md:{line}: {name} is now {actual} in {file}; the page says {shown}"


def _looked_up(file: str, steps: list[str], document: dict[str, Any]) -> Any:
    found: Any
    if file == "document":
        found = document
    elif file.endswith(".py"):
        found = vars(importlib.import_module(file.removesuffix(".py").replace("/", ".")))
    else:
        found = strict_yaml.parse((ROOT / file).read_text(encoding="utf-8"))
    for step in steps:
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


@pytest.mark.parametrize("name", STEPS)
def test_every_step_comes_out_as_written(name: str) -> None:
    line, (_, how, shown, *_) = STEPS[name]
    result = evaluate(how, _known())
    assert as_shown(result, shown), f"docs/scoring.md:{line}: {name} comes out as {result:g}; the page says {shown}"


def _known() -> dict[str, float]:
    """Return the numbers of the page by name."""
    found = {name: cells[2] for name, (_, cells) in STEPS.items()}
    found |= {name: cells[1] for name, (_, cells) in READ.items()}
    return {name: float(text) for name, text in found.items() if text.replace(".", "", 1).isdigit()}


def test_the_months_are_those_between_the_two_dates() -> None:
    def month(text: str) -> str:
        return f"{int(text[:4])} * 12 + {int(text[5:7])}"

    line, cells = STEPS["months"]
    expected = f"({month(READ['today'][1][1])}) - ({month(READ['released'][1][1])})"
    assert cells[1] == expected, f"docs/scoring.md:{line}: should be {expected}"


def test_the_score_adds_up_all_criteria() -> None:
    line, cells = STEPS["score"]
    expected = " + ".join(f"{weight:.2f} * {name}" for name, weight in CRITERIA.items())
    assert cells[1] == expected, f"docs/scoring.md:{line}: should be {expected}"


def test_the_program_offers_the_artifact_of_the_example(candidate: dict[str, Any]) -> None:
    artifact = candidate["artifact"]
    sentence = f"The program offers `{artifact['file']}` of `{artifact['repo']}`."
    assert sentence in PAGE, f"docs/scoring.md, 'One score by hand': should say '{sentence}'"
    assert "size_bytes" not in artifact, (
        "docs/scoring.md, step `active`: the size of the file is known now; the bytes read are a share of it"
    )


@pytest.mark.parametrize("name", CRITERIA)
def test_each_value_is_what_the_program_prints(name: str, candidate: dict[str, Any]) -> None:
    line, cells = STEPS[name]
    printed = next(s["value"] for s in candidate["scores"] if s["criterion"] == name)
    assert as_shown(printed, cells[2]), f"docs/scoring.md:{line}: the program prints {printed} for {name}"


def test_the_rate_and_the_score_are_what_the_program_prints(candidate: dict[str, Any]) -> None:
    for name, printed in (("rate", candidate["speed"]["decode_tokens_per_second"]), ("score", candidate["score"])):
        line, cells = STEPS[name]
        assert float(cells[2]) == printed, f"docs/scoring.md:{line}: the program prints {printed} for {name}"
