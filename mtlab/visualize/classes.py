"""How well each class is told from the others, and what it is taken for."""

from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlab.config.base import Count
from mtlab.data.tasks import ClassificationTask
from mtlab.drawing.axes import new_figure, show_grid
from mtlab.drawing.colours import LINE_COLOURS, WRONG_COLOUR
from mtlab.drawing.lettering import shortened
from mtlab.objective.metrics import ConfusionMatrix, class_metrics
from mtlab.visualize.subject import Picture, Subject

CLASS_INCHES, PAIR_INCHES, AROUND_INCHES = 0.3, 0.26, 1.25
LONGEST_NAME = 22
LOOKS = {"precision": ("o", 0), "recall": ("s", 2), "f1": ("D", 3)}
"""Marker, and which of the colours of lines; that of mistakes is not among them."""


class Confusion(NamedTuple):
    """Test images of one class that were taken for another, by their positions in the names."""

    true: int
    said: int
    num_images: int


class Classes(Picture):
    """A picture and two tables per task that has classes."""

    heeds = frozenset({"task"})

    confusions: Count

    def draw(self, subject: Subject) -> None:
        for task in subject.tasks_of(ClassificationTask, "classes"):
            logits, targets = subject.labelled(task.name)
            matrix = ConfusionMatrix(task.num_classes, targets.device)
            matrix.add(logits, targets)
            counts = matrix.read()
            pairs = frequent_confusions(counts)
            self._save_tables(subject, task, counts, pairs)
            figure = _draw_classes(task, counts, pairs[: self.confusions])
            numbers = {
                "confusion": counts,
                "class_names": task.class_names,
                **class_metrics(counts),
            }
            subject.save(figure, f"classes/{task.name}", numbers, vector=True)

    @staticmethod
    def _save_tables(
        subject: Subject, task: ClassificationTask, counts: torch.Tensor, pairs: list[Confusion]
    ) -> None:
        names, measures = task.class_names, class_metrics(counts)
        lines = []
        for index, name in enumerate(names):
            mistaken = next((pair for pair in pairs if pair.true == index), None)
            line: dict[str, object] = {"class": name}
            line |= {key: float(values[index]) for key, values in measures.items()}
            line |= {"images": int(counts[index].sum())}
            line |= {"most_often_taken_for": names[mistaken.said] if mistaken else ""}
            lines.append(line | {"times": mistaken.num_images if mistaken else 0})
        subject.save_table(f"classes/{task.name}", lines)
        for line in lines:
            told = " ".join(f"{key} {line[key]:.4f}" for key in measures)
            subject.terminal.say(f"  {line['class']}: {told}, {line['images']:,} images")


def frequent_confusions(counts: torch.Tensor) -> list[Confusion]:
    """Every pair that occurs, from counts `(classes, classes)` with targets in rows.

    The most frequent first; of equally frequent ones that of the earlier class.
    """
    pairs = [
        Confusion(true, said, int(counts[true, said]))
        for true, said in counts.nonzero().tolist()
        if true != said
    ]
    return sorted(pairs, key=lambda pair: -pair.num_images)


def _draw_classes(task: ClassificationTask, counts: torch.Tensor, pairs: list[Confusion]) -> Figure:
    """Measures of each class as points, since bars from 0 would all look the same; and bars of the
    most frequent confusions."""
    rooms = [CLASS_INCHES * task.num_classes, PAIR_INCHES * len(pairs)]
    figure = new_figure(
        f"{task.name}: {int(counts.sum()):,} test images", 9.4, max(rooms) + AROUND_INCHES
    )
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    _draw_measures(left, task, counts)
    _draw_confusions(right, task, counts, pairs)
    return figure


def _draw_measures(axes: Axes, task: ClassificationTask, counts: torch.Tensor) -> None:
    measures, places = class_metrics(counts), np.arange(task.num_classes)
    stacked = 100 * torch.stack(list(measures.values())).numpy()
    axes.hlines(places, stacked.min(axis=0), stacked.max(axis=0), color="0.7", linewidth=1.5)
    for name, values in zip(measures, stacked, strict=True):
        marker, place = LOOKS[name]
        axes.plot(values, places, marker, color=LINE_COLOURS[place], markersize=5, label=name)
    labels = [
        f"{shortened(name, LONGEST_NAME)} ({number:,})"
        for name, number in zip(task.class_names, counts.sum(dim=1).tolist(), strict=True)
    ]
    axes.set_yticks(places, labels, fontsize=8)
    axes.set_ylim(task.num_classes - 0.5, -0.5)
    axes.set(xlabel="precision, recall and f1 [%]", ylabel="class (test images)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False, fontsize=8)
    show_grid(axes)


def _draw_confusions(
    axes: Axes, task: ClassificationTask, counts: torch.Tensor, pairs: list[Confusion]
) -> None:
    num_wrong = int(counts.sum() - counts.diagonal().sum())
    axes.set_title(f"most frequent of {num_wrong:,} mistakes", fontsize=9)
    names = [shortened(name, LONGEST_NAME) for name in task.class_names]
    labels = [f"{names[pair.true]} taken for {names[pair.said]}" for pair in pairs]
    places = np.arange(len(pairs))
    bars = axes.barh(places, [pair.num_images for pair in pairs], 0.7, color=WRONG_COLOUR, zorder=2)
    axes.bar_label(bars, padding=3, fontsize=8)
    axes.set_yticks(places, labels, fontsize=8)
    room = max(len(pairs), CLASS_INCHES * task.num_classes / PAIR_INCHES)
    axes.set_ylim(room - 0.5, -0.5)
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("test images")
    show_grid(axes)
