"""From options and a requirements file to checked requirements, with every problem at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import UserError
from advisor.needs.resolve import resolve
from advisor.needs.schema import Requirements


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Return a function that writes a requirements file."""

    def write(text: str | bytes, name: str = "needs.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(catalog: Catalog, file: Path | None = None, **options: Any) -> list[str]:
    with pytest.raises(UserError) as refused:
        resolve(options, catalog, file)
    assert refused.value.exit_code == 2
    return str(refused.value).splitlines()


def test_nothing_given(shipped: Catalog) -> None:
    expected = Requirements(task=("chat",), use="internal", context=8192, concurrency=1, min_quant="Q4_K_M")
    assert resolve({}, shipped) == expected


@pytest.mark.parametrize(
    ("option", "value", "resolved"),
    [
        ("lang", ("ja", "ja"), ("ja",)),
        ("lang", ("ZH-hans", "pt-br"), ("zh-Hans", "pt-BR")),
        ("lang", ("th", "id"), ("th", "id")),
        ("lang", ("zh-CN", "zh-tw", "ZH-hk"), ("zh-Hans", "zh-Hant")),
        ("lang", ("zh", "zh-Hant"), ("zh", "zh-Hant")),
        ("lang", ("fil", "tl", "FIL"), ("tl",)),
        ("lang", ("ja-JP", "sr-latn"), ("ja-JP", "sr-Latn")),
        ("task", ("code", "Tool-Use"), ("code", "tool-use")),
        ("license", ("mit", "apache-2.0"), ("MIT", "Apache-2.0")),
        ("license", ("llama3.1",), ("LicenseRef-scancode-llama-3.1-license-2024",)),
        ("use", "Research", "research"),
        ("territory", ("de", "EU"), ("DE", "EU")),
        ("seat", "sg", "SG"),
        ("origin", ("us",), ("US",)),
        ("privacy", "restricted", "restricted"),
        ("publisher", ("Official", "Qwen", "unsloth"), ("official", "alibaba", "unsloth")),
        ("ram", "24GB", 24 * 10**9),
        ("vram", "24GiB", 24 * 2**30),
        ("hardware", "This", "this"),
        ("hardware", "UNKNOWN", "unknown"),
        ("hardware", "NVIDIA-L4", "nvidia-l4"),
        ("context", "128k", 128_000),
        ("concurrency", 30, 30),
        ("min_speed", 7.5, 7.5),
        ("max_parameters", "14B", 14 * 10**9),
        ("min_quant", "q8_0", "Q8_0"),
        ("prefer", ("speed=0.5", "Language=2"), {"speed": 0.5, "language": 2.0}),
        ("as_of", "2026-11-22", "2026-11-22"),
        ("strict", True, True),
    ],
)
def test_values_are_resolved_to_the_catalogs_names(shipped: Catalog, option: str, value: Any, resolved: Any) -> None:
    assert getattr(resolve({option: value}, shipped), option) == resolved


OTHERS_ZERO = tuple(f"{name}=0" for name in ("task", "speed", "license", "community", "quantization", "recency"))


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("lang", ("jp",), "unknown language tag 'jp'; did you mean ja (Japanese)?"),
        ("lang", ("japanese",), "did you mean ja (Japanese)?"),
        ("lang", ("cn",), "did you mean zh (Chinese)?"),
        ("lang", ("ja_JP",), "Write BCP 47 tags like ja, zh-Hans, pt-BR"),
        ("lang", ("",), "unknown language tag ''"),
        ("lang", ("qqq",), "unknown language tag 'qqq'"),
        ("lang", ("zz-ZZ",), "unknown language tag 'zz-ZZ'. Write BCP 47 tags"),
        ("lang", ("日本語",), "unknown language tag '日本語'; did you mean ja (Japanese)?"),
        ("lang", ("mul",), "unknown language tag 'mul'; did you mean ml (Malayalam), zu (Zulu), ta (Tamil)? Write"),
        ("lang", ("USA",), "unknown language tag"),
        ("lang", ("Japan",), "unknown language tag 'Japan'"),
        ("lang", ("JAPAN",), "unknown language tag"),
        ("task", ("chatting",), "unknown value 'chatting'; one of: chat, code,"),
        ("license", ("Apache-2",), "unknown license 'Apache-2'; did you mean Apache-2.0"),
        ("use", "commercial", "one of: internal, customer-facing, redistribute, research"),
        ("monthly_users", -1, "-1 must be above zero"),
        ("annual_revenue", -5, "-5 must be above zero"),
        ("concurrency", -2, "-2 must be above zero"),
        ("monthly_users", 0, "0 must be above zero"),
        ("annual_revenue", 0, "0 must be above zero"),
        ("monthly_users", 10**15 + 1, "is beyond everything that occurs"),
        ("annual_revenue", 10**18, "is beyond everything that occurs"),
        ("concurrency", 10**30, "is beyond everything that occurs"),
        ("concurrency", 0, "0 must be above zero"),
        ("min_speed", 0.0, "must be a number above zero"),
        ("territory", ("UK",), "unknown country 'UK'; did you mean GB (United Kingdom)?"),
        ("territory", ("Germany",), "did you mean DE (Germany)?"),
        ("seat", "XX", "unknown country 'XX'"),
        ("exclude_origin", ("China",), "did you mean CN (China)?"),
        ("privacy", "secret", "one of: public, internal, confidential, restricted"),
        ("publisher", ("unsloht",), "unknown publisher 'unsloht'; did you mean Unsloth"),
        ("ram", "24", "is not a size; write it like 24GB, 24GiB or 512MiB"),
        ("vram", "0GB", "is an impossible size"),
        ("hardware", "nvidia-l5", "unknown hardware profile 'nvidia-l5'; did you mean"),
        ("context", "long", "is not a number; write it like 8192, 128k or 14B"),
        ("context", "0", "must be above zero"),
        ("context", "9" * 20, "is beyond everything that occurs"),
        ("min_speed", float("inf"), "must be a number above zero"),
        ("min_speed", float("nan"), "must be a number above zero"),
        ("max_parameters", "big", "is not a number"),
        ("max_parameters", "1.0000000005B", "must be a whole number"),
        ("max_parameters", "0", "0 must be above zero"),
        ("ram", "9" * 400 + "GB", "is an impossible size"),
        ("min_quant", "Q4_K_X", "unknown quantization 'Q4_K_X'; did you mean"),
        ("prefer", ("quality=1",), "unknown criterion 'quality'; one of: language, task, speed"),
        ("prefer", ("speed",), "'' is not a weight; write CRITERION=WEIGHT"),
        ("prefer", ("speed=fast",), "'fast' is not a weight"),
        ("prefer", ("speed=-1",), "must lie between 0 and 100"),
        ("prefer", ("speed=nan",), "must lie between 0 and 100"),
        ("prefer", ("language=0", *OTHERS_ZERO), "every weight that applies is 0"),
        ("prefer", ("language=1", *OTHERS_ZERO), "every weight that applies is 0"),
        ("prefer", OTHERS_ZERO, "every weight that applies is 0; nothing is left to rank by"),
        ("as_of", "22.11.2026", "is not a day; write it like 2026-11-22"),
        ("as_of", "2026-13-01", "is not a day"),
        ("as_of", "2026-02-31", "is not a day"),
        ("as_of", "0000-01-01", "is not a day"),
        ("as_of", "2025-02-29", "is not a day"),
        ("as_of", "", "is not a day"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_option(shipped: Catalog, option: str, value: Any, told: str) -> None:
    lines = problems(shipped, **{option: value})
    assert len(lines) == 1
    assert lines[0].startswith(f"--{option.replace('_', '-')}: ")
    assert told in lines[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"origin": ("CN", "US"), "exclude_origin": ("CN",)}, "--origin and --exclude-origin"),
        ({"privacy": "restricted", "publisher": ("unsloth",)}, "--privacy and --publisher"),
        ({"monthly_users": 10, "concurrency": 11}, "--concurrency and --monthly-users"),
    ],
)
def test_contradictions(shipped: Catalog, options: dict[str, Any], told: str) -> None:
    lines = problems(shipped, **options)
    assert len(lines) == 1
    assert lines[0].startswith(f"{told} contradict each other: ")


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("origin: [US]\n\nexclude_origin: [US]\n", {}, "<file>:1: origin and <file>:3: exclude_origin"),
        ("origin: [US]\n", {"exclude_origin": ("US",)}, "<file>:1: origin and --exclude-origin"),
        ("\npublisher: [unsloth]\n", {"privacy": "restricted"}, "--privacy and <file>:2: publisher"),
        ("monthly_users: 3\n", {"concurrency": 4}, "--concurrency and <file>:1: monthly_users"),
    ],
)
def test_contradictions_with_a_file(
    shipped: Catalog, written: Any, text: str, options: dict[str, Any], told: str
) -> None:
    file = written(text)
    (line,) = problems(shipped, file, **options)
    assert line.replace(str(file), "<file>").startswith(f"{told} contradict each other: ")


def test_weights_of_languages_apply_where_one_is_asked(shipped: Catalog) -> None:
    weights = ("language=1", *OTHERS_ZERO)
    assert resolve({"prefer": weights, "lang": ("ja",)}, shipped).prefer["language"] == 1


@pytest.mark.parametrize(
    "options",
    [
        {"origin": ("CN",), "exclude_origin": ("US",)},
        {"privacy": "restricted", "publisher": ("official",)},
        {"privacy": "restricted", "publisher": ("unsloth",), "policy": ("house.yaml",)},
        {"monthly_users": 10, "concurrency": 10},
    ],
)
def test_what_only_looks_like_a_contradiction(shipped: Catalog, options: dict[str, Any]) -> None:
    resolved = resolve(options, shipped)
    assert all(getattr(resolved, name) == value for name, value in options.items())


def test_all_problems_at_once(shipped: Catalog) -> None:
    lines = problems(
        shipped, lang=("jp", "xx1"), task=("talk",), ram="much", context="0", origin=("US",), exclude_origin=("US",)
    )
    assert [line.split(":")[0].split(" and ")[0] for line in lines] == [
        "--lang", "--lang", "--task", "--ram", "--context", "--origin",
    ]  # fmt: skip


class TestFile:
    def test_every_key_has_the_name_of_its_option(self, shipped: Catalog, written: Any) -> None:
        file = written(
            "schema: advisor.requirements/1\nlang: [ja]\ntask: [chat, code]\nlicense: [MIT]\nuse: customer-facing\n"
            "monthly_users: 1000\nannual_revenue: 5000000\nterritory: [JP]\nseat: JP\norigin: [JP]\n"
            "exclude_origin: [CN]\non_prem: true\nair_gapped: true\nprivacy: restricted\npublisher: [official]\n"
            "ram: 24GB\nvram: 8GiB\nhardware: this\ncontext: 128k\nconcurrency: 2\nmin_speed: 5\n"
            "max_parameters: 14B\nmin_quant: Q8_0\nprefer: {speed: 0.5}\nstrict: true\nas_of: 2026-11-22\n"
        )
        found = resolve({}, shipped, file)
        assert found == Requirements(
            lang=("ja",), task=("chat", "code"), license=("MIT",), use="customer-facing", monthly_users=1000,
            annual_revenue=5_000_000, territory=("JP",), seat="JP", origin=("JP",), exclude_origin=("CN",),
            on_prem=True, air_gapped=True, privacy="restricted", publisher=("official",), ram=24 * 10**9,
            vram=8 * 2**30, hardware="this", context=128_000, concurrency=2, min_speed=5.0,
            max_parameters=14 * 10**9, min_quant="Q8_0", prefer={"speed": 0.5}, strict=True, as_of="2026-11-22",
        )  # fmt: skip

    def test_options_beside_it_win_and_the_rest_stays(self, shipped: Catalog, written: Any) -> None:
        file = written("lang: [ja, ko]\nseat: JP\nconcurrency: 4\nprefer: [speed=1]\n")
        found = resolve({"lang": ("th",), "seat": None, "concurrency": 2, "task": (), "strict": False}, shipped, file)
        assert (found.lang, found.seat, found.concurrency, found.prefer) == (("th",), "JP", 2, {"speed": 1.0})

    @pytest.mark.parametrize("text", ["", "{}", "# nothing yet\n", "\n\n", "---\n", "lang:\n"])
    def test_an_empty_file_asks_for_nothing(self, shipped: Catalog, written: Any, text: str) -> None:
        assert resolve({}, shipped, written(text)) == resolve({}, shipped)

    def test_truth_may_be_written_as_in_python(self, shipped: Catalog, written: Any) -> None:
        found = resolve({}, shipped, written("strict: True\non_prem: TRUE\nair_gapped: False\n"))
        assert (found.strict, found.on_prem, found.air_gapped) == (True, True, False)

    @pytest.mark.parametrize(
        ("text", "line", "told"),
        [
            ("task: [chat]\nlangs: [ja]\n", 2, "unknown key 'langs'; did you mean 'lang'?"),
            ("# a comment\n\nlang: ja\n", 3, "lang: "),
            ("task: [chat]\nmonthly_users: many\n", 2, "monthly_users: "),
            ("lang: [ja]\nlang: [ko]\n", 2, "key 'lang' stands twice"),
            ("lang: [ja\n", 2, ""),
            ("schema: advisor.requirements/2\n", 1, "schema: "),
            ("- lang\n", 1, ""),
        ],
    )
    def test_a_file_that_is_no_requirements_file(
        self, shipped: Catalog, written: Any, text: str, line: int, told: str
    ) -> None:
        file = written(text)
        lines = problems(shipped, file)
        assert lines[0].startswith(f"{file}:{line}: ")
        assert told in lines[0]

    @pytest.mark.parametrize(
        ("text", "line", "told"),
        [
            ("task: [chat]\nlang: [jp]\n", 2, "lang: unknown language tag 'jp'"),
            ("\nmin_quant: Q9\n", 2, "min_quant: unknown quantization 'Q9'"),
            ("concurrency: 0\n", 1, "concurrency: 0 must be above zero"),
            ("as_of: today\n", 1, "as_of: 'today' is not a day"),
            ("as_of: 2026-11-31\n", 1, "as_of: '2026-11-31' is not a day"),
            ("\ncontext: 0\n", 2, "context: 0 must be above zero"),
            ("monthly_users: 0\n", 1, "monthly_users: 0 must be above zero"),
            ("min_speed: 0\n", 1, "min_speed: 0.0 must be a number above zero"),
            ("context: 9000000000000000000\n", 1, "context: '9000000000000000000' is beyond everything"),
            ("context: 1.5\n", 1, "context: expected a whole number or text, got a number"),
            ("lang: ja\n", 1, "lang: expected a list, got text"),
            ("ram: 24\n", 1, "ram: expected text, got a whole number"),
            ("schema: advisor.requirements/2\n", 1, "schema: unknown value 'advisor.requirements/2'"),
        ],
    )
    def test_a_wrong_value_is_told_with_its_line(
        self, shipped: Catalog, written: Any, text: str, line: int, told: str
    ) -> None:
        file = written(text)
        lines = problems(shipped, file)
        assert len(lines) == 1
        assert lines[0].startswith(f"{file}:{line}: {told}")

    def test_a_wrong_option_beside_a_file_is_told_as_an_option(self, shipped: Catalog, written: Any) -> None:
        assert problems(shipped, written("lang: [ja]\n"), lang=("jp",))[0].startswith("--lang: ")

    def test_problems_of_file_and_options_come_together(self, shipped: Catalog, written: Any) -> None:
        lines = problems(shipped, written("seat: XX\nprefer: [speed]\n"), lang=("jp",))
        assert len(lines) == 3

    @pytest.mark.parametrize(
        ("make", "told"),
        [
            (lambda folder: folder / "absent.yaml", "cannot be read: No such file"),
            (lambda folder: folder, "cannot be read: Is a directory"),
        ],
    )
    def test_a_file_that_cannot_be_read(self, shipped: Catalog, tmp_path: Path, make: Any, told: str) -> None:
        assert told in problems(shipped, make(tmp_path))[0]

    def test_a_file_that_is_not_text(self, shipped: Catalog, written: Any) -> None:
        assert "is not UTF-8 text" in problems(shipped, written(b"lang: [\xff]\n"))[0]
