"""How long 10,000 images take, beyond start-up, for several networks and both precisions.

    uv run python benchmarks/prediction.py

Each network is trained for one epoch on a few images (what it learned does not matter here) and
loaded from its folder. Then every network in every precision predicts in turn, five rounds of it,
so that a busy moment of the machine meets all of them alike; the median round counts. The seconds
are those of `mtlab predict` without the start of Python, the import of torch, and the reading and
writing of files.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import mtlab
from mtlab.device import select_device
from mtlab.inference.predictor import Predictor
from mtlab.process import tune_for_training

NUM_IMAGES = 10_000
ROUNDS = 5
PRECISIONS = ("float32", "bfloat16")

NETWORKS = {
    "mlp": ["model=mlp", "dataset=digits"],
    "cnn": ["model=cnn", "dataset=digits"],
    "mtl_cnn (the default)": ["dataset=digits"],
    "three_heads": ["model=three_heads", "dataset=shapes", "mtl=weights"],
}
SMALL = ["trainer.epochs=1", "trainer.figures=false", "dataset.limit=400"]


def trained(folder: Path, overrides: list[str]) -> Path:
    """Train a network for a moment; returns its run's folder."""
    command = [sys.executable, "-m", "mtlab", *overrides, *SMALL, f"hydra.run.dir={folder}"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def main() -> None:
    tune_for_training()
    device = select_device("auto", "float32", None)
    print(f"{NUM_IMAGES:,} images; {device.name}, {device.num_threads} threads", end="; ")
    print(f"torch {torch.__version__}; median, fastest and slowest of {ROUNDS} rounds in seconds\n")
    with tempfile.TemporaryDirectory() as folder:
        predictors: dict[tuple[str, str], Predictor] = {}
        for name, overrides in NETWORKS.items():
            run = trained(Path(folder) / str(len(predictors)), overrides)
            for precision in PRECISIONS:
                predictors[name, precision] = mtlab.load(run, precision=precision)
        seconds: dict[tuple[str, str], list[float]] = {key: [] for key in predictors}
        generator = np.random.default_rng(0)
        for _ in range(ROUNDS):
            for key, predictor in predictors.items():
                _, height, width = predictor.image_shape
                images = generator.random((NUM_IMAGES, height, width), dtype=np.float32)
                start = time.perf_counter()
                predictor.predict(images)
                seconds[key].append(time.perf_counter() - start)
    print("| network | image | precision | median | fastest | slowest |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for (name, precision), times in seconds.items():
        image = "x".join(str(side) for side in predictors[name, precision].image_shape)
        figures = (statistics.median(times), min(times), max(times))
        print(f"| {name} | {image} | {precision} | {' | '.join(f'{s:.2f}' for s in figures)} |")


if __name__ == "__main__":
    main()
