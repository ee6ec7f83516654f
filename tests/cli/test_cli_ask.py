"""`advisor ask` without a terminal: answers files, pipes, what is written, what is refused."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.terminal import ui_language

CHECKOUT = Path(__file__).parents[2]
HEAD = "schema: advisor.answers/1\nquestions: advisor-1\n"
ANSWERS = HEAD + "answers:\n  purpose: [chat, summarization]\n  languages: [ja]\n  machine: sizes\n  memory: 24GB\n"
Ask = Callable[..., Any]


@pytest.fixture
def ask(console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Return a function that runs `advisor ask` on the shipped catalog in a folder of its own, with lines to read."""
    monkeypatch.chdir(tmp_path)
    state = str(tmp_path / "state")

    def run(*arguments: str, typed: str | bytes = "", **surroundings: str) -> Any:
        content = typed if isinstance(typed, bytes) else typed.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        plain = {"LANG": "C.UTF-8", "LC_ALL": "", "LC_MESSAGES": "", "XDG_STATE_HOME": state}
        return console("ask", *arguments, shipped=True, **(plain | surroundings))

    return run


@pytest.fixture
def answers(write: Any) -> str:
    return str(write("answers.yaml", ANSWERS))


def kept_in(folder: Path) -> Path:
    return folder / "state" / "advisor" / "ask-advisor-1.yaml"


class TestAnswersFile:
    def test_requirements_recommendation_and_command_line(self, ask: Ask, answers: str, tmp_path: Path) -> None:
        ran = ask("--answers", answers, "--top", "2")
        assert ran.exit_code == 0
        text = (tmp_path / "requirements.yaml").read_text(encoding="utf-8")
        assert (
            "# What should it do for you?\n#   Answer questions and talk; Summarise long texts\ntask: [chat, summ"
            in text
        )
        assert "#   Not sure (limits are shown as conditions)" in text
        assert 'ram: "24GB"' in text
        assert ran.stdout.startswith("#  model")
        assert "Not sure, so left open: Countries" in ran.stderr
        assert "What you need is written to requirements.yaml." in ran.stderr
        assert "advisor recommend --lang ja --task chat --task summarization --on-prem" in ran.stderr

    def test_the_file_and_the_command_line_give_the_same_document(
        self, ask: Ask, console: Any, answers: str, tmp_path: Path
    ) -> None:
        asked = ask("--answers", answers, "--format", "json", "-o", "needs.yaml")
        by_file = console("recommend", "-r", str(tmp_path / "needs.yaml"), "--format", "json", shipped=True)
        line = asked.stderr.splitlines()[-1].strip()
        typed = console(*shlex.split(line)[1:], "--format", "json", shipped=True)
        assert json.loads(asked.stdout)["schema"] == "advisor.recommendation/1"
        assert asked.stdout == by_file.stdout == typed.stdout
        assert asked.exit_code == by_file.exit_code == typed.exit_code == 0

    def test_nothing_is_overwritten_that_was_not_named(
        self, ask: Ask, answers: str, write: Any, tmp_path: Path
    ) -> None:
        write("requirements.yaml", "# mine\n")
        ran = ask("--answers", answers)
        assert "requirements-2.yaml" in ran.stderr
        assert (tmp_path / "requirements.yaml").read_text() == "# mine\n"

    def test_options_settle_their_questions_and_stand_in_the_file(self, ask: Ask, write: Any, tmp_path: Path) -> None:
        empty = write("none.yaml", HEAD)
        ran = ask("--answers", str(empty), "--lang", "th", "--ram", "64GB", "--prefer", "speed=2", "-o", "n.yaml")
        text = (tmp_path / "n.yaml").read_text(encoding="utf-8")
        assert '# Given as options or in a file\nlang: [th]\nram: "64GB"\nprefer: ["speed=2"]\n' in text
        assert "Which languages" not in text
        assert "Which machine" not in text
        assert "--lang th" in ran.stderr

    def test_a_requirements_file_settles_questions_too(self, ask: Ask, write: Any, tmp_path: Path) -> None:
        below = write("below.yaml", "lang: [ko]\nram: 32GB\nuse: research\n")
        ran = ask("--answers", str(write("none.yaml", HEAD)), "-r", str(below), "--lang", "ja", "-o", "n.yaml")
        assert "--lang ja" in ran.stderr
        text = (tmp_path / "n.yaml").read_text(encoding="utf-8")
        assert 'lang: [ja]\nuse: research\nram: "32GB"' in text

    def test_a_policy_s_file_is_found_from_where_the_requirements_are_written(
        self, ask: Ask, write: Any, tmp_path: Path, console: Any
    ) -> None:
        shipped = sorted((CHECKOUT / "catalog" / "policies").glob("*.yaml"))
        if not shipped:
            pytest.fail("the catalog ships no policy to take as an example")
        rules = write("house/rules.yaml", shipped[0].read_bytes())
        (tmp_path / "out").mkdir()
        day = ("--as-of", "2026-11-25")
        ran = ask("--answers", str(write("none.yaml", HEAD)), "--policy", str(rules), *day, "-o", "out/n.yaml")
        assert 'policy: ["../house/rules.yaml"]' in (tmp_path / "out" / "n.yaml").read_text(encoding="utf-8")
        assert ran.exit_code in (0, 1)

    def test_nothing_passes_is_1_and_all_is_written(self, ask: Ask, write: Any, tmp_path: Path) -> None:
        none = write("a.yaml", HEAD + "answers: {machine: not-sure}\n")
        ran = ask("--answers", str(none))
        assert ran.exit_code == 1
        assert "Nothing passes every rule." in ran.stdout
        assert "hardware: unknown" in (tmp_path / "requirements.yaml").read_text(encoding="utf-8")
        assert "--hardware unknown" in ran.stderr

    def test_in_japanese(self, ask: Ask, answers: str, tmp_path: Path) -> None:
        ran = ask("--answers", answers, "--ui-lang", "ja")
        assert "質問なしで同じ結果を得るには：" in ran.stderr
        assert "# 何に使いますか。" in (tmp_path / "requirements.yaml").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("schema: advisor.answers/1\nquestions: other-3\nanswers: {}\n", "answers to the questions 'other-3'"),
            (HEAD + "answers:\n  purpose: [dance]\n  data: 7\n", "'dance' is no answer"),
            ("", "'questions' is missing"),
        ],
    )
    def test_what_is_wrong_is_2_with_its_line_and_writes_nothing(
        self, ask: Ask, write: Any, tmp_path: Path, text: str, told: str
    ) -> None:
        path = write("a.yaml", text)
        ran = ask("--answers", str(path))
        assert ran.exit_code == 2
        assert ran.stdout == ""
        assert told in ran.stderr
        assert re.match(rf"Error: {re.escape(str(path))}:\d+: ", ran.stderr)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.yaml"]

    def test_what_a_person_left_is_not_touched(self, ask: Ask, answers: str, tmp_path: Path) -> None:
        ask(typed="2\n")
        ask("--answers", answers)
        assert "purpose: [summarization]" in kept_in(tmp_path).read_text(encoding="utf-8")

    def test_answers_that_are_not_needed_are_named(self, ask: Ask, write: Any) -> None:
        ran = ask("--answers", str(write("a.yaml", HEAD + "answers: {data: restricted, place: own}\n")))
        assert "a.yaml: not needed here: place" in ran.stderr


class TestPipes:
    def test_lines_answer_the_questions(self, ask: Ask, tmp_path: Path) -> None:
        ran = ask("--ram", "24GB", "--top", "1", typed="2\n\n2\n" + "\n" * 20)
        assert ran.exit_code == 0
        assert "models are still in" in ran.stderr
        assert ran.stdout.startswith("#  model")
        text = (tmp_path / "requirements.yaml").read_text(encoding="utf-8")
        assert "task: [summarization]" in text
        assert "lang: [ja]" in text
        assert not kept_in(tmp_path).exists()

    def test_input_that_ends_is_2_keeps_the_answers_and_names_the_way(self, ask: Ask, tmp_path: Path) -> None:
        ran = ask(typed="2\n2\n")
        assert ran.exit_code == 2
        assert "--answers FILE takes answers from a file" in ran.stderr
        assert str(kept_in(tmp_path)) in ran.stderr.replace("\n", "")
        assert "purpose: [summarization]" in kept_in(tmp_path).read_text(encoding="utf-8")
        assert not (tmp_path / "requirements.yaml").exists()
        again = ask("--ram", "24GB", typed="\n" * 20)
        assert "Going on where you stopped: 2 answers are kept." in again.stderr
        assert again.exit_code == 0
        assert "use: customer-facing" in (tmp_path / "requirements.yaml").read_text(encoding="utf-8")
        assert not kept_in(tmp_path).exists()

    def test_no_input_at_all(self, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ran = ask(typed="")
        assert ran.exit_code == 2
        assert "are kept" not in ran.stderr.split("q: stop, answers are kept.")[-1]
        assert not kept_in(tmp_path).exists()

    def test_restart_drops_what_was_kept(self, ask: Ask, tmp_path: Path) -> None:
        ask(typed="2\n2\n")
        ran = ask("--restart", typed="\n")
        assert "Going on" not in ran.stderr
        assert "purpose: [chat]" in kept_in(tmp_path).read_text(encoding="utf-8")

    def test_answers_are_kept_in_the_file_to_be_written(self, ask: Ask, tmp_path: Path) -> None:
        ask("-o", "needs.yaml", typed="2\nq\n")
        half = (tmp_path / "needs.yaml").read_text(encoding="utf-8")
        assert half.startswith("schema: advisor.answers/1\n")
        assert not kept_in(tmp_path).exists()
        ran = ask("-o", "needs.yaml", "--ram", "24GB", typed="\n" * 20)
        assert "Going on where you stopped: 1 answers" in ran.stderr
        whole = (tmp_path / "needs.yaml").read_text(encoding="utf-8")
        assert "task: [summarization]" in whole
        assert "advisor.answers" not in whole

    def test_a_requirements_file_is_left_alone_until_the_end(self, ask: Ask, write: Any, tmp_path: Path) -> None:
        write("needs.yaml", "lang: [ja]\n")
        ran = ask("-o", "needs.yaml", typed="2\nq\n")
        assert ran.exit_code == 130
        assert (tmp_path / "needs.yaml").read_text(encoding="utf-8") == "lang: [ja]\n"
        assert kept_in(tmp_path).exists()

    def test_kept_answers_to_other_questions_are_refused(self, ask: Ask, write: Any, tmp_path: Path) -> None:
        path = write("needs.yaml", "schema: advisor.answers/1\nquestions: other\n")
        ran = ask("-o", "needs.yaml", typed="\n")
        assert ran.exit_code == 2
        assert "holds answers to the questions 'other'" in ran.stderr
        assert "--restart drops them" in ran.stderr
        assert path.read_text() == "schema: advisor.answers/1\nquestions: other\n"

    def test_damaged_answers_are_refused(self, ask: Ask, tmp_path: Path) -> None:
        kept_in(tmp_path).parent.mkdir(parents=True)
        kept_in(tmp_path).write_text("schema: [")
        ran = ask(typed="\n")
        assert ran.exit_code == 2
        assert "--restart drops them" in ran.stderr

    def test_without_a_folder_to_keep_them_the_questions_go_on(self, ask: Ask, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file where the folder should be")
        ran = ask("--ram", "24GB", typed="2\nq\n")
        assert ran.exit_code == 130
        assert "no folder to keep the answers in" in ran.stderr.replace("\n", " ")
        assert ask("--ram", "24GB", typed="\n" * 20).exit_code == 0

    def test_a_folder_that_is_not_there_is_told_before_the_first_question(self, ask: Ask) -> None:
        ran = ask("-o", "nowhere/needs.yaml", typed="\n" * 20)
        assert ran.exit_code == 4
        assert "there is no folder nowhere" in ran.stderr
        assert "What should it do" not in ran.stderr

    def test_bytes_that_are_no_text_are_no_answer(self, ask: Ask) -> None:
        ran = ask(typed=b"\xff\xfe\n2\n")
        assert "That is not one of the answers." in ran.stderr
        assert ran.exit_code == 2

    def test_without_the_extra_a_terminal_is_told_what_mends_it(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("advisor.cli.terminal._has_cursor", lambda: True)
        monkeypatch.setattr("advisor.cli.terminal.find_spec", lambda name: None)
        ran = ask("--ram", "24GB", typed="\n" * 20)
        assert "pip install 'local-model-advisor[ask]'" in ran.stderr
        assert ran.exit_code == 0


class TestBadSurroundings:
    def test_a_wrong_option_is_told_before_the_first_question(self, ask: Ask) -> None:
        ran = ask("--lang", "jp", typed="\n" * 20)
        assert ran.exit_code == 2
        assert ran.stderr.startswith("Error: --lang: unknown language tag 'jp'")

    def test_a_catalog_without_questions(self, console: Any, answers: str) -> None:
        ran = console("ask", "--answers", answers)
        assert ran.exit_code == 3
        assert "the catalog holds no questions" in ran.stderr

    def test_an_overlay_may_bring_its_own_questions(self, ask: Ask, write: Any, tmp_path: Path) -> None:
        text = (CHECKOUT / "catalog" / "questions.yaml").read_text(encoding="utf-8")
        write("mine/questions.yaml", text.replace("id: advisor-1", "id: bank-1"))
        ran = ask("--catalog", "mine", "--answers", str(write("a.yaml", HEAD)))
        assert ran.exit_code == 2
        assert "answers to the questions 'advisor-1'; these are 'bank-1'" in ran.stderr
        ran = ask("--catalog", "mine", "--answers", str(write("b.yaml", HEAD.replace("advisor-1", "bank-1"))))
        assert ran.exit_code == 0
        assert ran.stderr.splitlines()[-1].endswith("--catalog mine")

    def test_questions_that_could_not_be_asked(self, ask: Ask, write: Any) -> None:
        text = (CHECKOUT / "catalog" / "questions.yaml").read_text(encoding="utf-8")
        write("mine/questions.yaml", text.replace("field: privacy", "field: privvacy"))
        ran = ask("--catalog", "mine", typed="\n")
        assert ran.exit_code == 3
        assert "no requirement 'privvacy'; did you mean 'privacy'?" in ran.stderr

    def test_lint_finds_them_with_their_line(self, console: Any, write: Any, tmp_path: Path) -> None:
        text = (CHECKOUT / "catalog" / "questions.yaml").read_text(encoding="utf-8")
        write(
            "mine/questions.yaml",
            text.replace("field: privacy", "field: privvacy").replace("among: [only]", "among: [x]"),
        )
        ran = console("catalog", "lint", str(tmp_path / "mine"), shipped=True)
        lines = text.splitlines()
        assert ran.exit_code == 3
        assert f"mine/questions.yaml:{lines.index('    field: privacy') + 1}: no requirement 'privvacy'" in ran.stderr
        place = next(n for n, line in enumerate(lines, 1) if "among: [only]" in line)
        assert f"mine/questions.yaml:{place}: 'x' is no answer to 'origin'" in ran.stderr


def test_the_schema_holds_for_what_is_written(ask: Ask, console: Any, answers: str, tmp_path: Path) -> None:
    import jsonschema

    from advisor.strict_yaml import parse

    ask("--answers", answers)
    ask(typed="2\n")
    for name, path in (
        ("requirements", tmp_path / "requirements.yaml"),
        ("answers", kept_in(tmp_path)),
        ("answers", Path(answers)),
        ("questions", CHECKOUT / "catalog" / "questions.yaml"),
    ):
        schema = json.loads(console("catalog", "schema", name).stdout)
        jsonschema.validate(parse(path.read_text(encoding="utf-8")), schema)


@pytest.mark.parametrize(
    ("surroundings", "language"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.eucJP"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "C"}, "en"),
        ({"LANG": "de_DE"}, "en"),
        ({"LANG": "ja"}, "ja"),
        ({"LC_ALL": "", "LANG": "ja_JP"}, "ja"),
    ],
)
def test_the_language_follows_the_locale(surroundings: Mapping[str, str], language: str) -> None:
    assert ui_language(surroundings) == language
