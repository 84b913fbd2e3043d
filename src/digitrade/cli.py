"""The command ``digitrade``: build the book, run a chapter, see its parameters."""

from __future__ import annotations

import sys

import click

from digitrade import __version__
from digitrade.data import check_shipped_data
from digitrade.paths import project_root
from digitrade.run.book import BuildError, build, declared_parameters, run_chapter
from digitrade.run.chapters import UnknownChapterError, all_chapters, find_chapter
from digitrade.run.parameters import ParameterError, describe
from digitrade.validation import DataError

EXPECTED = (BuildError, DataError, FileNotFoundError, ParameterError, UnknownChapterError)
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Build and re-run an executable computational paper."""


@cli.command("build")
@click.option("--jobs", default=-1, show_default="all cores", help="Chapters to run at once.")
def build_command(jobs: int) -> None:
    """Run the chapters that changed and set the book's pages."""
    page = build(project_root(), jobs=jobs, say=click.echo)
    click.echo(f"Open {page}")


@cli.command("run")
@click.argument("chapter")
@click.option(
    "-p",
    "--parameter",
    "given",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter and its value; lists with commas. May be repeated.",
)
def run_command(chapter: str, given: tuple[tuple[str, str], ...]) -> None:
    """Run CHAPTER with your parameters, outside the book."""
    folder, fresh = run_chapter(project_root(), chapter, dict(given))
    click.echo("Run" if fresh else "Found: the same parameters have been run before")
    click.echo(f"Open {folder / 'page.html'}")


@cli.command("params")
@click.argument("chapter")
def params_command(chapter: str) -> None:
    """List the parameters of CHAPTER: name, type, default, meaning."""
    found = find_chapter(chapter, project_root())
    click.echo(describe(declared_parameters(found)))


@cli.command("list")
def list_command() -> None:
    """List the chapters."""
    chapters = all_chapters(project_root())
    width = max(len(one.name) for one in chapters)
    for one in chapters:
        click.echo(f"{one.name.ljust(width)}  {one.title()}")


@cli.group("data")
def data_group() -> None:
    """Look after the tables in data/."""


@data_group.command("check")
def data_check_command() -> None:
    """Hold every shipped table to its codebook."""
    tables = check_shipped_data()
    click.echo(f"{tables} tables are what their codebooks say")


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
    except EXPECTED as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    sys.exit(code)
