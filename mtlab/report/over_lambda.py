"""Accuracy over lambda: which runs make a line, and what tells the lines apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtlab.report.groups import Group
from mtlab.report.quantities import Quantity
from mtlab.report.run import Run
from mtlab.report.series import LambdaLine, LambdaPanel, Point
from mtlab.report.settings import SEED, is_setting, labels

LAMBDA = "mtl.lambda"


def lambda_panels(groups: Sequence[Group]) -> tuple[LambdaPanel, ...]:
    """Accuracy against lambda, for every task and setting with at least two values of it.

    Runs of an experiment and runs outside it have lines of their own, so that no line has two
    points at one lambda.
    """
    families: dict[tuple[str, str, object], list[Group]] = {}
    for group in groups:
        run = group.first
        if _lambda(run) is not None and group.measured:
            rest = frozenset(
                (key, text)
                for key, text in run.settings.items()
                if key not in (LAMBDA, SEED) and is_setting(key)
            )
            families.setdefault((run.dataset, run.experiment, rest), []).append(group)
    panels: dict[str, list[list[Group]]] = {}
    for (dataset, _, _), members in families.items():
        panels.setdefault(dataset, []).extend(_apart(members))
    return tuple(
        LambdaPanel(dataset, lines)
        for dataset, members in panels.items()
        if (lines := _all_lambda_lines(members))
    )


def _apart(members: Sequence[Group]) -> list[list[Group]]:
    """Groups that differ in lambda only; rows of one experiment may repeat the same lambda."""
    lines: list[list[Group]] = []
    for group in members:
        for line in lines:
            if _lambda(group.first) not in [_lambda(other.first) for other in line]:
                line.append(group)
                break
        else:
            lines.append([group])
    return [line for line in lines if len(line) > 1]


def _all_lambda_lines(families: Sequence[Sequence[Group]]) -> tuple[LambdaLine, ...]:
    names = _family_names([members[0].first for members in families])
    return tuple(
        line
        for members, name in zip(families, names, strict=True)
        for line in _lambda_lines(members, name)
    )


def _family_names(firsts: Sequence[Run]) -> list[str]:
    """What tells families apart: their experiments, and settings other than lambda."""
    if len(firsts) < 2:
        return [""] * len(firsts)
    several_experiments = len({run.experiment for run in firsts}) > 1
    # Neither lambda nor a row, which is often named after it, holds for the whole family.
    alike = [
        replace(
            run,
            settings={key: text for key, text in run.settings.items() if key != LAMBDA},
            summary={**run.summary, "row": None},
        )
        for run in firsts
    ]
    told = labels(alike)
    names = []
    for run in firsts:
        name = "" if told[run.number] == run.name else told[run.number]
        experiment = run.experiment or "no experiment"
        if several_experiments and experiment not in name:
            name = f"{experiment} {name}".strip()
        names.append(name)
    return names


def _lambda_lines(members: Sequence[Group], family: str) -> list[LambdaLine]:
    ordered = sorted(members, key=lambda group: _lambda(group.first) or 0.0)
    lines = []
    for task in ordered[0].first.tasks:
        points = []
        for group in ordered:
            accuracy = group.estimate(Quantity(f"test.{task}.accuracy"))
            weight = _lambda(group.first)
            if accuracy is not None and weight is not None:
                points.append(Point(group.number, task, weight, accuracy))
        if len(points) > 1:
            lines.append(LambdaLine(task, f"{task}, {family}" if family else task, tuple(points)))
    return lines


def _lambda(run: Run) -> float | None:
    text = run.settings.get(LAMBDA, "")
    try:
        return float(text)
    except ValueError:
        return None  # A run whose tasks are not weighed by lambda.
