"""YAML as people mean it: what a plain word becomes, what is refused, and at which line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.strict_yaml import Lines, YamlProblem, line_of, parse


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "n", "y", "No", "NO"])
def test_norway_stays_a_country(word: str) -> None:
    assert parse(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    "word", ["2026-11-22", "2026-11", "12:30:45", "2026-11-22T10:00:00Z", "017", "0o17", "0x1F", "0b1", "1_000", "1:30",
             ".inf", ".nan", "-.inf", "1.", ".5", "=", "+", "-x", "1e", "v1.0", "<<", "tRUE", "nULL",
             "9" * 31, "1e1000"]
)  # fmt: skip
def test_what_only_looks_like_a_number_or_a_day_stays_text(word: str) -> None:
    assert parse(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-12", -12), ("+5", 5),
        ("1.50", 1.5), ("1e3", 1000.0), ("-2.5E-1", -0.25), ("'true'", "true"), ('"12"', "12"),
        ("True", True), ("TRUE", True), ("False", False), ("FALSE", False), ("Null", None), ("NULL", None),
        ("9" * 30, int("9" * 30)),
    ],
)  # fmt: skip
def test_truth_numbers_and_nothing(word: str, value: Any) -> None:
    found = parse(f"a: {word}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "key 'a' stands twice"),
        ("a:\n  b: 1\n  'b': 2\n", 3, "key 'b' stands twice"),
        ("1: a\n'1': b\n", 2, "key '1' stands twice"),
        ("a: 1\n? [x]\n: 2\n", 2, "keys must be plain text"),
        ("a: 1\n? {x: y}\n: 2\n", 2, "keys must be plain text"),
        ("a: [1\nb: 2\n", 2, "expected"),
        ("a: 1\n\tb: 2\n", 2, "tab"),
        ("a: 1\nb: *b\n", 2, "anchors and aliases are not accepted"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: !!python/name:os.system x\n", 1, "tags are not accepted ('tag:yaml.org,2002:python/name:os.system')"),
        ("a: 1\nb: !own x\n", 2, "tags are not accepted ('!own')"),
        ("a: 1\nb: &x [*x]\n", 2, "anchors and aliases are not accepted"),
        ("a: 1\nb: &x 2\n", 2, "anchors and aliases are not accepted"),
        ("# !\n--- !!map\na: 1\n", 2, "tags are not accepted"),
        ("a: \x00\n", 1, "character"),
        ('a: "\\ud800"\n', 1, "Unicode"),
        ("%YAML 9.9\n---\na: 1\n", 1, "incompatible"),
    ],
)
def test_what_is_refused_and_where(text: str, line: int, told: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(text)
    assert caught.value.line == line
    assert told in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["!!bool maybe", "!!bool true", "!!map [1]", "!!int ''", "!!set [1]", "!!set {x}", "!!binary aGk=", "!!str 12",
     "!!timestamp 2026-01-01", "!!omap [x: 1]", "!<tag:yaml.org,2002:str> x"],
)  # fmt: skip
def test_tags_are_refused_whether_they_hold_or_not(text: str) -> None:
    with pytest.raises(YamlProblem, match="tags are not accepted"):
        parse(f"a: {text}")


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "[&a x, *a]", "{b: &b {x: 1}, c: {<<: *b}}"])
def test_nothing_holds_or_repeats_another(text: str) -> None:
    with pytest.raises(YamlProblem, match="anchors and aliases are not accepted"):
        parse(text)


@pytest.mark.parametrize("text", ["a b!", "R&D", "2 * 3", "x: |\n  !own &a *b\n", "'*'", '"&a"', "a # &b", "! a"])
def test_their_signs_in_plain_text_are_text(text: str) -> None:
    assert parse(text) is not None


def test_a_merge_is_a_key_like_any_other() -> None:
    assert parse("<<: {x: 1}\n") == {"<<": {"x": 1}}


BLOCKS = "\n".join("  " * depth + "a:" for depth in range(45))


def test_nesting_that_people_write_is_read() -> None:
    assert parse("[" * 40 + "]" * 40) is not None
    assert parse("[[]," * 39 + "1" + "]" * 39) is not None
    assert parse("[" + "[], " * 100 + "]") == [[]] * 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[" * 41 + "]" * 41, 1),
        ("{a: " * 41 + "1" + "}" * 41, 1),
        ("- " * 41 + "1", 1),
        (BLOCKS, 41),
        ("a: 1\nb:\n  " + "[" * 60, 3),
        ("[" * 100_000, 1),
        ("{a: " * 100_000, 1),
        ("- " * 100_000, 1),
    ],
    ids=["lists", "mappings", "dashes", "blocks", "below", "many lists", "many mappings", "many dashes"],
)
def test_nesting_has_an_end(text: str, line: int) -> None:
    with pytest.raises(YamlProblem, match="nested more than 40 deep") as caught:
        parse(text)
    assert caught.value.line == line


TEXT = """\
name: x

license:
  id: MIT
files:
  - {a: 1,
     b: 2}
  - a: 3
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("name",), 1),
        (("license",), 3),
        (("license", "id"), 4),
        (("license", "nothing"), 3),
        (("files",), 5),
        (("files", 0), 6),
        (("files", 0, "b"), 7),
        (("files", 1, "a"), 8),
        (("files", 7), 5),
        (("nothing", "at", "all"), 1),
    ],
)
def test_the_line_of_a_value(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line
    assert Lines(TEXT).of(path) == line


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_the_lines_of_nothing(text: str) -> None:
    assert Lines(text).of(("a", 0)) == 1


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="abtrue019.-+:,[]{}&*!|>'\"%@#?~ \n\t<=é語", max_size=40))
def test_any_text_is_data_or_a_problem_with_a_line(text: str) -> None:
    try:
        parse(text)
    except YamlProblem as problem:
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.message


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(10**30) + 1, 10**30 - 1),
            st.text(alphabet=st.characters(codec="ascii"), max_size=8),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
        ),
    )
)
def test_json_is_read_as_it_is(data: Any) -> None:
    import json

    assert parse(json.dumps(data)) == data
