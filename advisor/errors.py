"""The exception tree. Each class carries the exit code that the command line ends with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class AdvisorError(Exception):
    """Anything the program can explain to its user in one message."""

    exit_code = 70


class UserError(AdvisorError):
    """What the user typed is wrong: an option, a requirements file, an unknown name."""

    exit_code = 2


class DataError(AdvisorError):
    """Files that the program reads are wrong; every problem is listed as `file:line: message`."""

    exit_code = 3

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ExternalError(AdvisorError):
    """The world is in the way: a disk, a network, an engine."""

    exit_code = 4


class UnknownNameError(UserError):
    """A name that nothing carries; the nearest known names are offered."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        near = nearest(name, known, cutoff=0.0)
        offer = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"unknown {kind} '{name}'.{offer}{' ' + hint if hint else ''}")


def nearest(name: str, known: Iterable[str], count: int = 3, cutoff: float = 0.3) -> list[str]:
    """Return up to `count` known names that resemble `name`, the nearest first."""
    import difflib

    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    folded = name.casefold()
    inside = sorted((k for k in by_folded if folded and folded in k), key=lambda k: (len(k), k))
    close = difflib.get_close_matches(folded, by_folded, n=count, cutoff=cutoff)
    return [by_folded[k] for k in dict.fromkeys([*inside[:count], *close])][:count]
