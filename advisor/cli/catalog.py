"""`advisor catalog list`, `show`, `lint`, `coverage`, `diff`, `sources`, `schema`."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.options import CATALOG, format_options, open_catalog, output_options
from advisor.cli.output import deliver, say, write
from advisor.errors import DataError, UserError


@click.group("catalog")
def command() -> None:
    """Read and check the catalog of models, licences, hardware and evidence."""


@command.command("list", short_help="all models")
@click.option("--articles", is_flag=True, help="Show the systems that the articles name, and where.")
@output_options
def list_models(articles: bool, catalog: tuple[Path, ...], format_name: str, output: Path | None) -> int:
    """List all models."""
    from advisor.listing import listing, systems

    opened = open_catalog(catalog)
    if articles:
        deliver(systems(opened), "systems", format_name, output)
    else:
        deliver(listing(opened), "listing", format_name, output)
    return 0


@command.command("show", short_help="one record whole")
@click.argument("name")
@output_options
def show(name: str, catalog: tuple[Path, ...], format_name: str, output: Path | None) -> int:
    """Show one record whole: a model, family, provider, licence, benchmark or hardware profile."""
    from advisor.shown import find

    opened = open_catalog(catalog)
    deliver(find(opened, name), "shown", format_name, output)
    return 0


@command.command("lint", short_help="every problem of records, with its line")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def lint(folder: Path | None) -> int:
    """Check every file below FOLDER (the checkout's catalog if none is given), or one file with a policy."""
    from advisor.curation.lint import lint as check
    from advisor.curation.lint import lint_policy
    from advisor.paths import checkout

    root = checkout()
    if folder is None and root is None:
        say("The shipped catalog was checked when it was built; name a FOLDER of your own records.")
        return 0
    target = folder or (root or Path()) / "catalog"
    if not target.exists():
        raise UserError(f"{target}: no such folder or file")
    if target.is_file():
        problems = lint_policy(target, open_catalog(()))
    elif root is not None and target.resolve() == (root / "catalog").resolve():
        problems = check(target, target.parent / "seeds")
    else:
        problems = check(target, None, open_catalog(()).snapshot)
    if problems:
        raise DataError(problems)
    say(f"{target}: no problems")
    return 0


@command.command("coverage", short_help="how much is known, and what is missing")
@output_options
def coverage(catalog: tuple[Path, ...], format_name: str, output: Path | None) -> int:
    """Count which facts of the open text models are known; 1 where one is below its floor."""
    from advisor.curation.coverage import coverage as count

    document = count(open_catalog(catalog))
    deliver(document, "coverage", format_name, output)
    return document.exit_code


@command.command("diff", short_help="what changed between two folders")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@format_options
def diff(old: Path, new: Path, format_name: str, output: Path | None) -> int:
    """Tell what changed from catalog folder OLD to NEW: records that came and went, facts that differ.

    Folders that hold only changes are compared as laid over the catalog that is shipped.
    """
    from advisor.curation.diff import diff as compare

    deliver(compare(old, new), "difference", format_name, output)
    return 0


@command.command("sources", short_help="the articles' records against their texts")
@click.option(
    "--articles",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where the articles' texts lie.",
)
@CATALOG
def sources(articles: Path, catalog: tuple[Path, ...]) -> int:
    """Check the articles' records against their texts: hashes, paragraphs, surface forms."""
    from advisor.curation.articles import check_articles

    records = open_catalog(catalog).snapshot.articles
    problems = check_articles(records, articles)
    if problems:
        raise DataError(problems)
    claims = sum(len(article.claims) for article in records.values())
    say(f"{len(records)} articles, {claims} claims: hashes, paragraphs and surface forms agree")
    return 0


@command.command("schema", short_help="the JSON Schema of a document or record")
@click.argument("name", required=False)
def schema(name: str | None) -> int:
    """Print the JSON Schema called NAME; the names if none is given."""
    from advisor.curation.schemas import SCHEMAS, json_schema

    if name is None:
        write("\n".join(SCHEMAS) + "\n")
        return 0
    deliver(json_schema(name), "schema", "json", None)
    return 0
