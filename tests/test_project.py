"""What the project promises of itself: versions that agree, notebooks that define nothing."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib

import jupytext
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import digitrade
from digitrade.studies.digital_finance import twin as provinces
from digitrade.studies.pilot_zones import twin as firms

OWNERS_PACKAGES = {
    "jupyter-book",
    "jupytext",
    "linearmodels",
    "pandas",
    "papermill",
    "seaborn",
    "statsmodels",
}
MODULES = [name for _, name, _ in pkgutil.walk_packages(digitrade.__path__, "digitrade.")]
LONGEST_FILE = 420  # lines
TYPED_NUMBER = re.compile(r"(?<![\w.`])\d+\.\d+")
NOT_PROSE = re.compile(r"`[^`]*`|\$[^$]*\$|^#+ .*$", re.MULTILINE)


def pinned(path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    entries = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name.lower().replace("_", "-"): str(one.specifier) for one in entries}


@pytest.fixture(scope="module")
def lock(root) -> dict[str, str]:
    return pinned(root / "requirements.lock")


@pytest.fixture(scope="module")
def readers_lock(root) -> dict[str, str]:
    return pinned(root / "requirements-book.lock")


@pytest.fixture(scope="module")
def requirements(root) -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = project["dependencies"] + extras["book"] + extras["dev"]
    return [one for one in map(Requirement, texts) if one.name != project["name"]]


def test_the_lock_pins_every_package_to_one_version(lock):
    assert all(re.fullmatch(r"==[\w.]+", version) for version in lock.values())


def test_the_lock_satisfies_pyproject(lock, requirements):
    for one in requirements:
        version = Version(lock[one.name.lower()].removeprefix("=="))
        assert one.specifier.contains(version), one


def test_readers_get_the_developers_versions_of_what_the_book_needs(root, lock, readers_lock):
    assert readers_lock.items() < lock.items()
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["book"]
    assert {Requirement(one).name.lower() for one in needed} <= readers_lock.keys()
    assert not {"mypy", "numba", "pyfixest", "pytest", "wildboottest"} & readers_lock.keys()


def test_environment_has_the_versions_of_the_lock(root, lock, requirements):
    environment = yaml.safe_load((root / "environment.yml").read_text("utf-8"))
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    versions = dict(line.split("==") for line in pip if "==" in line)
    assert "--requirement requirements-book.lock" in pip
    assert set(versions) >= OWNERS_PACKAGES
    assert {name: f"=={version}" for name, version in versions.items()} == {
        name: lock[name] for name in versions
    }
    assert set(versions) <= {one.name.lower() for one in requirements}


def test_the_package_is_installed_in_the_locked_versions(lock):
    for name in OWNERS_PACKAGES:
        installed = importlib.metadata.version(name)
        assert f"=={installed}" == lock[name], f"{name} {installed}: run `make distclean book`"


@pytest.fixture(scope="module")
def notebooks(root):
    return {path: jupytext.read(path) for path in sorted((root / "notebooks").rglob("*.py"))}


def test_notebooks_define_nothing(notebooks):
    for path, notebook in notebooks.items():
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, defined)], path


def test_cells_are_short(notebooks):
    for path, notebook in notebooks.items():
        for cell in notebook.cells:
            if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
                statements = ast.parse(cell.source).body
                assert len(statements) <= 8, (path.name, cell.source)


def test_no_estimate_is_typed_into_prose(notebooks):
    for path, notebook in notebooks.items():
        for cell in notebook.cells:
            if cell.cell_type != "markdown":
                continue
            prose = re.sub(r"```\{math\}.*?```", "", cell.source, flags=re.DOTALL)
            prose = NOT_PROSE.sub("", prose)
            assert not TYPED_NUMBER.findall(prose), (path.name, TYPED_NUMBER.findall(prose))


def test_every_notebook_is_in_the_contents(root, notebooks):
    contents = (root / "_toc.yml").read_text("utf-8")
    for path in notebooks:
        name = path.relative_to(root / "notebooks").with_suffix("").as_posix()
        assert f"book/chapters/{name}" in contents


def test_chapters_start_from_the_default_seeds_of_their_twins(notebooks):
    defaults = {"digital_finance": provinces.DEFAULT_SEED, "pilot_zones": firms.DEFAULT_SEED}
    for path, notebook in notebooks.items():
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        for seed in re.findall(r"^twin_seed: int = (\d+)", code, re.MULTILINE):
            assert int(seed) == defaults[path.parent.name], path


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_documented(module):
    loaded = importlib.import_module(module)
    assert inspect.getdoc(loaded), module
    for name, member in vars(loaded).items():
        own = getattr(member, "__module__", None) == module
        if (
            own
            and not name.startswith("_")
            and (inspect.isfunction(member) or inspect.isclass(member))
        ):
            assert inspect.getdoc(member), f"{module}.{name}"


def test_files_stay_short(root):
    for folder in ("src", "tests", "benchmarks", "book/_ext"):
        for path in (root / folder).rglob("*.py"):
            assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE, path


def test_the_version_is_the_same_everywhere(root):
    version = digitrade.__version__
    for file in ("CITATION.cff", "CHANGELOG.md", "LICENSE-prose.md", "book/index.md"):
        assert version in (root / file).read_text("utf-8"), file


def test_every_exhibit_is_in_the_list_of_programs(root, notebooks):
    listed = (root / "data" / "README.md").read_text("utf-8").splitlines()
    for path, notebook in notebooks.items():
        program = path.relative_to(root).as_posix()
        row = next((line for line in listed if program in line), "")
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        for name in re.findall(r'name="(?:tab|fig)-([\w-]+)"', code):
            prefix, short = re.fullmatch(r"(\w+-\w+-)(.+)", name).groups()
            assert f"`{prefix}`" in row, f"data/README.md has no row for {program}"
            assert f"`{short}`" in row, f"data/README.md, row of {program}: no `{short}`"


def test_files_name_no_place_of_one_machine(root):
    names = (
        "src",
        "notebooks",
        "book",
        "data",
        "README.md",
        "CONTRIBUTING.md",
        "Makefile",
        ".ci/run",
    )
    place = re.compile(r"(?<![\w.])/(?:work|tmp|home|root)/")
    for name in names:
        top = root / name
        written = {".py", ".md", ".csv", ".css", ".js", ".yml", ".bib"}
        below = [path for path in top.rglob("*") if path.suffix in written]
        for path in below or [top]:
            if not {"chapters", "mathjax"} & set(path.parts):
                assert not place.search(path.read_text("utf-8")), path


def test_a_readers_extract_is_ignored_by_git(root):
    ignored = (root / ".gitignore").read_text("utf-8").splitlines()
    assert {"private/", "data/yours/", "runs/"} <= set(ignored)
