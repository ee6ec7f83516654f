"""All records of a catalog in one typed value."""

from typing import Any

from advisor.catalog import schema


class Snapshot(schema.Record, frozen=True, kw_only=True):
    """A whole catalog, families merged into their models; `digest` is that of the files it came from."""

    digest: str
    as_of: str
    """The newest day on which a source was read."""
    fresh_until: str
    """The last day on which no fact is past its shelf life."""
    models: dict[str, schema.Model]
    providers: dict[str, schema.Provider]
    families: dict[str, schema.Family]
    licenses: dict[str, schema.License]
    benchmarks: dict[str, schema.Benchmark]
    safety: dict[str, schema.SafetyEvaluation]
    shelf_life: dict[str, schema.ShelfLives]
    hardware: dict[str, schema.HardwareProfile]
    quantizations: dict[str, schema.QuantizationTable]
    policies: dict[str, dict[str, Any]]
    """As plain data, like `questions`: their types are loaded where they are asked for."""
    questions: dict[str, dict[str, Any]]
    """At most one, called `questions`."""
    articles: dict[str, schema.Article]
