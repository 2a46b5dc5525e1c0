"""Presets (conf/experiment): the rows of their tables, what they publish, who deviates from them.

A grid of Hydra's sweeper is a product of lists. The points of a published table are not one:
filters, kernel sizes and strides change together. So a preset lists them under `rows`, once, and a
sweep goes over the names:

    rows:
      192-96: {model.filters: [192, 96], model.kernel_size: [3, 4], published: {...}}

A row's settings are overrides that stand in front of those of the command line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from mtlab.config.arguments import literal, override_key
from mtlab.config.roles import PERCEPTRON_RULE, PLACE_AND_SPEED, REPETITION, STUDY
from mtlab.dotted import belongs, flat, look_up
from mtlab.errors import ConfigError

Values = Mapping[str, Any]
"""A configuration as nested mappings."""
Compose = Callable[[list[str]], DictConfig]
"""Composes a configuration from overrides."""
Deviations = dict[str, dict[str, Any]]
"""Dotted key to the value that the preset has (`preset`) and the run's own (`run`)."""


@dataclass(frozen=True)
class Row:
    """A row of a preset's table.

    Attributes:
        settings: A group or a dotted key to its value.
        published: A dotted path in summary.json to a number, or to one number per type of device.
    """

    name: str
    settings: dict[str, Any]
    published: dict[str, Any]

    def describes(self, values: Values, *, but_training: bool = False) -> bool:
        """Whether a configuration has every setting of the row.

        Args:
            but_training: Leave out how long and in what batches it is trained.
        """
        return all(
            _has(values, key, value)
            for key, value in self.settings.items()
            if not (but_training and key.startswith("trainer."))
        )

    def as_overrides(self, overrides: Sequence[str] = ()) -> list[str]:
        """Its settings as they would be typed.

        Args:
            overrides: Those of the command line. What they set is left out, and all of a group
                that they choose.
        """
        typed = [override_key(override) for override in overrides]
        return [
            _override(key, value) for key, value in self.settings.items() if not belongs(key, typed)
        ]


def row_names(*, _root_: DictConfig) -> str:
    """`${row_names:}`: every row of the preset, as a sweep over `row` wants them."""
    return ",".join(str(name) for name, keys in _root_.rows.items() if keys is not None)


def read_rows(values: Values) -> dict[str, Row]:
    """The rows of a preset's table by name."""
    rows = {}
    for name, keys in (values.get("rows") or {}).items():
        if keys is None:  # taken away by a preset that builds on the one with the row
            continue
        settings = {str(key): value for key, value in keys.items() if key != "published"}
        rows[str(name)] = Row(str(name), settings, keys.get("published") or {})
    return rows


def named_row(values: Values) -> Row | None:
    """The row that the key `row` names.

    Raises:
        ConfigError: No row has this name.
    """
    name = values.get("row")
    rows = read_rows(values)
    if name is None or str(name) in rows:
        return None if name is None else rows[str(name)]
    rule, remedy = f"must be one of {', '.join(rows)}", "choose one of them"
    if not rows:
        rule = "picks a row of an experiment's table, and none is chosen that has one"
        remedy = "add one, for example experiment=mlp_grid, or leave it out"
    raise ConfigError("row", rule=rule, found=name, remedy=remedy)


def find_row(values: Values) -> Row | None:
    """The row that `row` names, else the first whose settings the run has; None without any."""
    rows = read_rows(values).values()
    found = (row for row in rows if row.settings and row.describes(values))
    return named_row(values) or next(found, None)


def published_metrics(values: Values, device_type: str) -> dict[str, float] | None:
    """What is published for a run: the preset's metrics, and those of its row.

    A row's metrics count as long as no override has changed the row's own settings, but for those
    of its training: a shorter run stands against what the longer one came to.
    """
    found = dict(values.get("published") or {})
    row = find_row(values)
    if row is not None and row.describes(values, but_training=True):
        found |= row.published
    return for_device(found, device_type)


def for_device(published: Values, device_type: str) -> dict[str, float] | None:
    """Published metrics for `cpu` or `cuda`; None without any."""
    found = {
        path: value.get(device_type) if isinstance(value, Mapping) else value
        for path, value in published.items()
    }
    return {path: value for path, value in found.items() if value is not None} or None


def deviations(values: Values, preset: str, overrides: Sequence[str], again: Compose) -> Deviations:
    """The settings in which a run is not what its preset, or that one's row, says.

    Where another option was chosen for a group, its name stands for all the keys that come with
    it; those that the command line sets are named too.

    Args:
        values: The run's configuration, its row applied.
        overrides: Those of the command line.
        again: Composes the preset alone.
    """
    row = find_row(values)
    own = row.settings if row is not None and row.describes(values) else {}
    typed = {override_key(override) for override in overrides}
    if all(key in own or not _is_protocol(key) for key in typed):
        return {}  # Most runs of a sweep: nothing has to be composed again.
    applied = [] if row is None else row.as_overrides()
    composed = again([*applied, f"experiment={preset}"])
    protocol: Any = OmegaConf.to_container(composed, resolve=True)
    protocol, found = flat(protocol), flat(values)
    differing = {
        key: {"preset": protocol.get(key), "run": found.get(key)}
        for key in dict.fromkeys((*found, *protocol))
        if _is_protocol(key) and found.get(key) != protocol.get(key)
    }
    renamed = {key.partition(".")[0] for key in differing if key.endswith(".name")}
    return {
        key: both
        for key, both in differing.items()
        if key.partition(".")[0] not in renamed or key.endswith(".name") or key in typed
    }


def _is_protocol(key: str) -> bool:
    """Whether a key says how a study's runs are trained and measured."""
    return not belongs(key, (*STUDY, *REPETITION, *PLACE_AND_SPEED))


def are_comparable(values: Values, differing: Mapping[str, object]) -> bool:
    """Whether published metrics mean anything for a run: the same dataset and the same model.

    With fewer epochs or images, or another rate, they still stand beside the measured ones. So
    they do with another dataset where the preset's own is not the published one either.

    Args:
        differing: What `deviations` found.
    """
    is_other_dataset = "dataset.name" in differing and values.get("published_on") is None
    return not is_other_dataset and not any(
        key.startswith("model.") and key not in PERCEPTRON_RULE for key in differing
    )


def _has(values: Values, key: str, wanted: object) -> bool:
    found = look_up(values, key)
    if isinstance(found, Mapping) and isinstance(wanted, str):
        found = found.get("name")  # a group's option
    return bool(found == wanted)


def _override(key: str, value: object) -> str:
    if "." in key:
        # `++`: weights of tasks may be new keys. A misspelt key is found when the values are read.
        return f"++{key}={literal(value)}"
    return f"{key}={value if isinstance(value, str) else literal(value)}"
