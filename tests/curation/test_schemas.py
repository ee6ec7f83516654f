"""JSON Schemas: valid themselves, and they hold for what the program reads and writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor import paths
from advisor.curation.schemas import SCHEMAS, json_schema
from advisor.errors import UnknownNameError
from advisor.strict_yaml import parse

FOLDERS = {
    "model": "models/*",
    "provider": "providers",
    "family": "families",
    "license": "licenses",
    "benchmark": "benchmarks",
    "hardware-profile": "hardware",
    "quantizations": "quantizations",
    "policy": "policies",
    "article": "../seeds",
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_closed_over_its_references(name: str) -> None:
    schema = json.loads(json.dumps(json_schema(name)))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(_references(schema)) <= {f"#/$defs/{key}" for key in schema.get("$defs", {})}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate([])


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        return own + [ref for value in schema.values() for ref in _references(value)]
    return [ref for item in schema for ref in _references(item)] if isinstance(schema, list) else []


def test_every_kind_of_record_has_a_schema() -> None:
    assert set(FOLDERS) <= set(SCHEMAS)


@pytest.mark.parametrize("name", FOLDERS)
def test_shipped_records_hold_to_their_schema(name: str) -> None:
    root = paths.checkout()
    assert root is not None
    files = sorted(Path(root / "catalog").glob(f"{FOLDERS[name]}/*.yaml"))[:5]
    assert files
    validator = jsonschema.Draft202012Validator(json_schema(name))
    for file in files:
        data = parse(file.read_text(encoding="utf-8"))
        validator.validate(data)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**data, "surprise": 1})


@pytest.mark.parametrize(
    ("needs", "valid"),
    [
        ({}, True),
        ({"schema": "advisor.requirements/1", "lang": ["ja"], "context": "8k", "prefer": {"speed": 1}}, True),
        ({"lang": "ja"}, False),
        ({"langg": ["ja"]}, False),
        ({"schema": "advisor.requirements/2"}, False),
    ],
)
def test_requirements_files(needs: dict[str, Any], valid: bool) -> None:
    assert jsonschema.Draft202012Validator(json_schema("requirements")).is_valid(needs) is valid


def test_a_schema_that_there_is_not() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean recommendation[,?].*One of: model, provider"):
        json_schema("recommendations")
