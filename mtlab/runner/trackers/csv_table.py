"""metrics.csv: the epochs of metrics.jsonl as a table, a column per metric."""

import csv
from pathlib import Path

from mtlab.dotted import flat
from mtlab.runner.sinks import Sink, as_line
from mtlab.training.trainer import EpochEnd, Event


class CsvTable(Sink):
    """A row per epoch, written as it ends; dotted column names such as `val.digit.accuracy`."""

    def __init__(self, path: Path, delimiter: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=delimiter)

    def receive(self, event: Event) -> None:
        if isinstance(event, EpochEnd):
            cells = flat(as_line(event))
            if self._file.tell() == 0:
                self._writer.writerow(cells)
            self._writer.writerow(cells.values())
            self._file.flush()

    def close(self) -> None:
        self._file.close()
