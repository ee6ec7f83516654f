"""Where the process starts: nothing is imported before memory is set up for one short run."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def entry() -> NoReturn:
    """Run the command line and end the process with its exit code.

    One run makes no circles worth looking for; with ten thousand models, looking for them costs a fifth of it. Nor is
    there anything to tidy up: the output is flushed, and the system takes back a hundred thousand small objects at
    once where the interpreter would free one after the other, for a tenth of the run.
    """
    gc.disable()
    try:
        from advisor.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules were being read; later `run` itself answers
        sys.stderr.write("Interrupted.\n")
        sys.stderr.flush()
        code = 130
    os._exit(code)
