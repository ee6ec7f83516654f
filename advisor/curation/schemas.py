"""JSON Schemas of records and documents, generated from their types."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec

from advisor.errors import UnknownNameError

SCHEMAS = {
    "model": "advisor.catalog.schema:Model",
    "provider": "advisor.catalog.schema:Provider",
    "family": "advisor.catalog.schema:Family",
    "license": "advisor.catalog.schema:License",
    "benchmark": "advisor.catalog.schema:Benchmark",
    "safety": "advisor.catalog.schema:SafetyEvaluation",
    "shelf-life": "advisor.catalog.schema:ShelfLives",
    "hardware-profile": "advisor.catalog.schema:HardwareProfile",
    "quantizations": "advisor.catalog.schema:QuantizationTable",
    "questions": "advisor.catalog.schema.questions:QuestionSet",
    "policy": "advisor.catalog.schema.policy:Policy",
    "answers": "advisor.needs.answers:AnswersFile",
    "article": "advisor.catalog.schema:Article",
    "requirements": "advisor.needs.schema:RequirementsFile",
    "recommendation": "advisor.recommendation:Recommendation",
    "explanation": "advisor.explain:Explanation",
    "comparison": "advisor.compare:Comparison",
    "catalog": "advisor.listing:Listing",
    "systems": "advisor.listing:Systems",
    "coverage": "advisor.curation.coverage:Coverage",
    "catalog-diff": "advisor.curation.diff:Difference",
    "record": "advisor.shown:Shown",
    "suite": "advisor.smoke.suites:Suite",
    "smoke": "advisor.smoke.document:SmokeResult",
    "smoke-comparison": "advisor.smoke.comparison:SmokeComparison",
    "bakeoff": "advisor.smoke.comparison:Bakeoff",
    "smoke-ratings": "advisor.smoke.blind:RatedSheets",
    "hardware": "advisor.hardware.report:HardwareReport",
    "inspection": "advisor.inspection:Inspection",
    "lock": "advisor.hub.lock:Lock",
    "pull": "advisor.hub.pulled:Pulled",
    "verification": "advisor.hub.verify:Verification",
    "recall": "advisor.hub.recall:Recall",
    "bundle": "advisor.hub.manifest:Manifest",
    "export": "advisor.hub.manifest:Exported",
    "import": "advisor.hub.manifest:Imported",
    "doctor": "advisor.hub.doctor:Diagnosis",
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) called `name`.

    Raises:
        UnknownNameError: with the names that there are.
    """
    if name not in SCHEMAS:
        raise UnknownNameError("schema", name, SCHEMAS, f"One of: {', '.join(SCHEMAS)}.")
    module, _, type_name = SCHEMAS[name].partition(":")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(getattr(import_module(module), type_name)),
    }
