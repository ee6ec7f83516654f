"""The published weights of the ranking criteria (docs/scoring.md says why)."""

from __future__ import annotations

CRITERIA = {
    "language": 0.30,
    "task": 0.20,
    "speed": 0.25,
    "license": 0.10,
    "community": 0.05,
    "quantization": 0.05,
    "recency": 0.05,
}
"""Weights by criterion; `--prefer` replaces single ones, and what is left is scaled to a sum of 1."""
