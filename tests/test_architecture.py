"""The layers of the package, kept true by its import statements."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "mtlab"
LAYERS = [
    "config",
    "data",
    "models",
    "objective",
    "training",
    "artifacts",
    "runner",
    "inference",
    "explore",
    "visualize",
    "report",
]
OPEN_TO_ALL = {"dotted", "drawing", "errors", "device", "seeding", "terminal", "process"}
PLAIN_VALUES_ONLY = ("data", "models", "objective", "training", "artifacts", "report", "drawing")
SEES_CONFIG = {"training/optim.py"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    """Names below `mtlab.` that a module imports, wherever the statement stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.removeprefix("mtlab.") for name in names if name.startswith("mtlab.")}


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_package_imports_only_what_lies_left_of_it(path: Path) -> None:
    package = relative(path).split("/")[0]
    if package not in LAYERS:
        return
    allowed = set(LAYERS[: LAYERS.index(package) + 1]) | OPEN_TO_ALL
    for name in imported_modules(path):
        assert name.split(".")[0] in allowed, f"{relative(path)} imports mtlab.{name}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_configuration_is_seen_where_things_are_built_and_run(path: Path) -> None:
    name = relative(path)
    if name.split("/")[0] not in PLAIN_VALUES_ONLY or name.endswith("build.py"):
        return
    seen = {one for one in imported_modules(path) if one.split(".")[0] == "config"}
    # The roles of keys are plain values, said once for presets and reports.
    assert name in SEES_CONFIG or seen <= {"config.roles"}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("report/**/*.py")), ids=relative)
def test_reports_know_only_artifacts(path: Path) -> None:
    for name in imported_modules(path) - {"config.roles"}:
        assert name.split(".")[0] in {"report", "artifacts", "drawing", "dotted", "errors"}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("drawing/*.py")), ids=relative)
def test_what_draws_knows_plain_values(path: Path) -> None:
    for name in imported_modules(path):
        assert name.split(".")[0] in {"drawing", "errors"}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_command_is_what_users_type_and_nothing_imports_it(path: Path) -> None:
    assert not [name for name in imported_modules(path) if name.startswith("commands")]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_nothing_is_unpickled_or_evaluated(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not {"pickle", "joblib", "marshal", "shelve"} & set(imported)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"eval", "exec", "torch.load", "hydra.utils.instantiate"}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not text.strip()
    assert text.count("\n") <= 300
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_only_hydras_own_hook_has_a_target() -> None:
    conf = PACKAGE.parent / "conf"
    targets = [
        line.strip()
        for path in conf.rglob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "_target_" in line
    ]
    assert targets == ["_target_: mtlab.sweep_end.RememberSweepFolder"]
