"""The command line: one message and an exit code, no traceback."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from digitrade import __version__, cli
from digitrade.book.book import refuse_wrong_extracts
from digitrade.data.codebook import DataError
from digitrade.studies.pilot_zones.twin import simulate_firms

MODEL = "digital_finance/02_baseline"


def call(*arguments: str):
    return CliRunner().invoke(cli.cli, list(arguments))


def test_list_names_the_chapters(project):
    result = call("list")
    assert "digital_finance/02_baseline" in result.output
    assert "Baseline: two-way fixed effects" in result.output


def test_params_show_name_type_default_and_meaning(project):
    result = call("params", "digital_finance/02_baseline")
    assert "covariance" in result.output
    assert "clustered | robust | driscoll-kraay" in result.output


def test_data_check_counts_the_tables(project):
    shipped = {*project.glob("data/*/*.csv")} - {*project.glob("data/yours/*")}
    tables = shipped - {*project.glob("data/*/codebook.csv")}
    assert f"{len(tables)} tables are what their codebooks say" in call("data", "check").output


def test_honest_draws_are_written_as_shipped_and_each_is_kept(project):
    files = [project / "data" / "twin" / f"honest_{name}.csv" for name in ("provinces", "firms")]
    shipped = [[line.split(",")[:2] for line in file.read_text().splitlines()] for file in files]
    result = call("data", "honest", "--draws", "1")
    assert [f"{file} is written" for file in files] == result.output.splitlines()
    for file, lines in zip(files, shipped, strict=True):
        keys = [line.split(",")[:2] for line in file.read_text().splitlines()]
        assert keys == lines[: len(keys)]
    assert len([*(project / "_build" / "cache").glob("honest_*.pickle")]) == len(files)
    assert "tables are what their codebooks say" in call("data", "check").output


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """An example of a reader's file."""
    path = tmp_path_factory.mktemp("example") / "mine.csv"
    assert "14,791 simulated firm-years" in call("data", "example", str(path)).output
    return path


@pytest.fixture
def example(written, tmp_path, monkeypatch):
    """The folder a reader stands in, with an example of a file."""
    shutil.copy(written, tmp_path / "mine.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_passes_the_check(example):
    result = call("data", "check", "mine.csv", "--study", "pilot_zones")
    assert result.exit_code == 0
    assert result.output.startswith("mine.csv: 14,791 rows")
    assert "No problems" in result.output


def test_a_problem_ends_with_exit_code_1_and_a_column_map_solves_it(example):
    text = (example / "mine.csv").read_text(encoding="utf-8")
    (example / "mine.csv").write_text(text.replace("liability", "owed", 1), encoding="utf-8")
    result = call("data", "check", "mine.csv")
    assert result.exit_code == 1
    assert "column liability: not there" in result.output
    (example / "map.csv").write_text("theirs,ours\nowed,liability\n", encoding="utf-8")
    assert call("data", "check", "mine.csv", "--columns", "map.csv").exit_code == 0


def test_an_example_overwrites_nothing(example, monkeypatch, capsys):
    code, text = exit_of(monkeypatch, capsys, "data", "example", "mine.csv")
    assert (code, text) == (
        1,
        "Error: mine.csv exists and is left as it is. Choose another name.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("mine.csv", "--study", "digital_finance"), 2, "Only pilot_zones takes a file of yours"),
        (("--columns", "map.csv"), 2, "name a FILE"),
        (("nowhere.csv",), 1, "Looked for"),
        (("_toc.yml",), 1, "ends in '.yml'"),
    ],
)
def test_what_cannot_be_checked_is_said(project, monkeypatch, capsys, arguments, code, words):
    assert exit_of(monkeypatch, capsys, "data", "check", *arguments)[0] == code
    assert words in exit_of(monkeypatch, capsys, "data", "check", *arguments)[1]


def test_columns_are_listed():
    assert "资产负债率" in call("data", "columns").output


def test_version():
    assert __version__ in call("--version").output


def exit_of(monkeypatch, capsys, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["digitrade", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "02_baselin"), "No chapter '02_baselin'"),
        (("run", "digital_finance/02_baseline", "-p", "draw", "9"), "draw: no such parameter"),
        (
            ("run", "digital_finance/02_baseline", "-p", "draws", "many"),
            "found 'many', expected int",
        ),
        (("params", "nowhere"), "Choose one of"),
    ],
)
def test_what_is_refused_is_one_message(project, monkeypatch, capsys, arguments, words):
    code, text = exit_of(monkeypatch, capsys, *arguments)
    assert code == 1
    assert words in text
    assert "Traceback" not in text
    assert not (project / "runs").exists()


def test_misused_command_is_explained(project, monkeypatch, capsys):
    code, text = exit_of(monkeypatch, capsys, "run", "digital_finance/02_baseline", "-p", "draws")
    assert code == 2
    assert "requires 2 arguments" in text


@pytest.mark.parametrize(
    "given", [["-p", "draws=x"], ["-pdraws=x"], ["--parameter=draws=x"], ["-p", "draws", "x"]]
)
def test_a_name_and_a_value_may_be_written_together(project, given):
    result = call("run", "digital_finance/02_baseline", *given)
    assert "draws: found 'x'" in str(result.exception)


def test_a_value_keeps_its_equals_sign(project):
    result = call("run", "pilot_zones/02_baseline", "-p", "data_path", "a=b.csv")
    assert "'a=b.csv'" in str(result.exception)


@pytest.mark.parametrize("jobs", ["0", "-5", "1e9", "abc"])
def test_a_number_of_jobs_out_of_range_is_misuse(jobs):
    assert call("build", "--jobs", jobs).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "x", "-p", "outcome"], "Write -p NAME VALUE"),
        (["run", "x", "--outcome", "y"], "-p outcome VALUE?"),
        (["rn"], "'run'"),
    ],
)
def test_misuse_says_how_it_is_used(arguments, words):
    result = call(*arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    "arguments",
    [[], ["run"], ["build"], ["params"], ["data"], ["data", "check"], ["data", "example"]],
)
def test_help_fits_a_terminal(arguments):
    help_text = call(*arguments, "--help").output
    assert max(map(len, help_text.splitlines())) <= 80
    assert "..." not in help_text.replace("[ARGS]...", "")


@pytest.fixture
def broken(monkeypatch):
    """A build that fails in the way given."""

    def fails(error: Exception) -> None:
        def build(*_, **__):
            raise error

        monkeypatch.setattr("digitrade.book.book.build", build)

    return fails


def test_the_unforeseen_is_a_sentence_and_a_log(project, monkeypatch, capsys, broken):
    broken(ZeroDivisionError("by zero"))
    code, text = exit_of(monkeypatch, capsys, "build")
    (log,) = (project / "_build" / "logs").iterdir()
    assert code == 70
    assert text.count("\n") == 1
    assert "ZeroDivisionError: by zero" in text
    assert str(log) in text
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_log_goes_elsewhere_if_the_project_takes_none(project, monkeypatch, capsys, broken):
    (project / "_build").write_text("a file where a folder belongs", encoding="utf-8")
    broken(KeyError("x"))
    code, text = exit_of(monkeypatch, capsys, "build")
    assert code == 70
    assert str(project / "_build") not in text
    assert "digitrade-" in text


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_disk_that_takes_nothing_is_named(project, monkeypatch, capsys, broken, number):
    broken(OSError(number, os.strerror(number), "/somewhere/page.html"))
    code, text = exit_of(monkeypatch, capsys, "build")
    assert code == 1
    assert f"{os.strerror(number)}: /somewhere/page.html" in text


@pytest.mark.parametrize("command", [["build"], ["run", "estimators/01_fixed_effects"]])
def test_a_project_that_is_read_only_is_refused_at_once(project, monkeypatch, capsys, command):
    monkeypatch.setattr("digitrade.book.book.os.access", lambda *_: False)
    code, text = exit_of(monkeypatch, capsys, *command)
    assert code == 1
    assert text.startswith(f"Error: {project} cannot be written to")
    assert not (project / "runs").exists()


@pytest.mark.parametrize("coding", ["gbk", "cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("arguments", [["data", "columns"], ["run", "基准回归"]])
def test_output_in_any_encoding_is_no_traceback(coding, arguments):
    result = process(arguments, PYTHONIOENCODING=coding, LC_ALL="C", PYTHONUTF8="0")
    assert result.returncode in (0, 1)
    assert b"Traceback" not in result.stderr
    assert result.stdout + result.stderr


def test_a_closed_pipe_ends_the_command_in_silence():
    reader, writer = os.pipe()
    os.close(reader)
    result = process(["list"], stdout=writer)
    os.close(writer)
    assert result.stderr == b""


def process(arguments, stdout=subprocess.PIPE, **environment: str):
    return subprocess.run(
        [sys.executable, "-m", "digitrade", *arguments],
        env=os.environ | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_the_hint_can_be_pasted_into_a_shell(tmp_path):
    path = tmp_path / "my 数据" / "it's mine.csv"
    path.parent.mkdir()
    hint = call("data", "example", str(path)).output.splitlines()[-1]
    assert shlex.split(hint)[-1] == str(path)


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["params", "02_baselin"], ["run", "baseline"], ["run", MODEL, "-p", "x=1"]],
)
def test_help_lists_and_refusals_load_nothing_heavy(project, arguments):
    code = (
        f"import sys; sys.argv = ['digitrade', *{arguments}]\n"
        "from digitrade.__main__ import main\n"
        "try: main()\n"
        "finally: print([m for m in ('pandas', 'numpy', 'papermill') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "[]"


# Whoever starts the tests in the background has Ctrl-C ignored in all that they start.
WAITING = """
import signal, sys, tempfile, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from digitrade import cli
from digitrade.book import book
def build(*_, **__):
    with tempfile.TemporaryDirectory(dir=sys.argv[-1]):
        print("ready", flush=True)
        time.sleep(60)
book.build = build
cli.cli.main = lambda **_: cli.cli.commands["build"].main([], standalone_mode=False)
cli.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_and_clears_its_scratch_folder(tmp_path, number, code):
    command = [sys.executable, "-c", WAITING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
    assert running.returncode == code
    assert b"Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_stopping_says_that_it_can_be_started_again(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("digitrade.book.book.build", lambda *_, **__: interrupted())
    code, text = exit_of(monkeypatch, capsys, "build")
    assert code == 130
    assert "Start the same command again" in text


def test_a_file_that_cannot_carry_the_baseline_is_refused_by_check_and_run(tmp_path):
    rows = simulate_firms(seed=3).extract.drop_duplicates("firm").head(200)
    few = tmp_path / "few.csv"
    rows.to_csv(few, index=False)
    checked = call("data", "check", str(few))
    assert checked.exit_code == 1
    assert "No problems with columns" in checked.output
    assert "can run on this file" not in checked.output
    for refused in (checked.exception, _refusal(few)):
        assert "bring every year of each firm" in str(refused)


def _refusal(few):
    values = {"data_path": str(few), "approved_by": "2020-12-31", "rule": "half-year"}
    with pytest.raises(DataError) as caught:
        refuse_wrong_extracts(values)
    return caught.value


@pytest.mark.parametrize(("missing", "arguments"), [("click", []), ("pandera", ["data", "check"])])
def test_without_the_extra_a_sentence_says_what_to_install(missing, arguments):
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['digitrade', *{arguments}]\n"
        "from digitrade.__main__ import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert f"needs {missing}" in line
    assert line.endswith("pip install 'digitrade[book]'")
