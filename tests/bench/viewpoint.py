"""How often the classes of the viewpoint battery are right: python tests/bench/viewpoint.py

On 98 answers in 14 languages that we wrote as models write them and labelled by hand
(`tests/smoke/viewpoint_answers.yaml`).
the tests.
"""

from __future__ import annotations

import sys
from pathlib import Path

from advisor.smoke.viewpoint import CLASSES, classify
from advisor.strict_yaml import parse

ANSWERS = Path(__file__).parents[1] / "smoke" / "viewpoint_answers.yaml"


def main() -> None:
    """Print precision and recall of each class, then what was taken for something else."""
    labelled = parse(ANSWERS.read_text(encoding="utf-8"))
    judged = [
        (tag, label, classify(text), text)
        for tag, kinds in labelled.items()
        for label in kinds
        for text in kinds[label]
    ]
    for name in CLASSES[:3]:
        called, meant = ([one for one in judged if one[place] == name] for place in (2, 1))
        right = sum(one[1] == one[2] == name for one in judged)
        told = f"precision {right / len(called):.2f}  recall {right / len(meant):.2f}  of {len(meant)}"
        sys.stdout.write(f"{name:<9} {told}\n")
    for tag, label, found, text in judged:
        if label != found:
            sys.stdout.write(f"{tag}: {label}, taken for {found}: {text}\n")


if __name__ == "__main__":
    main()
