"""What is kept, what `recommend` takes from it, comparisons, bake-offs and blind sheets."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench_maker import HOST, SHA256, reply, run

from advisor.catalog.load import Catalog
from advisor.engine.interface import Diagnosis
from advisor.errors import DataError, UserError
from advisor.local_evidence import host_id
from advisor.smoke import store
from advisor.smoke.bench import Performance, SpeedTest
from advisor.smoke.blind import print_sheets, rate
from advisor.smoke.comparison import bakeoff, compare
from advisor.smoke.document import SmokeResult
from advisor.smoke.evidence import local_results, of_result

OURS = """
at_least: 0.5
cases:
  - {id: one, prompt: "Say a", task: chat, rules: [{contains: [a]}]}
  - {id: two, prompt: "Say b", task: chat, rules: [{contains: [b]}]}
  - {id: three, prompt: "Say c", task: chat, rules: [{contains: [c]}]}
  - {id: four, prompt: "Say d", task: chat, rules: [{contains: [d]}]}
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what tests keep in a folder of their own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "advisor" / "smoke"


def result(letters: str = "abcd", **changes: Any) -> SmokeResult:
    """Return the result of a model that knows some letters."""
    done = run(OURS, lambda q: reply(q.messages[-1].content[-1] if q.messages[-1].content[-1] in letters else "?"))
    return msgspec.structs.replace(done, **changes)


def measured(*rates: float, load: float = 1.0) -> Performance:
    mean = sum(rates) / len(rates)
    spread = (sum((rate - mean) ** 2 for rate in rates) / max(len(rates) - 1, 1)) ** 0.5
    test = SpeedTest(
        n_prompt=0, n_gen=64, avg_ns=1, stddev_ns=0, avg_ts=mean, stddev_ts=spread, median_ts=sorted(rates)[1],
        samples_ns=(1,), samples_ts=rates,
    )  # fmt: skip
    return Performance(load_seconds=load, generation_tokens_per_second=sorted(rates)[1], tests=(test,))


def test_results_are_kept_by_file_and_machine_and_read_again(own_folder: Path) -> None:
    done = result()
    path = store.keep(done)
    assert path and path.parent == own_folder / SHA256 / host_id(HOST)
    assert path.name.startswith("2026-11-25-")
    assert [kept for kept, _ in store.kept()] == [done]
    assert store.keep(done) == path
    (own_folder / SHA256 / "x").mkdir()
    (own_folder / SHA256 / "x" / "bad.json").write_text("{", encoding="ascii")
    deep = msgspec.json.encode(done).replace(b'"isolation":{', b'"isolation":{"deep":' + b"[" * 100_000)
    (own_folder / SHA256 / "x" / "deep.json").write_bytes(deep)
    for kind in ("sheets", "ratings"):
        (own_folder / kind).mkdir()
        (own_folder / kind / "no-text.json").write_bytes(b'[{"document": "\xff", "won": 1, "made": 1}]')
    assert (list(store.keys()), store.preferences()) == ([], {})
    (own_folder / SHA256 / "x" / "no-text.json").write_bytes(b'{"schema": "\xff"}')
    assert len(list(store.kept())) == 1
    assert not [path for path in own_folder.rglob(".*") if path.is_file()]


def test_what_is_no_result_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(UserError, match="there is no file"):
        store.read(file)
    file.write_text('{"schema": "advisor.smoke/1"}', encoding="ascii")
    with pytest.raises(DataError, match="no result"):
        store.read(file)
    file.write_bytes(msgspec.json.encode(result(schema="advisor.smoke/2")))
    with pytest.raises(DataError, match=r"advisor\.smoke/2"):
        store.read(file)


def test_own_prompts_become_evidence(shipped: Catalog) -> None:
    found = of_result(result("abc"), "d" * 64, shipped, frozenset(), (2.5, 4))
    (own,) = found.own
    assert (own.suite, own.task, own.passed, own.cases, own.preferred, own.compared) == ("test", "chat", 3, 4, 2.5, 4)
    assert own.passed_low < 3 / 4 and own.value == pytest.approx((own.passed_low + own.preferred_low) / 2)
    assert of_result(result(), "d" * 64, shipped, frozenset({"test"}), (0, 0)).own == ()


def test_flags_that_an_engine_calls_otherwise_are_not_taken_for_numbers(shipped: Catalog) -> None:
    done = result()
    assert done.engine
    odd = msgspec.structs.replace(done.engine, flags={"n_ctx": "8k", "n_gpu_layers": "all"})
    found = of_result(msgspec.structs.replace(done, engine=odd), "d" * 64, shipped, frozenset(), (0, 0))
    assert (found.context, found.gpu_layers) == (done.asked.context, 0)


LANGUAGE = "at_least: SHARE\ncases:\n" + "".join(
    f'  - {{id: c{n}, prompt: "{n}", language: en, rules: [{{language: en}}]}}\n' for n in range(4)
)
ENGLISH = "The weather will be fine tomorrow, and the ferry to the island leaves every hour from the old harbour."
JAPANESE = "明日は天気が良く、島へのフェリーは毎時、古い港から出発します。どうぞお気をつけてお越しください。"


@pytest.mark.parametrize(("right", "share", "verdict"), [(4, 1.0, "pass"), (3, 0.75, "pass"), (2, 0.75, "fail")])
def test_languages_become_evidence(right: int, share: float, verdict: str, shipped: Catalog) -> None:
    pytest.importorskip("pycld2")
    done = run(
        LANGUAGE.replace("SHARE", str(share)),
        lambda q: reply(ENGLISH if int(q.messages[-1].content) < right else JAPANESE),
    )
    (found,) = of_result(done, "d" * 64, shipped, frozenset({"test"}), (0, 0)).languages
    assert (found.language, found.verdict, found.passed, found.cases) == ("en", verdict, right, 4)


def test_what_was_not_decided_is_no_evidence_against_a_model(shipped: Catalog) -> None:
    def undecided(*cases: str) -> SmokeResult:
        done = result()
        checks = tuple(
            msgspec.structs.replace(check, verdict="unknown") if check.case in cases else check for check in done.checks
        )
        return msgspec.structs.replace(done, checks=checks)

    (own,) = of_result(undecided("three", "four"), "d" * 64, shipped, frozenset(), (0, 0)).own
    assert (own.passed, own.cases) == (2, 2)
    nothing = undecided("one", "two", "three", "four")
    assert of_result(nothing, "d" * 64, shipped, frozenset(), (0, 0)).own == ()


def test_a_run_in_which_the_engine_failed_says_nothing_of_the_model(shipped: Catalog, own_folder: Path) -> None:
    assert store.keep(result())
    assert len(local_results(shipped)) == 1
    shutil.rmtree(own_folder)
    assert store.keep(result(failure=Diagnosis(code="oom", message="killed", next_step="")))
    assert local_results(shipped) == ()


def test_without_what_identifies_a_language_its_outcome_is_not_a_fail(shipped: Catalog) -> None:
    done = result()
    checks = tuple(
        msgspec.structs.replace(check, id=f"{check.suite}.{check.case}.language", language="ja", verdict="unknown")
        if check.case
        else check
        for check in done.checks
    )
    blind = msgspec.structs.replace(done, checks=checks)
    assert of_result(blind, "d" * 64, shipped, frozenset({"test"}), (0, 0)).languages == ()


def test_speed_of_experts_is_only_used_where_their_share_is_known(shipped: Catalog) -> None:
    done = result()
    assert of_result(done, "d", shipped, frozenset(), (0, 0)).active_bytes == 2_000_000_000
    mixed = msgspec.structs.replace(done, model=msgspec.structs.replace(done.model, expert_count=8))
    assert of_result(mixed, "d", shipped, frozenset(), (0, 0)).active_bytes is None
    record = next(m for m in shipped.models if (p := shipped.models[m].parameters) and p.active and p.active < p.total)
    known = msgspec.structs.replace(mixed, model=msgspec.structs.replace(mixed.model, id=record))
    counts = shipped.models[record].parameters
    assert counts and counts.active
    share = counts.active / counts.total
    assert of_result(known, "d", shipped, frozenset(), (0, 0)).active_bytes == int(2_000_000_000 * share)


def test_comparisons_say_what_is_noise() -> None:
    one = result(performance=measured(10.0, 10.5, 9.5))
    close, far = result(performance=measured(10.4, 10.1, 10.9)), result("abc", performance=measured(20.0, 20.5, 19.5))
    row = {f.name: f for f in compare([(one, "1"), (close, "2")]).figures}["generation_tokens_per_second"]
    assert row.within_noise and row.change == pytest.approx(0.04)
    document = compare([(one, "1"), (far, "2")])
    assert not {f.name: f for f in document.figures}["generation_tokens_per_second"].within_noise
    assert [(c.id, c.verdicts) for c in document.checks if not c.same] == [("test.four.contains", ("pass", "warn"))]
    assert document.notes == ()


def test_a_figure_that_one_result_lacks_is_no_null() -> None:
    document = compare([(result(performance=measured(10.0, 10.1, 10.2)), "1"), (result(performance=None), "2")])
    assert b"null" not in msgspec.json.encode(document)
    assert document.figures[0].values == (1.0, "-")


def test_comparisons_say_what_else_is_different() -> None:
    other = msgspec.structs.replace(HOST, cpu_name="Other")
    document = compare([(result(), "1"), (result(host=other), "2")])
    assert document.notes == ("the machine is not the same",)


def test_bake_offs_rank_by_share_and_say_what_cannot_be_told_apart() -> None:
    document = bakeoff([(result("a"), "1"), (result("abcd"), "2"), (result("abc"), "3")])
    assert [(c.document, c.passed, c.within_noise_of_best) for c in document.contenders] == [
        ("2", 4, False), ("3", 3, True), ("1", 1, True),
    ]  # fmt: skip
    assert document.exit_code == 0
    assert bakeoff([(result("a"), "1"), (result(""), "2")]).exit_code == 1


Fill = Callable[[str, str], str]


def filled(text: str, choose: Fill) -> str:
    """Return a sheet with marks: by what stands under A and B."""
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows([row | {"better": choose(row["answer A"], row["answer B"])} for row in rows])
    return out.getvalue()


def test_blind_sheets_go_out_and_come_back(tmp_path: Path, shipped: Catalog) -> None:
    one, two = result("abcd"), result("ab")
    digests = [path.read_bytes() and store.read(path)[1] for path in map(store.keep, (one, two)) if path]
    target = tmp_path / "sheet.csv"
    sheets = print_sheets([(one, digests[0]), (two, digests[1])], target)
    assert list(sheets) == [target]
    assert digests[0] not in sheets[target]
    target.write_text(
        filled(sheets[target], lambda a, b: "same" if a == b else "B" if a == "?" else "A"), encoding="utf-8"
    )
    for _ in range(2):  # read twice, counted once
        document = rate([target])
    (outcome,) = document.rated[0].outcomes
    assert (outcome.first, outcome.second, outcome.ties) == (2, 0, 2)
    assert store.preferences() == {digests[0]: (3.0, 4), digests[1]: (1.0, 4)}


def test_sheets_that_cannot_be_counted(tmp_path: Path) -> None:
    one, two = result("abcd"), result("ab")
    target = tmp_path / "sheet.csv"
    text = print_sheets([(one, "1" * 64), (two, "2" * 64)], target)[target]
    target.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="nothing is marked"):
        rate([target])
    target.write_text(filled(text, lambda a, b: "C"), encoding="utf-8")
    with pytest.raises(DataError) as raised:
        rate([target])
    assert len(raised.value.problems) == 4
    target.write_text("no,situation\n1,x\n", encoding="utf-8")
    with pytest.raises(UserError, match="key is not here"):
        rate([target])
    target.write_text("x" * 200_000, encoding="utf-8")
    with pytest.raises(UserError, match="key is not here"):
        rate([target])
    target.write_text(text.rstrip("\r\n") + "x" * 200_000, encoding="utf-8")
    with pytest.raises(DataError, match=r"sheet\.csv:1: is not the table that was printed: field larger"):
        rate([target])


def test_more_than_two_models_get_a_sheet_a_pair(tmp_path: Path) -> None:
    results = [(result("abcd"), "1" * 64), (result("ab"), "2" * 64), (result(""), "3" * 64)]
    assert [path.name for path in print_sheets(results, tmp_path / "s.csv")] == ["s-1-2.csv", "s-1-3.csv", "s-2-3.csv"]


SHOP = """
probes:
  - id: shop
    probe: politeness
    with: {system: s, situations: [{id: broken, prompt: 皿が割れていました。}, {id: late, prompt: まだ届きません。}]}
  - {id: twice, probe: same-twice, with: {prompt: Hello}}
"""


def test_replies_to_customers_of_a_shop_are_rated_by_people_for_what_no_measure_tells(tmp_path: Path) -> None:
    results = [
        (run(SHOP, lambda q, end=end: reply(f"申し訳ございません{end}"), lang=("ja",)), end * 64) for end in "12"
    ]
    table = print_sheets(results, tmp_path / "s.csv")[tmp_path / "s.csv"]
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert {row["situation"] for row in rows} == {"皿が割れていました。", "まだ届きません。"}
    assert {"politer", "meets what the customer meant", "warmer", "fit to be sent"} < set(rows[0])
