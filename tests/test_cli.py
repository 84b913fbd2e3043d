"""The command line: one message and an exit code, no traceback."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from digitrade import __version__, cli


def call(*arguments: str):
    return CliRunner().invoke(cli.cli, list(arguments))


def test_list_names_the_chapters(project):
    result = call("list")
    assert "digital_finance/02_baseline" in result.output
    assert "Baseline: two-way fixed effects" in result.output


def test_params_show_name_type_default_and_meaning(project):
    result = call("params", "02_baseline")
    assert "covariance" in result.output
    assert "clustered | robust | driscoll-kraay" in result.output


def test_data_check_counts_the_tables(project):
    tables = {*project.glob("data/*/*.csv")} - {*project.glob("data/*/codebook.csv")}
    assert f"{len(tables)} tables are what their codebooks say" in call("data", "check").output


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
        (("run", "02_baseline", "-p", "draw", "9"), "draw: no such parameter"),
        (("run", "02_baseline", "-p", "draws", "many"), "found 'many', expected int"),
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
    code, text = exit_of(monkeypatch, capsys, "run", "02_baseline", "-p", "draws")
    assert code == 2
    assert "requires 2 arguments" in text


def test_stopping_says_that_it_can_be_started_again(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "build", lambda *_, **__: interrupted())
    code, text = exit_of(monkeypatch, capsys, "build")
    assert code == 130
    assert "Start the same command again" in text
