"""Runs click, and turns errors into one message and the right exit code."""

from __future__ import annotations

import contextlib
import os
import sys

import click

from advisor import __version__
from advisor.cli.lazy import LazyGroup
from advisor.cli.output import ReaderGoneError, say
from advisor.errors import AdvisorError, ExternalError, UserError

BUG = 70
INTERRUPTED = 130


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="advisor")
def cli() -> None:
    """Which open-weight language models may you use, can you run, and should you prefer?

    Offline, neutral, with a source for every fact. Start with: advisor recommend --lang ja
    """


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; nothing but a message ever reaches the user."""
    try:
        result = cli.main(arguments or ["--help"], prog_name="advisor", standalone_mode=False)
    except click.UsageError as error:
        return _misused(error)
    except AdvisorError as error:
        say(f"Error: {error}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted.")
        return INTERRUPTED
    except (ReaderGoneError, SystemExit):  # click ends the process where the reader of its help has gone
        return _closed_pipe()
    except OSError as error:
        say(f"Error: {_in_the_way(error)}")
        return ExternalError.exit_code
    except Exception:  # whatever is left is a bug: one line for the user, the traceback for a log
        return _bug()
    return result if isinstance(result, int) else 0


def _in_the_way(error: OSError) -> str:
    """Say what the system refused; a file without a name that is not there is the working folder."""
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return "the folder you are in is not there any more; change into another one"
    return f"{error.filename or 'the system'}: {error.strerror or error}"


def _misused(error: click.UsageError) -> int:
    """Say what is wrong with the words of the command; help, where there were none."""
    if error.ctx and type(error).__name__ == "NoArgsIsHelpError":
        say(error.ctx.get_help())
    else:
        usage = error.ctx.get_usage() + "\n" if error.ctx else ""
        say(f"{usage}Error: {error.format_message()}")
    return UserError.exit_code


def _closed_pipe() -> int:
    """The reader has gone: leave quietly, and keep Python from complaining when it closes the stream."""
    if sys.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _bug() -> int:
    """Write the traceback to a log and tell the user where it is."""
    import tempfile
    import traceback
    from pathlib import Path

    from advisor.paths import state_folder

    told = f"advisor {__version__}, Python {sys.version}, {sys.platform}\n{sys.argv}\n\n{traceback.format_exc()}"
    for folder in (state_folder(), Path(tempfile.gettempdir())):
        try:
            if folder is None:
                continue
            folder.mkdir(parents=True, exist_ok=True)
            log = folder / "advisor-error.log"
            log.write_text(told, encoding="utf-8")
        except OSError:
            continue
        say(f"Error: this is a bug in advisor; please report it with {log}")
        break
    else:
        say(f"Error: this is a bug in advisor; please report it\n{told}")
    if os.environ.get("ADVISOR_DEBUG"):
        say(told)
    return BUG
