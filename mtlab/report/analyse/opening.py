"""The three sentences that a report begins with: what was compared, what is best, what is open."""

from collections.abc import Iterable, Sequence

from mtlab.report.analyse.best import Criterion, Winner
from mtlab.report.analyse.groups import Estimate, Group
from mtlab.report.analyse.metrics import Metric, decimals_of_spread
from mtlab.report.analyse.settings import SEED, compare_settings, short_keys, tasks_of
from mtlab.report.analyse.tables import these_runs
from mtlab.report.read.run import Run

MOST_NAMED = 4
MOST_WINNERS = 3


def opening(
    runs: Sequence[Run],
    groups: Sequence[Group],
    labels: dict[int, str],
    winners: Sequence[Winner],
) -> list[str]:
    """What was compared; what is best on validation and by how much; what cannot be told.

    Args:
        labels: What tells a group from the others, by its number.
    """
    best = [best_sentence(one, labels) for one in winners[:MOST_WINNERS]]
    more = len(winners) - MOST_WINNERS
    if more > 0:
        best.append(f"{more} more are marked in the tables")
    told = "; ".join(best) or "nothing: no two configurations here answer the same question"
    open_ = [one for winner in winners[:MOST_WINNERS] for one in untold(winner, labels)]
    not_completed = [run.number for run in runs if not run.is_completed]
    if not_completed:
        open_.append(f"what {these_runs(not_completed)} would have come to: not completed")
    if not open_ and winners:
        open_.append("nothing about the best: each of its leads is wider than the noise of seeds")
    sentences = [_compared(runs, groups), f"Best on validation: {told}."]
    return sentences + ([f"Cannot be told: {'; '.join(open_)}."] if open_ else [])


def _compared(runs: Sequence[Run], groups: Sequence[Group]) -> str:
    """`Compared: 6 runs of 2 configurations that differ in lambda, with seeds 0, 1, 2, on ...`"""
    keys = compare_settings([group.first for group in groups]).varied
    short = short_keys([key for key in keys if key != SEED], tasks_of(runs))
    differing = f" that differ in {listed(short.values())}" if short and len(groups) > 1 else ""
    seeds = sorted({run.seed for run in runs if run.seed}, key=lambda seed: (len(seed), seed))
    datasets = dict.fromkeys(run.dataset for run in runs if run.dataset)
    tasks = dict.fromkeys(task for run in runs for task in run.tasks)
    return (
        f"Compared: {counted(len(runs), 'run')} of {counted(len(groups), 'configuration')}"
        f"{differing}, with {'seed' if len(seeds) == 1 else 'seeds'} {listed(seeds)};"
        f" {'dataset' if len(datasets) == 1 else 'datasets'} {listed(datasets)},"
        f" {'task' if len(tasks) == 1 else 'tasks'} {listed(tasks)}."
    )


def best_sentence(winner: Winner, labels: dict[int, str]) -> str:
    """`lambda=0.7, by val.digit.accuracy: 97.69 ± 0.12 %, 0.2 points better than the next, ...; on
    test it has ...`
    """
    criterion, group = winner.criterion, winner.group
    value = value_text(criterion.metric, winner.estimate)
    name = f"{labels[group.number]}, " if winner.others else ""
    place = f" ({winner.problem})" if winner.problem else ""
    test = f"; on test it has {tests}" if (tests := _on_test(winner)) else ""
    return f"{name}by {criterion.name}{place}: {value}{_lead(winner, labels)}{test}"


def _lead(winner: Winner, labels: dict[int, str]) -> str:
    if not winner.others:
        return ""
    following, gain = winner.others[0]
    decimals = _decimals(gain)
    amount = winner.criterion.metric.text(gain.mean, decimals)
    unit = _points(winner.criterion)
    interval = _interval_text(gain, winner.criterion.metric)
    return f", {amount}{unit} better than the next, {labels[following.number]}{interval}"


def _on_test(winner: Winner) -> str:
    """The same metrics on test, of which none decided anything."""
    told = []
    for path in winner.criterion.paths:
        metric = Metric(path.replace("val.", "test.", 1))
        found = winner.group.estimate(metric)
        if found is not None:
            task = f"{path.split('.')[1]} " if len(winner.criterion.paths) > 1 else ""
            told.append(f"{task}{value_text(metric, found)}")
    return listed(told)


def untold(winner: Winner, labels: dict[int, str]) -> list[str]:
    """What the winner's lead does not show."""
    by = f" by {winner.criterion.name}"
    within = [group for group, gain in winner.others if gain.interval and gain.interval[0] <= 0]
    few = [group for group, gain in winner.others if gain.interval is None]
    told = []
    if within:
        names = listed([labels[group.number] for group in within])
        told.append(f"whether it is better than {names}{by} (95% interval of the lead holds 0)")
    if few:
        smallest = min(len(group.measured) for group in (winner.group, *few))
        told.append(
            f"how much of its lead over {counted(len(few), 'configuration')}{by} is noise, as"
            f" n = {smallest} is too few (seed=0,1,2 or more gives intervals)"
        )
    return told


def value_text(metric: Metric, estimate: Estimate) -> str:
    """`97.69 ± 0.12 % (95%: 97.39 to 97.99, n = 3)`."""
    unit = f" {metric.unit}" if metric.unit else ""
    if estimate.std is None:
        return f"{metric.text(estimate.mean)}{unit} (n = 1)"
    decimals = _decimals(estimate)
    mean, std = (metric.text(value, decimals) for value in (estimate.mean, estimate.std))
    interval = _interval_text(estimate, metric).removesuffix(")").removeprefix(" (")
    behind = f"{interval}, n = {estimate.n}" if interval else f"n = {estimate.n}"
    return f"{mean} ± {std}{unit} ({behind})"


def _interval_text(estimate: Estimate, metric: Metric) -> str:
    if estimate.interval is None:
        return ""
    decimals = _decimals(estimate)
    low, high = (metric.text(end, decimals) for end in estimate.interval)
    return f" (95%: {low} to {high})"


def _decimals(estimate: Estimate) -> int | None:
    return decimals_of_spread(estimate.std) if estimate.std else None


def _points(criterion: Criterion) -> str:
    unit = criterion.metric.unit
    return " points" if unit == "%" else f" {unit}" if unit else ""


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def listed(texts: Iterable[str]) -> str:
    """`a, b and c`; of many the first ones, and how many more."""
    found = list(texts)
    if len(found) > MOST_NAMED:
        found = [*found[: MOST_NAMED - 1], f"{len(found) - MOST_NAMED + 1} more"]
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
