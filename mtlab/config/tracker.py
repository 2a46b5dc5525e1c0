"""Keys of the group `tracker`: what else receives a run's metrics, several at once."""

from typing import Literal

from mtlab.config.base import Keys


class CsvTrackerConfig(Keys):
    """A table that spreadsheets read."""

    name: Literal["csv"]
    delimiter: Literal[",", ";", "\t"]


TrackerConfig = CsvTrackerConfig
