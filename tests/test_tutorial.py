"""docs/tutorial.ipynb, run from its first cell to its last as its readers do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"


def test_the_tutorial_runs_and_ends_in_a_verdict(tmp_path: Path) -> None:
    notebook = tmp_path / "tutorial.ipynb"
    shutil.copy(TUTORIAL, notebook)
    # Its lines that begin with ! find the mtlab of this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "--inplace", "--timeout=300", notebook],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdict = json.loads(notebook.read_text(encoding="utf-8"))["cells"][-2]
    assert "on validation" in "".join(verdict["outputs"][0]["data"]["text/markdown"])
    assert (tmp_path / "outputs" / "verdict" / "report.html").is_file()
