"""From `--policy` to checked policies: names, files, what cannot be read, what hangs on the day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import DataError, UnknownNameError
from advisor.needs.policies import load_policies, turning_points
from advisor.needs.resolve import resolve

DAY = "2026-11-01"


@pytest.fixture
def written(made: Any, tmp_path: Path) -> Any:
    """Return a function that writes a policy to a file and returns the path as text."""

    def write(*rules: dict[str, Any], name: str = "own.yaml", **facts: Any) -> str:
        content = {"name": "Own", "description": "d", "notice": "n", "rules": list(rules), **facts}
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def catalog(made: Any) -> Any:
    policy = made.policy(made.rule("origin", deny=["CN"]), aliases=["home"])
    return made.catalog(policies={"house": policy})


@pytest.mark.parametrize("name", ["house", "HOUSE", "home"])
def test_a_policy_of_the_catalog_by_its_names(catalog: Any, name: str) -> None:
    [used] = load_policies([name, "house"], catalog, DAY)
    assert (used.id, used.origin, used.remarks) == ("house", "catalog", ())
    assert len(used.digest) == 64
    assert used.policy["rules"][0]["kind"] == "origin"


def test_a_policy_from_a_file(catalog: Any, made: Any, written: Any) -> None:
    path = written(made.rule("origin", deny=["CN"]))
    house, own = load_policies(["house", path], catalog, DAY)
    assert (own.id, own.origin) == ("own", path)
    assert own.digest != house.digest


def test_two_files_of_one_name_stay_apart(catalog: Any, made: Any, written: Any) -> None:
    rule = made.rule("origin", deny=["CN"])
    one, other = written(rule, name="a/house.yaml"), written(rule, name="b/house.yaml")
    assert [used.id for used in load_policies(["house", one, other], catalog, DAY)] == ["house", one, other]


def test_a_digest_does_not_hang_on_layout(catalog: Any, made: Any, written: Any, tmp_path: Path) -> None:
    path = written(made.rule("origin", deny=["CN"]), mode="enforce")
    [before] = load_policies([path], catalog, DAY)
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    del content["mode"]
    Path(path).write_text(json.dumps(dict(reversed(content.items()))), encoding="utf-8")
    assert load_policies([path], catalog, DAY)[0].digest == before.digest


def test_an_unknown_name_offers_the_nearest(catalog: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown policy 'hous'\. Did you mean house") as caught:
        load_policies(["hous"], catalog, DAY)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "own.yaml:1: the policy cannot be read: No such file"),
        (b"name: \xff", "own.yaml:1: is not UTF-8 text"),
        (b"name: [", "own.yaml:"),
        (b"", "own.yaml:1: 'rules' is missing"),
        (b"name: x\nnotice: n\ndescription: d\nrules: []\n", "own.yaml:4: rules: expected a list of length >= 1"),
        (b"name: x\nmood: y\n", "own.yaml:2: mood: unknown key 'mood'; did you mean 'mode'?"),
        (
            b"name: x\nnotice: n\ndescription: d\nrules:\n  - id: a\n    kind: licence\n",
            "own.yaml:6: rules.0.kind: 'kind' must be one of license,",
        ),
    ],
)
def test_what_cannot_be_read_stops_with_every_problem(
    catalog: Any, tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_policies([str(path), "house"], catalog, DAY)
    assert any(told in problem for problem in caught.value.problems), caught.value.problems
    assert caught.value.exit_code == 3


def test_problems_of_all_files_are_told_with_lines(catalog: Any, made: Any, written: Any) -> None:
    one = written(made.rule("license", allow=["Fre"]), name="one.yaml")
    other = written(made.rule("origin"), name="other.yaml")
    with pytest.raises(DataError) as caught:
        load_policies([one, other], catalog, DAY)
    told = "\n".join(caught.value.problems)
    assert "the catalog has no license 'Fre'" in told and "asks nothing" in told
    assert all(problem.split(":")[1].isdigit() for problem in caught.value.problems)


def test_two_policies_that_contradict_each_other(catalog: Any, made: Any, written: Any) -> None:
    path = written(made.rule("developer", "only", allow=["other"]))
    with pytest.raises(DataError, match=r"own.yaml:\d+: rule 'rule' of policy 'house' and rule 'only' of policy 'own'"):
        load_policies(["house", path], catalog, DAY)
    assert load_policies([path], catalog, DAY)


def test_remarks_and_turning_points(catalog: Any, made: Any, written: Any) -> None:
    rule = made.rule("origin", deny=["CN"])
    rules = [rule | {"id": "new", "from": "2027-01-01"}, rule | {"id": "old", "until": "2026-06-30"}]
    rules.append(rule | {"id": "soon-over", "until": "2026-12-31"})
    exceptions = [made.excepted("new", expires="2026-02-01"), made.excepted("old", approved="2026-12-01")]
    used = load_policies([written(*rules, exceptions=exceptions)], catalog, DAY)
    assert used[0].remarks == (
        "rule 'new' begins on 2027-01-01",
        "rule 'old' ended on 2026-06-30",
        "the exception of maker/model to 'new' expired on 2026-02-01",
        "the exception of maker/model to 'old' was approved only on 2026-12-01",
    )
    assert turning_points(used, DAY, "2026-11-30") == []
    assert turning_points(used, DAY, "2025-01-01") == []
    assert turning_points(used, DAY, "2026-12-15") == [
        "policy 'own': the exception of maker/model to 'old' was approved only on 2026-12-01"
    ]
    assert set(turning_points(used, DAY, "2027-01-01")) == {
        "policy 'own': rule 'new' begins on 2027-01-01",
        "policy 'own': rule 'soon-over' ended on 2026-12-31",
        "policy 'own': the exception of maker/model to 'old' was approved only on 2026-12-01",
        "policy 'own': the exception of maker/model to 'old' expired on 2026-12-31",
    }


def test_a_requirements_file_names_policies_as_seen_from_its_folder(catalog: Any, tmp_path: Path) -> None:
    file = tmp_path / "needs.yaml"
    file.write_text("policy: [house, ./own.yaml, /elsewhere/their.yaml]\n", encoding="utf-8")
    named = resolve({}, catalog, file).policy
    assert named == ("house", f"{tmp_path}/./own.yaml", "/elsewhere/their.yaml")
    assert resolve({"policy": ("home",)}, catalog, file).policy == ("home",)
