"""`mtlab best`: the best run of a sweep on validation, its test figures, and how to repeat it."""

import argparse
import shlex
from collections.abc import Mapping, Sequence

from rich.console import Console

from mtlab.config.words import WordsParser
from mtlab.errors import ConfigError
from mtlab.report.analyse.best import MONITOR, Winner, find_best, winners
from mtlab.report.analyse.groups import Group, group_labels, group_runs
from mtlab.report.analyse.metrics import Metric
from mtlab.report.analyse.opening import best_sentence, counted, untold
from mtlab.report.analyse.tables import estimated, main_metrics
from mtlab.report.read.folders import collect
from mtlab.report.read.run import Run
from mtlab.report.write.terminal_tables import FittedTable, TerminalColumn

DESCRIPTION = """\
The best run of one or several folders by the validation metric that the runs watched
(trainer.monitor), its test figures beside, its folder, and the command that repeats it. Runs that
differ only in seed are one configuration, judged by its mean. Of runs that weighed their tasks
differently, as over lambda, the best of each task is told.
"""
EXAMPLES = """\
examples:
  mtlab best outputs/multirun/2026-01-31/12-00-00
  mtlab best sweep_a sweep_b by=val.digit.accuracy     where the runs watched different things
  mtlab best SWEEP by=accuracy                         the mean accuracy of all tasks
"""


def best(words: list[str]) -> int:
    """Read the folders, say what is best; returns the exit code.

    Raises:
        MtlabError: No completed run, a metric of test, or runs that no one metric compares.
    """
    options = _options(words)
    runs, problems = collect(options.folders)
    found_ones, groups = _find_winners(runs, options.by)
    labels = group_labels(groups)
    compared: dict[int, int] = {}
    for found in found_ones:
        _say(found, labels)
        both = [found.group, *(group for group, _ in found.others)]
        compared |= {group.number: len(group.measured) for group in both}
    left_out = len(runs) - sum(compared.values()) + len(problems)
    if left_out:
        reasons = "not completed, not read, run again later, or without that metric"
        print(f"not compared: {counted(left_out, 'run')} ({reasons})")
    return 0


def _say(found: Winner, labels: Mapping[int, str]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    of_how_many = f"best of {len(found.others) + 1}: " if found.others else ""
    console.print(f"{of_how_many}{best_sentence(found, labels)}", markup=False)
    for line in untold([found], labels):
        console.print(f"cannot be told: {line}", markup=False)
    Console(highlight=False).print(_table(found))
    for run in found.group.measured:
        seed = f"seed {run.repetition}: " if len(found.group.measured) > 1 else ""
        console.print(f"{seed}{run.place}", markup=False)
    console.print(f"repeat it: {_command(found)}", markup=False)


def _find_winners(runs: Sequence[Run], by: str) -> tuple[list[Winner], list[Group]]:
    """The best run; of runs that weighed their tasks differently, the best of each task."""
    try:
        found, groups = find_best(runs, by)
    except ConfigError as error:
        groups = [group for group in group_runs(runs) if group.measured]
        of_each = winners(groups) if error.subject == MONITOR else []
        if not of_each:
            raise
        return of_each, groups
    return [found], groups


def _options(words: list[str]) -> argparse.Namespace:
    words = [f"--{word}" if word.startswith("by=") else word for word in words]
    parser = WordsParser("best", DESCRIPTION, EXAMPLES)
    parser.add_folders()
    help_by = "a validation metric; left out: what all runs watched (trainer.monitor)"
    parser.add_argument("--by", default="", metavar="METRIC", help=help_by)
    return parser.parse_args(words)


def _table(found: Winner) -> FittedTable:
    """A row per seed, and the mean where there are several."""
    runs = found.group.measured
    metrics = main_metrics(runs)
    columns = [
        TerminalColumn("seed", [run.repetition for run in runs] + ["mean"] * (len(runs) > 1)),
        *(
            TerminalColumn(metric.header, _texts(found, metric), _rank(metric))
            for metric in metrics
        ),
    ]
    return FittedTable(None, columns, [len(runs)])


def _rank(metric: Metric) -> int:
    """Every task's main metric on both splits has room before other metrics have."""
    is_main = metric.path.endswith((".accuracy", ".mae"))
    return 1 + metric.path.startswith("test.") if is_main else 3


def _texts(found: Winner, metric: Metric) -> list[str]:
    values = [run.number_at(metric.path) for run in found.group.measured]
    texts = ["" if one is None else metric.text(metric.in_unit(one)) for one in values]
    mean = estimated(found.group.estimate(metric), metric).text
    return texts + [mean] * (len(values) > 1)


def _command(found: Winner) -> str:
    """What was typed for the configuration, with all of its seeds and folds."""
    runs = found.group.measured
    if len(runs) == 1:
        return f"mtlab rerun {shlex.quote(runs[0].place)}   (typed: {runs[0].text_at('command')})"
    words = shlex.split(runs[0].text_at("command"))[1:]
    typed = [word for word in words if word not in ("-m", "--multirun")]
    swept = {"seed": [run.seed for run in runs], "dataset.fold": [run.fold for run in runs]}
    values = {key: ",".join(dict.fromkeys(of)) for key, of in swept.items() if any(of)}
    kept = [word for word in typed if word.partition("=")[0] not in values]
    return shlex.join(["mtlab", "-m", *kept, *map("=".join, values.items())])
