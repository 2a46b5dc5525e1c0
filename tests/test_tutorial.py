"""docs/tutorial.ipynb, run from its first cell to its last as its readers do."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_tutorial_runs_and_ends_in_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its lines that begin with ! find the mtlab of this environment.
    places = [str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(places))
    notebook = nbformat.read(TUTORIAL, as_version=4)
    kernel = AsyncKernelManager(transport="ipc")
    NotebookClient(
        notebook, timeout=300, km=kernel, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    verdict = notebook.cells[-2].outputs[0]["data"]["text/markdown"]
    assert "on validation" in verdict
    assert (tmp_path / "outputs" / "verdict" / "report.html").is_file()
