"""The command ``digitrade``: build the book, run a chapter, see its parameters."""

from __future__ import annotations

import errno
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import click

from digitrade.data.paths import STUDIES, Refusal, project_root, write_log

# A command imports what it needs when it is called, so that help and refusals come without a wait.

FIRM_STUDY = "pilot_zones"
REFUSED, UNEXPECTED, INTERRUPTED, TERMINATED = 1, 70, 130, 143
NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
GLUED = re.compile(r"(?:-p|--parameter=)?(\w+)=(.*)", re.DOTALL)
KEPT = "Start the same command again: chapters that were done are kept."
AT_LEAST_ONE = click.IntRange(min=1)
STUDY_HELP = "The study FILE is for."
SEED_HELP = "Seed of the simulated firms; the book's by default."
GIVEN = "Write -p NAME VALUE, or -p NAME=VALUE; `params CHAPTER` lists the names."
NO_FILE = "--columns says what the columns of FILE are: name a FILE."
NO_STUDY = (
    f"Only {FIRM_STUDY} takes a file of yours. The chapters of {{}} run on public "
    "figures, which are in data/; `digitrade data check` without FILE looks at them."
)
EXIT_CODES = (
    "Exit codes: 0 done, 1 refused or failed, 2 misused, 70 an error of ours, 130 and 143 stopped."
)


class RunCommand(click.Command):
    """A command that takes ``-p name=value`` for ``-p name value``."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Part names from values, and tell an option that is a parameter how it is given."""
        parted: list[str] = []
        for arg in args:
            glued = GLUED.fullmatch(arg)
            option = arg.startswith(("-p", "--parameter="))
            if glued and (option or parted[-1:] in (["-p"], ["--parameter"])):
                parted += ["-p", *glued.groups()] if option else glued.groups()
            else:
                parted.append(arg)
        try:
            return super().parse_args(context, parted)
        except click.BadOptionUsage as error:
            found = error.message
        except click.NoSuchOption as error:
            name = error.option_name
            found = f"No such option: {name}. Was a parameter meant, -p {name.lstrip('-')} VALUE?"
        raise click.UsageError(f"{found} {GIVEN}", context)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(package_name="digitrade", prog_name="digitrade")
def cli() -> None:
    """Build and re-run an executable computational paper."""


@cli.command("build")
@click.option(
    "--jobs", type=AT_LEAST_ONE, show_default="one a core", help="Chapters to run at once."
)
def build_command(jobs: int | None) -> None:
    """Run the chapters that changed and set the book's pages.

    They are in _build/html. If anything fails, the pages that were there stay.
    """
    from digitrade.book.book import build

    try:
        click.echo(f"Open {build(project_root(), jobs=jobs, say=click.echo)}")
    except KeyboardInterrupt:
        raise click.Abort(KEPT) from None


@cli.command("run", cls=RunCommand, epilog=EXIT_CODES)
@click.argument("chapter")
@click.option(
    *("-p", "--parameter", "given"),
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter and its value, or NAME=VALUE; lists with commas. May be repeated.",
)
def run_command(chapter: str, given: tuple[tuple[str, str], ...]) -> None:
    """Run CHAPTER with your parameters, outside the book.

    CHAPTER is a name as `list` shows it, its ending, or words of its title; `params CHAPTER` shows
    what can be changed. The page, the notebook and the estimates go to runs/, in a folder for each
    choice of parameters.

    \b
    Examples:
      digitrade run digital_finance/02_baseline -p outcome ln_trade
      digitrade run estimators/06_matching -p weighting=matched -p caliper=0.2
      digitrade run pilot_zones/02_baseline -p data_path mine.csv
    """
    from digitrade.book import chapters

    found = chapters.find_chapter(chapter, project_root())
    asked = chapters.check_parameters(found, chapters.read_parameters(found), given)
    values = chapters.with_full_paths(asked)
    from digitrade.book.book import run_chapter  # takes a second or two: after the refusals

    folder, fresh = run_chapter(found.root, found.name, values)
    click.echo("Run" if fresh else "Found: the same parameters have been run before")
    click.echo(f"Open {folder / 'page.html'}")


@cli.command("params")
@click.argument("chapter")
def params_command(chapter: str) -> None:
    """List the parameters of CHAPTER: name, type, default, meaning."""
    from digitrade.book.chapters import describe, find_chapter, read_parameters

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


@data_group.command("check", short_help="Check the shipped tables or, with FILE, your own.")
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


@data_group.command("columns", short_help="List the columns of an extract, and known headers.")
def data_columns_command() -> None:
    """List the columns of an extract: name, unit, meaning, and the headers recognised."""
    from digitrade.data.reader.columns import describe_columns

    click.echo(describe_columns())


@data_group.command("example", short_help="Write the simulated firms to FILE.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help=SEED_HELP)
@click.pass_context
def data_example_command(context: click.Context, file: Path, seed: int | None) -> None:
    """Write the simulated firms to FILE (.csv, .parquet, .dta, .xlsx), to see what one looks like.

    The rows are drawn, not real. A file that exists is left alone.
    """
    from digitrade.studies.pilot_zones.sources import write_example

    rows = write_example(file, seed=seed)
    quoted = subprocess.list2cmdline([file]) if os.name == "nt" else shlex.quote(str(file))
    program = context.find_root().info_name
    click.echo(f"{rows:,} simulated firm-years in {file}. Check it:")
    click.echo(f"  {program} data check {quoted}")


@data_group.command("honest", short_help="Draw both twins again, with other seeds.")
@click.option("--draws", type=AT_LEAST_ONE, default=200, show_default=True, help="Of each study.")
@click.option("--jobs", type=AT_LEAST_ONE, default=1, show_default=True, help="Draws at once.")
def data_honest_command(draws: int, jobs: int) -> None:
    """Draw both twins again, with other seeds, and write data/twin/honest_*.csv."""
    from digitrade.studies.digital_finance.twin.honest import write_draws as write_provinces
    from digitrade.studies.pilot_zones.twin.honest import write_draws as write_firms

    for write in (write_provinces, write_firms):
        click.echo(f"{write(draws, jobs=jobs)} is written")


def main() -> None:
    """Run the command: whatever goes wrong is a message and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # GBK, cp1252 and ASCII lack letters
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = cli(standalone_mode=False)
    except click.Abort as stopped:
        code = _fail(f"Stopped. {stopped}".rstrip(), INTERRUPTED)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "digitrade":
            raise  # __main__ says what to install
        code = _explained(error)
    except Exception as error:
        code = _explained(error)
    sys.exit(code)


def _explained(error: Exception) -> int:
    """Say in a sentence what happened, and where the traceback is if it was not foreseen."""
    if isinstance(error, Refusal) or (isinstance(error, OSError) and error.errno is None):
        return _fail(f"Error: {error}", REFUSED)
    if isinstance(error, OSError) and error.errno in NOT_WRITABLE:
        what = f"{error.strerror}: {error.filename or 'a file of the run'}"
        advice = "Choose a place that you can write to, with room on its disk."
        return _fail(f"Error: {what}. {advice}", REFUSED)
    first = (str(error).splitlines() or [""])[0]
    log = write_log("".join(traceback.format_exception(error)))
    return _fail(
        f"Error: this should not have happened: {type(error).__name__}: {first}. "
        f"The details are in {log}; the page 'Report an error' says where to send them.",
        UNEXPECTED,
    )


def _fail(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code
