"""The command ``digitrade``: build the book, run a chapter, see its parameters."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from digitrade import __version__
from digitrade.data.paths import STUDIES, Refusal, project_root

# A command imports what it needs when it is called, so that help comes without a wait.

FIRM_STUDY = "pilot_zones"
INTERRUPTED = 130
STUDY_HELP = "The study FILE is for."
NO_FILE = "--columns says what the columns of FILE are: name a FILE."
NO_STUDY = (
    f"Only {FIRM_STUDY} takes a file of yours. The chapters of {{}} run on public "
    "figures, which are in data/; `digitrade data check` without FILE looks at them."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Build and re-run an executable computational paper."""


@cli.command("build")
@click.option("--jobs", default=-1, show_default="all cores", help="Chapters to run at once.")
def build_command(jobs: int) -> None:
    """Run the chapters that changed and set the book's pages."""
    from digitrade.book.book import build

    click.echo(f"Open {build(project_root(), jobs=jobs, say=click.echo)}")


@cli.command("run")
@click.argument("chapter")
@click.option(
    *("-p", "--parameter", "given"),
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter and its value; lists with commas. May be repeated.",
)
def run_command(chapter: str, given: tuple[tuple[str, str], ...]) -> None:
    """Run CHAPTER with your parameters, outside the book."""
    from digitrade.book.book import run_chapter

    folder, fresh = run_chapter(project_root(), chapter, dict(given))
    click.echo("Run" if fresh else "Found: the same parameters have been run before")
    click.echo(f"Open {folder / 'page.html'}")


@cli.command("params")
@click.argument("chapter")
def params_command(chapter: str) -> None:
    """List the parameters of CHAPTER: name, type, default, meaning."""
    from digitrade.book.chapters import find_chapter
    from digitrade.book.parameters import describe, read_parameters

    click.echo(describe(read_parameters(find_chapter(chapter, project_root()))))


@cli.command("list")
def list_command() -> None:
    """List the chapters."""
    from digitrade.book.chapters import all_chapters

    chapters = all_chapters(project_root())
    width = max(len(chapter.name) for chapter in chapters)
    for chapter in chapters:
        click.echo(f"{chapter.name.ljust(width)}  {chapter.title()}")


@cli.group("data")
def data_group() -> None:
    """Look after the tables in data/, and your own file."""


@data_group.command("check")
@click.argument("file", required=False)
@click.option(
    "--study", type=click.Choice(STUDIES), default=FIRM_STUDY, show_default=True, help=STUDY_HELP
)
@click.option("--columns", help="Your column map: a CSV file with theirs, ours[, multiply].")
@click.pass_context
def check_command(
    context: click.Context, file: str | None, study: str, columns: str | None
) -> None:
    """Hold every shipped table to its codebook or, with FILE, your own extract to its checks.

    FILE is CSV, Parquet, Stata or Excel, with a row for each firm and year. It is only read.
    Without --columns, FILE.columns.csv beside it counts, if there is one.
    """
    from digitrade.data import check_shipped_data
    from digitrade.data.reader import check_extract
    from digitrade.studies.pilot_zones.sources import own_panel
    from digitrade.studies.pilot_zones.verdicts import describe_verdicts

    if not file:
        if columns:
            raise click.UsageError(NO_FILE)
        click.echo(f"{check_shipped_data()} tables are what their codebooks say")
        return
    if study != FIRM_STUDY:
        raise click.UsageError(NO_STUDY.format(study))
    report = check_extract(file, columns=columns)
    click.echo(str(report))
    if report.ok:
        click.echo(describe_verdicts(own_panel(file, columns=columns)))
    else:
        context.exit(1)


@data_group.command("columns")
def data_columns_command() -> None:
    """List the columns of an extract: name, unit, meaning, and the headers recognised."""
    from digitrade.data.reader.columns import describe_columns

    click.echo(describe_columns())


@data_group.command("example")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Seed of the simulated firms; the book's by default.")
def data_example_command(file: Path, seed: int | None) -> None:
    """Write the simulated firms to FILE (.csv, .parquet, .dta, .xlsx), to see what one looks like.

    The rows are drawn, not real. A file that exists is left alone.
    """
    from digitrade.studies.pilot_zones.sources import write_example

    rows = write_example(file, seed=seed)
    click.echo(f"{rows:,} simulated firm-years in {file}. Try `digitrade data check {file}`")


def main() -> None:
    """Run the command; an expected failure is one message and exit code 1."""
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped. Start the same command again: what is done is kept.", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (Refusal, FileExistsError, FileNotFoundError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    sys.exit(code)
