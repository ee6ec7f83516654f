"""`c4nary`, a young scanner of chat templates by other people, where it is installed (extra `audit`)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.gguf.examination import SecondOpinion

TOOL = "c4nary"
LONGEST = 64 * 1024
"""Characters beyond which it is not asked: it looks at every pair of nodes."""
MOST = 20


def ask(text: str) -> SecondOpinion | None:
    """Return what c4nary finds in a template; None where it is not installed or the text is too long.

    Its rules have ids of their own (TPL001 …); `INFO` is left out. It parses, and renders nothing.
    """
    if find_spec(TOOL) is None or find_spec("jinja2") is None or len(text) > LONGEST:
        return None
    import warnings

    import c4nary
    from c4nary.rules.template import analyze_template

    from advisor.gguf.examination import SecondOpinion

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [
                f"{f.rule_id} {f.severity.lower()}: {' '.join(f.detail.split())[:200]}"
                for f in analyze_template(text)
                if f.severity != "INFO"
            ]
    except Exception as error:  # another project's bug is no reason to stop
        found = [f"it stopped with {type(error).__name__}"]
    return SecondOpinion(tool=TOOL, version=c4nary.__version__, findings=tuple(dict.fromkeys(found))[:MOST])
