"""How well one straight cut tells each pair of classes apart, as picture and numbers."""

from __future__ import annotations

import numpy as np

from mtlab.commands.pca_scene import Points, Scene, Vectors
from mtlab.drawing.heat_map import PairGrid, draw_pair_grids
from mtlab.inspection.pca import PrincipalComponents
from mtlab.inspection.separability import pair_cuts, pair_errors

PairErrors = dict[str, dict[tuple[int, int], float]]
"""By space and split, as in `plane_train`, each pair's share on the wrong side."""


def report_separability(
    scene: Scene, components: PrincipalComponents, train: Points, test: Points
) -> None:
    """Each pair of classes under one straight cut, in the plane and in all pixels."""
    if len(np.unique(train.classes)) < 2:
        scene.terminal.say("separability left out: the training images are all of one class")
        return
    spaces: dict[str, tuple[Vectors, Vectors]] = {
        "plane": (components.project(train.vectors, 2), components.project(test.vectors, 2)),
        "all_pixels": (train.vectors, test.vectors),
    }
    errors: PairErrors = {}
    for space, (train_vectors, test_vectors) in spaces.items():
        cuts = pair_cuts(train_vectors, train.classes)
        errors[f"{space}_train"] = pair_errors(cuts, train_vectors, train.classes)
        errors[f"{space}_test"] = pair_errors(cuts, test_vectors, test.classes)
    record_pairs(scene, errors)
    names = scene.task.class_names
    grids = {}
    for key, found in errors.items():
        grid = np.full((len(names), len(names)), np.nan)
        for (first, second), error in found.items():
            grid[second, first] = 100 * error
        grids[key] = grid
    figure = draw_pair_grids(
        [
            PairGrid("in the plane of two components", grids["plane_train"], _percent),
            PairGrid("in all pixels (0: linearly separable)", grids["all_pixels_train"], _percent),
        ],
        names,
        f"{scene.dataset}: training images on the wrong side of one linear cut"
        " (the better of Fisher's discriminant and a linear SVM)",
        "wrong side (%)", highest=float(max(np.nanmax(grids["plane_train"]), 1.0)), gamma=0.5,
    )  # fmt: skip
    scene.save(figure, "separability", grids | {"class_names": np.array(names)})


def record_pairs(scene: Scene, errors: PairErrors) -> None:
    """Every pair's errors to the summary; the extremes, and what is separated, to the terminal."""
    names, plane, pixels = scene.task.class_names, errors["plane_train"], errors["all_pixels_train"]
    scene.record.values["pairs"] = [
        {
            "pair": [names[first], names[second]],
            # JSON knows no NaN, the error where the test split has neither class.
            **{
                f"{key}_error": None if np.isnan(found[first, second]) else found[first, second]
                for key, found in errors.items()
            },
        }
        for first, second in plane
    ]
    separated = [pair for pair, error in pixels.items() if error == 0]
    scene.record.values["separable_pairs"] = [[names[one] for one in pair] for pair in separated]
    for told, pick in (("easiest", min), ("hardest", max)):
        first, second = pair = pick(plane, key=plane.__getitem__)
        scene.terminal.say(
            f"{told} pair in the plane: {names[first]} and {names[second]},"
            f" {100 * plane[pair]:.2f}% on the wrong side; in all pixels {100 * pixels[pair]:.2f}%"
        )
    scene.terminal.say(
        f"{len(separated)} of {len(pixels)} pairs are linearly separable in all pixels; the"
        " others may be, only no such cut was found"
    )


def _percent(value: float) -> str:
    """Short, and 0 only where nothing is on the wrong side."""
    if value in (0, 100):
        return f"{value:.0f}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"
