"""Where the process starts: nothing is imported before memory is set up for one short run."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn


def entry() -> NoReturn:
    """Run the command line and end the process with its exit code.

    One run makes no circles worth looking for; with ten thousand models, looking for them costs a fifth of it.
    """
    gc.disable()
    from advisor.cli.main import run

    sys.exit(run(sys.argv[1:]))
