"""An organisation's own records: they add and replace facts, and never break the catalog unnoticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.load import Catalog
from advisor.catalog.overlay import lay_over
from advisor.catalog.references import problems_of
from advisor.errors import DataError, UserError
from advisor.shown import find

MODEL = "models/maker/model.yaml"
OTHER = "licenses/Free.yaml"
SOURCES = "sources: [{ref: x, accessed: 2026-11-20, kind: card}]"


@pytest.fixture
def laid(made: Any, tmp_path: Path) -> Any:
    """Return a function that lays files (path to text), as one folder each, over the tiny catalog."""

    def lay(*layers: dict[str, str], base: Catalog | None = None) -> Catalog:
        folders = []
        for number, layer in enumerate(layers):
            folders.append(tmp_path / f"layer-{number}")
            for path, text in layer.items():
                target = folders[-1] / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        overlaid = lay_over((base or made.catalog()).snapshot, tuple(folders))
        return Catalog(overlaid.snapshot, overlaid.layers)

    return lay


def without_digest(holder: Any) -> Any:
    """Return the snapshot of a catalog or an overlay, its digest left out."""
    return msgspec.structs.replace(holder.snapshot, digest="")


@pytest.mark.parametrize("text", ["{}\n", "name: Model\n", "# only said again\nprovider: maker\nfamily: family\n"])
def test_saying_again_what_is_said_changes_nothing_but_the_digest(made: Any, laid: Any, text: str) -> None:
    base = made.catalog()
    over = laid({MODEL: text}, base=base)
    assert without_digest(over) == without_digest(base)
    assert over.snapshot.digest != base.snapshot.digest


@given(data=st.data())
def test_every_shipped_record_may_be_laid_over_itself(
    shipped: Catalog, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    model_id = data.draw(st.sampled_from(sorted(shipped.models)))
    facts = msgspec.to_builtins(shipped.models[model_id])
    kept = data.draw(st.lists(st.sampled_from(sorted(facts)), unique=True))
    folder = tmp_path_factory.mktemp("own")
    target = folder / "models" / f"{model_id}.yaml"
    target.parent.mkdir(parents=True)
    target.write_bytes(msgspec.json.encode({fact: facts[fact] for fact in kept}))
    assert without_digest(lay_over(shipped.snapshot, (folder,))) == without_digest(shipped)


def test_a_fact_group_replaces_the_one_below_and_the_rest_stays(made: Any, laid: Any) -> None:
    over = laid({MODEL: f"notes: [ours]\ncontext:\n  native: 4096\n  {SOURCES}\n"})
    assert (over.models[made.subject].context.native, over.models[made.subject].context.extended) == (4096, None)
    assert over.models[made.subject].tasks == made.model().tasks
    assert {"notes", "context"} <= set(find(over, made.subject).layers)
    assert "tasks" not in find(over, made.subject).layers


def test_the_newest_reading_dates_the_catalog(laid: Any) -> None:
    text = "gated:\n  value: true\n  sources: [{ref: ours, accessed: 2026-11-21, kind: repository}]\n"
    assert laid({MODEL: text}).snapshot.as_of == "2026-11-21"


def test_a_later_layer_wins(made: Any, laid: Any) -> None:
    over = laid({MODEL: "name: First\ndescription: kept\n"}, {MODEL: "name: Second\n"})
    assert (over.models[made.subject].name, over.models[made.subject].description) == ("Second", "kept")


def test_the_digest_depends_on_the_files_alone(made: Any, laid: Any) -> None:
    once, again = laid({MODEL: "{}"}), laid({MODEL: "{}"})
    assert once.snapshot.digest == again.snapshot.digest
    assert once.snapshot.digest != laid({MODEL: "name: Model\n"}).snapshot.digest


def test_what_a_family_says_reaches_its_members(made: Any, laid: Any) -> None:
    family = {"family": msgspec.structs.replace(made.records()["families"]["family"], tasks=made.tasks("chat"))}
    base = made.catalog(made.model(tasks=None), families=family)
    over = laid({"families/family.yaml": f"tasks:\n  names: [chat, vision]\n  {SOURCES}\n"}, base=base)
    assert over.models[made.subject].tasks.names == ("chat", "vision")


def test_what_a_member_says_itself_is_not_its_familys(made: Any, laid: Any) -> None:
    family = {"family": msgspec.structs.replace(made.records()["families"]["family"], tasks=made.tasks("code"))}
    base = made.catalog(made.model(tasks=made.tasks("chat")), families=family)
    over = laid({"families/family.yaml": f"tasks:\n  names: [vision]\n  {SOURCES}\n"}, base=base)
    assert over.models[made.subject].tasks.names == ("chat",)


def test_an_overlay_of_a_family_reaches_shipped_models(shipped: Catalog, tmp_path: Path) -> None:
    family = shipped.snapshot.families["qwen3"]
    members = {m for m, r in shipped.models.items() if r.family == "qwen3" and r.languages == family.languages}
    assert len(members) > 3
    target = tmp_path / "own" / "families" / "qwen3.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(f"languages: {{tags: [cu], {SOURCES}}}\n")
    over = lay_over(shipped.snapshot, (tmp_path / "own",)).snapshot
    assert {over.models[m].languages.tags for m in members} == {("cu",)}
    assert {m for m in shipped.models if over.models[m] != shipped.models[m]} == members


@pytest.mark.parametrize(
    ("path", "text", "line", "told"),
    [
        (MODEL, "name: M\nlicence: MIT\n", 2, "unknown key 'licence'; did you mean 'license'?"),
        (MODEL, "name: M\nprovider: nobody\n", 2, "no provider 'nobody'"),
        (MODEL, "family: famly\n", 1, "no family 'famly'; did you mean 'family'?"),
        (MODEL, f"\nlicense:\n  id: Fre\n  {SOURCES}\n", 2, "no license 'Fre'; did you mean 'Free'?"),
        (MODEL, f"context:\n  native: 0\n  {SOURCES}\n", 2, "context.native: expected a whole number >= 1"),
        (MODEL, "context:\n  native: 10\n", 1, "'sources' is missing"),
        (MODEL, "name: M\nname: N\n", 2, "key 'name' stands twice"),
        (MODEL, "name: [\n", 2, ""),
        (MODEL, "just text\n", 1, "expected keys with values, got text"),
        (
            MODEL, f"lineage:\n  trained: derived\n  base_models:\n    - {{id: a/b, relation: merge}}\n  {SOURCES}\n",
            4, "no model 'a/b'",
        ),
        (
            MODEL,
            f"lineage:\n  trained: derived\n  base_models: [{{id: maker/model, relation: merge}}]\n  {SOURCES}\n",
            1, "is its own ancestor",
        ),
        ("models/maker/new.yaml", "name: New\n", 1, "' is missing"),
        (
            "benchmarks/own.yaml",
            "name: Own\npublisher: us\npublisher_type: own\nharness: h\nharness_version: '1'\ndate: 2026-11-20\n"
            f"metric: m\nfloor: 0.5\nceiling: 1\nfloor_why: w\nlicense: MIT\n{SOURCES}\nresults:\n  maker/modl:\n"
            "    score: 1\n",
            14, "no model 'maker/modl'; did you mean 'maker/model'?",
        ),
        (
            "quantizations/gguf.yaml", "entries:\n  Q4_K_M: {increase: 0.2}\n  Q8_0: {like: Q4_0}\n", 3,
            "counts like 'Q4_0', which the table does not measure",
        ),
        ("quantizations/gguf.yaml", "\nentries:\n  Q8_0: {increase: 0.1}\n", 2, "the loss of Q4_K_M, the default"),
        ("families/family.yaml", "name: F\nparent: family\n", 2, "is its own parent's parent"),
        (MODEL, "name: M\nnotes: [&a x, *a]\n", 2, "anchors and aliases are not accepted"),
        ("models/model.yaml", "name: M\n", 1, "lies where no record is read"),
        ("models/maker/model.yml", "name: M\n", 1, "lies where no record is read"),
        ("model/maker/model.yaml", "name: M\n", 1, "lies where no record is read"),
        ("articles/003.yaml", "number: '003'\n", 1, "lies where no record is read"),
        ("providers/new.yaml", f"name: N\nhub_orgs: [maker]\n{SOURCES}\n", 2, "already belongs to"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_listed_with_file_and_line(laid: Any, path: str, text: str, line: int, told: str) -> None:
    with pytest.raises(DataError) as refused:
        laid({path: text, OTHER: "{}"})
    assert refused.value.exit_code == 3
    assert refused.value.problems[0].startswith(f"layer-0/{path}:{line}: ")
    assert told in refused.value.problems[0]


def test_all_problems_of_all_files_are_listed(laid: Any) -> None:
    with pytest.raises(DataError) as refused:
        laid({MODEL: "a: 1\nb: 2\n", "licenses/Free.yaml": "c: 3\n"}, {MODEL: "d: 4\n"})
    assert len(refused.value.problems) == 4


@pytest.mark.parametrize("layer", ["absent", "empty"])
def test_a_folder_without_records_is_refused(made: Any, tmp_path: Path, layer: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=layer):
        lay_over(made.catalog().snapshot, (tmp_path / layer,))


def test_what_an_overlay_breaks_elsewhere_is_placed_at_its_folder(laid: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        laid({OTHER: "{}"}, {"providers/maker.yaml": "hub_orgs: [nobody]\n"})
    (problem,) = refused.value.problems
    assert problem.startswith(f"{tmp_path / 'layer-1'}:1: breaks models/maker/model: publisher 'maker' has no record")


def test_the_shipped_catalog_holds_together(shipped: Catalog) -> None:
    assert problems_of(shipped.snapshot) == []
