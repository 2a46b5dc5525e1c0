"""From `tracker.*` keys to sinks."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mtlab.config.tracker import CsvTrackerConfig, TrackerConfig
from mtlab.runner.sinks import Sink
from mtlab.runner.trackers.csv_table import CsvTable


def build_trackers(configs: Mapping[str, TrackerConfig], folder: Path) -> Iterator[Sink]:
    """A sink for each tracker.

    Args:
        folder: The run's, for trackers that write files.
    """
    for config in configs.values():
        match config:
            case CsvTrackerConfig():
                yield CsvTable(folder / "metrics.csv", config.delimiter)
