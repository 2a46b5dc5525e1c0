"""Real processes: help, completion, interruption, and every way of installing and starting."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
QUICK = ["trainer.epochs=1", "dataset.limit=100", "device=cpu", "model=mlp", "model.widths=[8]"]


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=cwd, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, **environment},
    )  # fmt: skip


def module(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "mtlab", *arguments, cwd=cwd, **environment)


HEAVY = ("torch", "sklearn", "matplotlib", "torchvision", "scipy")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-sc", "query=bash"], ["--version"], ["--cfg", "job"], ["modle=cnn"]]
)
def test_what_answers_at_once_loads_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    program = (
        "import sys; from mtlab.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = run(sys.executable, "-c", program, cwd=tmp_path, COMP_LINE="mtlab model=")
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


def test_the_help_names_commands_groups_and_examples(tmp_path: Path) -> None:
    done = module("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("  mtlab") >= 3
    for needle in (
        "train ", "model: cnn, densenet, ", " digits, emnist",
        "mtl: alternating, auto, lambda", "MTLAB_DATA", "trainer:\n",
    ):  # fmt: skip
        assert needle in done.stdout
    assert "_target_" not in done.stdout
    assert len(done.stdout.splitlines()) < 160
    # A folder of files that are no choice of a run's.
    assert "visualize: " not in done.stdout


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mtlab model=", "model=cnn model=mlp model=mtl_cnn model=perceptron"),
        ("mtlab trainer.ep", "trainer.epochs="),
        ("mtlab tra", "train trainer"),
        ("mtlab train dataset=fa", "dataset=fashion_mnist"),
        ("mtlab data ex", "export"),
        ("mtlab data ", "export show"),
        ("mtlab data export outp", "output="),
        ("mtlab visualize dream.oct", "dream.octaves= dream.octave_scale="),
    ],
)
def test_tab_completion_knows_commands_options_and_keys(
    tmp_path: Path, line: str, expected: str
) -> None:
    done = module("-sc", "query=bash", cwd=tmp_path, COMP_LINE=line)
    for word in expected.split():
        assert word in done.stdout


@pytest.fixture
def listening_to_interrupts() -> Iterator[None]:
    """Processes started in the background of a shell inherit that SIGINT is ignored; not these."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening_to_interrupts")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so_and_keeps_its_epochs(tmp_path: Path, how: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mtlab", "trainer.epochs=100000", *QUICK[1:]],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            metrics = list(tmp_path.glob("outputs/*/*/metrics.jsonl"))
            if metrics and metrics[0].read_text().count("\n") >= 3:
                break
            time.sleep(0.1)
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert errors == "mtlab: interrupted\n"
    summary = json.loads((metrics[0].parent / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert summary["epochs"] >= 3
    assert summary["test"] is None


def test_a_users_own_groups_are_added_by_config_dir(tmp_path: Path) -> None:
    own = tmp_path / "mine" / "model"
    own.mkdir(parents=True)
    shipped = (REPOSITORY / "conf" / "model" / "mlp.yaml").read_text()
    (own / "tiny.yaml").write_text(shipped.replace("[1000, 1000]", "[3]"))
    done = module("--config-dir", "mine", "model=tiny", "trainer.epochs=0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (summary,) = tmp_path.glob("outputs/*/*/summary.json")
    assert json.loads(summary.read_text())["parameters"]["total"] == 784 * 3 + 3 + 3 * 10 + 10


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with mtlab installed by `pip install .` from a copy of the sources.

    The packages mtlab needs are lent from this environment, so that no network is needed; mtlab
    itself is not, since an editable install's own path file is not followed from there.
    """
    folder = tmp_path_factory.mktemp("installed")
    sources = folder / "sources"
    sources.mkdir()
    for name in ("mtlab", "conf", "pyproject.toml", "README.md", "LICENSE"):
        origin = REPOSITORY / name
        copy = shutil.copytree if origin.is_dir() else shutil.copy
        copy(origin, sources / name)
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", str(environment), cwd=folder)
    python = environment / "bin" / "python"
    purelib = run(
        str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).stdout.strip()
    (Path(purelib) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    done = run(
        str(python), "-m", "pip", "install", "--no-deps", "--no-build-isolation", ".", cwd=sources
    )
    assert done.returncode == 0, done.stderr
    shutil.rmtree(sources)
    return environment


@pytest.mark.parametrize("start", [["mtlab"], ["python", "-m", "mtlab"]], ids=" ".join)
def test_an_installed_copy_runs_from_another_folder(
    installed: Path, tmp_path: Path, start: list[str]
) -> None:
    program = [str(installed / "bin" / start[0]), *start[1:]]
    where = run(
        str(installed / "bin" / "python"), "-c", "import mtlab; print(mtlab.__file__)", cwd=tmp_path
    )
    assert str(installed) in where.stdout
    done = run(*program, *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (summary,) = tmp_path.glob("outputs/*/*/summary.json")
    assert json.loads(summary.read_text())["status"] == "completed"
