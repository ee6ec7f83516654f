"""Rules `artifact`, `publisher`, `deployment`, `memory` and `speed`: one artifact on one machine."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.schema import Experts
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict


class TestArtifact:
    @pytest.mark.parametrize(
        ("files", "asked", "verdict", "passes_at"),
        [
            (("Q4_K_M",), "Q4_K_M", PASS, None),
            (("Q2_K", "Q8_0"), "Q6_K", PASS, None),
            (("Q2_K", "Q4_0"), "Q4_K_M", FAIL, "Q4_0"),
            (("Q4_K_M",), "Q8_0", FAIL, "Q4_K_M"),
            (("F16",), "F16", PASS, None),
            (("Q9_X",), "Q4_K_M", UNKNOWN, None),
            (("Q9_X", "Q2_K"), "Q4_K_M", FAIL, "Q2_K"),
        ],
    )
    def test_below_the_least_quantization_is_not_offered(
        self, made: Any, files: tuple[str, ...], asked: str, verdict: Verdict, passes_at: str | None
    ) -> None:
        repository = made.repository(*(made.file(name) for name in files))
        found = made.finding("artifact", made.model(artifacts=(repository,)), {"min_quant": asked})
        assert (found.verdict, found.passes_at, found.required) == (verdict, passes_at, f"{asked} or better")
        assert found.option == ("min_quant" if verdict is FAIL else None)

    @pytest.mark.parametrize("artifacts", [(), "stranger/model-GGUF"])
    def test_no_gguf_of_a_named_publisher_is_unknown(self, made: Any, artifacts: Any) -> None:
        known = (made.repository(repo=artifacts),) if artifacts else ()
        judged = made.judged(made.model(artifacts=known))
        found = next(f for f in judged.findings if f.rule == "artifact")
        assert (found.verdict, found.missing, judged.offer) == (UNKNOWN, ("artifacts",), None)
        assert {f.rule for f in judged.findings}.isdisjoint({"speed", "publisher"})

    @pytest.mark.parametrize("weights", ["closed", "announced"])
    def test_without_weights_there_is_none_to_come(self, made: Any, weights: str) -> None:
        found = made.finding("artifact", made.model(artifacts=(), availability=made.availability(weights)))
        assert (found.verdict, found.observed) == (FAIL, "none")


class TestPublisher:
    @pytest.mark.parametrize(
        ("repo", "asks", "verdict"),
        [
            ("maker/model-GGUF", {"publisher": ("official",)}, PASS),
            ("packer/model-GGUF", {"publisher": ("official",)}, FAIL),
            ("packer/model-GGUF", {"publisher": ("packer",)}, PASS),
            ("packer/model-GGUF", {"publisher": ("official", "packer")}, PASS),
            ("maker/model-GGUF", {"publisher": ("packer",)}, FAIL),
            ("maker/model-GGUF", {"privacy": "restricted"}, PASS),
            ("packer/model-GGUF", {"privacy": "restricted"}, FAIL),
            ("maker/model-GGUF", {"privacy": "restricted", "publisher": ("official", "packer")}, PASS),
            ("packer/model-GGUF", {"privacy": "restricted", "publisher": ("official", "packer")}, FAIL),
        ],
    )  # fmt: skip
    def test_who_uploaded_it(self, made: Any, repo: str, asks: dict[str, Any], verdict: Verdict) -> None:
        found = made.finding("publisher", made.model(artifacts=(made.repository(repo=repo),)), asks)
        assert (found.verdict, found.observed) == (verdict, repo.split("/")[0])
        if verdict is FAIL and "privacy" not in asks:
            assert (found.option, found.passes_at) == ("publisher", [*asks["publisher"], found.observed])
        elif verdict is FAIL:
            assert (found.change(), found.required) == (None, ["official"])

    @pytest.mark.parametrize("asks", [{}, {"privacy": "confidential"}, {"air_gapped": True}])
    def test_not_asked_is_no_finding(self, made: Any, asks: dict[str, Any]) -> None:
        assert made.finding("publisher", asks=asks) is None


NO_NETWORK = [{"air_gapped": True}, {"privacy": "restricted"}]


class TestDeployment:
    @pytest.mark.parametrize("asks", [{}, {"on_prem": True}, *NO_NETWORK])
    def test_a_closed_system_never_runs_here(self, made: Any, asks: dict[str, Any]) -> None:
        found = made.finding("deployment", made.model(availability=made.availability("closed"), artifacts=()), asks)
        assert (found.verdict, found.change()) == (FAIL, None)

    @pytest.mark.parametrize(
        ("asks", "required"),
        [
            ({"on_prem": True}, "on-prem"),
            ({"privacy": "confidential"}, "on-prem"),
            ({"air_gapped": True}, "air-gapped"),
            ({"privacy": "restricted"}, "air-gapped"),
        ],
    )
    def test_open_weights_with_everything_known_pass(self, made: Any, asks: dict[str, Any], required: str) -> None:
        found = made.finding("deployment", asks=asks)
        assert (found.verdict, found.required) == (PASS, required)

    @pytest.mark.parametrize("asks", [{}, {"privacy": "public"}, {"privacy": "internal"}])
    def test_not_asked_is_no_finding(self, made: Any, asks: dict[str, Any]) -> None:
        assert made.finding("deployment", asks=asks) is None

    @pytest.mark.parametrize("asks", NO_NETWORK)
    @pytest.mark.parametrize(
        ("hashes", "gated", "repo", "verdict", "missing"),
        [
            ({}, False, "maker/model-GGUF", PASS, ()),
            ({"sha256": None}, False, "maker/model-GGUF", UNKNOWN, ("artifacts.files.sha256",)),
            ({"sha256": None, "shards": 2, "shard_sha256": ("b" * 64,) * 2}, False, "maker/m-GGUF", PASS, ()),
            (
                {"sha256": None, "shards": 2, "shard_sha256": ("b" * 64,)}, False, "maker/m-GGUF", UNKNOWN,
                ("artifacts.files.sha256",),
            ),
            ({}, None, "maker/model-GGUF", UNKNOWN, ("gated",)),
            ({"sha256": None}, None, "maker/m-GGUF", UNKNOWN, ("artifacts.files.sha256", "gated")),
            ({}, True, "maker/model-GGUF", FAIL, ()),
            ({}, True, "packer/model-GGUF", FAIL, ()),
        ],
    )  # fmt: skip
    def test_without_a_network(
        self, made: Any, asks: dict[str, Any], hashes: dict[str, Any], gated: bool | None, repo: str,
        verdict: Verdict, missing: tuple[str, ...],
    ) -> None:  # fmt: skip
        model = made.model(
            gated=None if gated is None else made.gated(gated),
            artifacts=(made.repository(made.file(**hashes), repo=repo),),
        )
        found = made.finding("deployment", model, asks)
        assert (found.verdict, found.missing) == (verdict, missing)

    @pytest.mark.parametrize(
        ("asks", "change"), [(NO_NETWORK[0], ("air_gapped", False)), (NO_NETWORK[1], ("privacy", "confidential"))]
    )
    @pytest.mark.parametrize("artifacts", [True, False])
    def test_a_gate_fails_whoever_uploads_and_the_requirement_at_fault_is_named(
        self, made: Any, artifacts: bool, asks: dict[str, Any], change: tuple[str, Any]
    ) -> None:
        facts = {} if artifacts else {"artifacts": ()}
        found = made.finding("deployment", made.model(gated=made.gated(True), **facts), asks)
        assert (found.verdict, found.option, found.passes_at) == (FAIL, *change)

    def test_two_requirements_at_fault_offer_no_single_change(self, made: Any) -> None:
        asks = {"air_gapped": True, "privacy": "restricted"}
        found = made.finding("deployment", made.model(gated=made.gated(True)), asks)
        assert (found.verdict, found.change()) == (FAIL, None)

    @pytest.mark.parametrize("asks", NO_NETWORK)
    def test_without_an_artifact_its_hash_is_missing(self, made: Any, asks: dict[str, Any]) -> None:
        found = made.finding("deployment", made.model(artifacts=()), asks)
        assert (found.verdict, found.missing) == (UNKNOWN, ("artifacts.files.sha256",))

    @pytest.mark.parametrize(
        ("kind", "uses", "verdict"),
        [
            ("call-home", (), FAIL),
            ("call-home", ("internal",), FAIL),
            ("notice", (), PASS),
            ("acceptance", (), FAIL),
            ("call-home", ("redistribute",), PASS),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("inherited", [False, True])
    def test_licences_that_need_a_connection(
        self, made: Any, inherited: bool, kind: str, uses: tuple[str, ...], verdict: Verdict
    ) -> None:
        strict = made.terms("Strict")
        bound = made.model(license=strict)
        child = made.model(lineage=made.made_from("other/base"))
        models = {made.subject: child, "other/base": bound} if inherited else bound
        licenses = {"Strict": made.license(obligations=(made.duty(kind, *uses),))}
        assert made.finding("deployment", models, {"air_gapped": True}, licenses=licenses).verdict is verdict

    @pytest.mark.parametrize("case", ["unread", "no licence", "no lineage"])
    def test_a_licence_nobody_read_leaves_it_open(self, made: Any, case: str) -> None:
        facts = {"unread": {"license": made.terms("Strict")}, "no licence": {"license": None}}
        model = made.model(**facts.get(case, {"lineage": None}))
        licenses = {"Strict": made.license(read="unread")}
        found = made.finding("deployment", model, {"air_gapped": True}, licenses=licenses)
        paths = {"unread": "licenses/Strict.text", "no licence": "models/maker/model.license"}
        assert (found.verdict, found.missing) == (UNKNOWN, (paths.get(case, "lineage"),))

    def test_announced_weights_cannot_be_downloaded(self, made: Any) -> None:
        model = made.model(availability=made.availability("announced"), artifacts=())
        assert made.finding("deployment", model, {"on_prem": True}).verdict is FAIL


class TestMemory:
    @pytest.mark.parametrize(
        ("ram", "vram", "verdict", "words"),
        [
            ("32GiB", None, PASS, "main memory"),
            (None, "24GB", PASS, "GPU memory"),
            ("32GiB", "24GB", PASS, "GPU memory"),
            ("32GiB", "1GB", PASS, "main memory"),
            ("2GiB", None, FAIL, "granted"),
            ("2GiB", "1GB", FAIL, "granted"),
            (None, "2GB", FAIL, "granted"),
        ],
    )
    def test_fits_into_a_share_of_the_memory(
        self, made: Any, ram: str | None, vram: str | None, verdict: Verdict, words: str
    ) -> None:
        found = made.finding("memory", machine=made.machine(ram, vram))
        assert found.verdict is verdict
        assert words in found.reason
        assert (found.observed <= found.required) == (verdict is PASS)
        option = None if verdict is PASS else "ram" if ram else "vram"
        assert found.option == option

    def test_what_would_have_to_be_bought_is_just_enough(self, made: Any) -> None:
        found = made.finding("memory", machine=made.machine("2GiB"))
        assert made.finding("memory", machine=made.machine(found.passes_at)).verdict is PASS
        less = f"{int(found.passes_at.removesuffix('GiB')) - 1}GiB"
        assert made.finding("memory", machine=made.machine(less)).verdict is FAIL

    @pytest.mark.parametrize(("total", "verdict"), [(70 * 10**9, FAIL), (24 * 10**9, UNKNOWN), (4 * 10**9, None)])
    def test_without_an_artifact_only_what_could_never_fit_fails(self, made: Any, total: int, verdict: Any) -> None:
        shape = made.architecture(feed_forward=total // (3 * 8 * 512))
        bare = made.model(artifacts=(), parameters=made.parameters(total), architecture=shape)
        found = made.finding("memory", bare, machine=made.machine("16GiB"))
        assert (found.verdict if found else None) is verdict
        if found:
            assert "at Q4_K_M" in found.reason
            assert found.missing == (("artifacts",) if verdict is UNKNOWN else ())

    def test_more_users_and_longer_contexts_need_more(self, made: Any) -> None:
        needed = [
            made.finding("memory", asks=asks).observed
            for asks in ({}, {"context": 32_768}, {"concurrency": 4}, {"concurrency": 30, "context": 32_768})
        ]
        assert needed == sorted(set(needed))

    def test_a_machine_that_nobody_knows_leaves_it_open(self, made: Any) -> None:
        found = made.finding("memory", machine=made.machine(ram=None))
        assert (found.verdict, found.missing) == (UNKNOWN, ("machine.ram_bytes", "machine.vram_bytes"))

    def test_without_a_shape_it_is_unknown(self, made: Any) -> None:
        found = made.finding("memory", made.model(architecture=None))
        assert (found.verdict, found.missing) == (UNKNOWN, ("architecture",))

    @pytest.mark.parametrize(("fact", "nothing"), [("vocabulary_size", None), ("hidden_size", None), ("cache", ())])
    def test_the_fact_that_is_missing_is_named(self, made: Any, fact: str, nothing: Any) -> None:
        found = made.finding("memory", made.model(architecture=made.architecture(**{fact: nothing})))
        assert (found.verdict, found.missing) == (UNKNOWN, (f"architecture.{fact}",))

    def test_weights_that_exceed_the_machine_alone_never_fit(self, made: Any) -> None:
        huge = made.repository(made.file("Q4_K_M", "400GB"))
        found = made.finding("memory", made.model(architecture=None, artifacts=(huge,)), machine=made.machine("16GiB"))
        assert found.verdict is FAIL

    @pytest.mark.parametrize("files", [(), ("Q4_K_M",)], ids=["without an artifact", "of a file without a size"])
    @pytest.mark.parametrize(("billions", "verdict"), [(550, FAIL), (60, FAIL), (36, UNKNOWN)])
    def test_parameters_alone_tell_what_never_fits(
        self, made: Any, files: tuple[str, ...], billions: int, verdict: Verdict
    ) -> None:
        artifacts = tuple(made.repository(made.file(name, None)) for name in files)
        parameters = made.parameters(billions * 10**9)
        model = made.model(architecture=None, artifacts=artifacts, parameters=parameters)
        found = [f for f in made.judged(model, machine=made.machine("24GiB")).findings if f.rule == "memory"]
        assert [f.verdict for f in found] == ([] if verdict is UNKNOWN and not files else [verdict])
        assert all("its weights alone would take about" in f.reason for f in found if verdict is FAIL)


class TestSpeed:
    @pytest.mark.parametrize(("asked", "verdict"), [(1.0, PASS), (12.0, PASS), (500.0, FAIL)])
    def test_min_speed(self, made: Any, asked: float, verdict: Verdict) -> None:
        found = made.finding("speed", made.model(), {"min_speed": asked})
        assert (found.verdict, found.required) == (verdict, asked)
        assert (found.option, found.passes_at) == ((None, None) if verdict is PASS else ("min_speed", found.observed))
        assert "assumed" in found.reason

    def test_the_rate_that_was_found_passes(self, made: Any) -> None:
        rate = made.finding("speed", asks={"min_speed": 500.0}).passes_at
        assert made.finding("speed", asks={"min_speed": rate}).verdict is PASS

    def test_without_sizes_it_is_unknown(self, made: Any) -> None:
        model = made.model(architecture=None, artifacts=(made.repository(made.file(size=None)),))
        assert made.finding("speed", model, {"min_speed": 1.0}).verdict is UNKNOWN

    def test_not_asked_is_no_finding(self, made: Any) -> None:
        assert made.finding("speed") is None

    def test_a_fail_never_rests_on_facts_that_are_not_there(self, made: Any) -> None:
        facts = {
            "artifacts": (made.repository(made.file("Q4_K_M", "18GB")),),
            "parameters": made.parameters(30_500_000_000, 3_300_000_000),
        }
        experts = Experts(count=128, used=8, feed_forward=768)
        mixture = made.architecture(layers=48, hidden_size=2048, feed_forward=None, experts=experts)
        learnt = made.finding("speed", made.model(architecture=mixture, **facts), {"min_speed": 10.0})
        before = made.finding("speed", made.model(architecture=None, **facts), {"min_speed": 10.0})
        assert learnt.verdict is PASS
        assert (before.verdict, before.missing) == (UNKNOWN, ("architecture",))
