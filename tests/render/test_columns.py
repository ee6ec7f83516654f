"""Widths in terminal cells: East Asian letters take two, what does not fit is cut, identifiers are whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.render.columns import cut, padded, paragraph, table, width_of
from advisor.render.markup import escaped, rows_as_csv

WORDS = st.text(alphabet="ab 日本語コﾊ한é翠-…", max_size=30)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("abc", 3),
        ("日本語", 6),
        ("ﾊﾝｶｸ", 4),
        ("한국어", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("Ａ１", 4),
        ("翠 3B", 5),
        ("…", 1),
        ("が", 2),
        ("か\u3099", 2),
    ],
)
def test_width(text: str, cells: int) -> None:
    assert width_of(text) == cells


@pytest.mark.parametrize("text", ["\u200b", "a\u200db", "\ufeff", "\u2066x\u2069"])
def test_letters_of_no_width(text: str) -> None:
    assert width_of(text) == sum(c.isascii() for c in text)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("a日本", 4, "a日…"),
        ("日本", 1, "…"),
    ],
)
def test_cut(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown


@settings(max_examples=200, deadline=None)
@given(text=WORDS, width=st.integers(1, 40), right=st.booleans())
def test_a_padded_cell_has_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert width_of(padded(text, width, right)) == width
    assert width_of(cut(text, width)) <= width
    if width_of(text) <= width:
        assert padded(text, width, right).strip() == text.strip()


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5))
def test_columns_stand_under_each_other(rows: list[tuple[str, str]]) -> None:
    shown = table(["a", "b"], [list(row) for row in rows], 100)
    first = max(width_of(row[0]) for row in [("a", ""), *rows])
    header, rule, *lines = shown.split("\n")
    assert header == f"{padded('a', first)}  b"
    assert set(rule) <= {"-"}
    assert [line.rstrip() for line in lines] == [f"{padded(a, first)}  {b}".rstrip() for a, b in rows]


@pytest.mark.parametrize("width", [30, 40, 60])
def test_a_table_gives_way_where_it_must(width: int) -> None:
    shown = table(["id", "name", "n"], [["acme/one", "日本語のとても長い名前です" * 2, "12"]], width, (2,))
    assert max(width_of(line) for line in shown.split("\n")) <= width
    assert "acme/one" in shown and "12" in shown


def test_identifiers_are_not_broken() -> None:
    address = "https://example.org/a-very/long-address/that-has-no-end/and-more"
    assert address in paragraph(f"see {address} for more", 30).split("\n")


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=20), width=st.integers(30, 60))
def test_a_paragraph_keeps_its_words_and_its_width(words: list[str], width: int) -> None:
    shown = paragraph(" ".join(words), width, "  ", "* ")
    assert shown.removeprefix("* ").split() == words
    assert max(len(line) for line in shown.split("\n")) <= width


@pytest.mark.parametrize("text", ["日本語の評価 " * 12, "日本語の評価" * 30, "see 日本語の評価" * 9, "한국어 " * 30])
@pytest.mark.parametrize(("indent", "first"), [("", None), ("    ", None), ("    ", "")])
def test_a_paragraph_of_east_asian_words_keeps_its_width(text: str, indent: str, first: str | None) -> None:
    lines = paragraph(text, 40, indent, first).split("\n")
    assert 24 < max(width_of(line) for line in lines) <= 40
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line.startswith(indent) for line in lines[1:])


@pytest.mark.parametrize("text", ["a|b", "<b>", "*x*", "`x`", "[x](y)", "\\", "a\nb"])
def test_names_are_no_markdown(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    for letter in "|<>*`[]":
        assert shown.count(letter) == shown.count(f"\\{letter}")


@pytest.mark.parametrize("text", ["a_b_c", "~~gone~~", "# head"])
def test_what_is_harmless_inside_a_cell_stays(text: str) -> None:
    assert escaped(text) == text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1+1", " =1", "\n@x", "\t\r-1"])
def test_cells_are_no_formulas(cell: str) -> None:
    assert rows_as_csv([[cell]]).lstrip('"').startswith("'")


@pytest.mark.parametrize("cell", ["a=b", "1-2", "x@y", "\u3000", ""])
def test_what_is_no_formula_stays(cell: str) -> None:
    assert rows_as_csv([[cell, "x"]]) == f"{cell},x\n"


def test_csv_keeps_what_it_is_given() -> None:
    assert rows_as_csv([["a", None, 1, -2.5, 'say "x", y', "日本\n語"]]) == 'a,,1,-2.5,"say ""x"", y","日本\n語"\n'


def test_controls_never_reach_a_terminal_through_csv() -> None:
    assert rows_as_csv([["\x1b[2Jname", "\x1b=1+1", 3, None]]) == "�[2Jname,�=1+1,3,\n"
