"""`advisor ask` as a person meets it: in a real pseudo-terminal, with its own process, keys and screen."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pseudo_terminal import CONTROL_C, CONTROL_D, DOWN, ENTER, ESCAPE, LEFT, SPACE, UP, Terminal

from advisor.ask import questions_of
from advisor.catalog.load import Catalog
from advisor.catalog.schema.questions import UiLanguage
from advisor.render.columns import width_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
CHECKOUT = Path(__file__).parents[2]
Open = Callable[..., Terminal]
FIRST, SECOND, THIRD = "1. What should it do for you?", "2. Who will read the answers?", "3. Which languages"
"""Each test answers some of these and stops, or gives the rest as options."""
SETTLED = ("--privacy", "public", "--on-prem", "--ram", "24GB", "--concurrency", "1", "--origin", "JP", "--territory",
           "JP", "--seat", "JP", "--monthly-users", "5", "--annual-revenue", "5", "--prefer", "speed=1")  # fmt: skip


@pytest.fixture(scope="module")
def asking_house(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout with the small catalog and the shipped questions."""
    root = tmp_path_factory.mktemp("asking")
    shutil.copytree(house, root, dirs_exist_ok=True)
    shutil.copy(CHECKOUT / "catalog" / "questions.yaml", root / "catalog")
    return root


@pytest.fixture
def surroundings(asking_house: Path, folders: Mapping[str, str], tmp_path: Path) -> dict[str, str]:
    dropped = ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL", "LC_MESSAGES", "ADVISOR_DEBUG")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    ours = {"PYTHONPATH": str(asking_house), "XDG_CACHE_HOME": folders["XDG_CACHE_HOME"],
            "XDG_STATE_HOME": str(tmp_path / "state"), "TERM": "xterm-256color", "LANG": "C.UTF-8"}  # fmt: skip
    return kept | ours


@pytest.fixture
def ask(surroundings: dict[str, str], tmp_path: Path) -> Any:
    """Return a function that starts `advisor ask` on a terminal; what still runs at the end is ended."""
    started: list[Terminal] = []

    def start(*arguments: str, columns: int = 100, rows: int = 60, **changes: str) -> Terminal:
        command = [sys.executable, "-m", "advisor", "ask", *arguments]
        started.append(Terminal(command, surroundings | changes, tmp_path, columns, rows))
        return started[-1]

    yield start
    for terminal in started:
        terminal.child.close(force=True)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "state" / "advisor" / "ask-advisor-1.yaml"


class TestArrowKeys:
    def test_from_the_first_question_to_the_recommendation(self, ask: Open, tmp_path: Path, kept: Path) -> None:
        terminal = ask(*SETTLED, rows=100)
        terminal.waits_for(FIRST, "» ● Answer questions and talk")
        terminal.send(DOWN, SPACE)
        terminal.waits_for("» ● Summarise long texts")
        terminal.send(SPACE, ENTER)
        terminal.waits_for("Purpose: Answer questions and talk", "models are still in", SECOND)
        terminal.send(DOWN, DOWN, UP)
        terminal.waits_for("» Customers, patients or the public")
        terminal.send(ENTER)
        terminal.waits_for("Readers: Customers", THIRD, "» ● English")
        terminal.send(DOWN, SPACE, ENTER)
        terminal.waits_for("The same without questions:")
        assert terminal.ends() in (0, 1)
        assert "Languages: English; Japanese" in terminal.text
        text = (tmp_path / "requirements.yaml").read_text(encoding="utf-8")
        assert "use: customer-facing" in text
        assert "lang: [en, ja]" in text
        assert not kept.exists()

    def test_a_terminal_is_not_asked_what_it_may_not_answer(self, ask: Open) -> None:
        terminal = ask()
        terminal.waits_for(FIRST, "Not sure")
        terminal.send(ENTER)
        terminal.waits_for(SECOND, "Not sure")
        assert b"\x1b[6n" not in terminal.raw
        assert "CPR" not in terminal.text

    def test_lists_are_wiped_once_they_are_answered(self, ask: Open) -> None:
        terminal = ask()
        terminal.waits_for(FIRST)
        terminal.send(ENTER)
        screen = terminal.waits_for(SECOND)
        assert FIRST not in screen
        assert "Translate" not in screen
        assert "Purpose: Answer questions and talk" in screen

    @pytest.mark.parametrize("key", [LEFT, ESCAPE])
    def test_back(self, ask: Open, kept: Path, key: str) -> None:
        terminal = ask()
        terminal.waits_for(FIRST)
        terminal.send(DOWN, SPACE, ENTER)
        terminal.waits_for(SECOND)
        terminal.send(key)
        terminal.waits_for(FIRST, "● Summarise long texts")
        terminal.send(key)
        terminal.waits_for("This is the first question.", FIRST, "● Summarise long texts")
        terminal.send(ENTER)
        terminal.waits_for(SECOND)
        assert "purpose: [chat, summarization]" in kept.read_text(encoding="utf-8")

    def test_back_from_what_is_typed(self, ask: Open) -> None:
        terminal = ask("--ram", "24GB", "--lang", "ja", "--privacy", "restricted", "--task", "chat")
        terminal.waits_for("1. Who will read")
        terminal.send(ENTER)
        terminal.waits_for("2. How many people", "Enter alone: 1")
        terminal.send("x", ENTER)
        terminal.waits_for("Please type a whole number above 0")
        terminal.send("b", ENTER)
        terminal.waits_for("1. Who will read")
        terminal.send(ENTER)
        terminal.waits_for("2. How many people")
        terminal.send("12", ENTER)
        terminal.waits_for("Users at once: 12", "3. Does your organisation")

    def test_one_mark_at_least(self, ask: Open) -> None:
        terminal = ask()
        terminal.waits_for(FIRST)
        terminal.send(SPACE, ENTER)
        terminal.waits_for("Mark at least one with the space bar.", f"{FIRST}\n", "● Answer questions")
        terminal.send(ENTER)
        terminal.waits_for(SECOND)

    def test_without_colours(self, ask: Open) -> None:
        coloured, plain = ask(), ask(NO_COLOR="1")
        for terminal in (coloured, plain):
            terminal.waits_for(FIRST)
        assert b"\x1b[0;36;1m" in coloured.raw
        assert b"36" not in plain.raw

    def test_data_goes_to_a_file_while_a_person_answers(
        self, ask: Open, surroundings: dict[str, str], tmp_path: Path
    ) -> None:
        script = f'"{sys.executable}" -m advisor ask "$@" --format json > out.json'
        terminal = Terminal(["/bin/sh", "-c", script, "sh", *SETTLED], surroundings, tmp_path)
        for question in (FIRST, SECOND, THIRD):
            terminal.waits_for(question)
            terminal.send(ENTER)
        terminal.waits_for("The same without questions:")
        assert terminal.ends() in (0, 1)
        assert (
            (tmp_path / "out.json").read_text(encoding="utf-8").startswith('{\n  "schema": "advisor.recommendation/1"')
        )


class TestLeaving:
    def test_control_c_is_130_and_loses_nothing(self, ask: Open, kept: Path) -> None:
        terminal = ask()
        terminal.waits_for(FIRST)
        terminal.send(DOWN, SPACE, ENTER)
        terminal.waits_for(SECOND)
        terminal.send(CONTROL_C)
        terminal.waits_for("Your answers are kept in", "Interrupted.")
        assert terminal.ends() == 130
        assert "Traceback" not in terminal.text
        again = ask()
        again.waits_for("Going on where you stopped: 1 answers are kept.", SECOND)
        again.send(LEFT)
        again.waits_for(FIRST, "● Summarise long texts")

    def test_control_c_at_the_first_question_keeps_nothing(self, ask: Open, kept: Path) -> None:
        terminal = ask()
        terminal.waits_for(FIRST)
        terminal.send(CONTROL_C)
        assert terminal.ends() == 130
        assert not kept.exists()
        assert "are kept in" not in terminal.text

    def test_control_c_while_typing(self, ask: Open, kept: Path) -> None:
        terminal = ask(
            "--ram", "24GB", "--lang", "ja", "--privacy", "restricted", "--task", "chat", "--use", "internal"
        )
        terminal.waits_for("1. How many people")
        terminal.send("12", CONTROL_C)
        assert terminal.ends() == 130

    def test_q_leaves_where_one_types(self, ask: Open) -> None:
        terminal = ask(
            "--ram", "24GB", "--lang", "ja", "--privacy", "restricted", "--task", "chat", "--use", "internal"
        )
        terminal.waits_for("1. How many people")
        terminal.send("2", ENTER)
        terminal.waits_for("2. Does your organisation")
        terminal.send(LEFT)
        terminal.waits_for("1. How many people", "Enter alone: 2")
        terminal.send("q", ENTER)
        assert terminal.ends() == 130

    def test_a_window_that_is_closed_loses_nothing(self, ask: Open, kept: Path) -> None:
        terminal = ask()
        terminal.waits_for(FIRST)
        terminal.send(DOWN, SPACE, ENTER)
        terminal.waits_for(SECOND)
        terminal.child.kill(signal.SIGHUP)
        terminal.child.wait()
        assert "purpose: [chat, summarization]" in kept.read_text(encoding="utf-8")


class TestSizes:
    def test_a_window_made_narrower_and_wider(self, ask: Open) -> None:
        terminal = ask(columns=100, rows=40)
        terminal.waits_for(FIRST)
        terminal.resize(60, 24)
        terminal.send(DOWN)
        terminal.waits_for("» ○ Summarise long texts")
        terminal.send(SPACE, ENTER)
        terminal.waits_for(SECOND, "» Only people in our organisation")
        terminal.resize(120, 50)
        terminal.send(DOWN)
        terminal.waits_for("» Customers, patients or the public")
        terminal.send(ENTER)
        terminal.waits_for(THIRD)

    def test_few_rows_still_show_where_one_is(self, ask: Open) -> None:
        terminal = ask("--task", "chat", "--use", "internal", columns=80, rows=12)
        terminal.waits_for("1. Which languages", "» ● English")
        terminal.send(*[DOWN] * 15)
        terminal.waits_for("» ○ Portuguese")

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_sixty_columns_show_every_option_whole(self, ask: Open, shipped: Catalog, language: UiLanguage) -> None:
        terminal = ask("--ui-lang", language, columns=60, rows=100)
        asked = 0
        while "advisor recommend" not in walk_on(terminal, asked):
            asked += 1
            title = next(line for line in terminal.lines if line.startswith(f" {asked}. "))
            question = next(q for q in questions_of(shipped).questions if q.text.in_(language)[:20] in title)
            terminal.waits_for(*(option.text.in_(language).split("{")[0] for option in question.options))
            terminal.send(ENTER)
        assert asked >= 10
        assert terminal.ends() in (0, 1)

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_sixty_columns_hold_every_line(self, ask: Open, language: str) -> None:
        terminal = ask("--ui-lang", language, "--as-of", "2026-01-15", columns=60, rows=500, TERM="dumb")
        asked = 0
        while "advisor recommend" not in walk_on(terminal, asked):
            asked += 1
            terminal.send(ENTER)
        assert asked >= 10
        assert terminal.ends() in (0, 1)
        lines = terminal.raw.decode().replace("\r", "").split("\n")
        commands = ("  advisor recommend", "Next: ")
        assert [line for line in lines if width_of(line) > 60 and not line.startswith(commands)] == []


def walk_on(terminal: Terminal, asked: int) -> str:
    """Return the screen with the next question, or with the end."""
    title = re.compile(rf"^ ?{asked + 1}\. .*\S", re.MULTILINE)
    return terminal.waits_until(lambda s: bool(title.search(s)) or "advisor recommend" in s, f"question {asked + 1}")


class TestPlainTerminals:
    @pytest.mark.parametrize("term", ["dumb", "", "unknown"])
    def test_lines_where_no_cursor_can_be_moved(self, ask: Open, kept: Path, term: str) -> None:
        terminal = ask(TERM=term)
        terminal.waits_for(FIRST, "  1. Answer questions and talk", "Type one or more numbers", "\n>")
        terminal.send("1,2", ENTER)
        terminal.waits_for("Purpose: Answer questions and talk; Summarise long texts", SECOND)
        terminal.send("b", ENTER)
        terminal.waits_for("Enter alone: Answer questions and talk, Summarise long texts")
        terminal.send(ENTER)
        terminal.send("9", ENTER)
        terminal.waits_for("That is not one of the answers.")
        terminal.interrupt()
        assert terminal.ends() == 130
        assert b"\x1b[" not in terminal.raw
        assert kept.exists()

    def test_closed_input_is_2(self, ask: Open, kept: Path) -> None:
        terminal = ask(TERM="dumb")
        terminal.waits_for(FIRST)
        terminal.send("2", ENTER)
        terminal.waits_for(SECOND)
        terminal.send(CONTROL_D)
        terminal.waits_for("--answers FILE takes answers from a file")
        assert terminal.ends() == 2
        assert "Traceback" not in terminal.text
        assert kept.exists()

    @pytest.mark.parametrize("closed", ["< /dev/null", "<&-", "< /dev/null 2>&-", "<&- >&- 2>&-"])
    def test_closed_streams(self, surroundings: dict[str, str], tmp_path: Path, closed: str) -> None:
        script = f'"{sys.executable}" -m advisor ask {closed}'
        terminal = Terminal(["/bin/sh", "-c", script], surroundings, tmp_path)
        assert terminal.ends() == 2
        assert "Traceback" not in terminal.text


class TestJapanese:
    def test_the_locale_decides(self, ask: Open, tmp_path: Path) -> None:
        terminal = ask(*SETTLED, LANG="ja_JP.UTF-8", columns=60)
        terminal.waits_for("1. 何に使いますか。", "» ● 質問に答える・会話する", "上下キー：移動")
        terminal.send(ENTER)
        terminal.waits_for("用途: 質問に答える・会話する", "残り", "2. 回答を読むのは誰ですか。")
        terminal.send(ENTER)
        terminal.waits_for("3. どの言語で読み書きしますか。", "» ● 日本語")
        terminal.send(ENTER)
        terminal.waits_for("質問なしで同じ結果を得るには：")
        assert terminal.ends() in (0, 1)
        text = (tmp_path / "requirements.yaml").read_text(encoding="utf-8")
        assert "# どの言語で読み書きしますか。\n#   日本語\nlang: [ja]" in text

    def test_full_width_digits_and_words_are_understood(self, ask: Open) -> None:
        terminal = ask(LANG="ja_JP.UTF-8", TERM="dumb")
        terminal.waits_for("1. 何に使いますか。")
        terminal.send("１、３", ENTER)
        terminal.waits_for("用途: 質問に答える・会話する; 翻訳する", "2. 回答を")
        terminal.send("戻る", ENTER)
        terminal.waits_for("Enterのみ：質問に答える・会話する, 翻訳する")

    def test_a_terminal_that_is_not_utf_8_does_not_break(self, ask: Open) -> None:
        terminal = ask("--ui-lang", "ja", TERM="dumb", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        terminal.waits_for("1. ????")
        terminal.send("1", ENTER)
        terminal.waits_for("2. ????")
        terminal.interrupt()
        assert terminal.ends() == 130
