"""YAML as people mean it: what a plain word becomes, what is refused, and at which line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.strict_yaml import YamlProblem, line_of, parse


def wrong(reason: str) -> pytest.MarkDecorator:
    """Mark what the program does not do yet, and should."""
    return pytest.mark.xfail(strict=True, reason=reason)


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "n", "y", "No", "NO"])
def test_norway_stays_a_country(word: str) -> None:
    assert parse(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    "word", ["2026-11-22", "2026-11", "12:30:45", "2026-11-22T10:00:00Z", "017", "0o17", "0x1F", "0b1", "1_000", "1:30",
             ".inf", ".nan", "-.inf", "1.", ".5", "=", "+", "-x", "1e", "v1.0"]
)  # fmt: skip
def test_what_only_looks_like_a_number_or_a_day_stays_text(word: str) -> None:
    assert parse(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-12", -12), ("+5", 5),
        ("1.50", 1.5), ("1e3", 1000.0), ("-2.5E-1", -0.25), ("'true'", "true"), ('"12"', "12"), ("!!str 12", "12"),
        ("9" * 30, int("9" * 30)),
    ],
)  # fmt: skip
def test_truth_numbers_and_nothing(word: str, value: Any) -> None:
    found = parse(f"a: {word}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("word", ["True", "TRUE", "False", "FALSE"])
@wrong("the core schema of YAML 1.2 reads True and TRUE as true; Python's people write them so")
def test_truth_in_capitals(word: str) -> None:
    assert parse(word) is (word.lower() == "true")


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
        ("a: *b\n", 1, "undefined alias"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: !!python/name:os.system x\n", 1, "could not determine a constructor"),
        ("a: !own x\n", 1, "could not determine a constructor"),
        ("a: !!int 5x\n", 1, "cannot be read"),
        ("a: !!timestamp 2026-99-99\n", 1, "cannot be read"),
        ("a: \x00\n", 1, "character"),
        ('a: "\\ud800"\n', 1, "Unicode"),
        ("%YAML 9.9\n---\na: 1\n", 1, "incompatible"),
        ("a: <<\n", 1, ""),
        ("<<: 3\n", 1, "expected a mapping"),
    ],
)
def test_what_is_refused_and_where(text: str, line: int, told: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(text)
    assert caught.value.line == line
    assert told in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", ["a: !!bool maybe", "a: !!map [1]", "a: !!int ''", "a: !!set [1]"])
@wrong("the constructors of PyYAML raise KeyError, TypeError, IndexError here, and they get through")
def test_tags_that_do_not_hold(text: str) -> None:
    with pytest.raises(YamlProblem):
        parse(text)


@pytest.mark.parametrize("text", ["a: !!set {x}", "a: !!binary aGk=", "a: !!timestamp 2026-01-01", "a: !!omap [x: 1]"])
@wrong("explicit tags still make sets, bytes, dates and pairs, which no record knows")
def test_only_plain_data_comes_out(text: str) -> None:
    with pytest.raises(YamlProblem):
        parse(text)


def test_aliases_and_merges_share_what_they_name() -> None:
    assert parse("base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\nagain: *b\n") == {
        "base": {"x": 1, "y": 2},
        "more": {"x": 1, "y": 3},
        "again": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}"])
@wrong("data that holds itself comes out as endless data")
def test_nothing_holds_itself(text: str) -> None:
    with pytest.raises(YamlProblem):
        parse(text)


def test_nesting_that_people_write_is_read() -> None:
    assert parse("[" * 30 + "]" * 30) is not None


@wrong("MAX_DEPTH is stated and not used; 100,000 levels end the process with SIGSEGV")
def test_nesting_has_an_end() -> None:
    with pytest.raises(YamlProblem):
        parse("[" * 60 + "]" * 60)


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
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet=st.characters(codec="ascii"), max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
        ),
    )
)
def test_json_is_read_as_it_is(data: Any) -> None:
    import json

    assert parse(json.dumps(data)) == data
