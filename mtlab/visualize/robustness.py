"""How much noise a network bears: accuracy or error on noisy test images, per task."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from pydantic import Field

from mtlab.config.base import Count, NotNegative
from mtlab.data.dataset import Split
from mtlab.data.tasks import ClassificationTask, Task, is_labelled
from mtlab.drawing.axes import add_legend_beside, limit_percent, new_figure, show_grid
from mtlab.drawing.colours import LINE_COLOURS, LINE_MARKERS
from mtlab.drawing.image_rows import ImageRow, draw_image_rows
from mtlab.drawing.mosaic import as_displayable
from mtlab.errors import RunFolderError
from mtlab.seeding import generator
from mtlab.visualize.chosen_images import choose_images, write_answer
from mtlab.visualize.subject import Subject
from mtlab.visualize.sweep import Sweep, SweepPicture

Float64Array = npt.NDArray[np.float64]


class Robustness(SweepPicture):
    """A chart per task, and of one run also the images at each level of noise."""

    heeds = frozenset({"digits", "task"})

    levels: Annotated[list[NotNegative], Field(min_length=1)]
    images: Count | None

    def draw(self, subject: Subject) -> None:
        measured = self.measure(subject)
        for task in subject.tasks:
            found = measured[task.name]
            values = {str(subject.run.config.model.name): found[np.newaxis]}
            figure = self._draw_chart(task, values, self._most_frequent_share(task, subject.test))
            numbers = {"levels": self.levels, measure_of(task): found}
            subject.save(figure, f"robustness/{task.name}", numbers, vector=True)
            subject.save_table(f"robustness/{task.name}", self._lines(task, found))
        self._draw_examples(subject)

    def draw_sweep(self, sweep: Sweep) -> None:
        tasks: dict[str, Task] = {}
        values: dict[str, dict[str, list[Float64Array]]] = {}
        lines: dict[str, list[dict[str, object]]] = {}
        for label, runs in sweep.configurations.items():
            for run in runs:
                try:
                    subject = sweep.subject(run)
                    wanted = subject.tasks
                except RunFolderError as reason:
                    sweep.terminal.say(f"{run.name} left out: {reason}")
                    continue
                measured = self.measure(subject)
                for task in wanted:
                    found = measured[task.name]
                    tasks.setdefault(task.name, task)
                    values.setdefault(task.name, {}).setdefault(label, []).append(found)
                    beside = {"configuration": label, "seed": subject.run.config.seed}
                    lines.setdefault(task.name, []).extend(
                        beside | line for line in self._lines(task, found)
                    )
        if not tasks:
            rule, remedy = "must hold runs that were trained to the end", "name another sweep"
            raise RunFolderError(str(sweep.root), rule=rule, found="none", remedy=remedy)
        for name, of_labels in values.items():
            stacked = {label: np.stack(found) for label, found in of_labels.items()}
            figure = self._draw_chart(tasks[name], stacked)
            numbers = {"levels": self.levels, **stacked}
            sweep.save(figure, f"robustness/{name}", numbers, vector=True)
            sweep.save_table(f"robustness/{name}", lines[name])

    def _lines(self, task: Task, values: Float64Array) -> list[dict[str, object]]:
        pairs = zip(self.levels, values.tolist(), strict=True)
        return [{"noise": level, measure_of(task): value} for level, value in pairs]

    def measure(self, subject: Subject) -> dict[str, Float64Array]:
        """Per task accuracy, or mean absolute error, at each level of noise.

        The same noise for every run, only stronger from level to level.
        """
        images = subject.test.images[: self.images]
        found: dict[str, list[float]] = {task.name: [] for task in subject.run.tasks}
        for level in self.levels:
            outputs = subject.ask(_noisy(subject, images, level))
            for task in subject.run.tasks:
                targets = subject.test.targets[task.name][: len(images)]
                has_label = is_labelled(targets)
                output, targets = outputs[task.name][has_label], targets[has_label]
                if isinstance(task, ClassificationTask):
                    value = (output.argmax(dim=1) == targets).double().mean()
                else:
                    value = (output.double() - targets).abs().mean()
                found[task.name].append(float(value))
        return {name: np.array(values) for name, values in found.items()}

    def _most_frequent_share(self, task: Task, test: Split) -> float | None:
        if not isinstance(task, ClassificationTask):
            return None
        targets = test.targets[task.name][: self.images]
        counts = targets[is_labelled(targets)].bincount()
        return float(counts.max() / counts.sum()) if len(counts) else None

    def _draw_chart(
        self, task: Task, values: Mapping[str, Float64Array], baseline: float | None = None
    ) -> Figure:
        """Per label `(runs, levels)`: their mean, and a band from the lowest to the highest."""
        figure = new_figure(f"{task.name} under noise", 7.6, 4.4)
        axes = figure.subplots()
        has_classes = isinstance(task, ClassificationTask)
        for index, (label, of_runs) in enumerate(values.items()):
            turn, place = divmod(index, len(LINE_COLOURS))
            colour, marker = LINE_COLOURS[place], LINE_MARKERS[turn % len(LINE_MARKERS)]
            told = label if len(of_runs) == 1 else f"{label} ({len(of_runs)} seeds)"
            shown = 100 * of_runs if has_classes else of_runs
            axes.plot(
                self.levels,
                shown.mean(axis=0),
                color=colour,
                marker=marker,
                markersize=4.5,
                label=told,
            )
            low, high = shown.min(axis=0), shown.max(axis=0)
            axes.fill_between(self.levels, low, high, color=colour, alpha=0.18, lw=0)
        if baseline is not None:
            axes.axhline(
                100 * baseline,
                color="0.4",
                linestyle="--",
                linewidth=1,
                label="always the most frequent class",
            )
        axes.set_xlabel("standard deviation of the noise, in units of brightness")
        unit = " [%]" if has_classes else ""
        axes.set_ylabel(f"{measure_of(task).replace('_', ' ')} on test images{unit}")
        if has_classes:
            limit_percent(axes)
        else:
            axes.set_ylim(bottom=0)
        show_grid(axes)
        add_legend_beside(axes, axes.get_legend_handles_labels()[0], "", 1.01)
        return figure

    def _draw_examples(self, subject: Subject) -> None:
        """A row per image and task, a column per level."""
        chosen = choose_images(subject, several=False)
        noisy = [_noisy(subject, chosen.images, level) for level in self.levels]
        answers = [subject.ask(images) for images in noisy]
        shown = np.stack([subject.shown(images) for images in noisy], axis=1)
        rows = []
        for index, place in enumerate(chosen.positions):
            heads = [f"noise {level:g}" for level in self.levels]
            for task in subject.tasks:
                target = subject.test.targets[task.name][place]
                verb = "said" if len(subject.tasks) == 1 else task.name
                said = [write_answer(task, one[task.name][index], target, verb) for one in answers]
                heads = [f"{head}\n{one}" for head, one in zip(heads, said, strict=True)]
            name = chosen.titles[index].replace(": ", "\n", 1)
            rows.append(ImageRow(name, as_displayable(shown[index]), heads))
        title = "what is said of noisy images"
        numbers = {"levels": self.levels, "images": shown, **chosen.numbers()}
        subject.save(draw_image_rows(rows, title), "robustness/examples", numbers)


def measure_of(task: Task) -> str:
    return "accuracy" if isinstance(task, ClassificationTask) else "mean_absolute_error"


def _noisy(subject: Subject, images: torch.Tensor, level: float) -> torch.Tensor:
    """Network input with noise, within the range that the data has."""
    low, high = subject.pixels.low, subject.pixels.high
    draws = generator(subject.keys.seed, "robustness")
    noise = torch.randn(images.shape, generator=draws)
    return (images + level * (high - low) * noise).clamp(low, high) if level else images
