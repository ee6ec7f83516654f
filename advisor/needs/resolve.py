"""From what was written (a file, options) to checked requirements, with every problem found at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

from advisor.catalog import codes
from advisor.catalog.load import Catalog
from advisor.catalog.schema import Task, Use
from advisor.errors import UserError, nearest
from advisor.needs.schema import DEFAULT_CONTEXT, DEFAULT_MIN_QUANT, Privacy, Requirements, RequirementsFile
from advisor.needs.units import counted, parse_count, parse_size, parse_whole
from advisor.needs.weights import CRITERIA
from advisor.paths import read_whole

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
MOST_TOKENS = 1 << 36
"""Tokens of all users together up to which memory is planned; with the largest caches known they take 100 PB."""
SMALLEST_CACHE = 256
"""Tokens that each user's cache has room for at least."""
_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class Written(NamedTuple):
    """A requirements file as far as it can be read, its text for line numbers, and what is wrong with its shape."""

    file: RequirementsFile
    text: str
    problems: list[str]


def read_file(path: Path) -> Written:
    """Return the requirements file at `path`; keys of a wrong shape are left out and told among its problems.

    Raises:
        UserError: where the file cannot be read or is not YAML with keys.
    """
    from advisor.records import RecordError, convert, problems_in, read_data

    try:
        text = read_whole(path).decode("utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}:1: is not UTF-8 text") from None
    problems: list[str] = []
    try:
        data = read_data(text) or {}
        wrong = {place[0] for place, _ in problems_in(data, RequirementsFile) if place}
        if wrong:
            try:
                convert(text, data, RequirementsFile)
            except RecordError as error:
                problems = error.listed(str(path))
            data = {key: value for key, value in data.items() if key not in wrong}
        return Written(convert(text, data, RequirementsFile), text, problems)
    except RecordError as error:
        raise UserError("\n".join(error.listed(str(path)))) from None


def resolve(options: Mapping[str, Any], catalog: Catalog, file: Path | None = None) -> Requirements:
    """Merge options over a requirements file and check every value against the catalog's names.

    `options` holds what was given on the command line under the names of the requirements file.

    Raises:
        UserError: with all problems, each naming its option or its line.
    """
    written = read_file(file) if file else Written(RequirementsFile(), "", [])
    given = {key: value for key, value in options.items() if not (value is None or value is False or value == ())}
    merged = {name: getattr(written.file, name) for name in RequirementsFile.__struct_fields__}
    if file and merged["policy"]:
        merged["policy"] = tuple(_beside(file, name) for name in merged["policy"])
    merged |= given

    def place(field: str) -> str:
        if file is None or field in given:
            return f"--{field.replace('_', '-')}"
        from advisor.strict_yaml import line_of

        return f"{file}:{line_of(written.text, (field,))}: {field}"

    return _Reader(merged, catalog, place, written.problems).requirements()


def is_path(policy: str) -> bool:
    """Say whether what was given for a policy is written like a file and not like a name."""
    return "/" in policy or os.sep in policy or policy.endswith((".yaml", ".yml"))


def _beside(file: Path, name: str) -> str:
    """Return a policy's file that a requirements file names as seen from that file's folder; a name as it is."""
    return os.path.join(file.parent, name) if is_path(name) else name


class _Reader:
    """Checks one value after the other and remembers what is wrong."""

    def __init__(
        self, written: Mapping[str, Any], catalog: Catalog, place: Callable[[str], str], problems: list[str]
    ) -> None:
        self.written = written
        self.catalog = catalog
        self.place = place
        self.problems = list(problems)

    def requirements(self) -> Requirements:
        """Return the checked requirements, or raise one error with every problem."""
        fields: dict[str, Any] = {
            "lang": self.each("lang", self._language),
            "task": self.each("task", self._one_of(get_args(Task))) or ("chat",),
            "license": self.each("license", self._license),
            "use": self.one("use", self._one_of(get_args(Use))) or "internal",
            "monthly_users": self.one("monthly_users", parse_whole),
            "annual_revenue": self.one("annual_revenue", parse_whole),
            "territory": self.each("territory", _country),
            "seat": self.one("seat", _country),
            "origin": self.each("origin", _country),
            "exclude_origin": self.each("exclude_origin", _country),
            "on_prem": bool(self.written["on_prem"]),
            "air_gapped": bool(self.written["air_gapped"]),
            "privacy": self.one("privacy", self._one_of(get_args(Privacy))),
            "publisher": self.each("publisher", self._publisher),
            "ram": self.one("ram", parse_size),
            "vram": self.one("vram", parse_size),
            "hardware": self.one("hardware", self._hardware),
            "context": self.one("context", parse_count) or DEFAULT_CONTEXT,
            "concurrency": self.one("concurrency", parse_whole) or 1,
            "min_speed": self.one("min_speed", _positive_number),
            "max_parameters": self.one("max_parameters", parse_count),
            "min_quant": self.one("min_quant", self._quantization) or DEFAULT_MIN_QUANT,
            "policy": self.each("policy", str),
            "prefer": self._weights(),
            "strict": bool(self.written["strict"]),
            "fresh": bool(self.written["fresh"]),
            "no_local_evidence": bool(self.written["no_local_evidence"]),
            "as_of": self.one("as_of", _day),
        }
        self._contradictions(fields)
        if self.problems:
            raise UserError("\n".join(self.problems))
        return Requirements(**fields)

    def one(self, field: str, check: Callable[[Any], T]) -> T | None:
        """Return the checked value of `field`, or None where it was not given or is wrong."""
        value = self.written[field]
        if value is None:
            return None
        try:
            return check(value)
        except ValueError as error:
            self.problems.append(f"{self.place(field)}: {error}")
            return None

    def each(self, field: str, check: Callable[[Any], T]) -> tuple[T, ...]:
        """Return the checked values of a repeatable `field`, each once, in the order given."""
        found: dict[T, None] = {}
        for value in self.written[field] or ():
            try:
                found[check(value)] = None
            except ValueError as error:
                self.problems.append(f"{self.place(field)}: {error}")
        return tuple(found)

    def _one_of(self, known: Iterable[str]) -> Callable[[str], Any]:
        def check(value: str) -> str:
            return _named("value", value, list(known), show_all=True)

        return check

    def _language(self, tag: str) -> str:
        return language_tag(tag, self.catalog)

    def _license(self, name: str) -> str:
        licenses = self.catalog.licenses
        by_name = {alias: key for key, record in licenses.items() for alias in record.aliases}
        by_name |= {key: key for key in licenses}
        return by_name[_named("license", name, by_name)]

    def _publisher(self, name: str) -> str:
        if str(name).casefold() == "official":
            return "official"
        providers = self.catalog.providers
        by_name = {org: pid for pid, record in providers.items() for org in (*record.hub_orgs, *record.aliases)}
        by_name |= {pid: pid for pid in providers}
        return by_name[_named("publisher", name, {"official": "official", **by_name})]

    def _hardware(self, name: str) -> str:
        if (word := str(name).casefold()) in ("this", "unknown"):
            return word
        profiles = self.catalog.snapshot.hardware
        by_name = {alias: key for key, record in profiles.items() for alias in (record.name, *record.aliases)}
        by_name |= {key: key for key in profiles}
        return by_name[_named("hardware profile", name, by_name)]

    def _quantization(self, name: str) -> str:
        tables = self.catalog.snapshot.quantizations.values()
        entries = {n: entry for table in tables for n, entry in table.entries.items()}
        found = _named("quantization", name, entries)
        if entries[found].increase is None and entries[found].like is None:
            raise ValueError(f"nobody has measured what {found} loses; name a finer quantization")
        return found

    def _weights(self) -> dict[str, float]:
        """Read `CRITERION=WEIGHT`; a weight is a number from 0 to 100."""
        given = self.written["prefer"] or ()
        pairs = [f"{k}={v}" for k, v in given.items()] if isinstance(given, Mapping) else given
        weights: dict[str, float] = {}
        for pair in pairs:
            name, _, number = pair.partition("=")
            try:
                criterion = _named("criterion", name.strip(), CRITERIA, show_all=True)
                weights[criterion] = _weight(number)
            except ValueError as error:
                self.problems.append(f"{self.place('prefer')}: {error}")
        applying = [name for name in CRITERIA if name != "language" or self.written["lang"]]
        if all(weights.get(name, CRITERIA[name]) == 0 for name in applying):
            self.problems.append(f"{self.place('prefer')}: every weight that applies is 0; nothing is left to rank by")
        return weights

    def _contradictions(self, fields: Mapping[str, Any]) -> None:
        both = [c for c in fields["origin"] if c in fields["exclude_origin"]]
        if both:
            self._clash("origin", "exclude_origin", f"both name {', '.join(both)}")
        named = fields["publisher"] and "official" not in fields["publisher"]
        if fields["privacy"] == "restricted" and named and not fields["policy"]:
            why = "restricted data asks for official artifacts; add 'official', or a policy that approves others"
            self._clash("privacy", "publisher", why)
        users = fields["monthly_users"]
        if users and fields["concurrency"] > users:
            self._clash("concurrency", "monthly_users", "more at once than in a month")
        context, concurrency = fields["context"], fields["concurrency"]
        if max(context, SMALLEST_CACHE) * concurrency > MOST_TOKENS:
            told = f"{context:,} tokens for {counted(concurrency, 'user')} are more than any machine holds"
            self.problems.append(f"{self.place('context' if context > MOST_TOKENS else 'concurrency')}: {told}")

    def _clash(self, one: str, other: str, why: str) -> None:
        self.problems.append(f"{self.place(one)} and {self.place(other)} contradict each other: {why}")


def _named(kind: str, name: str, known: Iterable[str], show_all: bool = False) -> str:
    """Return the known name that equals `name` in any case.

    Raises:
        ValueError: offering the nearest names, or all of a short list.
    """
    folded = {k.casefold(): k for k in known}
    if str(name).casefold() in folded:
        return folded[str(name).casefold()]
    offered = list(folded.values()) if show_all else nearest(str(name), folded.values())
    tail = f"; one of: {', '.join(offered)}" if show_all else f"; did you mean {', '.join(offered)}?" if offered else ""
    raise ValueError(f"unknown {kind} '{name}'{tail}")


def language_tag(tag: str, catalog: Catalog) -> str:
    """Return a language tag in the form in which records have it: `ja`, `zh-Hans` for `zh-CN`, `tl` for `fil`.

    Raises:
        ValueError: where it is no tag, or nobody's language; the nearest are offered.
    """
    if not re.match(_TAG, tag):
        raise ValueError(_unknown_language(tag))
    meant = codes.canonical(tag)
    first = meant.split("-")[0]
    if first not in codes.languages() and first not in _languages_of(catalog):
        raise ValueError(_unknown_language(tag))
    return meant


def _unknown_language(tag: str) -> str:
    known = codes.languages()
    names = {name.casefold(): code for code, name in known.items()}
    meant = codes.LANGUAGES_OFTEN_MEANT.get(tag.casefold()) or names.get(tag.casefold())
    if meant:
        return f"unknown language tag '{tag}'; did you mean {meant} ({known[meant]})?"
    near = dict.fromkeys(names.get(found, found) for found in nearest(tag, [*known, *names]))
    offer = "; did you mean " + ", ".join(f"{code} ({known[code]})" for code in near) + "?" if near else "."
    return f"unknown language tag '{tag}'{offer} Write BCP 47 tags like ja, zh-Hans, pt-BR"


def _languages_of(catalog: Catalog) -> set[str]:
    """Return the first parts of all language tags that the catalog's models declare."""
    return {tag.split("-")[0] for m in catalog.models.values() if m.languages for tag in m.languages.tags}


def _country(code: str) -> str:
    known = codes.countries()
    upper = code.upper()
    if upper in known:
        return upper
    names = {name.casefold(): c for c, name in known.items()}
    meant = codes.COUNTRIES_OFTEN_MEANT.get(upper) or names.get(code.casefold())
    near = [meant] if meant else [names.get(n, n) for n in nearest(code.casefold(), [*names, *known])]
    offer = ", ".join(f"{c} ({known[c]})" for c in dict.fromkeys(near) if c in known)
    raise ValueError(f"unknown country '{code}'" + (f"; did you mean {offer}?" if offer else ""))


def _positive_number(number: float) -> float:
    if not 0 < number < float("inf"):
        raise ValueError(f"{number} must be a number above zero")
    return float(number)


def _weight(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a weight; write CRITERION=WEIGHT, for example speed=0.5") from None
    if not 0 <= number <= 100:
        raise ValueError(f"weight {text} must lie between 0 and 100")
    return number


def _day(text: str) -> str:
    from datetime import date

    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a day; write it like 2026-11-22") from None
    if not 2000 <= day.year < 2100:
        raise ValueError(f"'{text}' is not a day of this century")
    return day.isoformat()
