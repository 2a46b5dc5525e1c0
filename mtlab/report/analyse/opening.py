"""The three sentences that a report begins with: what was compared, what is best, what is open."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from mtlab.config.roles import REPETITION
from mtlab.report.analyse.best import Winner
from mtlab.report.analyse.groups import FEWEST_FOR_INTERVAL, Estimate, Group
from mtlab.report.analyse.metrics import Metric, decimals_of_spread
from mtlab.report.analyse.settings import compare_settings, short_keys, tasks_of
from mtlab.report.analyse.tables import estimated, these_runs
from mtlab.report.read.run import Run

MOST_NAMED = 4
MOST_WINNERS = 3


def opening(
    runs: Sequence[Run],
    groups: Sequence[Group],
    labels: Mapping[int, str],
    winners: Sequence[Winner],
) -> list[str]:
    """What was compared; what is best on validation and by how much; what cannot be told.

    Args:
        labels: What tells a group from the others, by its number.
    """
    shown = winners[:MOST_WINNERS]
    names = [one.criterion.name for one in shown]
    best = [best_sentence(one, labels, is_alone=len(set(names)) == len(names)) for one in shown]
    if len(winners) > len(shown):
        best.append(f"{len(winners) - len(shown)} more are marked in the tables")
    completed = any(group.measured for group in groups)
    why = "no two runs here answer the same question" if completed else "no run was completed"
    told = "; ".join(best) or f"nothing to choose from: {why}"
    open_ = untold(shown, labels)
    not_completed = [run.number for run in runs if not run.is_completed]
    if not_completed:
        open_.append(f"what {these_runs(not_completed)} would have come to: not completed")
    if not open_ and winners and winners[0].others:
        many = ", each by itself: of many leads one may be luck" * (len(winners[0].others) > 1)
        open_.append(f"nothing about the best: 95% intervals of its leads lie above 0{many}")
    sentences = [_compared(runs, groups), f"Best on validation: {told}."]
    return sentences + ([f"Cannot be told: {'; '.join(open_)}."] if open_ else [])


def _compared(runs: Sequence[Run], groups: Sequence[Group]) -> str:
    """`Compared: 6 runs of 2 configurations that differ in lambda, with seeds 0, 1, 2, on ...`"""
    keys = compare_settings([group.first for group in groups]).varied
    short = short_keys([key for key in keys if key not in REPETITION], tasks_of(runs))
    differing = f" that differ in {listed(short.values())}" if short and len(groups) > 1 else ""
    seeds = _in_order(run.seed for run in runs)
    folds = _in_order(run.fold for run in runs)
    datasets = dict.fromkeys(run.dataset for run in runs if run.dataset)
    tasks = dict.fromkeys(task for run in runs for task in run.tasks)
    # Runs that failed early have neither dataset nor tasks.
    learned = ", ".join(filter(None, (_named("dataset", datasets), _named("task", tasks))))
    return (
        f"Compared: {counted(len(runs), 'run')} of {counted(len(groups), 'configuration')}"
        f"{differing}, with {_named('seed', seeds)}"
        f"{f' and folds {listed(folds)}' if folds else ''}{learned and f'; {learned}'}."
    )


def _named(what: str, names: Collection[str]) -> str:
    return f"{what}{'' if len(names) == 1 else 's'} {listed(names)}" if names else ""


def _in_order(numbers: Iterable[str]) -> list[str]:
    return sorted({number for number in numbers if number}, key=lambda text: (len(text), text))


def best_sentence(winner: Winner, labels: Mapping[int, str], *, is_alone: bool = True) -> str:
    """`lambda=0.7 by val.digit.accuracy: 97.69 ± 0.12 %, 0.20 points ahead of lambda=1, and
    97.5 ± 0.2 % on test`.

    Args:
        is_alone: No other sentence has the same criterion, of another problem.
    """
    criterion = winner.criterion
    name = f"{labels[winner.group.number]} " if winner.others else "the only configuration "
    problem = "" if is_alone else f" ({winner.problem})"
    value = value_text(criterion.metric, winner.estimate)
    lead = ""
    if winner.others:
        following, gain = winner.others[0]
        amount = criterion.metric.text(gain.mean, _decimals(gain))
        unit = " points" if criterion.metric.is_fraction else ""
        distance = f"{amount}{unit} ahead of" if gain.mean else "level with"
        interval = _bracketed(_interval_text(gain, criterion.metric))
        lead = f", {distance} {labels[following.number]}{interval}"
    tests = _on_test(winner)
    return f"{name}by {criterion.name}{problem}: {value}{lead}" + (
        f", and {tests} on test" if tests else ""
    )


def _on_test(winner: Winner) -> str:
    """The same metrics on test, of which none decided anything."""
    told = []
    for path in winner.criterion.paths:
        metric = Metric(path.replace("val.", "test.", 1))
        found = winner.group.estimate(metric)
        if found is not None:
            task = f"{path.split('.')[1]} " if len(winner.criterion.paths) > 1 else ""
            told.append(f"{task}{_spread_text(metric, found)}")
    return listed(told)


def untold(winners: Sequence[Winner], labels: Mapping[int, str]) -> list[str]:
    """What the winners' leads do not show."""
    told = []
    smallest = math.inf
    for winner in winners:
        within = [group for group, gain in winner.others if gain.interval and gain.interval[0] <= 0]
        if within:
            names = listed([labels[group.number] for group in within])
            by = f"by {winner.criterion.name}"
            told.append(
                f"whether {labels[winner.group.number]} is better than {names} {by}, as the 95%"
                " interval of the lead holds 0"
            )
        counts = [winner.estimate.n, *(gain.n for _, gain in winner.others)]
        smallest = min([smallest, *counts])
    if smallest < FEWEST_FOR_INTERVAL:
        told.append(
            f"how much is noise where n = {smallest}: too few for an interval, which seed=0,1,2"
            " gives"
        )
    return told


def value_text(metric: Metric, estimate: Estimate) -> str:
    """`97.69 ± 0.12 % (95%: 97.39 to 97.99, n = 3)`."""
    interval = _interval_text(estimate, metric)
    behind = f"{interval}, n = {estimate.n}" if interval else f"n = {estimate.n}"
    return f"{_spread_text(metric, estimate)}{_bracketed(behind)}"


def _spread_text(metric: Metric, estimate: Estimate) -> str:
    return f"{estimated(estimate, metric).text}{metric.unit and f' {metric.unit}'}"


def _bracketed(text: str) -> str:
    return f" ({text})" if text else ""


def _interval_text(estimate: Estimate, metric: Metric) -> str:
    if estimate.interval is None:
        return ""
    low, high = (metric.text(end, _decimals(estimate)) for end in estimate.interval)
    return f"95%: {low} to {high}"


def _decimals(estimate: Estimate) -> int | None:
    return decimals_of_spread(estimate.std) if estimate.std else None


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def listed(texts: Iterable[str]) -> str:
    """`a, b and c`; of many the first ones, and how many more."""
    found = list(texts)
    if len(found) > MOST_NAMED:
        found = [*found[: MOST_NAMED - 1], f"{len(found) - MOST_NAMED + 1} more"]
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
