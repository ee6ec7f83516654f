"""What the questionnaire needs of the catalog and the machine: its questions, and how many models are left."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema.questions import QuestionSet
from advisor.errors import DataError
from advisor.hardware.schema import Machine
from advisor.local_evidence import LocalResult
from advisor.needs.machine import choose
from advisor.needs.questions import Answers, Standing, filled, requirements_of
from advisor.needs.resolve import is_path, read_file, resolve
from advisor.needs.schema import Requirements, RequirementsFile, UsedPolicy
from advisor.needs.soundness import problems_of
from advisor.needs.units import format_size
from advisor.rules.evaluate import evaluate, prepare
from advisor.rules.stakes import stakes
from advisor.rules.verdict import FAIL, UNKNOWN

_UNDECIDED = Machine(name="a machine not asked about yet", basis="stated")


class Questionnaire:
    """The questions of a catalog, with what was given beside them."""

    def __init__(
        self,
        catalog: Catalog,
        options: Mapping[str, Any],
        file: Path | None,
        policies: Sequence[UsedPolicy] = (),
        local: tuple[LocalResult, ...] = (),
    ) -> None:
        """Take options and a requirements file below them, policies, and what was measured on own machines.

        Raises:
            UserError: where they are wrong.
            DataError: where the catalog has no questions, or they could not be asked.
        """
        self._catalog = catalog
        self._policies, self._local = policies, local
        self.given = _given(options, file)
        self._machines: dict[tuple[object, ...], Machine] = {}
        this = self._machine(resolve({"hardware": "this"}, catalog))
        self.questions = filled(questions_of(catalog), catalog.snapshot.hardware, machine_text(this))

    def judge(self, answers: Answers) -> Standing:
        """Judge every model by what is given and answered so far.

        Raises:
            UserError: where the answers are no requirements, or contradict each other.
        """
        requirements = resolve({**self.given, **requirements_of(self.questions, answers)}, self._catalog)
        need = prepare(requirements, self._catalog, self._machine(requirements), self._policies, self._local)
        judged = list(evaluate(need))
        return Standing(
            total=len(judged),
            left=sum(j.verdict is not FAIL for j in judged),
            undecided=sum(j.verdict is UNKNOWN for j in judged),
            stakes=stakes(judged, requirements.use),
        )

    def _machine(self, requirements: Requirements) -> Machine:
        """Return the machine asked for, measured once; before one is named, one of which nothing is known."""
        key = (requirements.hardware, requirements.ram, requirements.vram)
        if key == (None, None, None):
            return _UNDECIDED
        if key not in self._machines:
            self._machines[key] = choose(requirements, self._catalog)
        return self._machines[key]


def questions_of(catalog: Catalog) -> QuestionSet:
    """Return the questions that a catalog holds.

    Raises:
        DataError: where it holds none, or they could not be asked.
    """
    if "questions" not in catalog.snapshot.questions:
        raise DataError(["questions.yaml:1: the catalog holds no questions"])
    found = msgspec.convert(catalog.snapshot.questions["questions"], QuestionSet)
    problems = [f"questions.yaml:1: {'.'.join(map(str, path))}: {told}" for path, told in problems_of(found)]
    if problems:
        raise DataError(problems)
    return found


def _given(options: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    """Return what is given: the options over the file, whose policies are named as seen from here."""
    found: dict[str, Any] = {}
    if file is not None:
        written = read_file(file)
        stated = {name: getattr(written.file, name) for name in RequirementsFile.__struct_fields__ if name != "schema"}
        found = {name: value for name, value in stated.items() if value is not None}
        if found.get("policy"):
            found["policy"] = tuple(_seen(name, file.parent) for name in found["policy"])
    known = set(RequirementsFile.__struct_fields__) - {"schema"}
    return found | {name: value for name, value in options.items() if name in known and value not in (None, False, ())}


def _seen(name: str, folder: Path) -> str:
    return os.path.normpath(folder / name) if is_path(name) else name


def as_seen_from(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what is given with files of policies named as seen from another folder."""
    policies = given.get("policy")
    if not policies:
        return dict(given)
    return {**given, "policy": tuple(os.path.relpath(name, folder) if is_path(name) else name for name in policies)}


def machine_text(machine: Machine) -> str:
    """Return what was measured of a machine in a few words that need no translation."""
    parts = [f"{format_size(machine.ram_bytes)} RAM"] if machine.ram_bytes else []
    names = dict.fromkeys(gpu.name for gpu in machine.gpus)
    if names:
        size = f" {format_size(machine.vram_bytes)}" if machine.vram_bytes and not machine.unified else ""
        parts.append(" + ".join(names) + size)
    return ", ".join(parts) or "?"
