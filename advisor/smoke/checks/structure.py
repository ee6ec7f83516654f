"""Answers as data: JSON that parses and keeps a schema (jsonschema, extra `smoke`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from advisor.catalog.schema import Record, Text
from advisor.smoke.bench import Bench, Exchange, Judgement
from advisor.smoke.checks.text import quoted

INSTALL = "pip install 'local-model-advisor[smoke]'"
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL)


def json_schema(given: Exchange, asked: dict[str, Any]) -> Judgement:
    """The answer (or the one code block in it) must be JSON that keeps the schema."""
    blocks = _FENCE.findall(given.text)
    return _judged(blocks[0] if len(blocks) == 1 else given.text, asked)


class JsonByGrammar(Record, frozen=True, kw_only=True):
    """What is asked, and the schema that a grammar holds the answer to."""

    prompt: Text
    schema: dict[str, Any]
    max_tokens: int = 200


def json_by_grammar(bench: Bench, asked: JsonByGrammar) -> Iterator[Judgement]:
    """An answer held to a schema must parse and keep it."""
    given = bench.ask(asked.prompt, max_tokens=asked.max_tokens, json_schema=asked.schema)
    if given.reply.finish == "length":
        yield Judgement(
            "fail", f"no end of the JSON within {asked.max_tokens} tokens: {quoted(given.text)}", False, True
        )
    else:
        yield _judged(given.text, asked.schema)


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is Python's and no JSON")


def _judged(text: str, schema: dict[str, Any]) -> Judgement:
    try:
        data = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        return Judgement("fail", f"not JSON ({error}): {quoted(text)}", False, True)
    try:
        import jsonschema
        from referencing import Registry
        from referencing.exceptions import Unresolvable
    except ImportError:
        return Judgement("unknown", f"it is JSON; whether it keeps the schema needs {INSTALL}")
    try:
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
        # An empty registry: what a schema refers to elsewhere is not fetched from any network.
        found = jsonschema.exceptions.best_match(kind(schema, registry=Registry()).iter_errors(data))
    except jsonschema.SchemaError as wrong:
        return Judgement("unknown", f"the schema itself is wrong: {wrong.message[:160]}")
    except Unresolvable as wrong:
        return Judgement("unknown", f"the schema refers to what it does not hold: {str(wrong)[:160]}")
    if found is not None:
        place = "/".join(str(step) for step in found.absolute_path) or "the whole"
        return Judgement("fail", f"{place}: {found.message[:160]}", False, True)
    return Judgement("pass", "JSON that keeps the schema", True, True)
