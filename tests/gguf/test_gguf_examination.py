"""All that is said of files without a catalog: several files, several templates, contents that are no model."""

from __future__ import annotations

import io
from contextlib import ExitStack
from hashlib import sha256

import pytest
from gguf_files import TEMPLATE, Gguf, tiny

from advisor.errors import UserError
from advisor.gguf.examination import Examination, examine
from advisor.gguf.shards import MOST_SHARDS, shard_names
from advisor.gguf.source import StreamSource


def examined(name: str, **files: Gguf | bytes) -> Examination:
    """Examine files in memory; `__` in a keyword stands for what cannot be in one."""
    contents = {k: v.content() if isinstance(v, Gguf) else v for k, v in files.items()}

    def opened(file: str) -> StreamSource | None:
        key = file.removesuffix(".gguf").replace("-", "_")
        return StreamSource(io.BytesIO(contents[key])) if key in contents else None

    with ExitStack() as stack:
        return examine(name, opened, stack)


def codes(found: Examination) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.file) for problem in found.problems]


def split(number: int, count: int = 2, total: int | None = None) -> Gguf:
    """Return one of two halves of a small model."""
    whole = tiny()
    part = Gguf()
    part.entries = list(whole.entries) if number == 0 else []
    part.tensors = whole.tensors[number::2]
    part.add("split.no", number, "uint16").add("split.count", count, "uint16")
    return part.add("split.tensors.count", len(whole.tensors) if total is None else total, "int32")


FIRST, SECOND = "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"


def test_one_file() -> None:
    found = examined("m.gguf", m=tiny())
    assert found.problems == ()
    assert found.verdict == "pass"
    assert found.size == len(tiny().content())
    assert found.template.present
    assert found.template.sha256 == sha256(TEMPLATE.encode()).hexdigest()


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"there is no file m\.gguf"):
        examined("m.gguf")
    with pytest.raises(UserError, match=f"there is no file {SECOND}"):
        examined(SECOND, m_00001_of_00002=split(0))


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_a_model_in_two_files_whichever_is_named(name: str) -> None:
    found = examined(name, m_00001_of_00002=split(0), m_00002_of_00002=split(1))
    assert found.problems == ()
    assert [shard.name for shard in found.shards] == [FIRST, SECOND]
    assert sum(len(shard.header.tensors) for shard in found.shards) == len(tiny().tensors)
    assert found.header.text("general.architecture") == "llama"


def test_a_missing_part_is_named() -> None:
    found = examined(FIRST, m_00001_of_00002=split(0))
    assert codes(found) == [("split-missing", SECOND)]
    assert found.verdict == "fail"


def test_a_part_under_a_wrong_name() -> None:
    found = examined(FIRST, m_00001_of_00002=split(0), m_00002_of_00002=split(0))
    assert ("split-order", SECOND) in codes(found)
    assert ("duplicate-tensor", SECOND) in codes(found)


def test_a_part_that_says_nothing_of_the_whole() -> None:
    found = examined(FIRST, m_00001_of_00002=split(0), m_00002_of_00002=Gguf().tensor("x", 4))
    assert "calls itself no part of a model" in found.problems[0].message


def test_a_part_that_is_given_for_the_whole() -> None:
    found = examined("m.gguf", m=split(0, count=3))
    assert codes(found) == [("split-count", "m.gguf"), ("split-tensors", "m.gguf")]
    assert "the header counts 3, the name 1" in found.problems[0].message


def test_fewer_tensors_than_promised() -> None:
    found = examined(FIRST, m_00001_of_00002=split(0, total=99), m_00002_of_00002=split(1, total=99))
    assert codes(found) == [("split-tensors", FIRST)]
    assert "where 99 are due" in found.problems[0].message


def test_problems_of_a_part_name_it() -> None:
    found = examined(FIRST, m_00001_of_00002=split(0), m_00002_of_00002=split(1).content()[:-10])
    assert ("missing-bytes", SECOND) in codes(found)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("a.gguf", 1), ("a-00001-of-00003.gguf", 3), ("a-00003-of-00003.gguf", 3), ("a-1-of-3.gguf", 1),
        ("a-00001-of-00000.gguf", 1), (f"a-00001-of-{MOST_SHARDS:05}.gguf", MOST_SHARDS), ("a-00001-of-99999.gguf", 1),
    ],
)  # fmt: skip
def test_names_of_parts(name: str, count: int) -> None:
    assert len(shard_names(name)) == count


def test_a_vocabulary_is_no_model() -> None:
    found = examined("m.gguf", m=Gguf().add("general.architecture", "llama"))
    assert codes(found) == [("no-tensors", None)]
    assert found.verdict == "warn"


def test_a_header_without_an_architecture() -> None:
    assert codes(examined("m.gguf", m=Gguf().tensor("x", 4))) == [("architecture", None)]


def test_a_base_model_has_no_template() -> None:
    template = examined("m.gguf", m=tiny(template=None)).template
    assert not template.present
    assert template.sha256 is None
    assert template.findings == ()


def test_every_template_of_a_file_is_audited() -> None:
    model = tiny().add("tokenizer.chat_template.tool_use", "{{ x.__globals__ }}")
    found = examined("m.gguf", m=model)
    (finding,) = found.template.findings
    assert (finding.rule, finding.template) == ("python-internals", "tool_use")
    assert found.template.named == {"tool_use": sha256(b"{{ x.__globals__ }}").hexdigest()}
    assert found.verdict == "fail"


def test_white_space_at_the_end_has_a_hash_of_its_own() -> None:
    template = examined("m.gguf", m=tiny(template=TEMPLATE + "\n \n")).template
    assert template.sha256 == sha256((TEMPLATE + "\n \n").encode()).hexdigest()
    assert template.stripped_sha256 == sha256(TEMPLATE.encode()).hexdigest()


def test_a_template_that_is_no_text() -> None:
    found = examined("m.gguf", m=tiny(template=None).add("tokenizer.chat_template", 7))
    assert found.template.present
    assert [f.rule for f in found.template.findings] == ["too-large"]
    assert found.verdict == "warn"


def test_a_template_too_long_to_keep() -> None:
    found = examined("m.gguf", m=tiny(template="x" * (2 * 1024**2)))
    assert [f.rule for f in found.template.findings] == ["too-large"]
    assert found.template.sha256 is None
