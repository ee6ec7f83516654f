"""What a file says of itself against what the catalog knows of the model: a mismatch is a finding.

Nothing is compared where either side is silent. The header's words are the uploader's, so they prove nothing; but
who cannot get them right has not shown what the file is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from advisor.catalog.load import Catalog
from advisor.catalog.schema import Model, Record
from advisor.gguf.encoding import FILE_TYPES
from advisor.gguf.examination import TEMPLATE, Examination
from advisor.gguf.header import Header
from advisor.gguf.identity import Match, quantization_in
from advisor.gguf.problem import Problem, Severity
from advisor.hardware import weights

MOST_LANGUAGES = 256
LONGEST_LANGUAGE = 40
CLOSE = 0.05
"""How far the elements of a file may lie from those counted out of the record's shape (docs/memory.md)."""
ABOVE, BELOW = 1.15, 0.75
"""Where the record's shape says too little: the published count may hold towers that a text file lacks."""


class Claim(Record, frozen=True, kw_only=True):
    """One fact on which file and catalog both speak."""

    field: str
    agrees: bool
    file: str
    catalog: str


class _Said(NamedTuple):
    """A claim with the key of the header that makes it, and how bad a contradiction is."""

    claim: Claim
    key: str | None
    severity: Severity = "warn"


def compare(
    found: Examination, match: Match, catalog: Catalog, sha256: str | None
) -> tuple[list[Claim], list[Problem]]:
    """Return all facts that were compared, and a problem for each contradiction.

    A wrong architecture, size or hash means another model, which is a failure; the rest are warnings.
    """
    model = catalog.models[match.model]
    said = [
        *_architecture(found.header, model),
        *_parameters(found, model),
        *_context(found.header, model),
        *_license(found.header, model, catalog),
        *_languages(found.header, model),
        *_quantization(found, match),
        *_publisher(found.header, match, catalog),
        *_template(found, model),
        *_bytes(found, match, sha256),
    ]
    problems = []
    for claim, key, severity in said:
        if not claim.agrees:
            entry = found.header.entries.get(key) if key else None
            message = f"{claim.field}: the file says {claim.file}, the catalog {claim.catalog} for {match.model}"
            code = f"claim-{claim.field}"
            problems.append(Problem(code=code, message=message, offset=entry.offset if entry else 0, severity=severity))
    return [row.claim for row in said], problems


def _of(field: str, agrees: bool, file: object, catalog: object) -> Claim:
    return Claim(field=field, agrees=agrees, file=str(file), catalog=str(catalog))


def _architecture(header: Header, model: Model) -> Iterator[_Said]:
    own = header.label("general.architecture")
    if own and model.architecture:
        name = model.architecture.name
        yield _Said(_of("architecture", own == name, own, name), "general.architecture", "fail")


def _parameters(found: Examination, model: Model) -> Iterator[_Said]:
    """Compare the elements of all tensors with the record's shape, or with the published count."""
    own = sum(shard.header.elements for shard in found.shards)
    if not own or not model.parameters or any(not shard.header.complete for shard in found.shards):
        return
    published = model.parameters.hub_count or model.parameters.total
    low, high = BELOW * published, ABOVE * published
    shape = model.architecture
    parts = weights.classes(shape, model.parameters) if shape else None
    if shape and parts:
        counted = sum(part.elements for part in parts)
        table = (shape.vocabulary_size or 0) * (shape.hidden_size or 0)
        low = (1 - CLOSE) * min(counted, published)
        high = (1 + CLOSE) * (max(counted, published) + table)  # a tied matrix may stand in the file twice
    yield _Said(_of("parameters", low <= own <= high, f"{own:,}", f"{published:,}"), None, "fail")


def _context(header: Header, model: Model) -> Iterator[_Said]:
    own = context_length(header)
    if own and model.context:
        known = [n for n in (model.context.native, model.context.extended) if n]
        told = f"{own:,}", " or ".join(f"{n:,}" for n in known)
        agrees = min(known) <= own <= max(known)
        yield _Said(_of("context", agrees, *told), f"{header.label('general.architecture')}.context_length")


def context_length(header: Header) -> int | None:
    """Return the context length in tokens that a header states."""
    return header.integer(f"{header.label('general.architecture')}.context_length")


def license_of(header: Header, catalog: Catalog) -> str | None:
    """Return the licence a header states, under the catalog's id where it knows the name."""
    stated = header.label("general.license")
    if stated and stated.casefold() == "other":
        stated = header.label("general.license.name") or stated
    if not stated:
        return None
    folded = stated.strip().casefold()
    for license_id, record in catalog.licenses.items():
        if folded in (license_id.casefold(), *(alias.casefold() for alias in record.aliases)):
            return license_id
    return stated


def _license(header: Header, model: Model, catalog: Catalog) -> Iterator[_Said]:
    own = license_of(header, catalog)
    if own in catalog.licenses and model.license:
        known = (model.license.id, *model.license.also)
        yield _Said(_of("license", own in known, own, " and ".join(known)), "general.license")


def languages_of(header: Header) -> tuple[str, ...]:
    """Return the languages a header states, as it writes them; what is too long for a name of one is left out."""
    stated = header.array("general.languages") or ()
    return tuple(tag for tag in stated[:MOST_LANGUAGES] if isinstance(tag, str) and len(tag) <= LONGEST_LANGUAGE)


def _languages(header: Header, model: Model) -> Iterator[_Said]:
    """Compare primary tags; what the maker does not declare is a contradiction only where it declares anything."""
    own = {tag.casefold().replace("_", "-").split("-")[0] for tag in languages_of(header)}
    own = {tag for tag in own if re.fullmatch(r"[a-z]{2,3}", tag)}
    stated = model.languages
    known = {tag.split("-")[0] for tag in (*stated.tags, *stated.card_tags)} if stated else set()
    if own and known:
        more = sorted(own - known)
        told = ", ".join(sorted(own)), ", ".join(sorted(known))
        yield _Said(_of("languages", not more, *told), "general.languages")


def bits(quantization: str) -> int | None:
    """Return the bits that a quantization's name tells: 4 for `Q4_K_M`, `IQ4_XS`, `MXFP4`."""
    match = re.search(r"(?:Q|FP|F)(\d+)", quantization)
    return int(match[1]) if match else None


def _quantization(found: Examination, match: Match) -> Iterator[_Said]:
    """Compare bits: what the header says, what the name or the catalog says, what most of the weights are."""
    kind = found.header.integer("general.file_type")
    stated = FILE_TYPES.get(kind) if kind is not None else None
    known = match.quantization or quantization_in(found.shards[0].name)
    if stated and known:
        yield _Said(_of("quantization", bits(stated) == bits(known), stated, known), "general.file_type")
    actual = commonest_type(found)
    claimed = known or stated
    if actual and claimed:
        low, high = bits(actual), bits(claimed)
        agrees = low is None or high is None or low >= high
        yield _Said(_of("weights", agrees, f"mostly {actual}", claimed), None)


def commonest_type(found: Examination) -> str | None:
    """Return the type of most elements."""
    counts: dict[str, int] = {}
    for shard in found.shards:
        for tensor in shard.header.tensors:
            if tensor.encoding:
                counts[tensor.encoding.name] = counts.get(tensor.encoding.name, 0) + tensor.elements
    return max(counts, key=lambda name: counts[name]) if counts else None


def _publisher(header: Header, match: Match, catalog: Catalog) -> Iterator[_Said]:
    """Compare who quantized it with who uploaded it, and whose model it is with the maker."""
    by = header.label("general.quantized_by")
    if by and match.publishers:
        agrees = any(_folded(by) in _names(catalog, publisher) for publisher in match.publishers)
        yield _Said(_of("publisher", agrees, by, " or ".join(match.publishers)), "general.quantized_by")
    maker = header.label("general.organization")
    provider = catalog.models[match.model].provider
    if maker:
        agrees = any(_folded(maker) in _names(catalog, name) for name in (provider, *match.publishers))
        yield _Said(_of("provider", agrees, maker, provider), "general.organization")


def _names(catalog: Catalog, provider_id: str) -> set[str]:
    record = catalog.providers[provider_id]
    return {_folded(name) for name in (provider_id, record.name, *record.aliases, *record.hub_orgs)}


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _template(found: Examination, model: Model) -> Iterator[_Said]:
    """Compare the template with the maker's, and a missing one with what the model is for."""
    template = found.template
    if not found.header.complete:
        return
    if model.instruction_tuned and not template.present:
        yield _Said(_of("template", False, "it has no chat template", "it is tuned for instructions"), None)
    elif template.sha256 and model.chat_template:
        known = model.chat_template.sha256
        agrees = template.sha256 in known or (template.stripped_sha256 or "") in known
        yield _Said(_of("template", agrees, template.sha256, " or ".join(known)), TEMPLATE)


def _bytes(found: Examination, match: Match, sha256: str | None) -> Iterator[_Said]:
    """Compare size and hash with the artifact's, where it is known which artifact it should be."""
    if match.size_bytes:
        yield _Said(_of("size", found.size == match.size_bytes, f"{found.size:,}", f"{match.size_bytes:,}"), None)
    if sha256 and match.sha256:
        severity: Severity = "fail" if match.certain else "warn"
        told = sha256, " or ".join(match.sha256)
        yield _Said(_of("sha256", sha256 in match.sha256, *told), None, severity)
