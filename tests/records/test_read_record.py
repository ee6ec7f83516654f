"""Records: typed where the text is right, every problem with its line where it is not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
import yaml
from msgspec import Meta

from advisor.catalog.schema import Country, Day, Sha256, Tag
from advisor.records import Problem, RecordError, convert, placed, problems_in, read_data, read_record


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


class A(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="a"):
    when: Day


class B(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="b"):
    where: Country


class Patterned(_Strict, frozen=True, kw_only=True):
    when: Day
    hash: Sha256 | None = None
    tags: tuple[Tag, ...] = ()
    parts: tuple[A | B, ...] = ()
    named: dict[str, A | B] = {}


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
        ("name: x\ncolour: green\n", [(2, "colour: unknown value 'green'")]),
        ("name: ''\n", [(1, "name: expected text of length >= 1")]),
        ("name: x\n\npets:\n  - kind: cat\n    lives: 0\n", [(5, "pets.0.lives: expected a whole number >= 1")]),
        ("name: x\npets:\n  - {kind: cow}\n", [(3, "pets.0.kind: 'kind' must be one of cat, dog")]),
        ("name: x\npets:\n  - {lives: 3}\n", [(3, "pets.0: 'kind' must be one of cat, dog")]),
        ("name: x\npets:\n  - {kind: dog, lives: 3}\n",
         [(3, "pets.0.lives: unknown key 'lives'"), (3, "pets.0: 'owner' is missing")]),
        ("name: x\nrooms:\n  hall: 1\n  cellar: 2\n", [(4, "rooms.cellar: 'cellar' is not allowed here")]),
        ("name: x\nrooms:\n  hall: one\n", [(3, "rooms.hall: expected a whole number, got text")]),
        ("name: x\nbeside: {kind: cat}\n", [(2, "beside: 'lives' is missing")]),
        ("name: x\nbeside: {kind: cat, lives: 1, fur: 2}\n", [(2, "beside.fur: unknown key 'fur'")]),
        ("name: [\n", [(2, "did not find expected node content")]),
        ("name: x\nname: y\n", [(2, "key 'name' stands twice")]),
        ("- name\n", [(1, "expected keys with values, got a list")]),
        ("", [(1, "'name' is missing")]),
        ("# nothing\n", [(1, "'name' is missing")]),
        ("null\n", [(1, "'name' is missing")]),
        ("just words\n", [(1, "expected keys with values, got text")]),
        ("name: x\ntags: red\n", [(2, "tags: expected a list, got text")]),
        ("name: x\ntags: [1]\n", [(2, "tags.0: expected text, got a whole number")]),
        ("name: x\nheight: true\n", [(2, "height: expected a number, got true or false")]),
        ("name: x\ncolour:\n", [(2, "colour: expected text, got nothing")]),
        ("name: x\n1: y\n", [(2, "1: unknown key '1'")]),
        ("name: x\npets:\n  - {kind: [cat]}\n", [(3, "pets.0.kind: 'kind' must be one of cat, dog")]),
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
        "house.yaml:2: name: expected text, got a whole number",
    ]


class Loose(_Strict, frozen=True, kw_only=True):
    count: int | str = 0


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}\n", "null\n", "---\n"])
def test_an_empty_text_is_an_empty_record(text: str) -> None:
    assert read_record(text, Loose) == Loose()


def test_either_of_two_kinds_is_told_in_words() -> None:
    with pytest.raises(RecordError, match=r"^count: expected a whole number or text, got a list$"):
        read_record("count: [1]\n", Loose)


@pytest.mark.parametrize(("count", "told"), [(50, 50), (51, 51), (70, 51)])
def test_at_most_fifty_problems_are_told(count: int, told: int) -> None:
    problems = _problems("name: x\n" + "".join(f"key{number}: 1\n" for number in range(count)))
    assert len(problems) == told
    assert [p.line for p in problems[:50]] == list(range(2, 52))
    if count > 50:
        assert problems[50] == Problem(52, f"and {count - 50} problems more")


TEXT = "name: 1\npets: none\n"


def test_only_what_the_text_states_is_told_of_a_whole_made_of_more() -> None:
    whole = {"name": 1, "pets": "none", "height": "tall", "rooms": 3}
    with pytest.raises(RecordError) as caught:
        convert(TEXT, whole, House, {"name", "pets"})
    assert [(p.line, p.message.split(":")[0]) for p in caught.value.problems] == [(1, "name"), (2, "pets")]
    assert convert(TEXT, {"name": "x", "height": 2}, House, set()) == House(name="x", height=2.0)


def test_a_key_that_is_no_text_is_told_of_a_whole_too() -> None:
    with pytest.raises(RecordError) as caught:
        convert("1: y\n", {"name": "x", 1: "y"}, House, {"1"})
    assert caught.value.problems == [Problem(1, "1: unknown key '1'")]


def test_plain_data_is_read_or_refused_with_its_line() -> None:
    assert read_data("a: [1, no]\n") == {"a": [1, "no"]}
    assert read_data("") is None
    with pytest.raises(RecordError) as caught:
        read_data("a: 1\na: 2\n")
    assert caught.value.problems == [Problem(2, "key 'a' stands twice")]


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
    assert placed(path, "m") == text


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


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("when: yesterday", 1, "when: expected text like"),
        ("when: '2026-01-01'\nhash: abc", 2, "hash: expected text like"),
        ("when: '2026-01-01'\ntags: [ja, Japanese]", 2, "tags.1: expected text like"),
        ("when: '2026-01-01'\nparts:\n  - {kind: b, where: Japan}", 3, "parts.0.where: expected text like"),
        ("when: '2026-01-01'\nnamed: {x: {kind: a, when: never}}", 2, "named.x.when: expected text like"),
    ],
    ids=["plain", "optional", "in a list", "in a union", "in keys"],
)
def test_texts_are_held_to_their_patterns(text: str, line: int, told: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_record(text, Patterned)
    assert [(p.line, p.message[: len(told)]) for p in caught.value.problems] == [(line, told)]


def test_texts_that_match_their_patterns_are_read() -> None:
    text = "when: '2026-01-01'\ntags: [ja, zh-Hans]\nparts: [{kind: b, where: JP}, {kind: a, when: '2026-01-02'}]"
    assert read_record(text, Patterned).tags == ("ja", "zh-Hans")
