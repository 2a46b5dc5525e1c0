"""A dataset in samples, counts and pixel statistics, as pictures and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from rich.table import Table

from mtlab.artifacts.run_dir import FIGURES
from mtlab.config.base import Count, Keys, Names, Whole
from mtlab.data.dataset import Dataset, Split
from mtlab.data.tasks import ClassificationTask, RegressionTask, Task, is_labelled
from mtlab.drawing.axes import new_figure, show_grid
from mtlab.drawing.colours import LINE_COLOURS
from mtlab.drawing.lettering import FileNames, shortened
from mtlab.drawing.mosaic import BRIGHTNESS, ColourScale, Panel, as_displayable, draw_panels
from mtlab.drawing.saving import Array, Numbers, save_picture
from mtlab.runner.record import Record
from mtlab.seeding import generator

SPLIT_COLOURS = dict(zip(("train", "val", "test"), LINE_COLOURS, strict=False))
MOST_CLASSES_SHOWN = 60
"""In pictures; tables have all of them."""
CLASSES_IN_A_COLUMN = 13
NUM_BINS = 20
TILE_INCHES = 0.45
LONGEST_NAME = 24

CountRow = dict[str, object]


class DataShowKeys(Keys):
    """What `mtlab data show` is told beside its dataset; see conf/data_show.yaml."""

    tasks: Names | None
    per_class: Count
    seed: Whole


@dataclass(frozen=True)
class DatasetPictures:
    """The pictures and tables of one dataset, whose pixels are not standardised."""

    dataset: Dataset
    keys: DataShowKeys
    record: Record

    @cached_property
    def splits(self) -> dict[str, Split]:
        """The three splits; the test split may be read, since nothing is trained or chosen."""
        dataset = self.dataset
        return {"train": dataset.train, "val": dataset.val, "test": dataset.load_test()}

    @cached_property
    def shown(self) -> Array:
        """Training images as brightness in [0, 1], or as colours; floats as far as they reach."""
        images, statistics = self.dataset.train.images, self.dataset.pixel_statistics
        low, high = min(statistics.low, 0.0), max(statistics.high, 1.0)
        if statistics.scale == 1 and (statistics.low < 0 or statistics.high > 1):
            low, high = statistics.low, statistics.high
        return as_displayable(((images - low) / (high - low)).numpy())

    def draw(self) -> list[CountRow]:
        """Everything into the folder and the summary; the rows of counts come back."""
        self.record.values |= {
            "dataset": self.dataset.name,
            "image_shape": list(self.dataset.image_shape),
            "samples": {name: len(split) for name, split in self.splits.items()},
        }
        rows: list[CountRow] = []
        names = FileNames()
        for task in self.dataset.tasks:
            if isinstance(task, ClassificationTask):
                rows += self._show_classes(task, names.claim(task.name))
            else:
                self._show_values(task, names.claim(task.name))
            self._tell_unlabelled(task)
        self._show_pixels()
        return rows

    def _tell_unlabelled(self, task: Task) -> None:
        """Images without a label of the task are in none of its counts."""
        masks = {name: is_labelled(split.targets[task.name]) for name, split in self.splits.items()}
        missing = {name: int((~mask).sum()) for name, mask in masks.items()}
        if any(missing.values()):
            told = ", ".join(f"{count:,} of {name}" for name, count in missing.items())
            self.record.terminal.say(f"{task.name}: images without a label, {told}")

    def _show_classes(self, task: ClassificationTask, file_name: str) -> list[CountRow]:
        counts = {
            name: _counts(split.targets[task.name], task.num_classes)
            for name, split in self.splits.items()
        }
        rows: list[CountRow] = [
            {"task": task.name, "class": name, **{split: counts[split][index] for split in counts}}
            for index, name in enumerate(task.class_names)
        ]
        self.record.values.setdefault("classes", {})[task.name] = {
            row["class"]: {split: row[split] for split in counts} for row in rows
        }
        self.record.terminal.say(_counts_table(task, counts))
        numbers: Numbers = {**counts, "class_names": task.class_names}
        figure = draw_counts(task, counts, f"{self.dataset.name}: images of each {task.name}")
        self._save(figure, f"counts_{file_name}", numbers)
        positions = self._positions(task)
        panels = [
            Panel(name, self.shown[chosen], num_columns=len(chosen))
            for name, chosen in zip(task.class_names, positions, strict=False)
            if len(chosen)
        ]
        self._save_samples(panels, task, file_name, np.concatenate(positions))
        return rows

    def _positions(self, task: ClassificationTask) -> list[Array]:
        """Of each class that is shown, the training images of the sheet."""
        targets, draws = self.dataset.train.targets[task.name], generator(self.keys.seed, "samples")
        positions = []
        for index in range(min(task.num_classes, MOST_CLASSES_SHOWN)):
            members = (targets == index).nonzero().flatten()
            order = torch.randperm(len(members), generator=draws)[: self.keys.per_class]
            positions.append(members[order].numpy())
        return positions

    def _show_values(self, task: RegressionTask, file_name: str) -> None:
        values = {name: _known(split.targets[task.name]) for name, split in self.splits.items()}
        found = {name: _statistics(one) for name, one in values.items()}
        self.record.values.setdefault("values", {})[task.name] = found
        self.record.terminal.say(_statistics_table(f"{task.name}: values", found))
        title = f"{self.dataset.name}: values of {task.name}"
        self._save(draw_values(task, values, title), f"values_{file_name}", values)
        # Evenly over the ranks, lowest first.
        targets = self.dataset.train.targets[task.name]
        order = targets.argsort()[: len(_known(targets))]
        num_shown = min(2 * self.keys.per_class, len(order))
        chosen = order[torch.linspace(0, len(order) - 1, num_shown).round().long()].numpy()
        labels = [f"{round(value, 3):g}" for value in targets[chosen].tolist()]
        panel = Panel("", self.shown[chosen], labels, num_columns=self.keys.per_class)
        self._save_samples([panel], task, file_name, chosen)

    def _save_samples(
        self, panels: Sequence[Panel], task: Task, file_name: str, positions: Array
    ) -> None:
        told = "training images by"
        if isinstance(task, ClassificationTask) and task.num_classes > MOST_CLASSES_SHOWN:
            told = f"training images, the first {MOST_CLASSES_SHOWN} classes of"
        title = f"{self.dataset.name}: {told} {task.name}"
        num_columns = -(-len(panels) // CLASSES_IN_A_COLUMN)
        figure = draw_panels(
            panels, BRIGHTNESS, title, tile_inches=TILE_INCHES, num_panel_columns=num_columns
        )
        self._save(figure, f"samples_{file_name}", {"positions": positions}, vector=False)

    def _show_pixels(self) -> None:
        found = {}
        for name, split in self.splits.items():
            channels = split.images.transpose(0, 1).flatten(1)
            for number, pixels in enumerate(channels, start=1):
                told = name if len(channels) == 1 else f"{name}, channel {number}"
                found[told] = _statistics(pixels)
        self.record.values["pixels"] = found
        self.record.terminal.say(_statistics_table("pixels", found))
        images = self.dataset.train.images
        # Of colours, the mean of the channels'.
        std, mean = (found.mean(dim=0).numpy() for found in torch.std_mean(images, 0, correction=0))
        title = f"{self.dataset.name}: each pixel over {len(images):,} training images"
        self._save(draw_pixels(mean, std, title), "pixels", {"mean": mean, "std": std})

    def _save(self, figure: Figure, name: str, numbers: Numbers, *, vector: bool = True) -> None:
        path = self.record.folder.path / FIGURES / f"{name}.png"
        save_picture(figure, path, numbers, command=self.record.origin.command, vector=vector)
        self.record.terminal.say(str(path))


def _counts(targets: torch.Tensor, num_classes: int) -> list[int]:
    """Images of each class; those without a label of the task count nowhere."""
    return torch.bincount(targets[is_labelled(targets)], minlength=num_classes).tolist()


def _known(values: torch.Tensor) -> torch.Tensor:
    """Without those of images that have no label of the task."""
    return values[is_labelled(values)]


def _statistics(values: torch.Tensor) -> dict[str, float]:
    if not len(values):
        return dict.fromkeys(("mean", "std", "min", "max"), 0.0)
    std, mean = torch.std_mean(values.double(), correction=0)
    low, high = values.aminmax()
    return {"mean": float(mean), "std": float(std), "min": float(low), "max": float(high)}


def _statistics_table(title: str, found: dict[str, dict[str, float]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("split")
    for name in ("mean", "std", "min", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    for split, values in found.items():
        table.add_row(split, *(f"{value:.4f}" for value in values.values()))
    return table


def _counts_table(task: ClassificationTask, counts: dict[str, list[int]]) -> Table:
    table = Table(title=f"{task.name}: images of each class", title_justify="left")
    table.add_column("class", overflow="fold")
    for split in counts:
        table.add_column(split, justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    whole = sum(map(sum, counts.values()))
    for name, *numbers in zip(task.class_names, *counts.values(), strict=True):
        share = f"{100 * sum(numbers) / max(whole, 1):.1f}%"
        table.add_row(name, *(f"{number:,}" for number in numbers), share)
    table.add_section()
    table.add_row("all", *(f"{sum(numbers):,}" for numbers in counts.values()), "")
    return table


def draw_counts(task: ClassificationTask, counts: dict[str, list[int]], title: str) -> Figure:
    """A bar for each class, the splits one behind the other; the number of all at its end."""
    num_shown = min(task.num_classes, MOST_CLASSES_SHOWN)
    figure = new_figure(title, 7.0, 1.3 + 0.24 * num_shown)
    axes = figure.subplots()
    ends = np.zeros(num_shown)
    places = np.arange(num_shown)
    for split, numbers in counts.items():
        look: dict[str, Any] = {"color": SPLIT_COLOURS[split], "label": split, "zorder": 2}
        # A thin line tells them apart without their colours too.
        look |= {"edgecolor": "white", "linewidth": 0.8}
        axes.barh(places, numbers[:num_shown], left=ends, height=0.72, **look)
        ends = ends + np.array(numbers[:num_shown])
    for place, end in enumerate(ends.tolist()):
        axes.text(end, place, f" {end:,.0f}", va="center", fontsize=8)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    names = [shortened(name, LONGEST_NAME) for name in task.class_names[:num_shown]]
    axes.set_yticks(places, names, fontsize=8)
    axes.set(xlabel="images", ylabel=task.name, ylim=(num_shown - 0.4, -0.6))
    axes.set_xlim(0, 1.13 * float(ends.max()) or 1)
    show_grid(axes)
    axes.grid(visible=False, axis="y")
    axes.legend(fontsize=8, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def draw_values(task: RegressionTask, values: dict[str, torch.Tensor], title: str) -> Figure:
    """The share of each split's images whose value lies in each of some bins of equal width."""
    figure = new_figure(title, 7.0, 3.6)
    axes = figure.subplots()
    everything = torch.cat(list(values.values())).numpy()
    edges = np.histogram_bin_edges(everything, bins=NUM_BINS)
    for split, found in values.items():
        heights = np.histogram(found.numpy(), edges)[0] / max(len(found), 1)
        axes.stairs(100 * heights, edges, color=SPLIT_COLOURS[split], linewidth=1.5, label=split)
    axes.set(xlabel=task.name, ylabel="images of the split (%)")
    axes.set_ylim(bottom=0)
    show_grid(axes)
    axes.legend(fontsize=8, frameon=False)
    return figure


def draw_pixels(mean: Array, std: Array, title: str) -> Figure:
    """The mean image and the standard deviation of each pixel, `(height, width)` both."""
    scales = [
        ColourScale("gray", float(mean.min()), float(mean.max()) or 1.0, "mean"),
        ColourScale.from_zero(std, "standard deviation"),
    ]
    figure = new_figure(title, 7.4, 3.6)
    for axes, values, scale in zip(figure.subplots(1, 2), (mean, std), scales, strict=True):
        shown = axes.imshow(values, cmap=scale.colour_map, norm=scale.norm)
        axes.set(xticks=[], yticks=[])
        axes.set_title(scale.label, fontsize=10)
        figure.colorbar(shown, ax=axes, shrink=0.8).ax.tick_params(labelsize=7)
    return figure
