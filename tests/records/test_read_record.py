"""Records: typed where the text is right, every problem with its line where it is not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
import yaml
from msgspec import Meta

from advisor.records import Problem, RecordError, problems_in, read_record, told


def wrong(reason: str) -> pytest.MarkDecorator:
    """Mark what the program does not do yet, and should."""
    return pytest.mark.xfail(strict=True, reason=reason)


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Cat(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="cat"):
    lives: Annotated[int, Meta(gt=0)]


class Dog(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="dog"):
    owner: str


class House(_Strict, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    colour: Literal["red", "blue"] = "red"
    pets: tuple[Cat | Dog, ...] = ()
    rooms: dict[Literal["kitchen", "hall"], int] = {}
    beside: Cat | None = None
    height: float | None = None
    tags: tuple[str, ...] | None = None


def _problems(text: str) -> list[Problem]:
    with pytest.raises(RecordError) as caught:
        read_record(text, House)
    return caught.value.problems


def test_a_record_that_is_right() -> None:
    text = (
        "name: no\npets:\n  - {kind: cat, lives: 9}\n  - {kind: dog, owner: 2026-01-01}\nrooms: {hall: 2}\nheight: 3\n"
    )
    house = read_record(text, House)
    assert house == House(name="no", pets=(Cat(lives=9), Dog(owner="2026-01-01")), rooms={"hall": 2}, height=3.0)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("colour: red\n", [(1, "'name' is missing")]),
        ("name: x\ncolor: red\n", [(2, "color: unknown key 'color'; did you mean 'colour'?")]),
        ("name: x\nzzz: red\n", [(2, "zzz: unknown key 'zzz'")]),
        ("name: x\ncolour: green\n", [(2, "colour: Invalid enum value 'green'")]),
        ("name: ''\n", [(1, "name: Expected 'str' of length >= 1")]),
        ("name: x\n\npets:\n  - kind: cat\n    lives: 0\n", [(5, "pets.0.lives: Expected 'int' >= 1")]),
        ("name: x\npets:\n  - {kind: cow}\n", [(3, "pets.0.kind: 'kind' must be one of cat, dog")]),
        ("name: x\npets:\n  - {lives: 3}\n", [(3, "pets.0: 'kind' must be one of cat, dog")]),
        ("name: x\npets:\n  - {kind: dog, lives: 3}\n",
         [(3, "pets.0.lives: unknown key 'lives'"), (3, "pets.0: 'owner' is missing")]),
        ("name: x\nrooms:\n  hall: 1\n  cellar: 2\n", [(4, "rooms.cellar: 'cellar' is not allowed here")]),
        ("name: x\nrooms:\n  hall: one\n", [(3, "rooms.hall: Expected 'int', got 'str'")]),
        ("name: x\nbeside: {kind: cat}\n", [(2, "beside: 'lives' is missing")]),
        ("name: x\nbeside: {kind: cat, lives: 1, fur: 2}\n", [(2, "beside.fur: unknown key 'fur'")]),
        ("name: [\n", [(2, "did not find expected node content")]),
        ("name: x\nname: y\n", [(2, "key 'name' stands twice")]),
        ("- name\n", [(1, "Expected 'object', got 'array'")]),
        ("", [(1, "Expected 'object', got 'null'")]),
        ("name: x\ntags: red\n", [(2, "tags: Expected 'array | null', got 'str'")]),
    ],
)  # fmt: skip
def test_a_problem_and_its_line(text: str, problems: list[tuple[int, str]]) -> None:
    assert sorted(_problems(text)) == sorted(Problem(*p) for p in problems)


def test_every_problem_is_told_in_order_of_lines() -> None:
    text = "colour: green\nname: 5\npets:\n  - {kind: cat, lives: many}\n  - {kind: cow}\nheight: tall\nfoo: 1\n"
    assert [p.line for p in _problems(text)] == [1, 2, 4, 5, 6, 7]


def test_problems_are_listed_with_the_file() -> None:
    with pytest.raises(RecordError) as caught:
        read_record("zzz: 1\nname: 2\n", House)
    assert caught.value.listed("house.yaml") == [
        "house.yaml:1: zzz: unknown key 'zzz'",
        "house.yaml:2: name: Expected 'str', got 'int'",
    ]


@wrong("`kind in tags` with a list is a TypeError")
def test_a_list_in_the_place_of_a_kind() -> None:
    assert [p.line for p in _problems("name: x\npets:\n  - {kind: [cat]}\n")] == [3]


@wrong("the message speaks msgspec's language: \"Expected 'array | null', got 'str'\"")
def test_a_word_in_the_place_of_a_list_is_told_in_words() -> None:
    (problem,) = _problems("name: x\ntags: red\n")
    assert "null" not in problem.message
    assert "list" in problem.message


@pytest.mark.parametrize(
    "data",
    [{"name": "x"}, {"name": "x", "height": 1}, {"name": "x", "beside": None}, {"name": "x", "pets": []}],
)
def test_right_data_has_no_problems(data: Any) -> None:
    assert problems_in(data, House) == []


def test_the_deepest_cause_is_told() -> None:
    data = {"name": "x", "pets": [{"kind": "cat", "lives": 1}, {"kind": "cat", "lives": "x"}]}
    assert [path for path, _ in problems_in(data, House)] == [("pets", 1, "lives")]


@pytest.mark.parametrize(("path", "text"), [((), "m"), (("a",), "a: m"), (("a", 0, "b"), "a.0.b: m")])
def test_the_place_stands_before_the_message(path: tuple[str | int, ...], text: str) -> None:
    assert told(path, "m") == text


@wrong("every problem composes the whole text again to find its line: 13 s for a file with 3000 of them")
def test_lines_are_found_in_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    readings: list[str] = []
    compose = yaml.compose

    def counted(text: str, *more: Any, **named: Any) -> Any:
        readings.append(text)
        return compose(text, *more, **named)

    monkeypatch.setattr(yaml, "compose", counted)
    text = "name: x\ntags:\n" + "".join(f"  - {number}\n" for number in range(30))
    assert [p.line for p in _problems(text)] == list(range(3, 33))
    assert 1 <= len(readings) <= 2
