"""A run of the questionnaire on the command line: where answers are kept, what is said at the end."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from advisor.ask import Questionnaire, as_seen_from
from advisor.catalog.load import Catalog
from advisor.catalog.schema.questions import UiLanguage
from advisor.cli.options import local_of, policies_of
from advisor.cli.output import say, write_file
from advisor.cli.terminal import asker, say_paragraph
from advisor.errors import ExternalError, UserError
from advisor.needs.answers import followed, is_answers, read, text_of, unneeded
from advisor.needs.interview import Interview, LeftError
from advisor.needs.options import as_options
from advisor.needs.prompts.interface import Phrases
from advisor.needs.questions import Answers, Value, unsure_in
from advisor.needs.resolve import resolve
from advisor.needs.written import requirements_text
from advisor.paths import state_folder
from advisor.recommendation import Recommendation

REQUIREMENTS = "requirements.yaml"


def questionnaire(catalog: Catalog, needs: Mapping[str, Any]) -> Questionnaire:
    """Return the questions of a catalog beside what is given on the command line."""
    file = needs["requirements"]
    options = {name: value for name, value in needs.items() if name != "requirements"}
    requirements = resolve(options, catalog, file)
    policies = policies_of(requirements, catalog) if requirements.policy else ()
    return Questionnaire(catalog, options, file, policies, local_of(requirements, catalog))


class Questioning:
    """Holds the questionnaire and keeps its answers: in the file to be written, or in the user's state folder."""

    def __init__(self, asked: Questionnaire, language: UiLanguage, output: Path | None) -> None:
        self._asked = asked
        self._language: UiLanguage = language
        self._output = output
        self._phrases = Phrases(asked.questions.words, language)
        if output and not output.parent.is_dir():
            raise ExternalError(f"cannot write {output}: there is no folder {output.parent}")
        self._places = self._possible_places()
        self._kept: Path | None = None
        """Where the answers so far stand."""
        self._lost = False
        self._by_person = False

    def _possible_places(self) -> list[Path]:
        """Return where unfinished answers may be kept; a file of the user's that holds anything else is left alone."""
        found = []
        if self._output and (not self._output.exists() or is_answers(self._output)):
            found.append(self._output)
        folder = state_folder()
        if folder:
            found.append(folder / f"ask-{self._asked.questions.id}.yaml")
        return found

    def from_file(self, path: Path) -> dict[str, Value]:
        """Return the answers of a file."""
        questions = self._asked.questions
        answers = followed(questions, path, self._asked.given, self._asked.judge)
        left_out = unneeded(read(path).file, answers)
        if left_out:
            say(f"{path}: not needed here: {', '.join(left_out)}")
        return answers

    def from_person(self, restart: bool) -> dict[str, Value]:
        """Ask, from where the last run stopped."""
        self._by_person = True
        start = {} if restart else self._start()
        asked = self._asked
        how = asker(self._phrases)
        if start:
            how.tell(self._phrases("resumed", count=len(start)))
        interview = Interview(asked.questions, self._language, how, asked.judge, self._keep, asked.given)
        try:
            return interview.held(start)
        except LeftError:
            self._tell_kept()
            raise click.Abort from None
        except KeyboardInterrupt:
            self._tell_kept()
            raise
        except EOFError:
            self._tell_kept()
            raise UserError(
                "the input ended before the questions did; --answers FILE takes answers from a file (docs/ask.md)"
            ) from None

    def _start(self) -> dict[str, Value]:
        """Return the answers kept by an earlier run."""
        self._kept = next((place for place in self._places if place.exists()), None)
        if self._kept is None:
            return {}
        try:
            file = read(self._kept).file
        except UserError as error:
            raise UserError(f"{error}\nthe answers kept there cannot be read; --restart drops them") from None
        if file.questions != self._asked.questions.id:
            raise UserError(
                f"{self._kept}: holds answers to the questions '{file.questions}', and these are "
                f"'{self._asked.questions.id}'; --restart drops them"
            )
        return {name: tuple(map(str, v)) if isinstance(v, tuple) else v for name, v in file.answers.items()}

    def _keep(self, answers: Answers) -> None:
        """Write the answers so far to the first place that takes them; where none does, go on without."""
        for place in self._places:
            try:
                if place != self._output:
                    place.parent.mkdir(parents=True, exist_ok=True)
                write_file(place, text_of(self._asked.questions, answers))
            except (OSError, ExternalError):
                continue
            self._kept, self._lost = place, False
            return
        self._kept, self._lost = None, True

    def _tell_kept(self) -> None:
        say("")
        if self._kept:
            say_paragraph(self._phrases("kept", file=self._kept))
        elif self._lost:
            say_paragraph(self._phrases("lost"))

    def write(self, answers: Answers, day: str) -> Path:
        """Write the requirements file, drop what was kept, and return its path."""
        target = self._output or _free(Path(REQUIREMENTS))
        given = as_seen_from(self._asked.given, target.parent)
        write_file(target, requirements_text(self._asked.questions, answers, given, self._language, day))
        for place in self._places if self._by_person else ():
            if place != target:
                with contextlib.suppress(OSError):
                    place.unlink(missing_ok=True)
        return target

    def tell_end(self, answers: Answers, written: Path, document: Recommendation, catalogs: tuple[Path, ...]) -> None:
        """Say what is left open, where the requirements are, and the command that does without questions."""
        say("")
        unsure = [question.topic.in_(self._language) for question in unsure_in(self._asked.questions, answers)]
        if unsure:
            say_paragraph(self._phrases("open_answers", topics=", ".join(unsure)))
        say_paragraph(self._phrases("written", file=written))
        say_paragraph(self._phrases("same_as"))
        overlays = "".join(f" --catalog {shlex.quote(str(folder))}" for folder in catalogs)
        say(f"  advisor recommend{as_options(document.requirements)}{overlays}")


def _free(path: Path) -> Path:
    """Return a path at which nothing stands: `requirements.yaml`, `requirements-2.yaml` …"""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
