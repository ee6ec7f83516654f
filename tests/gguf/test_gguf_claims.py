"""What a file says of itself against the catalog: every contradiction is found, and agreement is none."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from typing import Any

import pytest
from gguf_files import F16, Q4_K, TEMPLATE, Gguf

from advisor.catalog import schema
from advisor.catalog.load import Catalog
from advisor.gguf import claims, identity
from advisor.gguf.examination import Examination, examine
from advisor.gguf.source import StreamSource
from advisor.inspect import Subject, inspect
from advisor.model_memory import Asked

FILE = "model-Q4_K_M.gguf"
SIZES = {"hidden": 512, "vocabulary": 32_000, "layers": 8, "forward": 2048}


def model_file(kind: int = Q4_K, template: str | None = TEMPLATE, **changes: Any) -> Gguf:
    """Return the file of the workshop's model: a change to None takes a key away."""
    keys = {
        "general.architecture": "llama", "general.license": "free", "general.languages": ["en", "ja"],
        "general.file_type": 15, "general.organization": "Maker", "llama.context_length": 32_768,
        **{name.replace("__", "."): value for name, value in changes.items()},
    }  # fmt: skip
    found = Gguf()
    for key, value in keys.items():
        if value is not None:
            found.add(key, value)
    if template is not None:
        found.add("tokenizer.chat_template", template)
    hidden, wide = SIZES["hidden"], SIZES["forward"]
    found.tensor("token_embd.weight", hidden, SIZES["vocabulary"], kind=kind)
    for layer in range(SIZES["layers"]):
        block = f"blk.{layer}."
        found.tensor(f"{block}attn_q.weight", hidden, 512, kind=kind).tensor(f"{block}attn_output.weight", 512, hidden)
        found.tensor(f"{block}attn_k.weight", hidden, 128).tensor(f"{block}attn_v.weight", hidden, 128)
        for name in ("ffn_gate", "ffn_up"):
            found.tensor(f"{block}{name}.weight", hidden, wide, kind=kind)
        found.tensor(f"{block}ffn_down.weight", wide, hidden, kind=kind)
    return found


def examined(model: Gguf, name: str = FILE) -> Examination:
    with ExitStack() as stack:
        return examine(name, lambda _: StreamSource(io.BytesIO(model.content())), stack)


@pytest.fixture(scope="module")
def catalog_with(made: Any) -> Callable[..., Catalog]:
    """Return a catalog with the workshop's model, of the size that the file has."""

    def build(**facts: Any) -> Catalog:
        known = {
            "parameters": made.parameters(45_000_000),
            "architecture": made.architecture(heads=8),
            "license": made.terms("Free"),
            **facts,
        }
        licenses = {"Free": made.license(aliases=("free",)), "Other": made.license(name="Other licence")}
        return made.catalog(made.model(**known), licenses=licenses)  # type: ignore[no-any-return]

    return build


def compared(
    catalog: Catalog, model: Gguf, name: str = FILE, sha: str | None = None, certain: bool = False
) -> tuple[dict[str, bool], dict[str, str]]:
    """Return which claims agree, and the severities of the contradictions by field."""
    found = examined(model, name)
    match = identity.find(catalog, name, found.header, sha)
    if certain:
        match = identity.of_artifact(catalog, "maker/model", "maker/model-GGUF", FILE)
    assert match
    rows, problems = claims.compare(found, match, catalog, sha)
    return {row.field: row.agrees for row in rows}, {p.code.removeprefix("claim-"): p.severity for p in problems}


def test_a_file_that_is_what_it_says(catalog_with: Callable[..., Catalog]) -> None:
    fields, problems = compared(catalog_with(), model_file())
    assert problems == {}
    assert fields == dict.fromkeys(
        ["architecture", "parameters", "context", "license", "languages", "quantization", "weights", "provider"], True
    )


CONTRADICTIONS = {
    "architecture": ({"general__architecture": "qwen2"}, "fail"),
    "context": ({"llama__context_length": 1_000_000}, "warn"),
    "context shorter": ({"llama__context_length": 4096}, "warn"),
    "license": ({"general__license": "other licence", "general__license__name": "x"}, "warn"),
    "license by name": ({"general__license": "other", "general__license__name": "Other licence"}, "warn"),
    "languages": ({"general__languages": ["en", "ko"]}, "warn"),
    "quantization": ({"general__file_type": 10}, "warn"),
    "provider": ({"general__organization": "Acme"}, "warn"),
    "publisher": ({"general__quantized_by": "Somebody"}, "warn"),
    "template": ({"template": None}, "warn"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(name: str, catalog_with: Callable[..., Catalog], made: Any) -> None:
    changes, severity = CONTRADICTIONS[name]
    catalog = catalog_with()
    licenses = {**catalog.licenses, "Other": made.license(aliases=("Other licence",))}
    catalog.licenses.update(licenses)
    _, problems = compared(catalog, model_file(**changes))
    assert problems == {name.split()[0]: severity}


def test_a_smaller_model_is_another_model(catalog_with: Callable[..., Catalog]) -> None:
    fields, problems = compared(catalog_with(), Gguf().add("general.architecture", "llama").tensor("x", 512, 512))
    assert not fields["parameters"]
    assert problems["parameters"] == "fail"


def test_without_a_shape_the_count_decides(catalog_with: Callable[..., Catalog], made: Any) -> None:
    fields, _ = compared(catalog_with(architecture=None), model_file())
    assert fields["parameters"]
    fields, _ = compared(catalog_with(architecture=None, parameters=made.parameters(90_000_000)), model_file())
    assert not fields["parameters"]


def test_weights_coarser_than_the_name(catalog_with: Callable[..., Catalog]) -> None:
    found = examined(model_file(general__file_type=7), "model-Q8_0.gguf")
    rows, _ = claims.compare(found, identity.Match("maker/model", "asked"), catalog_with(), None)
    told = {row.field: (row.agrees, row.file, row.catalog) for row in rows}
    assert told["quantization"] == (True, "Q8_0", "Q8_0")
    assert told["weights"] == (False, "mostly Q4_K", "Q8_0")


def test_finer_weights_than_the_name_are_no_fraud(catalog_with: Callable[..., Catalog]) -> None:
    fields, problems = compared(catalog_with(), model_file(kind=F16))
    assert fields["weights"]
    assert problems == {}


def test_the_makers_template(catalog_with: Callable[..., Catalog], made: Any) -> None:
    def template(*texts: str) -> schema.ChatTemplate:
        hashes = tuple(sha256(text.encode()).hexdigest() for text in texts)
        return schema.ChatTemplate(sha256=hashes, sources=made.sources)

    fields, _ = compared(catalog_with(chat_template=template("other", TEMPLATE)), model_file())
    assert fields["template"]
    fields, _ = compared(catalog_with(chat_template=template(TEMPLATE)), model_file(template=TEMPLATE + "\n"))
    assert fields["template"]
    fields, problems = compared(catalog_with(chat_template=template("other")), model_file())
    assert (fields["template"], problems) == (False, {"template": "warn"})


def test_size_and_hash_of_the_very_artifact(catalog_with: Callable[..., Catalog], made: Any) -> None:
    size = len(model_file().content())
    right = made.repository(made.file(size=None, sha256="b" * 64))
    known = schema.ArtifactFile(quantization="Q4_K_M", file=FILE, size_bytes=size, sha256="b" * 64)
    right = made.repository(known)
    catalog = catalog_with(artifacts=(right,))
    fields, problems = compared(catalog, model_file(), sha="b" * 64, certain=True)
    assert (fields["size"], fields["sha256"], problems) == (True, True, {})
    fields, problems = compared(catalog, model_file(), sha="c" * 64, certain=True)
    assert problems == {"sha256": "fail"}
    fields, problems = compared(catalog, model_file(), sha="c" * 64)
    assert problems == {"sha256": "warn"}, "a file name alone proves nothing"


def test_silence_is_no_contradiction(catalog_with: Callable[..., Catalog]) -> None:
    fields, problems = compared(
        catalog_with(license=None, languages=None, context=None, parameters=None, architecture=None,
                     instruction_tuned=None),
        Gguf(),
    )  # fmt: skip
    assert (fields, problems) == ({}, {})


def test_a_problem_stands_where_the_claim_stands(catalog_with: Callable[..., Catalog]) -> None:
    found = examined(model_file(general__organization="Acme"))
    match = identity.find(catalog_with(), FILE, found.header, None)
    assert match
    _, (problem,) = claims.compare(found, match, catalog_with(), None)
    assert problem.offset == found.header.entries["general.organization"].offset
    assert problem.message == "provider: the file says Acme, the catalog maker for maker/model"


# --- which model a file is --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(made: Any) -> Catalog:
    """Return two models; both have a file of the same name, and one has parts."""

    def with_files(*files: schema.ArtifactFile) -> schema.Model:
        return made.model(artifacts=(made.repository(*files),))  # type: ignore[no-any-return]

    def file(name: str, sha: str) -> schema.ArtifactFile:
        return schema.ArtifactFile(quantization="Q4_K_M", file=name, size_bytes=5, sha256=sha * 64)

    return made.catalog(  # type: ignore[no-any-return]
        {
            "maker/a": with_files(file("a-Q4_K_M.gguf", "a"), file("same-Q4_K_M.gguf", "b")),
            "maker/b": with_files(file("sub/b-00001-of-00002.gguf", "c"), file("same-Q4_K_M.gguf", "d")),
        }
    )


EMPTY = examined(Gguf().add("general.architecture", "llama"), "x.gguf").header


@pytest.mark.parametrize(
    ("name", "sha", "asked", "model", "how"),
    [
        ("a-Q4_K_M.gguf", None, None, "maker/a", "file name"),
        ("/some/where/A-q4_k_m.gguf", None, None, "maker/a", "file name"),
        ("b-00002-of-00002.gguf", None, None, "maker/b", "file name"),
        ("whatever.gguf", "d" * 64, None, "maker/b", "sha256"),
        ("a-Q4_K_M.gguf", "c" * 64, None, "maker/b", "sha256"),
        ("whatever.gguf", None, "maker/a", "maker/a", "asked"),
        ("a-Q4_K_M.gguf", None, "maker/b", "maker/b", "asked"),
    ],
)
def test_a_model_is_found(name: str, sha: str | None, asked: str | None, model: str, how: str, two: Catalog) -> None:
    match = identity.find(two, name, EMPTY, sha, asked)
    assert match
    assert (match.model, match.how) == (model, how)


@pytest.mark.parametrize("name", ["same-Q4_K_M.gguf", "nothing.gguf"])
def test_a_model_is_not_guessed(name: str, two: Catalog) -> None:
    assert identity.find(two, name, EMPTY, None) is None


def test_a_repository_in_the_header_names_the_model(two: Catalog) -> None:
    header = examined(Gguf().add("general.repo_url", "https://huggingface.co/maker/b"), "x.gguf").header
    match = identity.find(two, "x.gguf", header, None)
    assert match
    assert (match.model, match.how) == ("maker/b", "repository in the header")


def test_an_artifact_that_the_record_lacks(two: Catalog) -> None:
    match = identity.of_artifact(two, "maker/a", "packer/a-GGUF", "a-Q6_K.gguf")
    assert match == identity.Match("maker/a", "asked", "Q6_K", ("packer",))


@pytest.mark.parametrize(
    ("name", "quantization"),
    [
        ("Qwen3-8B-Q4_K_M.gguf", "Q4_K_M"), ("model.Q4_1.gguf", "Q4_1"), ("m-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("m-iq2_xxs-00001-of-00002.gguf", "IQ2_XXS"), ("m-BF16.gguf", "BF16"), ("m-fp16.gguf", "F16"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"), ("UD-Q2_K_XL/m-Q3_K_S.gguf", "Q3_K_S"), ("model.gguf", None),
        ("Q-model.gguf", None), ("m-TQ1_0.gguf", "TQ1_0"),
    ],
)  # fmt: skip
def test_quantizations_in_names(name: str, quantization: str | None) -> None:
    assert identity.quantization_in(name) == quantization


def test_a_file_is_known_by_its_name_in_a_folder_of_windows_too(
    catalog_with: Callable[..., Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisor.engine.memory_plan.installed", lambda: False)
    content = model_file().content()
    subject = Subject(FILE, lambda _: StreamSource(io.BytesIO(content)), rf"C:\models\{FILE}")
    match = inspect(subject, Asked(), catalog_with()).match
    assert match and (match.model, match.how) == ("maker/model", "file name")
